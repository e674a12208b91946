"""Speeding on golden tracks."""

from dataclasses import replace

import pytest

from _golden import CAMERA, Spoil, Way, events, scene, track, watch, zone
from _movement import Case, judged, played
from roadstead.behaviours.speeding import Speeding
from roadstead.types import Homography

SCENE = scene(zone("road", (-30, 12), (30, 12), (30, 40), (-30, 40), space="m"), homography=CAMERA)


def at(kmh: float, y: float, start_x: float = -30.0, end_x: float = 30.0) -> Way:
    """Past the camera at one speed, y metres away."""
    return [(0, start_x, y), ((end_x - start_x) / (kmh / 3.6), end_x, y)]


CASES = tuple(
    Case(name=name, way=way, violations=violations, hide_s=1.0, switch_s=0.8, space="m", homography=CAMERA)
    for name, way, violations in (
        ("80 of 60", at(80, 30, -45, 45), 1),
        ("100 of 60", at(100, 35, -60, 60), 1),
        ("55 of 60", at(55, 30), 0),
        ("30 of 60", at(30, 25), 0),
        ("stands", [(0, 0, 30), (30, 0, 30)], 0),
    )
)


@pytest.mark.parametrize(("case", "spoil"), played(CASES))
def test_golden(case: Case, spoil: Spoil) -> None:
    rule = Speeding(limit_kmh=60)
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


def test_what_the_error_leaves_open_is_insufficient() -> None:
    rough = Homography(CAMERA.matrix, 1.5)
    way = track(at(66, 30), Spoil(jitter_px=3), space="m", homography=CAMERA)
    found = watch(Speeding(limit_kmh=60), [way], replace(SCENE, homography=rough))
    assert {e.outcome for e in found} == {"insufficient"}
    assert "within the error" in found[0].because.en


def test_it_measures_the_speed() -> None:
    found = watch(Speeding(limit_kmh=60), [track(at(80, 30), Spoil(jitter_px=2), space="m", homography=CAMERA)], SCENE)
    assert found[-1].measured["speed_kmh"] == pytest.approx(80, rel=0.03)
    assert {e.outcome for e in found} == {"violation"}


def test_only_the_way_in_the_zone_counts() -> None:
    fast_outside = track(at(100, 50), space="m", homography=CAMERA)
    assert events(Speeding(limit_kmh=60), [fast_outside], SCENE)
    assert not events(Speeding(limit_kmh=60, zone="road"), [fast_outside], SCENE)


def test_without_ground_there_is_no_speed() -> None:
    assert not watch(Speeding(limit_kmh=1), [track([(0, 100, 600), (4, 1500, 600)])], replace(SCENE, homography=None))
    assert Speeding.needs_ground


def test_a_jump_of_the_track_is_no_speed() -> None:
    whole = track(at(40, 30), space="m", homography=CAMERA)
    assert whole.xy_m is not None
    xy = whole.xy_m.copy()
    xy[12:, 0] += 12
    found = watch(Speeding(limit_kmh=60), [replace(whole, xy_m=xy)], SCENE)
    assert {e.outcome for e in found} <= {"insufficient"}
