"""Datums: published pairs of places, exact ways back, and nothing displaced where nothing is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.geometry.datums import BOUNDS, Datum, convert, from_gcj02, offset_m, to_gcj02

DATUMS: list[Datum] = ["wgs84", "gcj02", "bd09"]
SOUTH, WEST, NORTH, EAST = BOUNDS
MARGIN_DEG = 0.05
LATS = st.floats(SOUTH + MARGIN_DEG, NORTH - MARGIN_DEG)
LONS = st.floats(WEST + MARGIN_DEG, EAST - MARGIN_DEG)
METRES_A_DEGREE = 111_320.0


def apart_m(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    return METRES_A_DEGREE * math.hypot(to_lat - lat, (to_lon - lon) * math.cos(math.radians(lat)))


# WGS-84 and GCJ-02 of the test table of eviltransform (Shanghai, Shenzhen, Beijing)
PUBLISHED = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]


@pytest.mark.parametrize(("wgs84", "gcj02"), PUBLISHED)
def test_published_places(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    lat, lon = to_gcj02(*wgs84)
    assert apart_m(float(lat), float(lon), *gcj02) < 0.001
    back = from_gcj02(*gcj02)
    assert apart_m(float(back[0]), float(back[1]), *wgs84) < 0.001


def bd09_alone(lat: float, lon: float) -> tuple[float, float]:
    """BD-09 of one GCJ-02 place as Baidu's formula is published, in plain arithmetic."""
    turns = math.pi * 3000 / 180
    z = math.sqrt(lon * lon + lat * lat) + 0.00002 * math.sin(lat * turns)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * turns)
    return z * math.sin(theta) + 0.006, z * math.cos(theta) + 0.0065


@given(LATS, LONS)
def test_baidu_displaces_what_gcj02_displaced(lat: float, lon: float) -> None:
    gcj = convert(lat, lon, "wgs84", "gcj02")
    expected = bd09_alone(float(gcj[0]), float(gcj[1]))
    for got in (convert(lat, lon, "wgs84", "bd09"), convert(*gcj, "gcj02", "bd09")):
        assert apart_m(float(got[0]), float(got[1]), *expected) < 1e-6


@pytest.mark.parametrize("source", DATUMS)
@pytest.mark.parametrize("target", DATUMS)
@given(lat=LATS, lon=LONS)
def test_there_and_back_is_less_than_a_micrometre(source: Datum, target: Datum, lat: float, lon: float) -> None:
    there = convert(lat, lon, source, target)
    back = convert(*there, target, source)
    assert apart_m(lat, lon, float(back[0]), float(back[1])) < 1e-6


def test_there_and_back_over_a_grid_of_china() -> None:
    lat, lon = (axis.ravel() for axis in np.meshgrid(np.linspace(3, 54, 400), np.linspace(73, 136, 500)))
    back = from_gcj02(*to_gcj02(lat, lon))
    worst = METRES_A_DEGREE * np.hypot(back[0] - lat, back[1] - lon).max()
    assert worst < 1e-6
    moved = np.hypot(*offset_m(lat, lon, "gcj02").T)
    assert moved.max() < 1000
    assert moved.min() > 0


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(DATUMS), st.sampled_from(DATUMS))
def test_outside_nothing_is_displaced(lat: float, lon: float, source: Datum, target: Datum) -> None:
    if SOUTH - MARGIN_DEG <= lat <= NORTH + MARGIN_DEG and WEST - MARGIN_DEG <= lon <= EAST + MARGIN_DEG:
        lat = -abs(lat) - 1
    got = convert(lat, lon, source, target)
    assert (float(got[0]), float(got[1])) == (lat, lon)


@pytest.mark.parametrize("source", DATUMS)
@pytest.mark.parametrize("target", DATUMS)
def test_unknown_stays_unknown_and_hurts_no_other(source: Datum, target: Datum) -> None:
    lat = np.array([31.0, np.nan, 31.0, np.nan, 31.0])
    lon = np.array([121.0, 121.0, np.nan, np.nan, 121.0])
    got = convert(lat, lon, source, target)
    alone = convert(31.0, 121.0, source, target)
    assert np.isnan(got[0][1:4] + got[1][1:4]).all()
    assert (got[0][[0, 4]] == float(alone[0])).all()
    assert (got[1][[0, 4]] == float(alone[1])).all()


def test_the_input_is_not_written_to() -> None:
    lat, lon = np.array([31.0, 32.0]), np.array([121.0, 122.0])
    for target in DATUMS:
        got = convert(lat, lon, "wgs84", target)
        got[0][:] = got[1][:] = 0
    assert (lat.tolist(), lon.tolist()) == ([31.0, 32.0], [121.0, 122.0])


@pytest.mark.parametrize(("datum", "metres"), [("wgs84", 0.0), ("gcj02", 590.0), ("bd09", 1228.0)])
def test_how_far_wuhan_is_displaced(datum: Datum, metres: float) -> None:
    """Figures measured with another program in the middle of Wuhan (30.59 N 114.30 E)."""
    (vector,) = offset_m([30.59], [114.30], datum)
    assert np.hypot(*vector) == pytest.approx(metres, rel=0.05)


def test_the_offset_leads_to_the_displaced_place() -> None:
    from pyproj import Geod

    lat, lon = np.array([22.5, 31.2, 39.9, 45.0]), np.array([114.0, 121.5, 116.4, 90.0])
    east, north = offset_m(lat, lon, "bd09").T
    to_lat, to_lon = convert(lat, lon, "wgs84", "bd09")
    azimuth, _, metres = Geod(ellps="WGS84").inv(lon, lat, to_lon, to_lat)
    np.testing.assert_allclose(np.hypot(east, north), metres, atol=0.01)
    np.testing.assert_allclose(np.rad2deg(np.arctan2(east, north)), azimuth, atol=0.01)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("degrees", [1e308, -1e308, 400.0, float("inf")])
def test_what_is_no_place_stays_as_it_is(datum: Datum, degrees: float) -> None:
    lat, lon = convert([degrees, 31.0], [121.0, 121.0], datum, "wgs84")
    assert (lat[0], lon[0]) == (degrees, 121.0)
    assert convert([31.0], [121.0], datum, "wgs84")[0][0] == lat[1] != 31.0
