"""Drifting: slow for long and across the bow, or not under command; at anchor, under way or fishing it is none."""

from dataclasses import replace

import pytest

from _fleets import drive
from _paths import after_s, ground, judged_by, square
from roadstead.behaviours.drifting import Drifting
from roadstead.positions import Position
from roadstead.types import Evidence

PLACE = ground(square("anchorage", 2000, 0, 12000))
Way = list[tuple[float, float, float]]
DRIFTS: Way = [(0, -6000, 0), (1000, 0, 0), (4600, 2880, 0)]
"""6 m/s, then 0.8 m/s (1.6 kn) to the east for an hour."""
SWINGS: Way = [(0, 0, 0), (600, 80, 60), (1200, 0, 100), (1800, -60, 40), (2400, 0, 0), (3000, 70, 60), (3600, 0, 90)]


def sail(
    way: Way = DRIFTS, every_s: float = 10.0, seed: int = 0, *, heading: float | None = 0.0, status: float | None = 0.0
) -> list[Position]:
    extra = {} if status is None else {"nav_status": status}
    reports = drive("a", way, every_s=every_s, jitter_m=7.5, seed=seed, extra=extra)
    return [replace(p, heading_deg=heading) for p in reports]


def told(reports: list[Position], rule: Drifting | None = None) -> list[Evidence]:
    return judged_by(rule or Drifting(), reports, PLACE, label="vessel")


@pytest.mark.parametrize("every_s", [10.0, 30.0, 180.0])
class TestReports:
    def test_who_is_carried_across_its_bow_is_told(self, every_s: float) -> None:
        for seed in range(3):
            found = told(sail(every_s=every_s, seed=seed))
            assert {e.outcome for e in found} == {"violation"}
            assert after_s(found[0].since) == pytest.approx(1000, abs=160 + every_s)
            assert found[-1].measured["across_deg"] == pytest.approx(90, abs=10)
            assert found[-1].measured["speed_kn"] == pytest.approx(0.8 * 3600 / 1852, abs=0.2)
            assert min(after_s(e.t) for e in found) >= 1000 + 1800 - 160

    def test_who_goes_slowly_ahead_is_not(self, every_s: float) -> None:
        assert told(sail(every_s=every_s, heading=95.0)) == []

    def test_who_swings_at_anchor_is_not(self, every_s: float) -> None:
        for seed in range(3):
            assert told(sail(SWINGS, every_s, seed)) == []

    def test_who_sails_or_lies_is_not(self, every_s: float) -> None:
        assert told(sail([(0, 0, 0), (3600, 21600, 0)], every_s)) == []
        assert told(sail([(0, 0, 0), (5400, 0, 0)], every_s)) == []

    def test_without_a_heading_it_is_insufficient(self, every_s: float) -> None:
        found = told(sail(every_s=every_s, heading=None, status=None))
        assert {e.outcome for e in found} == {"insufficient"}
        assert found[0].measured["across_deg"] is None


def test_not_under_command_needs_no_heading() -> None:
    found = told(sail(heading=None, status=2.0))
    assert {e.outcome for e in found} == {"violation"}
    assert "失控" in found[0].because.zh


@pytest.mark.parametrize("status", [1.0, 3.0, 5.0, 7.0])
def test_a_status_that_accounts_for_it_ends_the_question(status: float) -> None:
    assert told(sail(status=status)) == []


def test_where_slow_vessels_are_at_home_it_is_none() -> None:
    assert told(sail(), Drifting(outside=("anchorage",))) == []


def test_a_short_drift_is_none() -> None:
    assert told(sail([(0, -6000, 0), (1000, 0, 0), (2500, 1200, 0), (3500, 7200, 0)])) == []
