"""Low satellites."""

import pytest

from _fleets import T0
from _terminals import bare, beside, edited, extra, found, ride
from roadstead.anomalies.low_satellites import LowSatellites
from roadstead.positions import Position


def _sees(satellites: float, reports: int = 4, **more: float) -> list[Position]:
    return edited(ride(), 300, 290 + 10 * reports, lambda _, p: extra(p, satellites=satellites, **more))


@pytest.mark.parametrize("satellites", [0.0, 3.0])
def test_too_few_satellites_for_a_valid_place_are_found_once(satellites: float) -> None:
    (e,) = beside(LowSatellites(), _sees(satellites))
    assert (e.since, e.t, e.measured["reports"]) == (T0 + 300, T0 + 330, 4)
    assert (e.measured["satellites"], e.measured["limit_satellites"]) == (satellites, 4)


@pytest.mark.parametrize(
    "way", [_sees(4.0), _sees(5.0), _sees(3.0, reports=2), _sees(0.0, fix=0.0), bare(_sees(0.0)), ride()]
)
def test_enough_or_briefly_or_without_a_fix_is_not(way: list[Position]) -> None:
    assert not found(LowSatellites(), way)
