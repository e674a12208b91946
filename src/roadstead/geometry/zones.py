"""Polygons: what lies inside, and how deep."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from roadstead.geometry.paths import distances
from roadstead.types import Floats, Zone

Bools = npt.NDArray[np.bool_]


def inside(zone: Zone, points: npt.ArrayLike) -> Bools:
    """Tell which points (n, 2) lie in the polygon, by the even-odd rule; an unknown (NaN) point lies outside.

    >>> inside(Zone("bay", np.array([(0, 0), (4, 0), (4, 4), (0, 4)])), [(1, 1), (5, 1), (float("nan"), 1)])
    array([ True, False, False])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    ax, ay, by, run, rise = _edges(zone)
    x, y = xy[:, :1], xy[:, 1:]
    spans = (ay > y) != (by > y)
    passed = spans & (x < run * (y - ay) / rise + ax)
    return np.asarray(np.logical_xor.reduce(passed, axis=1))


@lru_cache(maxsize=256)
def _edges(zone: Zone) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return of each edge (n,): where it begins, x and y, the y where it ends, how far it runs and rises (1 where level)."""
    ax, ay = np.ascontiguousarray(zone.polygon.T)
    bx, by = np.roll(ax, -1), np.roll(ay, -1)
    return ax, ay, by, bx - ax, np.where(by == ay, 1.0, by - ay)


def depth(zone: Zone, points: npt.ArrayLike) -> Floats:
    """Return the distance (n,) of points (n, 2) to the polygon's edge, positive inside; NaN for an unknown point.

    >>> depth(Zone("bay", np.array([(0, 0), (4, 0), (4, 4), (0, 4)])), [(1, 2), (2, 7)])
    array([ 1., -3.])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    distance = distances(xy, np.vstack((zone.polygon, zone.polygon[:1])))
    return np.asarray(np.where(inside(zone, xy), distance, -distance))


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when something was inside: `entered` tells whether it was seen outside before, `left` whether after."""

    start: float
    end: float
    entered: bool
    left: bool

    @property
    def seconds(self) -> float:
        """How long."""
        return self.end - self.start


def stays(zone: Zone, t: npt.ArrayLike, points: npt.ArrayLike, *, margin: float | npt.ArrayLike) -> tuple[Stay, ...]:
    """Return, in order, the stays inside the zone of a point that is at `points` (n, 2) at times t (n,).

    Inside begins deeper than `margin` (one for all or (n,)) and ends further outside than it, so jitter on the edge is
    neither coming nor going. The ends lie where the way between two points meets the edge; unknown points are passed over.

    >>> bay = Zone("bay", np.array([(0, 0), (4, 0), (4, 4), (0, 4)]))
    >>> stays(bay, [0, 1, 2, 3], [(-2, 2), (2, 2), (3, 2), (3.5, 2)], margin=0.25)
    (Stay(start=0.5, end=3.0, entered=True, left=False),)
    """
    when = np.asarray(t, dtype=np.float64)
    d = depth(zone, points)
    known = np.isfinite(d)
    clear = np.flatnonzero(known & (np.abs(np.where(known, d, 0.0)) > margin))
    if not len(clear):
        return ()
    within = d[clear] > 0
    turns = np.flatnonzero(within[1:] != within[:-1])
    instants = [_edge(when, d, int(clear[k]), int(clear[k + 1])) for k in turns]
    first, last = float(when[clear[0]]), float(when[np.flatnonzero(known)[-1]])
    begins = [(first, False)] if within[0] else []
    begins += [(at, True) for k, at in zip(turns, instants, strict=True) if not within[k]]
    ends = [(at, True) for k, at in zip(turns, instants, strict=True) if within[k]]
    ends += [(last, False)] if within[-1] else []
    return tuple(Stay(b, e, entered, left) for (b, entered), (e, left) in zip(begins, ends, strict=True))


def _edge(when: Floats, d: Floats, i: int, j: int) -> float:
    """Return the last instant between rows i and j at which the edge was passed."""
    rows = np.flatnonzero(np.isfinite(d[i : j + 1])) + i
    at, depths = when[rows], d[rows]
    k = int(np.flatnonzero((depths > 0) != (depths[-1] > 0))[-1])
    share = depths[k] / (depths[k] - depths[k + 1])
    return float(at[k] + share * (at[k + 1] - at[k]))


def area(polygon: npt.ArrayLike) -> float:
    """Return the area of a polygon (n, 2), by the shoelace formula; its unit is the square of the points' unit.

    >>> area([(0, 0), (4, 0), (4, 4), (0, 4)])
    16.0
    """
    x, y = np.asarray(polygon, dtype=np.float64).reshape(-1, 2).T
    x, y = x - x.mean(), y - y.mean()
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def checked(zone: Zone) -> Zone:
    """Return the zone if its polygon is simple and has an area; raise ValueError, in one sentence, if not.

    >>> checked(Zone("bay", np.array([(0, 0), (4, 4), (4, 0), (0, 4)])))
    Traceback (most recent call last):
    ValueError: the edges 1-2 and 3-4 cross; give the corners in order around the zone
    """
    corners = zone.polygon
    if len(corners) < 3:
        raise ValueError("a zone needs at least three corners, each with x and y")
    if not np.isfinite(corners).all():
        raise ValueError("a corner is not a finite number")
    spread = np.linalg.svd(corners - corners.mean(axis=0), compute_uv=False)
    if spread[1] <= 1e-9 * max(float(spread[0]), 1e-9):
        raise ValueError("the corners lie on one line, so the zone has no area")
    crossed = _crossed_edges(corners)
    if crossed is not None:
        i, j = crossed
        ends = [f"{k + 1}-{(k + 1) % len(corners) + 1}" for k in (i, j)]
        raise ValueError(f"the edges {ends[0]} and {ends[1]} cross; give the corners in order around the zone")
    return zone


def _crossed_edges(a: npt.NDArray[np.float64]) -> tuple[int, int] | None:
    """Return the first two edges, not neighbours, that cross or touch."""
    n = len(a)
    b = np.roll(a, -1, axis=0)
    for i in range(n - 2):
        for j in range(i + 2, n - (i == 0)):
            if _touch(a[i], b[i], a[j], b[j]):
                return i, j
    return None


def _touch(p: Floats, q: Floats, r: Floats, s: Floats) -> bool:
    """Tell whether the segments p-q and r-s share a point."""
    if (np.maximum(p, q) < np.minimum(r, s)).any() or (np.maximum(r, s) < np.minimum(p, q)).any():
        return False
    return _turn(p, q, r) * _turn(p, q, s) <= 0 and _turn(r, s, p) * _turn(r, s, q) <= 0


def _turn(p: Floats, q: Floats, r: Floats) -> float:
    return float(np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])))
