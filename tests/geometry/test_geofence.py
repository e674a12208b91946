"""Geofence: the same answers as one zone and one point at a time, on edges and corners too."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from roadstead.geometry.geofence import Geofence
from roadstead.geometry.zones import inside
from roadstead.types import Floats, Zone


def star(rng: np.random.Generator, reach: float = 1000.0) -> Floats:
    """Return a polygon that is simple: corners about a middle, in order of their angle."""
    n = int(rng.integers(3, 30))
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    far = rng.uniform(0.2, 1.0, n) * rng.uniform(0.05, 0.4) * reach
    return np.asarray(rng.uniform(0, reach, 2) + far[:, None] * np.column_stack((np.cos(angle), np.sin(angle))))


def zones(seed: int, n: int = 40) -> list[Zone]:
    rng = np.random.default_rng(seed)
    return [Zone(str(k), star(rng), "m") for k in range(n)]


def one_by_one(some: list[Zone], points: Floats) -> set[tuple[int, int]]:
    return {(int(p), k) for k, zone in enumerate(some) for p in np.flatnonzero(inside(zone, points))}


def pairs(fence: Geofence, points: Floats) -> set[tuple[int, int]]:
    point, zone = fence.inside(points)
    found = list(zip(point.tolist(), zone.tolist(), strict=True))
    assert found == sorted(set(found)), "by point and then by zone, none twice"
    return set(found)


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_one_zone_at_a_time_on_corners_edges_and_anywhere(seed: int) -> None:
    some = zones(seed)
    rng = np.random.default_rng(seed + 100)
    corners = np.vstack([zone.polygon for zone in some])
    middles = np.vstack([(zone.polygon + np.roll(zone.polygon, -1, axis=0)) / 2 for zone in some])
    level = np.column_stack((rng.uniform(-100, 1100, len(corners)), corners[:, 1]))
    points = np.vstack((rng.uniform(-200, 1200, (3000, 2)), corners, middles, level))
    assert pairs(Geofence(some), points) == one_by_one(some, points)


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_geos_away_from_edges(seed: int) -> None:
    some = zones(seed)
    points = np.random.default_rng(seed).uniform(-200, 1200, (5000, 2))
    tree = shapely.STRtree([shapely.Polygon(zone.polygon) for zone in some])
    point, zone = tree.query(shapely.points(points), predicate="intersects")
    assert pairs(Geofence(some), points) == set(zip(point.tolist(), zone.tolist(), strict=True))


grid = st.integers(-3, 6).map(float)


@given(st.lists(st.tuples(grid, grid), max_size=30), st.lists(st.tuples(grid, grid), min_size=3, max_size=8))
def test_whole_numbers_fall_on_edges_and_corners(
    points: list[tuple[float, float]], polygon: list[tuple[float, float]]
) -> None:
    some = [Zone("a", np.array(polygon)), Zone("b", np.array([(0, 0), (4, 0), (4, 4), (0, 4)]))]
    where = np.array(points, dtype=np.float64).reshape(-1, 2)
    assert pairs(Geofence(some), where) == one_by_one(some, where)


def test_unknown_and_endless_points_lie_nowhere() -> None:
    fence = Geofence([Zone("bay", np.array([(0, 0), (4, 0), (4, 4), (0, 4)]))])
    points = np.array([(np.nan, 1), (1, np.nan), (np.inf, 1), (-np.inf, np.inf), (1, 1)])
    assert pairs(fence, points) == {(4, 0)}


def test_no_zones_and_no_points() -> None:
    assert pairs(Geofence([]), np.zeros((3, 2))) == set()
    assert pairs(Geofence(zones(0)), np.zeros((0, 2))) == set()
    line = Zone("line", np.array([(1, 0), (1, 5), (1, 9)]))
    assert pairs(Geofence([line]), np.array([(1.0, 2.0), (1.0, 0.0)])) == one_by_one(
        [line], np.array([(1.0, 2.0), (1.0, 0.0)])
    )


def test_degrees_far_from_zero_are_as_good() -> None:
    box = Zone("bay", np.array([(121.5, 31.2), (121.500001, 31.2), (121.500001, 31.200001), (121.5, 31.200001)]))
    points = np.random.default_rng(0).uniform((121.4999995, 31.1999995), (121.5000015, 31.2000015), (500, 2))
    assert pairs(Geofence([box]), points) == one_by_one([box], points)


def test_picture_and_ground_do_not_mix() -> None:
    with pytest.raises(ValueError, match="make one for each"):
        Geofence([Zone("a", np.eye(3)[:, :2], "px"), Zone("b", np.eye(3)[:, :2], "m")])
