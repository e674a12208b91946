"""Impossible acceleration."""

from dataclasses import replace

import numpy as np
import pytest

from _fleets import T0
from _terminals import bare, beside, edited, found, ride
from roadstead.anomalies.impossible_acceleration import ImpossibleAcceleration
from roadstead.positions import Position


def _leap(mps2: float, every_s: float) -> list[Position]:
    span = max(every_s, 5.0)
    return edited(ride(every_s=every_s), 300, 1200, lambda _, p: replace(p, speed_mps=10 + mps2 * span))


@pytest.mark.parametrize(("label", "limit"), [("truck", 3.0), ("vessel", 2.0)])
@pytest.mark.parametrize("every_s", [1.0, 10.0])
def test_a_speed_that_rises_too_fast_is_found_once(label: str, limit: float, every_s: float) -> None:
    (e,) = beside(ImpossibleAcceleration(), _leap(1.2 * limit, every_s), label)
    assert e.t == pytest.approx(T0 + 300, abs=5)
    assert e.since == pytest.approx(T0 + 300 - every_s, abs=5)
    assert e.measured["acceleration_mps2"] == pytest.approx(1.2 * limit, abs=0.01)
    assert not found(ImpossibleAcceleration(), _leap(0.8 * limit, every_s), label)


def _brake(mps2: float) -> list[Position]:
    fast = ride(mps=25.0, every_s=1.0)
    return edited(fast, 300, 1200, lambda s, p: replace(p, speed_mps=max(0.0, 25 - mps2 * (s - 299))))


def test_braking_beyond_the_limit_is_found_and_hard_braking_is_not() -> None:
    (e,) = found(ImpossibleAcceleration(), _brake(12.0))
    assert e.measured["acceleration_mps2"] == pytest.approx(-12.0)
    assert (e.since, e.t) == (T0 + 299, T0 + 301)
    assert not found(ImpossibleAcceleration(), _brake(8.0))


def test_noise_of_a_second_and_long_pauses_are_no_acceleration() -> None:
    rng = np.random.default_rng(0)
    noisy = edited(ride(every_s=1.0), 0, 1200, lambda _, p: replace(p, speed_mps=abs(10 + float(rng.normal(0, 0.6)))))
    assert not found(ImpossibleAcceleration(), noisy)
    rare = edited(ride(every_s=120.0), 300, 1200, lambda _, p: replace(p, speed_mps=40.0))
    assert not found(ImpossibleAcceleration(), rare)
    assert not found(ImpossibleAcceleration(), bare(ride()))
