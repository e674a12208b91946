"""Zone exit: leaving the fence, by reports and on the picture."""

import numpy as np
import pytest

from _fleets import drive
from _golden import SPOILS, T0, Spoil, events, scene, track, watch, zone
from _paths import after_s, ground, judged_by, square
from roadstead.behaviours.zone_exit import ZoneExit
from roadstead.types import Evidence, Track

PLACE = ground(square("fence", 0, 0, 2000))
DRAWN = scene(zone("fence", (600, 300), (1200, 300), (1200, 900), (600, 900)))
RULE = ZoneExit(zone="fence")
Way = list[tuple[float, float, float]]


def told(way: Way, every_s: float = 10.0, seed: int = 0, rule: ZoneExit = RULE) -> list[Evidence]:
    return judged_by(rule, drive("a", way, every_s=every_s, jitter_m=7.5, seed=seed), PLACE)


@pytest.mark.parametrize("every_s", [5.0, 10.0, 30.0, 60.0])
@pytest.mark.parametrize("seed", range(4))
class TestReports:
    def test_who_leaves_is_told_until_it_is_back(self, every_s: float, seed: int) -> None:
        found = told([(0, 0, 0), (200, 2000, 0), (500, 2000, 0), (700, 0, 0), (1000, 0, 0)], every_s, seed)
        assert {round((after_s(e.since) - 100) / 8) for e in found} == {0}
        assert 600 - 30 <= max(after_s(e.t) for e in found) <= 605 + every_s
        assert {e.outcome for e in found} == {"violation"}

    def test_who_goes_round_inside_is_not(self, every_s: float, seed: int) -> None:
        assert told([(0, 0, 0), (180, 900, 0), (360, 0, 900), (540, -900, 0), (900, 0, 0)], every_s, seed) == []

    def test_who_stands_on_the_edge_is_not(self, every_s: float, seed: int) -> None:
        assert told([(0, 0, 0), (200, 1000, 0), (2000, 1000, 0)], every_s, seed) == []

    def test_who_was_never_inside_did_not_leave(self, every_s: float, seed: int) -> None:
        passes: Way = [(0, 1500, 0), (600, 5000, 0)]
        assert told(passes, every_s, seed) == []
        found = told(passes, every_s, seed, ZoneExit(zone="fence", born_outside=True))
        assert found
        assert {e.measured["seen_leaving"] for e in found} == {0}


def test_a_short_way_out_needs_its_time() -> None:
    dash: Way = [(0, 0, 0), (100, 1000, 0), (120, 1200, 0), (140, 1000, 0), (240, 0, 0)]
    assert told(dash)
    assert told(dash, rule=ZoneExit(zone="fence", min_outside_s=60)) == []


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_on_the_picture(spoil: Spoil) -> None:
    rule = ZoneExit(zone="fence", min_outside_s=3)
    assert (
        len(events(rule, [track([(0, 900, 600), (5, 900, 600), (10, 1700, 600), (20, 1700, 600)], spoil)], DRAWN)) == 1
    )
    assert not events(rule, [track([(0, 900, 600), (20, 1000, 700)], spoil)], DRAWN)
    assert not events(rule, [track([(0, 1300, 600), (20, 1700, 600)], spoil)], DRAWN)


def test_it_says_since_when() -> None:
    found = watch(ZoneExit(zone="fence"), [track([(0, 900, 600), (4, 1300, 600), (30, 1700, 600)])], DRAWN)
    assert found[0].since == pytest.approx(T0 + 3, abs=0.3)
    assert found[0].measured["outside_s"] == pytest.approx(10, abs=1)
    assert "电子围栏" in found[0].because.zh


def test_who_leaves_the_picture_does_not_leave_the_zone() -> None:
    """The picture's edge cuts the box from below: its foot goes up, out of the zone."""
    fence = scene(zone("fence", (0, 700), (1900, 700), (1900, 1079), (0, 1079)))
    t = T0 + np.arange(0, 20, 0.2)
    foot = np.maximum(1000.0 - 22.0 * (t - T0), 600.0)
    stays = np.where(t - T0 < 8, 300.0, 0.0)
    boxes = np.column_stack((stays, foot - 200, stays + 150, foot))
    leaving = Track("cam/1", "cam", "vessel", float(t[0]), t, boxes, np.ones(len(t)))
    rule = ZoneExit(zone="fence", min_outside_s=3)
    assert not watch(rule, [leaving], fence)
    inside = np.column_stack((np.full(len(t), 300.0), foot - 200, np.full(len(t), 450.0), foot))
    assert watch(rule, [Track("cam/1", "cam", "vessel", float(t[0]), t, inside, np.ones(len(t)))], fence)
