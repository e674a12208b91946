"""Distances, bearings and a flat ground on the earth. Degrees of WGS-84 in, metres and degrees out; NaN stays NaN.

Distances are those of the sphere of mean radius (haversine; within 0.56 % of the ellipsoid's); the flat ground is the
transverse Mercator projection of the ellipsoid about an origin (0.02 % long at 100 km from its meridian).
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the earth (IUGG)."""


def distance_m(lat: npt.ArrayLike, lon: npt.ArrayLike, lat_to: npt.ArrayLike, lon_to: npt.ArrayLike) -> Floats:
    """Return how far apart places are, m (haversine formula).

    >>> round(float(distance_m(31.0, 121.0, 31.0, 121.001)), 1)
    95.3
    """
    a, b = np.deg2rad(lat), np.deg2rad(lat_to)
    half_north = np.sin((b - a) / 2)
    half_east = np.sin((np.deg2rad(lon_to) - np.deg2rad(lon)) / 2)
    chord = half_north * half_north + np.cos(a) * np.cos(b) * half_east * half_east
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def bearing_deg(lat: npt.ArrayLike, lon: npt.ArrayLike, lat_to: npt.ArrayLike, lon_to: npt.ArrayLike) -> Floats:
    """Return the first course of the great circle to other places, degrees from north, clockwise, [0, 360).

    >>> float(bearing_deg(31.0, 121.0, 30.0, 121.0))
    180.0
    """
    a, b = np.deg2rad(lat), np.deg2rad(lat_to)
    east = np.deg2rad(lon_to) - np.deg2rad(lon)
    y = np.sin(east) * np.cos(b)
    x = np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(east)
    return np.asarray(np.rad2deg(np.arctan2(y, x)) % 360.0)


def moved(
    lat: npt.ArrayLike, lon: npt.ArrayLike, course_deg: npt.ArrayLike, metres: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Return latitude and longitude after so many metres along a great circle that begins with a course."""
    a, course = np.deg2rad(lat), np.deg2rad(course_deg)
    arc = np.asarray(metres, dtype=np.float64) / EARTH_RADIUS_M
    b = np.arcsin(np.sin(a) * np.cos(arc) + np.cos(a) * np.sin(arc) * np.cos(course))
    east = np.arctan2(np.sin(course) * np.sin(arc) * np.cos(a), np.cos(arc) - np.sin(a) * np.sin(b))
    to_lon = (np.asarray(lon, dtype=np.float64) + np.rad2deg(east) + 540.0) % 360.0 - 180.0
    return np.asarray(np.rad2deg(b)), np.asarray(to_lon)


def turn_deg(course: npt.ArrayLike, to: npt.ArrayLike) -> Floats:
    """Return the change from one course to another, (-180, 180], to the right positive.

    >>> turn_deg([350.0, 10.0], [10.0, 350.0]).tolist()
    [20.0, -20.0]
    """
    off = (np.asarray(to, dtype=np.float64) - np.asarray(course, dtype=np.float64)) % 360.0
    return np.asarray(np.where(off > 180.0, off - 360.0, off))


def to_ground(origin: tuple[float, float], lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
    """Return metres east and north (n, 2) of an origin (lat, lon); NaN for what is no place."""
    where = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    east, north = _projection(origin).transform(*where)
    xy = np.column_stack((np.atleast_1d(east), np.atleast_1d(north)))
    return np.asarray(np.where(np.isfinite(xy), xy, np.nan))


def from_ground(origin: tuple[float, float], xy_m: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return latitude and longitude (n,) of metres east and north (n, 2) of an origin (lat, lon)."""
    xy = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
    lon, lat = _projection(origin).transform(xy[:, 0], xy[:, 1], direction="INVERSE")
    return np.asarray(lat), np.asarray(lon)


@lru_cache(maxsize=32)
def _projection(origin: tuple[float, float]) -> Any:
    from pyproj import Transformer

    there = f"+proj=tmerc +lat_0={origin[0]!r} +lon_0={origin[1]!r} +ellps=WGS84 +units=m"
    return Transformer.from_crs("EPSG:4326", there, always_xy=True)
