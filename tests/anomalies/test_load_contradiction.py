"""Load contradiction."""

from dataclasses import replace

import pytest

from _fleets import T0, drive
from _terminals import DEVICE, bare, beside, edited, extra, found, ride, without
from roadstead.anomalies.load_contradiction import LoadContradiction
from roadstead.positions import Position

LIMIT = 5 / 3.6


def _tips(mps: float = 10.0, load: float = 0.0, end: float = 1200.0) -> list[Position]:
    return edited(ride(mps=mps, jitter_m=0.5), 600, end, lambda _, p: extra(p, load=load))


def test_a_change_on_the_move_is_found_once() -> None:
    (e,) = beside(LoadContradiction(), _tips())
    assert (e.since, e.t) == (T0 + 590, T0 + 600)
    assert (e.measured["load_before"], e.measured["load_after"], e.measured["changes"]) == (3, 0, 1)
    assert e.measured["lowest_speed_mps"] == pytest.approx(10.0, abs=0.5)


@pytest.mark.parametrize(("factor", "count"), [(1.2, 1), (0.8, 0)])
def test_the_limit_is_the_speed_of_a_stop(factor: float, count: int) -> None:
    assert len(found(LoadContradiction(), _tips(factor * LIMIT))) == count


def test_a_flickering_sensor_is_one_finding() -> None:
    flickers = edited(ride(), 300, 800, lambda s, p: extra(p, load=0.0 if s % 50 else 3.0))
    (e,) = found(LoadContradiction(), flickers)
    assert e.measured["changes"] == 20


def test_a_stop_or_one_that_may_hide_or_half_a_load_is_none() -> None:
    stops = drive(way=((0, 0, 0), (560, 5600, 0), (640, 5600, 0), (1200, 11200, 0)), extra=DEVICE)
    assert not found(LoadContradiction(), edited(stops, 600, 1200, lambda _, p: extra(p, load=0.0)))
    assert not found(LoadContradiction(), without(_tips(), 600, 700))
    assert not found(LoadContradiction(), _tips(load=1.0))


def test_what_is_not_known_is_not_found() -> None:
    assert not found(LoadContradiction(), bare(_tips()))
    assert not found(LoadContradiction(), [replace(p, speed_mps=None, lat=None, lon=None) for p in _tips()])
    assert not found(LoadContradiction(), _tips(), "vessel")
