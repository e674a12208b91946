"""Shared MMSI."""

import pytest

from _fleets import T0
from _vessels import found, sail, silent_without
from roadstead.anomalies.shared_mmsi import SharedMmsi
from roadstead.positions import Position


def _blocks(alternations: int, *, apart_m: float = 30_000.0, each_s: float = 300.0) -> list[Position]:
    """Return reports of two ships by turns under one number."""
    whole = [sail(seconds=7200), sail(seconds=7200, north_m=apart_m, seed=1)]
    return [
        p
        for block in range(alternations + 1)
        for p in whole[block % 2]
        if p.t is not None and block * each_s <= p.t - T0 < (block + 1) * each_s
    ]


@pytest.mark.parametrize("alternations", [3, 4, 10])
def test_ways_that_alternate_often_enough_are_found_once(alternations: int) -> None:
    (e,) = found(SharedMmsi(), _blocks(alternations))
    assert (e.since, e.t) == (T0 + 290, T0 + alternations * 300)
    assert (e.measured["ways"], e.measured["alternations"]) == (2, alternations)
    assert e.measured["apart_m"] == pytest.approx(30_000, abs=100)


def test_reports_that_alternate_one_by_one_are_found() -> None:
    both = sail(every_s=20), sail(every_s=20, north_m=30_000, seed=1)
    shifted = [p for k, pair in enumerate(zip(*both, strict=True)) for p in (pair[k % 2],)]
    (e,) = found(SharedMmsi(), shifted)
    assert e.measured["alternations"] == len(shifted) - 1


@pytest.mark.parametrize("alternations", [0, 1, 2])
def test_a_jump_and_a_teleport_are_not_sharing(alternations: int) -> None:
    assert not found(SharedMmsi(), _blocks(alternations))


def test_two_times_of_sharing_far_apart_are_two() -> None:
    assert len(found(SharedMmsi(quiet_s=600.0), [p for p in _blocks(20) if not 1500 <= (p.t or 0) - T0 < 3000])) == 2


def test_trucks_are_left_to_cloned_terminals() -> None:
    assert not found(SharedMmsi(), _blocks(6), label="truck")


def test_without_places_nothing_is_found() -> None:
    assert silent_without(SharedMmsi(), _blocks(6), "lat", "lon")
