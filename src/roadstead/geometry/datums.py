"""WGS-84, GCJ-02 and BD-09: what receivers measure, what maps in China show, and what Baidu shows.

GCJ-02 displaces a place of WGS-84 by a smooth, never officially published vector of 100-700 m; the formula here is the
commonly published approximation (a polynomial with sines about 35° N 105° E, on the ellipsoid of Krasovsky 1940). BD-09
displaces GCJ-02 once more, by Baidu's published formula. Neither has an inverse in closed form: it is found by fixed-point
iteration, to far less than a micrometre.

Both apply within the usual rectangle about the mainland only (BOUNDS); outside, all three are the same place. In a strip
of at most 1.3 km along the inside of its border a displaced place can have two originals; that inside is given.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats

Datum = Literal["wgs84", "gcj02", "bd09"]
Displacement = Callable[[Floats, Floats], tuple[Floats, Floats]]

BOUNDS = (0.8293, 72.004, 55.8271, 137.8347)
"""South, west, north and east of the rectangle within which places are displaced, degrees of WGS-84."""

_ROUNDS = 6
_WGS84 = (6_378_137.0, 0.006_694_379_990_141_316)
_KRASOVSKY = (6_378_245.0, 0.006_693_421_622_965_943)
_BD_TURNS = np.pi * 3000.0 / 180.0


def convert(lat: npt.ArrayLike, lon: npt.ArrayLike, source: Datum, target: Datum) -> tuple[Floats, Floats]:
    """Return latitude and longitude (n,) of places in another datum; NaN stays NaN.

    >>> lat, lon = convert([39.911954], [116.377817], "wgs84", "gcj02")
    >>> float(lat[0].round(6)), float(lon[0].round(6))
    (39.913345, 116.384047)
    """
    north, east = _places(lat, lon)
    if source == target:
        return north.copy(), east.copy()
    if source == "bd09":
        north, east = _undone(_to_bd09, north, east)
    elif source == "gcj02":
        north, east = _undone(_to_gcj02, north, east)
    if target == "wgs84":
        return north, east
    displaced = _to_gcj02(north, east) if target == "gcj02" else _to_bd09(north, east)
    return _chosen(_inside(north, east), displaced, (north, east))


def to_gcj02(lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return GCJ-02 latitude and longitude (n,) of places in WGS-84."""
    return convert(lat, lon, "wgs84", "gcj02")


def from_gcj02(lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return WGS-84 latitude and longitude (n,) of places in GCJ-02."""
    return convert(lat, lon, "gcj02", "wgs84")


def offset_m(lat: npt.ArrayLike, lon: npt.ArrayLike, datum: Datum) -> Floats:
    """Return the vectors (n, 2), m east and north, by which a datum displaces places of WGS-84 (n,).

    On the local radii of the ellipsoid: exact to millimetres at these lengths.

    >>> offset_m([30.0], [150.0], "gcj02").tolist()
    [[0.0, 0.0]]
    """
    north, east = _places(lat, lon)
    to_north, to_east = convert(north, east, "wgs84", datum)
    along, across = _radii_m((north + to_north) / 2, _WGS84)
    return np.stack((np.deg2rad(to_east - east) * across, np.deg2rad(to_north - north) * along), axis=-1)


def _places(lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Floats, Floats]:
    north, east = np.broadcast_arrays(np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64))
    return north, east


def _inside(lat: Floats, lon: Floats) -> npt.NDArray[np.bool_]:
    south, west, north, east = BOUNDS
    return np.asarray((lat >= south) & (lat <= north) & (lon >= west) & (lon <= east))


def _chosen(where: npt.NDArray[np.bool_], a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return np.asarray(np.where(where, a[0], b[0])), np.asarray(np.where(where, a[1], b[1]))


def _radii_m(lat: Floats, ellipsoid: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return metres per radian of latitude (radius in the meridian) and of longitude (of the circle of latitude)."""
    a, e2 = ellipsoid
    sin = np.sin(np.deg2rad(lat))
    w2 = 1 - e2 * sin * sin
    return np.asarray(a * (1 - e2) / (w2 * np.sqrt(w2))), np.asarray(a / np.sqrt(w2) * np.cos(np.deg2rad(lat)))


def _to_gcj02(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Displace places everywhere by the published formula of GCJ-02; NaN where there is no such place."""
    real = (np.abs(lat) <= 90.0) & (np.abs(lon) <= 360.0)
    x, y = np.where(real, lon - 105.0, np.nan), np.where(real, lat - 35.0, np.nan)
    xy, root = x * y, np.sqrt(np.abs(x))
    both = 20.0 * (np.sin(6.0 * np.pi * x) + np.sin(2.0 * np.pi * x))
    waves_lat = 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)
    waves_lat += 160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)
    waves_lon = 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)
    waves_lon += 150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * xy + 0.2 * root + (both + waves_lat) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * xy + 0.1 * root + (both + waves_lon) * 2.0 / 3.0
    along, across = _radii_m(y + 35.0, _KRASOVSKY)
    return np.asarray(lat + np.rad2deg(north_m / along)), np.asarray(lon + np.rad2deg(east_m / across))


def _to_bd09(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Displace places everywhere by the formula of GCJ-02 and then by that of BD-09."""
    y, x = _to_gcj02(lat, lon)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURNS)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURNS)
    return np.asarray(radius * np.sin(angle) + 0.006), np.asarray(radius * np.cos(angle) + 0.0065)


def _undone(displace: Displacement, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Return the WGS-84 originals of displaced places; a place whose original lies outside was never displaced."""
    north, east = lat, lon
    for _ in range(_ROUNDS):
        to_north, to_east = displace(north, east)
        north, east = north + (lat - to_north), east + (lon - to_east)
    return _chosen(_inside(north, east), (north, east), (lat, lon))
