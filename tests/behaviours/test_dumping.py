"""Dumping: a stop outside the permitted sites after which the truck is empty; a turn alone decides nothing."""

from dataclasses import replace

import pytest

from _fleets import drive
from _paths import after_s, ground, judged_by, square
from roadstead.behaviours.dumping import Dumping
from roadstead.positions import Position
from roadstead.types import Evidence

PLACE = ground(square("tip", 9000, 0, 300))
RULE = Dumping(permitted=("tip",))
Way = list[tuple[float, float, float]]
BACK: Way = [(0, 0, 0), (300, 3000, 0), (660, 3000, 0), (960, 0, 0)]
ON: Way = [(0, 0, 0), (300, 3000, 0), (660, 3000, 0), (960, 6000, 0)]
AT_TIP: Way = [(t, x + 6000, y) for t, x, y in BACK]


def trip(
    way: Way, every_s: float = 10.0, seed: int = 0, *, empty_s: float | None = None, load: float = 3.0
) -> list[Position]:
    """Return the reports of a truck with a load until `empty_s`; with none reported at all where that is None."""
    reports = drive("a", way, every_s=every_s, jitter_m=7.5, seed=seed)
    if empty_s is None:
        return reports
    return [replace(p, extra={"load": load if after_s(p.t) < empty_s else 0.0}) for p in reports]


def told(reports: list[Position], rule: Dumping = RULE) -> list[Evidence]:
    return judged_by(rule, reports, PLACE)


@pytest.mark.parametrize("every_s", [5.0, 10.0, 30.0, 60.0])
@pytest.mark.parametrize("seed", range(4))
class TestReports:
    def test_who_is_empty_after_a_stop_outside_is_told(self, every_s: float, seed: int) -> None:
        for way in (BACK, ON):
            found = told(trip(way, every_s, seed, empty_s=600))
            assert {e.outcome for e in found} == {"violation"}
            assert {after_s(e.since) for e in found} <= {300 + k * every_s for k in (-1, 0, 1)}
            assert 595 <= min(after_s(e.t) for e in found) <= 600 + every_s

    def test_without_load_data_a_turn_is_insufficient(self, every_s: float, seed: int) -> None:
        found = told(trip(BACK, every_s, seed))
        assert {e.outcome for e in found} == {"insufficient"}
        assert found[0].measured["turned_deg"] == pytest.approx(180, abs=25)
        assert found[0].measured["load_before"] is None
        assert told(trip(ON, every_s, seed)) == []

    def test_at_a_permitted_site_it_is_none(self, every_s: float, seed: int) -> None:
        assert told(trip(AT_TIP, every_s, seed, empty_s=600)) == []
        assert told(trip(AT_TIP, every_s, seed)) == []

    def test_who_keeps_its_load_is_not(self, every_s: float, seed: int) -> None:
        assert told(trip(BACK, every_s, seed, empty_s=1e6)) == []
        assert told(trip(BACK, every_s, seed, empty_s=-1)) == []

    def test_a_short_stop_is_none(self, every_s: float, seed: int) -> None:
        short: Way = [(0, 0, 0), (300, 3000, 0), (400, 3000, 0), (700, 0, 0)]
        assert told(trip(short, every_s, seed, empty_s=360)) == []
        assert told(trip(short, every_s, seed)) == []


def test_half_a_load_is_a_load() -> None:
    found = told(trip(BACK, empty_s=600, load=1.0))
    assert {e.outcome for e in found} == {"violation"}
    assert "half loaded before" in found[0].because.en
    assert "半载" in found[0].because.zh


def test_a_load_told_only_after_the_stop_cannot_be_judged() -> None:
    reports = [replace(p, extra={"load": 0.0} if after_s(p.t) > 600 else {}) for p in trip(BACK)]
    assert {e.outcome for e in told(reports)} == {"insufficient"}


def test_parking_over_night_is_no_tipping() -> None:
    night: Way = [(0, 0, 0), (300, 3000, 0), (3600, 3000, 0), (3900, 0, 0)]
    assert told(trip(night)) == []
    assert told(trip(night), Dumping(permitted=("tip",), longest_s=7200))


def test_emptied_on_the_road_long_after_is_another_matter() -> None:
    late: Way = [(0, 0, 0), (300, 3000, 0), (660, 3000, 0), (2000, 16400, 0)]
    assert told(trip(late, empty_s=1500)) == []
    assert told(trip(late, empty_s=700))
