"""Loitering on golden tracks."""

import numpy as np
import pytest

from _golden import CAMERA, T0, Spoil, Way, events, scene, track, watch, zone
from _movement import Case, judged, played
from roadstead.behaviours.loitering import Loitering

SCENE = scene(zone("gate", (500, 300), (1400, 300), (1400, 900), (500, 900)), homography=CAMERA)


def circling(x: float, y: float, radius: float, seconds: float) -> Way:
    """A round every 20 s."""
    return [(t, x + radius * np.cos(t / 3.18), y + radius * np.sin(t / 3.18)) for t in np.arange(0, seconds + 1)]


ZONED = (
    Case(name="goes to and fro", way=[(0, 100, 600), (5, 700, 600), (25, 1300, 600), (45, 700, 600), (75, 1300, 600)], violations=1, hide_s=30.0, switch_s=3.0),
    Case(name="stands", way=[(0, 900, 600), (70, 900, 600)], violations=1, hide_s=30.0, switch_s=5.0),
    Case(name="passes slowly", way=[(0, 100, 600), (60, 1900, 600)], violations=0, hide_s=30.0),
    Case(name="leaves and returns", way=[(0, 300, 600), (5, 700, 600), (45, 700, 600), (50, 300, 600), (60, 300, 600), (65, 700, 600), (105, 700, 600), (108, 300, 600)], violations=0, hide_s=20.0),
)  # fmt: skip
CIRCLES = (
    Case(name="circles", way=circling(900, 600, 120, 80), violations=1, hide_s=30.0, switch_s=5.0),
    Case(name="circles widely", way=circling(900, 600, 420, 80), violations=0, hide_s=30.0),
    Case(name="drives on slowly", way=[(0, 100, 600), (80, 1800, 600)], violations=0, hide_s=30.0),
    Case(
        name="circles briefly, then goes",
        way=[*circling(900, 600, 120, 50), (54, 1800, 600)],
        violations=0,
        hide_s=30.0,
    ),
)


@pytest.mark.parametrize(("case", "spoil"), played(ZONED))
def test_golden_in_a_zone(case: Case, spoil: Spoil) -> None:
    rule = Loitering(zone="gate", seconds=60)
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


@pytest.mark.parametrize(("case", "spoil"), played(CIRCLES))
def test_golden_in_a_circle(case: Case, spoil: Spoil) -> None:
    rule = Loitering(seconds=60, radius=3.5)
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


@pytest.mark.parametrize(("radius_m", "expected"), [(8.0, 1), (4.0, 0)])
def test_the_circle_is_in_metres_on_calibrated_ground(radius_m: float, expected: int) -> None:
    whole = track(circling(0, 35, 6, 80), Spoil(jitter_px=2), space="m", homography=CAMERA)
    assert len(events(Loitering(seconds=60, radius_m=radius_m), [whole], SCENE)) == expected


def test_it_begins_with_the_entry() -> None:
    found = watch(Loitering(zone="gate", seconds=60), [track([(0, 100, 600), (5, 600, 600), (70, 700, 600)])], SCENE)
    assert found[0].since == pytest.approx(T0 + 4)
    assert found[0].t >= T0 + 64
