"""Zones: inside, depth, stays, and what is no zone."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from roadstead.geometry.zones import area, checked, depth, inside, stays
from roadstead.types import Zone

COORDINATE = st.floats(-1000, 1000, allow_nan=False, width=32)
POINTS = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=30)


@st.composite
def stars(draw: st.DrawFn) -> Zone:
    """Simple polygons: corners at ascending angles around a centre."""
    n = draw(st.integers(3, 12))
    radii = np.array(draw(st.lists(st.floats(5, 400), min_size=n, max_size=n)))
    x, y = draw(COORDINATE), draw(COORDINATE)
    angles = np.arange(n) / n * 2 * np.pi
    return Zone("star", np.column_stack((x + radii * np.cos(angles), y + radii * np.sin(angles))))


@given(stars(), POINTS)
def test_depth_and_inside_agree_with_shapely(zone: Zone, points: list[tuple[float, float]]) -> None:
    polygon = shapely.Polygon(zone.polygon)
    distance = shapely.distance(polygon.exterior, shapely.points(points))
    d = depth(zone, points)
    np.testing.assert_allclose(np.abs(d), distance, atol=1e-6)
    clear = distance > 1e-6
    np.testing.assert_array_equal(inside(zone, points)[clear], shapely.contains_xy(polygon, np.array(points))[clear])
    np.testing.assert_array_equal((d > 0)[clear], inside(zone, points)[clear])


@given(stars())
def test_a_star_is_a_zone_whichever_way_round(zone: Zone) -> None:
    assert checked(zone) is zone
    assert area(zone.polygon) == pytest.approx(shapely.Polygon(zone.polygon).area, rel=1e-9)
    checked(Zone("back", zone.polygon[::-1]))


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        ([(0, 0), (1, 1)], "at least three corners"),
        ([(0, 0), (4, 4), (4, 0), (0, 4)], "edges 1-2 and 3-4 cross"),
        ([(0, 0), (1, 1), (2, 2)], "no area"),
        ([(5, 5), (5, 5), (5, 5)], "no area"),
        ([(0, 0), (1, 0), (float("nan"), 1)], "not a finite number"),
        ([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)], "cross"),
    ],
)
def test_what_is_no_zone(corners: list[tuple[float, float]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        checked(Zone("bad", np.array(corners, dtype=float)))


BAY = Zone("bay", np.array([(0.0, 0), (10, 0), (10, 10), (0, 10)]))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([-5, 5, 5, 5], [(0.5, 3.0, True, False)]),
        ([5, 5, 5, -5], [(0.0, 2.5, False, True)]),
        ([-5, 5, 15, 5], [(0.5, 1.5, True, True), (2.5, 3.0, True, False)]),
        ([-0.5, 0.5, -0.5, 0.5], []),
        ([5, -0.5, 0.5, 5], [(0.0, 3.0, False, False)]),
        ([-5, 0.5, -0.5, -5], []),
        ([-5, np.nan, 5, 5], [(1.0, 3.0, True, False)]),
        ([np.nan, np.nan, np.nan, np.nan], []),
    ],
)
def test_stays(x: list[float], expected: list[tuple[float, float, bool, bool]]) -> None:
    found = stays(BAY, np.arange(4.0), np.column_stack((x, np.full(4, 5.0))), margin=1.0)
    assert [(s.start, s.end, s.entered, s.left) for s in found] == expected


@given(stars(), st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=30), st.floats(0, 20))
def test_stays_are_apart_and_within_the_time(zone: Zone, points: list[tuple[float, float]], margin: float) -> None:
    t = np.arange(len(points), dtype=float)
    found = stays(zone, t, points, margin=margin)
    for s in found:
        assert 0 <= s.start <= s.end <= t[-1]
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(s.entered for s in found[1:])
    assert all(s.left for s in found[:-1])
