"""Where roads are: as known beforehand (the scene's ways), or as the fleet itself drives them; and how far places lie off.

Metres here are those of a sphere, north from the equator and east along the parallel of the nearest whole degree of one
place of the fleet: good for comparing places with each other, a town's width apart.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from roadstead.geometry.geodesy import from_ground
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Floats, Scene

_METRES_PER_DEG = 111_195.0
_WIDE = 1 << 22
"""More than twice the columns of a 20 m grid about the earth."""
_EVERY_M = 15.0
_BEND_M = 700.0
"""A longer step between two fixes is no road."""
_STEP_S = 35.0
_MOST = 300_000
"""So many fixes make the roads at most; of a larger fleet every second (third, …) mover."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Latitude and longitude to metres; `shrink` is the length of a degree of longitude over one of latitude."""

    shrink: float

    def xy(self, lat: Floats, lon: Floats) -> Floats:
        """Return metres (n, 2)."""
        return np.column_stack((lon * (self.shrink * _METRES_PER_DEG), lat * _METRES_PER_DEG))

    @staticmethod
    def of(lat: Floats) -> "Plane":
        """Return the plane for some places."""
        return Plane(float(np.cos(np.deg2rad(np.round(np.median(lat))))))


def cells(xy_m: Floats, side_m: float) -> Ints:
    """Return the number (n,) of the cell of a square grid that each place lies in."""
    at = np.floor(xy_m * (1.0 / side_m)).astype(np.int64)
    return np.asarray(at[:, 1] * _WIDE + at[:, 0])


def others(cell: Ints, mover: Ints) -> Ints:
    """Return how many other movers were in the cell of each row (n,)."""
    _, of, seen = _visits(cell, mover)
    return np.asarray(seen[of] - 1)


def visited(cell: Ints, mover: Ints, movers: int) -> Ints:
    """Return the cells (k,), ascending, in which at least so many movers were."""
    names, _, seen = _visits(cell, mover)
    return np.asarray(names[seen >= movers])


def _visits(cell: Ints, mover: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the cells (k,), the place (n,) of each row's cell among them, and how many movers were in each (k,)."""
    many = int(mover.max(initial=0)) + 1
    names, of = np.unique(cell, return_inverse=True)
    pairs = np.unique(of * many + mover)
    return names, of, np.bincount(pairs // many, minlength=len(names))


def ways_m(scene: Scene, plane: Plane) -> Floats | None:
    """Return points (n, 2) every 15 m of the scene's ways; None where it has none."""
    if scene.origin is None or not scene.ways:
        return None
    points = np.concatenate([_dense(way.points[:-1], way.points[1:])[0] for way in scene.ways.values()])
    return plane.xy(*from_ground(scene.origin, points))


def driven_m(fleet: Fleet, rows: Ints, plane: Plane, *, side_m: float, movers: int) -> Floats:
    """Return the middles (n, 2) of the cells that at least so many movers drove through by these rows (ascending)."""
    rows = rows[fleet.mover[rows] % (len(rows) // _MOST + 1) == 0]
    rows = rows[(fleet.dt_s[rows] <= _STEP_S) & (fleet.step_m[rows] <= _BEND_M)]
    before = fleet.previous[rows]
    lat, lon = fleet.reports.lat, fleet.reports.lon
    points, of = _dense(plane.xy(lat[before], lon[before]), plane.xy(lat[rows], lon[rows]))
    cell, mover = cells(points, side_m), fleet.mover[rows][of]
    enough = others(cell, mover) + 1 >= movers
    names, at = np.unique(cell[enough], return_inverse=True)
    many = np.bincount(at, minlength=len(names))
    middles = [np.bincount(at, weights=points[enough, i], minlength=len(names)) / np.maximum(many, 1) for i in (0, 1)]
    return np.column_stack(middles)


def off_m(road_m: Floats, xy_m: Floats, most_m: float) -> Floats:
    """Return how far (n,) places lie from the nearest point of a road, `most_m` at most."""
    if not len(road_m):
        return np.full(len(xy_m), most_m)
    far, _ = KDTree(road_m).query(xy_m, distance_upper_bound=most_m)
    return np.asarray(np.minimum(far, most_m))


def beside(road_m: Floats, side_m: float) -> Ints:
    """Return the cells (k,), ascending, that a road's points lie in, and those beside them."""
    at = np.floor(road_m * (1.0 / side_m)).astype(np.int64)
    about = [(at[:, 1] + i) * _WIDE + at[:, 0] + j for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return np.unique(np.concatenate(about))


def within(known: Ints, cell: Ints) -> Bools:
    """Tell which cells (n,) are among the known ones, ascending."""
    if not len(known):
        return np.zeros(len(cell), dtype=bool)
    return np.asarray(known[np.minimum(np.searchsorted(known, cell), len(known) - 1)] == cell)


def _dense(a: Floats, b: Floats) -> tuple[Floats, Ints]:
    """Return points (k, 2) every 15 m at most from each of some places to another (n, 2), and which (k,) each is of."""
    length = np.hypot(*(b - a).T)
    parts = np.maximum(np.ceil(length / _EVERY_M), 1).astype(np.int64)
    of = np.repeat(np.arange(len(a)), parts)
    share = (np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts) + 1) / parts[of]
    return np.asarray(a[of] + share[:, None] * (b - a)[of]), of
