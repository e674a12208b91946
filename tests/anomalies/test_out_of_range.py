"""Beyond the poles and the date line there is no place."""

import pytest

from _altered import altered, found
from _fleets import T0, drive

CLEAN = drive("a")


@pytest.mark.parametrize(
    ("lat", "lon"), [(90.000001, 121.0), (-95.0, 121.0), (31.0, 180.000001), (31.0, -200.0), (200.0, 300.0)]
)
def test_no_place_on_earth_is_found(lat: float, lon: float) -> None:
    (said,) = found("out_of_range", altered(CLEAN, (5, 6), lat=lat, lon=lon) + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 50, T0 + 60)
    assert (said.measured["worst_lat_deg"], said.measured["worst_lon_deg"]) == (lat, lon)
    assert (said.measured["limit_lat_deg"], said.measured["limit_lon_deg"], said.measured["reports"]) == (
        90.0,
        180.0,
        2,
    )


@pytest.mark.parametrize(("lat", "lon"), [(90.0, 121.0), (31.0, -180.0), (None, None), (121.5, 31.2)])
def test_the_edge_the_unknown_and_the_exchanged_are_not(lat: float | None, lon: float | None) -> None:
    assert found("out_of_range", altered(CLEAN, (5, 6), lat=lat, lon=lon)) == []


def test_the_worst_of_a_run_is_named() -> None:
    some = altered(altered(CLEAN, (5,), lat=91.5), (6,), lat=99.0)
    assert found("out_of_range", some)[0].measured["worst_lat_deg"] == 99.0
