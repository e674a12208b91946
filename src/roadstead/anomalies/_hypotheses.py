"""What anomalies ask of the hypotheses of a mover: which are confirmed, which alternate with another, where one way leaps."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Fleet, Ints

SLACK_SIGMAS = 4.0
"""A step may be so many standard deviations of a position longer than the top speed allows, as in track.segments."""
STRAYS = 3
"""So many fixes at the end of one way, or at the beginning of the next, may be the strays that part them."""

_LAG, _DETOUR = 1.25, 1.1
"""A fix lagged if the mover went on, without it, at no more than so many times its speed, and it lies so near the way."""
_MOVING_MPS = 3.0
"""What went slower stood, by its places."""
HELD_DEG = 1.000001e-6
"""Places are the same to 1e-6 degrees, the resolution of JT/T 808, and half as fine as that of AIS."""


@dataclass(frozen=True, slots=True)
class Leap:
    """Where a trusted way cannot go on from one row to the next: `before`, `after`, and the strays (k,) that explain it.

    Without strays the mover is elsewhere from here on; with them it never was where they say.
    """

    before: int
    after: int
    strays: Ints


def confirmed(fleet: Fleet, rows: Ints) -> Bools:
    """Tell which rows (m,) belong to a confirmed hypothesis."""
    key, many = _keys(fleet, rows)
    sure = np.array([s.mover * many + s.number for s in fleet.segments if s.confirmed], dtype=np.int64)
    return np.asarray(np.isin(key, sure) & (fleet.segment[rows] >= 0))


def rivals(fleet: Fleet, rows: Ints, visits: int) -> Bools:
    """Tell which rows (m,) are of a confirmed hypothesis that is not believed and comes up at least `visits` times.

    Such a one alternates with that which is believed: two movers under one identity.
    """
    usable = np.flatnonzero(fleet.segment >= 0)
    key, many = _keys(fleet, usable)
    begins = np.concatenate(([True], np.diff(key) != 0)) if len(key) else np.zeros(0, dtype=bool)
    names, times = np.unique(key[begins], return_counts=True)
    often = names[times >= visits]
    own = fleet.mover[rows] * many + fleet.segment[rows]
    return np.asarray(np.isin(own, often) & ~fleet.trusted[rows] & confirmed(fleet, rows))


def believed(fleet: Fleet) -> Bools:
    """Tell which rows (n,) are trusted, or of a confirmed hypothesis that begins or ends at the very time at which trusted ones end or begin."""
    rows = fleet.trusted.copy()
    doubted = [s for s in fleet.segments if s.confirmed and not s.trusted]
    movers = {s.mover for s in doubted}
    chosen: dict[int, list[tuple[float, float]]] = {m: [] for m in movers}
    for s in fleet.segments:
        if s.trusted and s.mover in movers:
            chosen[s.mover].append((float(fleet.t[s.first]), float(fleet.t[s.last])))
    for s in sorted(doubted, key=lambda d: -d.rows):
        begin, end = float(fleet.t[s.first]), float(fleet.t[s.last])
        if all(end <= b or begin >= e for b, e in chosen[s.mover]):
            chosen[s.mover].append((begin, end))
            span = slice(s.first, s.last + 1)
            rows[span] |= fleet.segment[span] == s.number
    return rows


def leaps(fleet: Fleet, way: Bools) -> Iterator[Leap]:
    """Yield where one believed hypothesis of a mover (see `believed`) ends and the next begins, out of its reach.

    Left out are leaps in no time (one device time, two places: repeated_time) and those that only make up for a place
    that was held too long, or that lagged behind.
    """
    rows = np.flatnonzero(way)
    same = np.diff(fleet.mover[rows]) == 0
    for i in np.flatnonzero(same & (np.diff(fleet.segment[rows]) != 0)).tolist():
        a, b = int(rows[i]), int(rows[i + 1])
        possible = reachable(fleet, held_since(fleet, rows, i), b) or _lagged(fleet, rows, i)
        if fleet.t[a] < fleet.t[b] and not possible:
            yield Leap(a, b, _strays(fleet, rows, i))


def makes_up(fleet: Fleet, rows: Ints, i: int) -> bool:
    """Tell whether the leap from rows[i] to rows[i + 1] only makes up for a place that was held too long or lagged.

    A mover that stood where its place did not change has nothing to make up for: it is known to have gone before.
    """
    since = int(np.searchsorted(rows, held_since(fleet, rows, i)))
    if since == i:
        return _lagged(fleet, rows, i)
    going = _mps(fleet, rows, since - 1, since) >= _MOVING_MPS
    return going and reachable(fleet, int(rows[since]), int(rows[i + 1]))


def _lagged(fleet: Fleet, rows: Ints, i: int) -> bool:
    """Tell whether rows[i] lies on the way from the row before to the one after, and only lags: its place came late.

    The mover went on as fast as before and after, and the place lies no further off than a tenth of the way.
    """
    a, b = i - 1, i + 1
    around = (_mps(fleet, rows, a - 1, a) + _mps(fleet, rows, b, b + 1)) / 2
    if not _mps(fleet, rows, a, b) <= _LAG * around:
        return False
    first, here, last = int(rows[a]), int(rows[i]), int(rows[b])
    round_m = apart(fleet, first, here)[0] + apart(fleet, here, last)[0]
    return round_m <= _DETOUR * apart(fleet, first, last)[0] and reachable(fleet, first, last)


def _mps(fleet: Fleet, rows: Ints, a: int, b: int) -> float:
    """Return the speed from rows[a] to rows[b]; NaN where they are not of one mover, or no time passed."""
    if not (0 <= a < b < len(rows) and fleet.mover[rows[a]] == fleet.mover[rows[b]]):
        return float("nan")
    metres, seconds = apart(fleet, int(rows[a]), int(rows[b]))
    return metres / seconds if seconds > 0 else float("nan")


def held_since(fleet: Fleet, rows: Ints, i: int) -> int:
    """Return the first of the rows up to rows[i] that give the same place in a row."""
    lat, lon = fleet.reports.lat, fleet.reports.lon
    here = int(rows[i])
    while i > 0 and _same(fleet, rows[i - 1], here):
        before = int(rows[i - 1])
        if abs(lat[before] - lat[here]) > HELD_DEG or abs(lon[before] - lon[here]) > HELD_DEG:
            break
        i -= 1
    return int(rows[i])


def _strays(fleet: Fleet, rows: Ints, i: int) -> Ints:
    """Return the fewest rows before or after the leap from rows[i] without which there is none; none where that's not so.

    Without a stray the way must not only be possible but slower than with it.
    """
    for k in range(1, STRAYS + 1):
        a, b = i - k, i + 1 + k
        if a >= 0 and _same(fleet, rows[a], rows[i]) and _better(fleet, rows[a], rows[i + 1], (rows[a], rows[a + 1])):
            return rows[a + 1 : i + 1]
        if (
            b < len(rows)
            and _same(fleet, rows[i + 1], rows[b])
            and _better(fleet, rows[i], rows[b], (rows[b - 1], rows[b]))
        ):
            return rows[i + 1 : b]
    return rows[:0]


def _better(fleet: Fleet, a: int, b: int, instead: tuple[int, int]) -> bool:
    (metres, seconds), (metres_of, seconds_of) = apart(fleet, a, b), apart(fleet, *instead)
    return reachable(fleet, a, b) and metres * seconds_of < metres_of * seconds


def _same(fleet: Fleet, a: int, b: int) -> bool:
    return bool(fleet.mover[a] == fleet.mover[b] and fleet.segment[a] == fleet.segment[b])


def reachable(fleet: Fleet, a: int, b: int) -> bool:
    """Tell whether the mover of two rows can have come from the one to the other."""
    return apart(fleet, a, b)[0] <= limit_m(fleet, a, b)


def apart(fleet: Fleet, a: int, b: int) -> tuple[float, float]:
    """Return how far (m) and how long (s) it is from one row to another."""
    lat, lon = fleet.reports.lat, fleet.reports.lon
    return float(distance_m(lat[a], lon[a], lat[b], lon[b])), float(fleet.t[b] - fleet.t[a])


def limit_m(fleet: Fleet, a: int, b: int) -> float:
    """Return how far the mover of two rows can have come between them, and be seen to have come."""
    motion = fleet.motions[fleet.labels[int(fleet.mover[a])]]
    return motion.max_mps * float(fleet.t[b] - fleet.t[a]) + SLACK_SIGMAS * motion.sigma_m


def _keys(fleet: Fleet, rows: Ints) -> tuple[Ints, int]:
    """Return a number for each row's mover and hypothesis (m,), and how many hypotheses a mover has at most."""
    many = int(fleet.segment.max(initial=0)) + 1
    return fleet.mover[rows] * many + fleet.segment[rows], many
