"""Line crossing on golden tracks."""

from dataclasses import replace

import numpy as np
import pytest

from _golden import CAMERA, CLEAN, SPOILS, T0, Spoil, acts, events, scene, track, watch
from _movement import Case, judged, played
from roadstead.behaviours.line_crossing import LineCrossing
from roadstead.types import Line

LINE = Line("stop", (600, 300), (600, 900))  # runs down the picture: its right is the left of the picture
SCENE = scene(LINE, Line("ground", (0, 20), (0, 60), "m"), homography=CAMERA)

CASES = (
    Case(name="drives over", way=[(0, 200, 600), (10, 1000, 600)], violations=1, hide_s=4.4, switch_s=2.0),
    Case(name="drives over fast", way=[(0, -500, 600), (4.5, 1300, 600)], violations=1, switch_s=0.6),
    Case(name="crawls over", way=[(0, 500, 600), (40, 700, 600)], violations=1, hide_s=20.0, switch_s=5.0),
    Case(name="slantwise", way=[(0, 300, 350), (8, 900, 800)], violations=1, hide_s=3.0),
    Case(name="waits on the line, then goes on", way=[(0, 200, 600), (4, 600, 600), (34, 600, 600), (38, 1000, 600)], violations=1, hide_s=15.0),
    Case(name="noses over and goes back", way=[(0, 200, 600), (4, 602, 600), (10, 602, 600), (14, 200, 600)], violations=0, hide_s=5.0),
    Case(name="waits just before it", way=[(0, 200, 600), (4, 592, 600), (60, 592, 600)], violations=0, hide_s=20.0),
    Case(name="stands on it", way=[(0, 600, 600), (60, 600, 600)], violations=0),
    Case(name="passes beside its end", way=[(0, 200, 960), (10, 1000, 960)], violations=0, hide_s=4.0, switch_s=2.0),
    Case(name="runs along it", way=[(0, 570, 320), (10, 570, 880)], violations=0, hide_s=4.0),
)  # fmt: skip


@pytest.mark.parametrize(("case", "spoil"), played(CASES))
def test_golden(case: Case, spoil: Spoil) -> None:
    rule = LineCrossing(line="stop")
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


@pytest.mark.parametrize(
    ("direction", "way", "expected"),
    [
        ("backward", [(0, 200, 600), (10, 1000, 600)], 1),
        ("forward", [(0, 200, 600), (10, 1000, 600)], 0),
        ("forward", [(0, 1000, 600), (10, 200, 600)], 1),
        ("backward", [(0, 1000, 600), (10, 200, 600)], 0),
        ("both", [(0, 200, 600), (6, 1000, 600), (12, 200, 600)], 2),
    ],
)
def test_direction(direction: str, way: list[tuple[float, float, float]], expected: int) -> None:
    rule = LineCrossing(line="stop", direction=direction)  # type: ignore[arg-type]  # one of the three
    assert len(acts(watch(rule, [track(way)], SCENE))) == expected


def test_the_instant_is_that_of_the_act_and_stays_the_same() -> None:
    found = watch(LineCrossing(line="stop"), [track([(0, 200, 600), (10, 1000, 600)])], SCENE)
    assert len(found) > 3
    assert {e.t for e in found} == {found[0].t}
    assert found[0].t == pytest.approx(T0 + 5)


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_line_on_the_ground(spoil: Spoil) -> None:
    over = track([(0, -12, 30), (6, 12, 30)], spoil, space="m", homography=CAMERA)
    beside = track([(0, -12, 16), (6, 12, 16)], spoil, space="m", homography=CAMERA)
    rule = LineCrossing(line="ground", direction="forward")
    assert len(events(rule, [over], SCENE)) == 1
    assert not events(rule, [beside], SCENE)
    assert not events(replace(rule, direction="backward"), [over], SCENE)


def test_one_wrong_box_is_no_crossing() -> None:
    whole = track([(0, 540, 600), (20, 540, 600)], CLEAN)
    for row in range(5, len(whole.t) - 1):
        boxes = whole.boxes.copy()
        boxes[row] += (150, 0, 150, 0)
        assert not watch(LineCrossing(line="stop"), [replace(whole, boxes=boxes)], SCENE)


def test_the_last_box_before_leaving_counts_after_a_moment() -> None:
    whole = track([(0, 400, 600), (2, 650, 600)], Spoil(fps=2))
    assert np.sum(whole.points("px")[:, 0] > 620) == 1  # type: ignore[index]  # a track has them
    assert len(events(LineCrossing(line="stop"), [whole], SCENE)) == 1
