"""Wrong way on golden tracks."""

from dataclasses import replace

import pytest

from _golden import CAMERA, Spoil, events, scene, track, zone
from _movement import Case, judged, played
from roadstead.behaviours.wrong_way import WrongWay
from roadstead.types import Line

SCENE = scene(
    zone("lane", (100, 500), (1800, 500), (1800, 700), (100, 700)),
    Line("lane way", (100, 600), (1800, 600)),
    Line("road way", (0, 20), (0, 80), "m"),
    homography=CAMERA,
)

PX = (
    Case(name="drives against", way=[(0, 1600, 600), (10, 300, 600)], violations=1, hide_s=3.0, switch_s=0.8),
    Case(name="drives against fast", way=[(0, 2400, 600), (6, -400, 600)], violations=1, hide_s=4.8),
    Case(name="drives against slantwise", way=[(0, 1600, 520), (10, 300, 690)], violations=1, hide_s=3.0),
    Case(name="drives with", way=[(0, 300, 600), (10, 1600, 600)], violations=0, hide_s=3.0, switch_s=3.0),
    Case(name="rolls back a little", way=[(0, 300, 600), (6, 900, 600), (20, 900, 600), (24, 810, 600), (40, 810, 600), (44, 1500, 600)], violations=0, hide_s=10.0),
    Case(name="stands", way=[(0, 900, 600), (60, 900, 600)], violations=0, hide_s=10.0),
    Case(name="crosses", way=[(0, 900, 300), (10, 900, 1000)], violations=0, hide_s=3.0),
    Case(name="drives against in another lane", way=[(0, 1600, 850), (10, 300, 850)], violations=0, hide_s=3.0),
)  # fmt: skip
METRES = tuple(
    Case(name=name, way=way, violations=violations, hide_s=2.0, space="m", homography=CAMERA)
    for name, way, violations in (
        ("comes", [(0, 2, 70), (8, 2, 20)], 1),
        ("goes", [(0, 2, 20), (8, 2, 70)], 0),
        ("rolls back", [(0, 2, 20), (6, 2, 40), (12, 2, 34), (30, 2, 34)], 0),
    )
)


@pytest.mark.parametrize(("case", "spoil"), played(PX))
def test_golden_on_the_picture(case: Case, spoil: Spoil) -> None:
    rule = WrongWay(along="lane way", zone="lane")
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


@pytest.mark.parametrize(("case", "spoil"), played(METRES))
def test_golden_on_the_ground(case: Case, spoil: Spoil) -> None:
    rule = WrongWay(along="road way", distance_m=12)
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


def test_the_direction_may_be_drawn_on_the_picture_for_a_calibrated_mover() -> None:
    drawn = replace(SCENE, lines={"way": Line("way", (960, 900), (960, 300))})  # up the picture: away from the camera
    comes, goes = (track(w, space="m", homography=CAMERA) for w in ([(0, 0, 70), (8, 0, 20)], [(0, 0, 20), (8, 0, 70)]))
    assert len(events(WrongWay(along="way"), [comes], drawn)) == 1
    assert not events(WrongWay(along="way"), [goes], drawn)


def test_a_track_that_jumps_back_to_another_truck_did_not_drive_there() -> None:
    ahead, behind = track([(0, 500, 600), (10, 1900, 600)]), track([(0, 100, 600), (10, 1500, 600)])
    mixed = replace(ahead, t=behind.t, boxes=behind.boxes.copy(), scores=behind.scores)
    boxes = behind.boxes.copy()
    boxes[:26] = ahead.boxes[:26]
    assert boxes[25, 0] - boxes[26, 0] > 180
    assert not events(WrongWay(along="lane way"), [replace(mixed, boxes=boxes)], SCENE)


@pytest.mark.parametrize(("tolerance_deg", "expected"), [(20.0, 0), (60.0, 1)])
def test_the_tolerance(tolerance_deg: float, expected: int) -> None:
    slant = track([(0, 1500, 200), (8, 700, 900)], Spoil(jitter_px=2))
    assert len(events(WrongWay(along="lane way", tolerance_deg=tolerance_deg), [slant], SCENE)) == expected
