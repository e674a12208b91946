"""Polygons: what lies inside, and how deep."""

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Zone

Bools = npt.NDArray[np.bool_]


def inside(zone: Zone, points: npt.ArrayLike) -> Bools:
    """Tell which points (n, 2) lie in the polygon, by the even-odd rule; an unknown (NaN) point lies outside.

    >>> inside(Zone("bay", np.array([(0, 0), (4, 0), (4, 4), (0, 4)])), [(1, 1), (5, 1), (float("nan"), 1)])
    array([ True, False, False])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    ax, ay = zone.polygon.T
    bx, by = np.roll(zone.polygon, -1, axis=0).T
    x, y = xy[:, :1], xy[:, 1:]
    spans = (ay > y) != (by > y)
    rise = np.where(by == ay, 1.0, by - ay)
    passed = spans & (x < (bx - ax) * (y - ay) / rise + ax)
    return np.asarray(passed.sum(axis=1) % 2 == 1)


def depth(zone: Zone, points: npt.ArrayLike) -> Floats:
    """Return the distance (n,) of points (n, 2) to the polygon's edge, positive inside; NaN for an unknown point.

    >>> depth(Zone("bay", np.array([(0, 0), (4, 0), (4, 4), (0, 4)])), [(1, 2), (2, 7)])
    array([ 1., -3.])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    a = zone.polygon
    edge = np.roll(a, -1, axis=0) - a
    from_a = xy[:, None, :] - a[None, :, :]
    length2 = (edge * edge).sum(axis=1)
    along = (from_a * edge).sum(axis=2) / np.where(length2 > 0, length2, 1.0)
    off = from_a - np.clip(along, 0.0, 1.0)[:, :, None] * edge
    distance = np.sqrt((off * off).sum(axis=2).min(axis=1))
    return np.asarray(np.where(inside(zone, xy), distance, -distance))


def area(polygon: npt.ArrayLike) -> float:
    """Return the area of a polygon (n, 2), by the shoelace formula; its unit is the square of the points' unit.

    >>> area([(0, 0), (4, 0), (4, 4), (0, 4)])
    16.0
    """
    x, y = np.asarray(polygon, dtype=np.float64).reshape(-1, 2).T
    x, y = x - x.mean(), y - y.mean()
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def check_polygon(polygon: npt.ArrayLike) -> None:
    """Raise ValueError, in one sentence, for what is no simple polygon with an area.

    >>> check_polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    Traceback (most recent call last):
    ValueError: the edges 1-2 and 3-4 cross; give the corners in order around the zone
    """
    corners = np.asarray(polygon, dtype=np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise ValueError("a zone needs at least three corners, each with x and y")
    if not np.isfinite(corners).all():
        raise ValueError("a corner is not a finite number")
    crossed = _crossed_edges(corners)
    if crossed is not None:
        i, j = crossed
        ends = [f"{k + 1}-{(k + 1) % len(corners) + 1}" for k in (i, j)]
        raise ValueError(f"the edges {ends[0]} and {ends[1]} cross; give the corners in order around the zone")
    if area(corners) <= 1e-9 * float(np.ptp(corners, axis=0).max()) ** 2:
        raise ValueError("the corners lie on one line, so the zone has no area")


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
