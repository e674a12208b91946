"""Mileage jump."""

import pytest

from _fleets import T0
from _terminals import bare, beside, edited, extra, found, ride
from roadstead.anomalies.mileage_jump import MileageJump
from roadstead.positions import Position


def _metre(p: Position) -> float:
    return p.extra["mileage_m"]


def _step(change_m: float) -> list[Position]:
    return edited(ride(), 600, 1200, lambda _, p: extra(p, mileage_m=_metre(p) + change_m))


@pytest.mark.parametrize(("limit", "sign"), [(500.0, -1), (2000.0, 1)])
def test_a_step_of_the_odometer_is_found_once(limit: float, sign: int) -> None:
    (e,) = beside(MileageJump(), _step(sign * 1.2 * limit))
    assert (e.since, e.t) == (T0 + 590, T0 + 600)
    assert e.measured["change_m"] == pytest.approx(sign * 1.2 * limit + 100)
    assert e.measured["limit_m"] == limit
    assert not found(MileageJump(), _step(sign * 0.8 * limit))


def test_a_reset_says_so() -> None:
    (e,) = found(MileageJump(), edited(ride(), 600, 1200, lambda s, p: extra(p, mileage_m=(s - 600) * 10)))
    assert "set to zero" in e.because.en


def _runs(factor: float, every_s: float = 10.0) -> list[Position]:
    way = ride(mps=20.0, seconds=3600, every_s=every_s)
    return edited(way, 0, 3600, lambda s, p: extra(p, mileage_m=100_000 + factor * 20 * s // 100 * 100))


@pytest.mark.parametrize("every_s", [1.0, 10.0, 30.0])
@pytest.mark.parametrize("factor", [1.24, 0.76])
def test_an_odometer_that_runs_fast_or_slow_is_found_once(factor: float, every_s: float) -> None:
    (e,) = found(MileageJump(), _runs(factor, every_s))
    assert e.measured["difference_share"] == pytest.approx(factor - 1, abs=0.02)
    assert e.since == pytest.approx(T0, abs=30)
    assert e.t == pytest.approx(T0 + 3600, abs=30)


@pytest.mark.parametrize("factor", [1.16, 0.84, 1.0])
def test_a_little_fast_or_slow_is_not(factor: float) -> None:
    assert not found(MileageJump(), _runs(factor))


def test_standing_in_noise_adds_no_way() -> None:
    stands = edited(ride(mps=0.0, seconds=36_000, jitter_m=6.0), 0, 36_000, lambda _, p: extra(p, mileage_m=5e4))
    assert not found(MileageJump(), stands)


def _later(way: list[Position], more_m: float) -> list[Position]:
    return edited(way, 1200, 3600, lambda _, p: extra(p, mileage_m=_metre(p) + more_m))


def test_a_pause_may_hide_a_way_that_the_top_speed_allows() -> None:
    paused = [p for p in ride(seconds=3600) if p.t is not None and not 600 < p.t - T0 < 1200]
    for change, count in ((600 * 44.0, 0), (600 * 44.5 + 1.2 * 2000, 1)):
        assert len(found(MileageJump(), _later(paused, change - 6000))) == count


def test_what_is_not_known_is_not_found() -> None:
    assert not found(MileageJump(), bare(_step(9000)))
    assert not found(MileageJump(), _step(9000), "vessel")
