"""The points that tracks are judged by: five a second for the newest minute, one a second before that."""

import numpy as np

from roadstead.track.state import Array, Rows

_FINE_S, _COARSE_S, _NEWEST_S = 0.2, 1.0, 60.0
_EARLY_S = 1e-6
"""Frame times are multiples of 1/fps only up to rounding."""


class _Ring:
    """The newest `limit` points (t, box, score) of each slot, at least `every_s` apart; grows as points come."""

    def __init__(self, every_s: float, limit: int) -> None:
        self._every_s, self._limit = every_s, limit
        self._points = np.empty((0, min(32, limit), 6))
        self._count = np.zeros(0, np.intp)
        self._newest = np.zeros(0)
        self._most = 0  # no less than the largest count, which then need not be looked for at every point

    def reserve(self, slots: int) -> None:
        more = slots - len(self._count)
        self._points = np.concatenate((self._points, np.empty((more, *self._points.shape[1:]))))
        self._count = np.concatenate((self._count, np.zeros(more, np.intp)))
        self._newest = np.concatenate((self._newest, np.full(more, -np.inf)))

    def clear(self, slots: Rows) -> None:
        self._count[slots] = 0
        self._newest[slots] = -np.inf

    def due(self, slots: Rows, t: Array | float) -> Rows:
        """Return which of the slots (k,) are due for a point at t."""
        return (self._newest[slots] <= t - (self._every_s - _EARLY_S)).nonzero()[0]

    def add(self, slots: Rows, points: Array) -> tuple[Rows, Array]:
        """Write a point (k, 6) of each slot; return the slots and points that had to make room."""
        count = self._count[slots]
        width, most = self._points.shape[1], self._most + 1
        if most > width:
            most = int(self._count.max()) + 1
        self._most = most
        if most > width and width < self._limit:
            more = min(width, self._limit - width)
            self._points = np.concatenate((self._points, np.empty((len(self._points), more, 6))), axis=1)
            width += more
        at = count % width
        full = count >= width if most > width else np.zeros(0, np.intp)
        gone = slots[full], self._points[slots[full], at[full]]
        self._points[slots, at] = points
        self._count[slots] = count + 1
        self._newest[slots] = points[:, 0]
        return gone

    def read(self, slot: int) -> Array:
        count, width = int(self._count[slot]), self._points.shape[1]
        if count <= width:
            return self._points[slot, :count]
        return np.roll(self._points[slot], -(count % width), axis=0)


class History:
    """Points (t, left, top, right, bottom, score) by slot, no older than `history_s` before the slot's newest."""

    def __init__(self, history_s: float) -> None:
        self._history_s = history_s
        self._fine = _Ring(_FINE_S, int(min(history_s, _NEWEST_S) / _FINE_S) + 2)
        self._coarse = _Ring(_COARSE_S, int(history_s / _COARSE_S) + 2)

    def reserve(self, slots: int) -> None:
        """Make room for so many slots."""
        self._fine.reserve(slots)
        self._coarse.reserve(slots)

    def clear(self, slots: Rows) -> None:
        """Forget what stands in the slots, so that other tracks can have them."""
        self._fine.clear(slots)
        self._coarse.clear(slots)

    def add(self, slots: Rows, t: float, boxes: Array, scores: Array) -> None:
        """Note where the slots' tracks are now, where a point is due; what is older than a minute is thinned then."""
        due = self._fine.due(slots, t)
        if not len(due):
            return
        points = np.empty((len(due), 6))
        points[:, 0] = t
        points[:, 1:5] = boxes.take(due, 0)
        points[:, 5] = scores.take(due)
        old, gone = self._fine.add(slots[due], points)
        if len(old):
            due = self._coarse.due(old, gone[:, 0])
            if len(due):
                self._coarse.add(old[due], gone[due])

    def read(self, slot: int) -> Array:
        """Return the points of a slot (n, 6), oldest first."""
        fine, coarse = self._fine.read(slot), self._coarse.read(slot)
        newest = fine[-1, 0]
        fine = fine[fine[:, 0] >= newest - min(_NEWEST_S, self._history_s)]
        coarse = coarse[(coarse[:, 0] < fine[0, 0]) & (coarse[:, 0] >= newest - self._history_s)]
        return np.concatenate((coarse, fine))
