"""Lines on the picture or the ground: on which side, and when crossed for good.

"Right" is the right hand of somebody who walks from the line's start to its end: seen on the picture (y down) for a
line in px, on the map (y north) for a line in m. "Forward" leads from left to right.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Line


@dataclass(frozen=True, slots=True)
class Crossing:
    """One crossing: the instant and place on the line, and when the point was first seen clear of it on the other side."""

    t: float
    forward: bool
    at: tuple[float, float]
    confirmed_t: float


def side(line: Line, points: npt.ArrayLike) -> Floats:
    """Return the signed distance (n,) of points (n, 2) to the infinite line, positive on its right.

    >>> side(Line("stop", (0, 0), (10, 0)), [(5, 2), (5, -3)])  # px: down is right of a line that runs to the right
    array([ 2., -3.])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    nx, ny = right_of(line)
    return np.asarray((xy[:, 0] - line.start[0]) * nx + (xy[:, 1] - line.start[1]) * ny)


def crossings(
    line: Line, t: npt.ArrayLike, points: npt.ArrayLike, *, margin: float | npt.ArrayLike
) -> tuple[Crossing, ...]:
    """Return, in order, when a point that is at `points` (n, 2) at times t (n,) crossed the line between its ends.

    A crossing counts once the point is clear of the line (further than `margin`, one for all or (n,)) on the other
    side after it was clear on the first side, so jitter within the band never counts; its instant is the last change
    of side. A single clear point between clear points of the other side is an outlier and counts for nothing, so a
    crossing confirmed by the very last point may yet be taken back. Unknown (NaN) points are passed over.

    >>> stop = Line("stop", (0, 0), (10, 0))
    >>> crossings(stop, [0, 1, 2, 3], [(5, -4), (5, -1), (5, 1), (5, 4)], margin=2)
    (Crossing(t=1.5, forward=True, at=(5.0, 0.0), confirmed_t=3.0),)
    """
    when = np.asarray(t, dtype=np.float64)
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    s = side(line, xy)
    known = np.isfinite(s)
    if not known.all():
        margin = np.broadcast_to(np.asarray(margin, dtype=np.float64), s.shape)[known]
        when, xy, s = when[known], xy[known], s[known]
    clear = np.flatnonzero(np.abs(s) > margin)
    right = s[clear] > 0
    lone = np.zeros(len(right), dtype=bool)
    lone[1:-1] = (right[1:-1] != right[:-2]) & (right[1:-1] != right[2:])
    if lone.any():
        clear, right = clear[~lone], right[~lone]
    changed = np.flatnonzero(right[1:] != right[:-1])
    found = (_crossing(line, when, xy, s, int(clear[k]), int(clear[k + 1])) for k in changed)
    return tuple(c for c in found if c is not None)


def _crossing(line: Line, t: Floats, xy: Floats, s: Floats, i: int, j: int) -> Crossing | None:
    """Return the crossing between the last clear point i and the first clear one j beyond; None past the line's ends."""
    right = s[j] > 0
    k = i + int(np.flatnonzero((s[i : j + 1] > 0) != right)[-1])
    share = float(s[k] / (s[k] - s[k + 1]))
    x, y = (float(v) for v in xy[k] + share * (xy[k + 1] - xy[k]))
    if not 0.0 <= _along(line, x, y) <= 1.0:
        return None
    return Crossing(float(t[k] + share * (t[k + 1] - t[k])), bool(right), (x, y), float(t[j]))


def right_of(line: Line) -> tuple[float, float]:
    """Return the unit vector to the line's right; ValueError for a line without length.

    >>> right_of(Line("stop", (0, 0), (10, 0), "m"))  # on the map south is right of a line to the east
    (0.0, -1.0)
    """
    dx, dy = line.end[0] - line.start[0], line.end[1] - line.start[1]
    length = math.hypot(dx, dy)
    if length == 0:
        raise ValueError(f"line {line.name!r} begins and ends at one point; give it two")
    return (-dy / length, dx / length) if line.space == "px" else (dy / length, -dx / length)


def _along(line: Line, x: float, y: float) -> float:
    """Return how far along the line a point lies: 0 at its start, 1 at its end."""
    dx, dy = line.end[0] - line.start[0], line.end[1] - line.start[1]
    return ((x - line.start[0]) * dx + (y - line.start[1]) * dy) / (dx * dx + dy * dy)


@dataclass(slots=True)
class _Seen:
    """What a counter knows of one object: when and where last seen, on which side clear for good, its last change of side.

    `pending` tells that one point was clear on the other side, `crossing` how it came there (None: past the line's ends).
    """

    t: float
    x: float
    y: float
    s: float
    clear: int = 0
    turn: Crossing | None = None
    pending: bool = False
    crossing: Crossing | None = None


@dataclass(slots=True)
class LineCounter:
    """Counts crossings picture by picture, for bare counts on a video; its state is the objects it saw last.

    It follows the rule of `crossings`: the second clear point beyond the line confirms, or `settle_s` without any point.
    An object unseen for `forget_s` is forgotten.
    """

    line: Line
    forget_s: float = 60.0
    settle_s: float = 0.75
    forward: int = 0
    backward: int = 0
    _seen: dict[Hashable, _Seen] = field(default_factory=dict)
    _waiting: dict[Hashable, None] = field(default_factory=dict)
    _swept_t: float = float("-inf")

    def update(
        self, t: float, ids: Sequence[Hashable], points: Floats, margins: Floats
    ) -> tuple[tuple[Hashable, Crossing], ...]:
        """Take in where objects (n ids, points (n, 2), margins (n,)) are at t; return whose crossings are now sure."""
        crossed = self._seen_at(np.full(len(ids), t), ids, points, margins)
        crossed += self._settled(t)
        self._sweep(t)
        return self._counted(crossed)

    def recall(
        self, who: Hashable, t: Floats, points: Floats, margins: Floats
    ) -> tuple[tuple[Hashable, Crossing], ...]:
        """Take in where an object that gets its name only now was before: times (k,), points (k, 2), margins (k,).

        What lies no later than where it was last known to be is passed over. Returns its crossings that are sure by then.
        """
        seen = self._seen.get(who)
        new = slice(None) if seen is None else np.asarray(t) > seen.t
        when = np.asarray(t, dtype=np.float64)[new]
        return self._counted(self._seen_at(when, [who] * len(when), points[new], margins[new]))

    def _seen_at(
        self, t: Floats, ids: Sequence[Hashable], points: Floats, margins: Floats
    ) -> list[tuple[Hashable, Crossing]]:
        """Take in sightings (n), those of one object in the order of time; return whose crossings are sure by them."""
        crossed: list[tuple[Hashable, Crossing]] = []
        sides = side(self.line, points)
        clear = ((sides > margins).astype(np.int8) - (sides < -margins)).tolist()
        for who, at, (x, y), s, now in zip(ids, t.tolist(), points.tolist(), sides.tolist(), clear, strict=True):
            seen = self._seen.get(who)
            if seen is None:
                self._seen[who] = _Seen(at, x, y, s, now)
                continue
            if (s > 0) != (seen.s > 0):
                seen.turn = self._turned(seen, at, x, y, s)
            seen.t, seen.x, seen.y, seen.s = at, x, y, s
            if now and (now != seen.clear or seen.pending):
                found = self._clear(who, seen, now)
                if found is not None:
                    crossed.append((who, found))
        return crossed

    def _counted(self, crossed: list[tuple[Hashable, Crossing]]) -> tuple[tuple[Hashable, Crossing], ...]:
        self.forward += sum(c.forward for _, c in crossed)
        self.backward += sum(not c.forward for _, c in crossed)
        return tuple(crossed)

    def _clear(self, who: Hashable, seen: _Seen, now: int) -> Crossing | None:
        """Take in a clear point that is on the other side, or that follows one that was."""
        if seen.clear == 0:
            seen.clear = now
        elif now == seen.clear:  # the point beyond was an outlier
            seen.pending = False
            self._waiting.pop(who, None)
        elif seen.pending:
            return self._accept(who)
        else:
            seen.pending = True
            seen.crossing = seen.turn and replace(seen.turn, confirmed_t=seen.t)
            self._waiting[who] = None
        return None

    def _accept(self, who: Hashable) -> Crossing | None:
        seen = self._seen[who]
        seen.clear, seen.pending = -seen.clear, False
        self._waiting.pop(who, None)
        return seen.crossing

    def _settled(self, t: float) -> list[tuple[Hashable, Crossing]]:
        """Return the pending crossings of objects that have not been seen since."""
        gone = [who for who in self._waiting if t - self._seen[who].t > self.settle_s]
        found = [(who, self._accept(who)) for who in gone]
        return [(who, crossing) for who, crossing in found if crossing is not None]

    def _turned(self, before: _Seen, t: float, x: float, y: float, s: float) -> Crossing | None:
        """Return the change of side just made, if it lies between the line's ends."""
        share = before.s / (before.s - s)
        at = (before.x + share * (x - before.x), before.y + share * (y - before.y))
        if not 0.0 <= _along(self.line, *at) <= 1.0:
            return None
        return Crossing(before.t + share * (t - before.t), s > 0, at, t)

    def _sweep(self, t: float) -> None:
        if t - self._swept_t < self.forget_s / 4:
            return
        self._swept_t = t
        self._seen = {who: seen for who, seen in self._seen.items() if seen.pending or t - seen.t <= self.forget_s}
