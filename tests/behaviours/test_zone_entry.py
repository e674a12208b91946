"""Zone entry on golden tracks."""

import pytest

from _golden import CAMERA, SPOILS, T0, Spoil, events, scene, track, watch, zone
from _movement import Case, judged, played
from roadstead.behaviours.zone_entry import ZoneEntry

SCENE = scene(
    zone("yard", (600, 300), (1200, 300), (1200, 900), (600, 900)),
    zone("ground", (-5, 20), (5, 20), (5, 40), (-5, 40), space="m"),
    homography=CAMERA,
)

CASES = (
    Case(name="drives in and stays", way=[(0, 200, 600), (8, 900, 600), (20, 900, 600)], violations=1, hide_s=4.0, switch_s=2.0),
    Case(name="drives through", way=[(0, 100, 600), (12, 1700, 600)], violations=1, hide_s=5.0, switch_s=1.5),
    Case(name="goes in twice", way=[(0, 200, 600), (4, 900, 600), (8, 200, 600), (30, 200, 600), (34, 900, 600), (38, 900, 600)], violations=2, hide_s=12.0),
    Case(name="passes beside", way=[(0, 100, 950), (12, 1700, 950)], violations=0, hide_s=5.0, switch_s=6.0),
    Case(name="waits on the edge", way=[(0, 200, 600), (4, 600, 600), (30, 600, 600), (34, 200, 600)], violations=0, hide_s=12.0),
    Case(name="cuts a corner too briefly", way=[(0, 400, 420), (3, 640, 260)], violations=0),
    Case(name="is born inside", way=[(0, 800, 600), (20, 900, 600)], violations=0, hide_s=6.0, switch_s=8.0),
)  # fmt: skip


@pytest.mark.parametrize(("case", "spoil"), played(CASES))
def test_golden(case: Case, spoil: Spoil) -> None:
    rule = ZoneEntry(zone="yard", min_inside_s=1.0)
    assert [len(run) for run in judged(rule, case, spoil, SCENE)] == [case.violations] * 3


def test_born_inside_counts_if_the_setting_says_so() -> None:
    inside = track([(0, 800, 600), (20, 900, 600)])
    assert len(events(ZoneEntry(zone="yard", born_inside=True), [inside], SCENE)) == 1


@pytest.mark.parametrize("fps", [2, 5, 25])
def test_a_stay_between_two_checks_is_found(fps: float) -> None:
    through = track([(0, 0, 600), (2, 1900, 600)], Spoil(fps=fps))
    assert len(events(ZoneEntry(zone="yard", min_inside_s=0.3), [through], SCENE)) == 1


def test_it_begins_with_the_entry_and_says_how_long() -> None:
    found = watch(ZoneEntry(zone="yard"), [track([(0, 200, 600), (8, 1000, 600), (20, 1000, 600)])], SCENE)
    assert len({e.since for e in found}) == 1
    assert found[0].since == pytest.approx(T0 + 4)
    assert found[-1].measured["inside_s"] == pytest.approx(16)
    assert found[-1].t == T0 + 20


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_zone_on_the_ground(spoil: Spoil) -> None:
    rule = ZoneEntry(zone="ground", min_inside_s=1.0)
    into = track([(0, -15, 30), (8, 1, 30), (14, 1, 30)], spoil, space="m", homography=CAMERA)
    beside = track([(0, -15, 45), (8, 1, 45), (14, 1, 45)], spoil, space="m", homography=CAMERA)
    assert len(events(rule, [into], SCENE)) == 1
    assert not events(rule, [beside], SCENE)
