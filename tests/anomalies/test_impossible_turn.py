"""Impossible turn."""

import math
from dataclasses import replace

import pytest

from _fleets import T0, drive
from _terminals import bare, beside, edited, found, ride
from roadstead.anomalies.impossible_turn import ImpossibleTurn
from roadstead.positions import Position


def _flip(lateral_mps2: float) -> list[Position]:
    """Return a way on which the course is 160 degrees off within ten seconds, at the speed that makes this acceleration."""
    mps = lateral_mps2 * 10 / math.radians(160)
    return edited(ride(mps=mps), 600, 600, lambda _, p: replace(p, course_deg=90.0 + 160.0))


@pytest.mark.parametrize(("label", "limit"), [("truck", 5.0), ("vessel", 3.0)])
def test_a_course_that_turns_too_fast_is_found_once(label: str, limit: float) -> None:
    (e,) = beside(ImpossibleTurn(), _flip(1.2 * limit), label)
    assert (e.since, e.t) == (T0 + 590, T0 + 610)
    assert e.measured["lateral_mps2"] == pytest.approx(1.2 * limit, rel=0.01)
    assert not found(ImpossibleTurn(), _flip(0.8 * limit), label)


def _back(mps: float) -> list[Position]:
    return bare(drive(way=((0, 0, 0), (600, 600 * mps, 0), (1200, 0, 0)), jitter_m=0.0))


def test_without_a_course_the_bearing_of_the_steps_is_taken() -> None:
    (e,) = found(ImpossibleTurn(), _back(1.2 * 50 / math.pi))
    assert e.measured["lateral_mps2"] == pytest.approx(6.0, rel=0.01)
    assert not found(ImpossibleTurn(), _back(0.8 * 50 / math.pi))


def _circling(radius_m: float, mps: float) -> list[Position]:
    turns = [(s, radius_m * math.cos(s * mps / radius_m), radius_m * math.sin(s * mps / radius_m)) for s in range(601)]
    return drive(way=turns, every_s=1.0, jitter_m=0.0)


def test_a_roundabout_and_a_u_turn_are_possible() -> None:
    assert not found(ImpossibleTurn(), _circling(20.0, 8.0))
    u_turn = drive(way=((0, 0, 0), (300, 3000, 0), (306, 3000, 16), (600, 60, 16)), every_s=5.0)
    assert not found(ImpossibleTurn(), u_turn)
