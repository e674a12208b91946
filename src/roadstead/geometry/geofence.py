"""Many points in many zones at once: which zones hold which points."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Zone

Indices = npt.NDArray[np.int64]
_COLUMNS = 65_535
"""The ground is cut into so many columns of x: the points are sorted by column (a radix sort), and a zone looks in its own."""


class Geofence:
    """Zones prepared for being asked of many points; zones and points lie in one space.

    >>> fence = Geofence([Zone("bay", np.array([(0, 0), (4, 0), (4, 4), (0, 4)])), Zone("pier", np.array([(3, 3), (6, 3), (6, 6)]))])
    >>> fence.inside([(1, 1), (9, 9), (3.9, 3.1)])
    (array([0, 2, 2]), array([0, 0, 1]))
    """

    def __init__(self, zones: Sequence[Zone]) -> None:
        """Prepare zones; raise ValueError where they don't lie in one space."""
        spaces = {zone.space for zone in zones}
        if len(spaces) > 1:
            raise ValueError("zones of one geofence lie all on the picture or all on the ground; make one for each")
        self.zones = tuple(zones)
        self._rings = [np.vstack((zone.polygon, zone.polygon[:1])).T.copy() for zone in zones]
        corners = [(ring.min(axis=1), ring.max(axis=1)) for ring in self._rings]
        self._low = np.array([low for low, _ in corners], dtype=np.float64).reshape(-1, 2)
        self._high = np.array([high for _, high in corners], dtype=np.float64).reshape(-1, 2)

    def inside(self, points: npt.ArrayLike) -> tuple[Indices, Indices]:
        """Return the numbers (k,) of points (n, 2) and of the zones (k,) that hold them, by point and then by zone.

        It is meant for many points at once: each zone is looked at, which takes a few microseconds even for one point.
        By the even-odd rule, exactly as `zones.inside` says it; an unknown (NaN) point lies in no zone.
        """
        xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        rows, x, y, first, end = self._sorted(xy)
        found: list[Indices] = []
        holding: list[int] = []
        for zone, (ring, low, high, a, b) in enumerate(
            zip(self._rings, self._low.tolist(), self._high.tolist(), first, end, strict=True)
        ):
            near = a + np.flatnonzero((y[a:b] >= low[1]) & (y[a:b] <= high[1])) if a < b else rows[:0]
            if len(near):
                found.append(rows[near[_odd(ring, x[near], y[near])]])
                holding.append(zone)
        if not found:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        point = np.concatenate(found)
        number = np.repeat(np.array(holding, dtype=np.int64), [len(one) for one in found])
        order = np.argsort(point, kind="stable")
        return point[order], number[order]

    def _sorted(self, xy: Floats) -> tuple[Indices, Floats, Floats, list[int], list[int]]:
        """Return the points within the box around all zones, by column: their rows, x, y; and each zone's part of them."""
        low, high = self._low.min(axis=0, initial=np.inf), self._high.max(axis=0, initial=-np.inf)
        rows = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
        if not len(rows):
            return rows, xy[:0, 0], xy[:0, 1], [0] * len(self.zones), [0] * len(self.zones)
        scale = _COLUMNS / max(float(high[0] - low[0]), 1e-300)
        column = _column(xy[rows, 0], low[0], scale)
        order = np.argsort(column, kind="stable")
        rows, column = rows[order], column[order]
        first = np.searchsorted(column, _column(self._low[:, 0], low[0], scale), "left")
        end = np.searchsorted(column, _column(self._high[:, 0], low[0], scale), "right")
        return rows, xy[rows, 0], xy[rows, 1], first.tolist(), end.tolist()


def _column(x: Floats, low: float, scale: float) -> npt.NDArray[np.uint16]:
    return np.minimum((x - low) * scale, _COLUMNS).astype(np.uint16)


def _odd(ring: Floats, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    """Tell of which points (n,) a ray to the right crosses the closed ring (2, v + 1) an odd number of times."""
    above = ring[1][:, None] > y
    edge, point = np.nonzero(above[:-1] != above[1:])
    ax, ay = ring[0][edge], ring[1][edge]
    run, rise = ring[0][edge + 1] - ax, ring[1][edge + 1] - ay
    passed = x[point] < run * (y[point] - ay) / rise + ax
    return np.asarray(np.bincount(point[passed], minlength=len(x)) % 2 == 1)
