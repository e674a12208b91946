"""Latitude and longitude exchanged: certain in mainland China, where no value can be both."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _altered import altered, found
from _fleets import T0, drive

CLEAN = drive("a", ((0, 0, 0), (200, 2000, 0)))


@settings(max_examples=30, deadline=None)
@given(st.floats(3.0, 54.0), st.floats(73.0, 136.0))
def test_any_place_of_the_mainland_is_found_exchanged(lat: float, lon: float) -> None:
    (said,) = found("swapped_coordinates", altered(CLEAN, (5, 6), lat=lon, lon=lat))
    assert (said.subject, said.since, said.t, said.measured["reports"]) == ("a", T0 + 50, T0 + 60, 2)
    assert (said.measured["reported_lat_deg"], said.measured["reported_lon_deg"]) == (lon, lat)


@pytest.mark.parametrize(
    ("lat", "lon"), [(31.2, 121.5), (31.2, 31.2), (-31.2, 121.5), (121.5, 200.0), (None, 31.2), (0.0, 0.0)]
)
def test_what_is_not_at_home_once_exchanged_is_none(lat: float | None, lon: float | None) -> None:
    assert found("swapped_coordinates", altered(CLEAN, (5, 6), lat=lat, lon=lon)) == []
