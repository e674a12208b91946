"""Impossible speed."""

from dataclasses import replace

import pytest

from _fleets import T0, drive
from _terminals import bare, beside, edited, found, ride
from roadstead.anomalies.impossible_speed import ImpossibleSpeed
from roadstead.positions import Position

TRUCK, VESSEL = 160 / 3.6, 50 * 1852 / 3600


def _says(mps: float) -> list[Position]:
    return edited(ride(), 300, 340, lambda _, p: replace(p, speed_mps=mps))


@pytest.mark.parametrize(("label", "limit"), [("truck", TRUCK), ("vessel", VESSEL)])
def test_a_reported_speed_beyond_the_class_is_found_once(label: str, limit: float) -> None:
    (e,) = found(ImpossibleSpeed(), _says(1.2 * limit), label)
    assert (e.since, e.t, e.measured["reports"]) == (T0 + 300, T0 + 340, 5)
    assert e.measured["speed_mps"] == pytest.approx(1.2 * limit, abs=0.01)
    assert e.measured["limit_mps"] == pytest.approx(limit, abs=0.01)
    assert not found(ImpossibleSpeed(), _says(0.8 * limit), label)


def _goes(mps: float, every_s: float) -> list[Position]:
    way = [(0, 0, 0), (300, 3000, 0), (420, 3000 + 120 * mps, 0), (720, 6000 + 120 * mps, 0)]
    return drive(way=way, every_s=every_s, speeds=False)


@pytest.mark.parametrize("every_s", [1.0, 5.0, 10.0])
def test_places_that_need_such_a_speed_are_found(every_s: float) -> None:
    (e,) = beside(ImpossibleSpeed(), _goes(1.2 * TRUCK, every_s))
    assert e.since == pytest.approx(T0 + 300, abs=10)
    assert e.t == pytest.approx(T0 + 420, abs=10)
    assert e.measured["by"] == "places"
    assert e.measured["speed_mps"] == pytest.approx(1.2 * TRUCK, rel=0.03)
    assert not found(ImpossibleSpeed(), _goes(0.8 * TRUCK, every_s))


@pytest.mark.parametrize("strays", [1, 2])
def test_strays_a_shift_and_two_on_one_identity_are_no_speed(strays: int) -> None:
    assert ride()[30].lon is not None
    astray = edited(ride(), 300, 300 + 10 * strays - 5, lambda s, p: replace(p, lon=121.6 + s / 1000))
    assert not found(ImpossibleSpeed(), astray)
    shifted = edited(ride(), 600, 1200, lambda _, p: replace(p, lat=31.5))
    assert not found(ImpossibleSpeed(), shifted)
    two = edited(ride(), 0, 1200, lambda s, p: replace(p, lat=31.5) if s % 20 else p)
    assert not found(ImpossibleSpeed(), two)


def test_what_is_not_known_is_not_found() -> None:
    assert not found(ImpossibleSpeed(), bare(ride(every_s=1.0)))
    assert not found(ImpossibleSpeed(), [])
