"""A place that stays the same while wheels, satellites or odometer say that it should not."""

from dataclasses import replace
from typing import Any

import pytest

from _altered import found
from _fleets import T0, drive
from roadstead.positions import Position


def frozen(count: int, mps: float = 10.0, **changes: Any) -> list[Position]:
    """A drive whose reports from the tenth on give one place `count` times."""
    clean = drive("a", ((0, 0, 0), (600, 600 * mps, 0)))
    at = clean[10]
    return [replace(p, lat=at.lat, lon=at.lon, **changes) if 10 <= i < 10 + count else p for i, p in enumerate(clean)]


@pytest.mark.parametrize(
    ("label", "count", "mps"), [("truck", 6, 12 / 3.6), ("truck", 30, 10.0), ("vessel", 12, 1.2 * 1852 / 3600)]
)
def test_a_fifth_beyond_speed_and_number_is_found(label: str, count: int, mps: float) -> None:
    (said,) = found("frozen_fix", frozen(count, mps) + drive("b"), label)
    assert (said.subject, said.since, said.t) == ("a", T0 + 100, T0 + 100 + 10 * (count - 1))
    assert (said.measured["reports"], said.measured["moving_reports"]) == (count, count)
    assert said.measured["top_mps"] == pytest.approx(mps, rel=0.01)
    assert said.measured["sign"] == "receiver frozen"


@pytest.mark.parametrize(
    ("label", "count", "mps"),
    [("truck", 4, 10.0), ("truck", 30, 8 / 3.6), ("vessel", 9, 5.0), ("vessel", 30, 0.8 * 1852 / 3600)],
)
def test_a_fifth_short_of_it_is_none(label: str, count: int, mps: float) -> None:
    assert found("frozen_fix", frozen(count, mps), label) == []


def test_a_place_kept_at_speed_0_while_the_wheels_turn_is_named() -> None:
    """What a jammer leaves behind: the receiver keeps the place and says 0, the recorder does not."""
    (said,) = found("frozen_fix", frozen(6, speed_mps=0.0, extra={"recorder_mps": 12 / 3.6}))
    assert said.measured["sign"] == "place kept, speed 0"


@pytest.mark.parametrize(("metres", "times"), [(240.0, 1), (160.0, 0)])
def test_the_odometer_tells_alone(metres: float, times: int) -> None:
    some = frozen(9, speed_mps=0.0)
    some = [replace(p, extra={"mileage_m": metres * min(max(i - 10, 0), 8) / 8}) for i, p in enumerate(some)]
    assert len(found("frozen_fix", some)) == times


def test_an_odometer_that_leaps_or_goes_back_tells_nothing() -> None:
    for mileage_m in (90_000.0, -500.0):
        some = [replace(p, extra={"mileage_m": mileage_m * (i > 15)}) for i, p in enumerate(frozen(9, speed_mps=0.0))]
        assert found("frozen_fix", some) == []


def test_who_stands_or_tells_no_speed_is_none() -> None:
    assert found("frozen_fix", frozen(40, speed_mps=0.0, extra={"recorder_mps": 0.0, "mileage_m": 5000.0})) == []
    assert found("frozen_fix", frozen(40, speed_mps=None)) == []


@pytest.mark.parametrize(("step_deg", "times"), [(0.9e-6, 1), (2.5e-6, 0)])
def test_the_same_is_to_a_millionth_of_a_degree(step_deg: float, times: int) -> None:
    some = [
        replace(p, lat=31.2 + step_deg * (i % 2), lon=121.5) if 10 <= i < 20 else p for i, p in enumerate(drive("a"))
    ]
    assert len(found("frozen_fix", some)) == times
