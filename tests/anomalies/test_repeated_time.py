"""One device time, two places."""

from dataclasses import replace

import pytest

from _altered import found, shifted
from _fleets import T0, drive
from roadstead.positions import Position

CLEAN = drive("a", jitter_m=0.0)


def twice(row: int, east_m: float, north_m: float = 0.0) -> list[Position]:
    """The drive, with a second report of one time so far from the first."""
    again = shifted([replace(CLEAN[row], t_received=(CLEAN[row].t_received or 0) + 1)], (0,), east_m, north_m)
    return [*CLEAN, *again]


@pytest.mark.parametrize("apart_m", [120.0, 5000.0])
def test_two_places_at_one_time_are_found_and_nobody_else(apart_m: float) -> None:
    (said,) = found("repeated_time", twice(10, 0.0, apart_m) + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 100, T0 + 100)
    assert said.measured["apart_m"] == pytest.approx(apart_m, rel=0.01)
    assert (said.measured["limit_m"], said.measured["reports"], said.measured["times"]) == (100.0, 2, 1)
    assert found("jump", twice(10, 0.0, apart_m)) == []


@pytest.mark.parametrize("apart_m", [0.0, 80.0])
def test_a_retransmission_and_the_noise_of_two_fixes_are_none(apart_m: float) -> None:
    assert found("repeated_time", twice(10, 0.0, apart_m)) == []


def test_a_clock_that_stands_is_one_finding() -> None:
    stuck = [replace(p, t=T0 + 100) if 10 <= i < 20 else p for i, p in enumerate(CLEAN)]
    (said,) = found("repeated_time", stuck)
    assert (said.measured["reports"], said.measured["times"]) == (10, 1)
    assert said.measured["apart_m"] == pytest.approx(900, rel=0.01)


def test_two_movers_at_one_time_and_unknown_times_are_none() -> None:
    assert found("repeated_time", CLEAN + drive("b", ((0, 9000, 0), (600, 15000, 0)))) == []
    assert found("repeated_time", [replace(p, t=None, t_received=T0) for p in CLEAN]) == []


def test_two_movers_under_one_identity_are_not_its_business() -> None:
    other = [replace(p, raw=1000 + i) for i, p in enumerate(drive("a", ((0, 0, 50000), (600, 6000, 50000))))]
    assert found("repeated_time", CLEAN + other) == []
