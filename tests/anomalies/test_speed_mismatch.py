"""Speed mismatch."""

from dataclasses import replace

import pytest

from _fleets import T0, drive
from _terminals import bare, beside, edited, found, ride
from roadstead.anomalies.speed_mismatch import SpeedMismatch
from roadstead.positions import Position

TRUCK, VESSEL = 15 / 3.6, 3 * 1852 / 3600


def _says(off_mps: float, every_s: float = 10.0) -> list[Position]:
    way = ride(mps=10.0, every_s=every_s, jitter_m=2.0)
    return edited(way, 300, 540, lambda _, p: replace(p, speed_mps=10.0 + off_mps))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("label", "limit", "every_s"),
    [("truck", TRUCK, 10.0), ("truck", TRUCK, 30.0), ("truck", TRUCK, 1.0), ("vessel", 3.0, 10.0)],
)
def test_a_speed_that_the_places_do_not_show_is_found_once(
    label: str, limit: float, every_s: float, sign: float
) -> None:
    """For a vessel at 10 m/s the limit is 30 % of it."""
    (e,) = beside(SpeedMismatch(), _says(sign * 1.2 * limit, every_s), label)
    assert e.since == pytest.approx(T0 + 300, abs=40)
    assert e.t == pytest.approx(T0 + 540, abs=40)
    assert e.measured["difference_mps"] == pytest.approx(sign * 1.2 * limit, rel=0.1)
    assert not found(SpeedMismatch(), _says(sign * 0.8 * limit, every_s), label)


def test_an_absolute_limit_holds_for_the_slow() -> None:
    slow = edited(ride(mps=2.0, seconds=3600), 600, 1800, lambda _, p: replace(p, speed_mps=2.0 + 1.2 * VESSEL))
    assert len(found(SpeedMismatch(), slow, "vessel")) == 1
    assert not found(SpeedMismatch(), slow, "truck")


def test_standing_in_noise_and_stop_and_go_are_no_mismatch() -> None:
    stands = [replace(p, speed_mps=0.0) for p in drive(way=((0, 0, 0), (7200, 0, 0)), jitter_m=7.5)]
    assert not found(SpeedMismatch(), stands)
    moored = [replace(p, speed_mps=0.05) for p in drive(way=((0, 0, 0), (7200, 0, 0)), jitter_m=10.0)]
    assert not found(SpeedMismatch(), moored, "vessel")
    legs = [(60.0 * k + s, 450.0 * k + e, 0.0) for k in range(40) for s, e in ((0, 0), (45, 450))]
    assert not found(SpeedMismatch(), drive(way=legs, every_s=10.0))
    assert not found(SpeedMismatch(), bare(_says(3 * TRUCK)))
