"""Stopped on golden tracks."""

import numpy as np
import pytest

from _golden import CAMERA, T0, Spoil, acts, events, hidden, scene, track, watch, zone
from _movement import Case, judged, played
from roadstead.behaviours.stopped import Stopped

SCENE = scene(zone("kerb", (500, 300), (1400, 300), (1400, 900), (500, 900)), homography=CAMERA)

PX = (
    Case(name="stops and waits", way=[(0, 100, 600), (6, 800, 600), (46, 800, 600), (50, 1200, 600)], violations=1, hide_s=20.0, switch_s=3.0),
    Case(name="stands from the start", way=[(0, 800, 600), (45, 800, 600)], violations=1, hide_s=20.0, switch_s=6.0),
    Case(name="stops twice", way=[(0, 100, 600), (4, 700, 600), (38, 700, 600), (50, 1100, 600), (84, 1100, 600)], violations=2, hide_s=15.0),
    Case(name="stops too briefly", way=[(0, 100, 600), (6, 800, 600), (32, 800, 600), (38, 1500, 600)], violations=0, hide_s=20.0, switch_s=12.0),
    Case(name="stops outside", way=[(0, 100, 600), (2, 300, 600), (50, 300, 600)], violations=0, hide_s=20.0),
    Case(name="creeps", way=[(0, 550, 600), (80, 1250, 600)], violations=0, hide_s=40.0, switch_s=40.0),
    Case(name="stops and goes", way=[(0, 550, 600), (15, 550, 600), (17, 650, 600), (32, 650, 600), (34, 750, 600), (50, 750, 600)], violations=0, hide_s=8.0),
)  # fmt: skip
METRES = tuple(
    Case(name=name, way=way, violations=violations, hide_s=20.0, space="m", homography=CAMERA)
    for name, way, violations in (
        ("stops near", [(0, -10, 18), (6, 0, 18), (46, 0, 18)], 1),
        ("stops far", [(0, -20, 45), (6, 0, 45), (46, 0, 45)], 1),
        ("stops far too briefly", [(0, -20, 45), (6, 0, 45), (32, 0, 45), (36, 20, 45)], 0),
        ("creeps near", [(0, -8, 18), (80, 8, 18)], 0),
    )
)


@pytest.mark.parametrize(("case", "spoil"), played(PX))
def test_golden_on_the_picture(case: Case, spoil: Spoil) -> None:
    rule = Stopped(zone="kerb", seconds=30)
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


@pytest.mark.parametrize(("case", "spoil"), played(METRES))
def test_golden_on_the_ground(case: Case, spoil: Spoil) -> None:
    rule = Stopped(seconds=30)
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


def test_it_measures_from_the_stop_on() -> None:
    found = watch(Stopped(seconds=30), [track([(0, 100, 600), (6, 800, 600), (46, 800, 600)])], SCENE)
    assert found[0].since == pytest.approx(T0 + 6, abs=0.3)
    assert found[0].t == pytest.approx(T0 + 36, abs=0.6)
    assert found[-1].measured["stood_s"] == pytest.approx(40, abs=0.3)
    assert "40 s (limit 30 s)" in found[-1].because.en


def test_hidden_for_long_is_insufficient_until_seen_long_enough() -> None:
    whole = track([(0, 800, 600), (70, 800, 600)], hidden(Spoil(), 5, 25))
    found = watch(Stopped(seconds=30), [whole], SCENE, keep_s=30)
    assert [e.outcome for e in found if e.t < T0 + 54] == ["insufficient"] * len([e for e in found if e.t < T0 + 54])
    assert {e.outcome for e in found if e.t >= T0 + 56} == {"violation"}
    assert acts(found) == {("cam/1", T0 + 25)}


def test_a_mover_out_of_sight_gives_no_more_evidence() -> None:
    whole = track([(0, 800, 600), (45, 800, 600)])
    found = watch(Stopped(seconds=30), [whole], SCENE, keep_s=60)
    assert max(e.t for e in found) <= T0 + 45 + 1.5


def test_boxes_that_fail_now_and_then_do_not_end_a_stop() -> None:
    whole = track([(0, 800, 600), (60, 800, 600)])
    boxes = whole.boxes.copy()
    boxes[20::25] += (90, 0, 90, 40)
    spoilt = type(whole)(whole.id, whole.camera, whole.label, whole.born, whole.t, boxes, whole.scores)
    assert len(events(Stopped(seconds=30), [spoilt], SCENE)) == 1
    assert np.ptp(boxes[:, 0]) > 80
