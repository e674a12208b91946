"""Sudden manoeuvre: sharp turns and speed changes of vessels under way; wide bends and slow harbour work are none."""

from dataclasses import replace

import numpy as np
import pytest

from _fleets import drive
from _paths import after_s, ground, judged_by, square
from roadstead.behaviours.sudden_manoeuvre import SuddenManoeuvre
from roadstead.positions import Position
from roadstead.types import Evidence

PLACE = ground(square("basin", 6000, 0, 1000))
Way = list[tuple[float, float, float]]
KN = 1852 / 3600
TURNS: Way = [(0, 0, 0), (1000, 6000, 0), (2000, 6000, 6000)]
STOPS: Way = [(0, 0, 0), (1000, 6000, 0), (2000, 6500, 0)]
EVERY = pytest.mark.parametrize("every_s", [2.0, 10.0, 30.0])
SPEEDS = pytest.mark.parametrize("speeds", [True, False], ids=["reported", "places alone"])


def sail(way: Way, every_s: float = 10.0, seed: int = 0, *, speeds: bool = True) -> list[Position]:
    return drive("a", way, every_s=every_s, jitter_m=7.5, seed=seed, speeds=speeds)


def told(reports: list[Position], rule: SuddenManoeuvre | None = None) -> list[Evidence]:
    return judged_by(rule or SuddenManoeuvre(), reports, PLACE, label="vessel")


def bend(radius_m: float, mps: float = 6.0) -> Way:
    """Return a quarter of a circle between two straight ways."""
    angles = np.linspace(0, np.pi / 2, 40)
    t = 600 + angles * radius_m / mps
    arc = [(float(a), 3600 + radius_m * np.sin(b), radius_m * (1 - np.cos(b))) for a, b in zip(t, angles, strict=True)]
    return [(0, 0, 0), *arc, (float(t[-1]) + 600, 3600 + radius_m, radius_m + 3600)]


@SPEEDS
@EVERY
class TestReports:
    def test_a_sharp_turn_is_told_at_its_instant(self, every_s: float, *, speeds: bool) -> None:
        for seed in range(4):
            found = told(sail(TURNS, every_s, seed, speeds=speeds))
            assert {e.outcome for e in found} == {"violation"}
            for e in found:
                assert after_s(e.t) == pytest.approx(1000, abs=20 + every_s)
                assert e.measured["turned_deg"] == pytest.approx(-90, abs=12)
            assert "to port" in found[0].because.en

    def test_a_sudden_loss_of_speed_is_told(self, every_s: float, *, speeds: bool) -> None:
        for seed in range(4):
            found = told(sail(STOPS, every_s, seed, speeds=speeds))
            if every_s == 30 and not speeds:
                continue  # three places in a minute do not tell a speed before from one after
            assert {e.outcome for e in found} == {"violation"}
            assert found[0].measured["before_kn"] == pytest.approx(6 / KN, abs=1.5)
            assert after_s(found[0].t) == pytest.approx(1000, abs=30 + every_s)

    def test_steady_sailing_and_wide_bends_are_none(self, every_s: float, *, speeds: bool) -> None:
        for seed in range(4):
            assert told(sail([(0, 0, 0), (3600, 21600, 0)], every_s, seed, speeds=speeds)) == []
            assert told(sail(bend(1500), every_s, seed, speeds=speeds)) == []

    def test_lying_and_slow_turns_are_none(self, every_s: float, *, speeds: bool) -> None:
        slow: Way = [(0, 0, 0), (1000, 1000, 0), (2000, 1000, 1000)]
        for seed in range(4):
            assert told(sail(slow, every_s, seed, speeds=speeds)) == []
            assert told(sail([(0, 0, 0), (3600, 0, 0)], every_s, seed, speeds=speeds)) == []


def test_in_a_basin_where_vessels_turn_it_is_none() -> None:
    assert told(sail(TURNS), SuddenManoeuvre(outside=("basin",))) == []


def test_one_wrong_course_is_none() -> None:
    reports = sail([(0, 0, 0), (1800, 10800, 0)])
    for i in (40, 90):
        reports[i] = replace(reports[i], course_deg=200.0)
    reports[120] = replace(reports[120], speed_mps=0.0)
    assert told(reports) == []


def test_a_dodge_that_is_not_kept_is_none() -> None:
    dodges: Way = [(0, 0, 0), (600, 3600, 0), (620, 3660, 100), (640, 3720, 0), (1200, 7320, 0)]
    assert told(sail(dodges, 5.0)) == []


def test_reports_too_rare_to_tell_say_nothing() -> None:
    assert told(sail(TURNS, 180.0)) == []
