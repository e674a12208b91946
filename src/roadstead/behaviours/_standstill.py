"""How long something certainly stood at a place, and how long it may have stood there at most.

Positions are known only now and then and only up to their jitter, so a standstill has two lengths: the shortest that
the observations prove, and the longest that they leave open. A rule that asks for a standstill is kept where the
shortest is long enough, broken where even the longest is too short, and undecided in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from roadstead.geometry.paths import middle
from roadstead.types import Floats

HARDEST_MPS2 = 5.0
"""No heavy vehicle brakes or starts harder than this: what could happen between two sights is bounded by it."""
OPEN_SIGMA = 3.0
"""A standstill is ruled out only by what is beyond this many standard deviations."""
SURE_SIGMA = 2.0
"""A standstill is proven only if it is one at this many standard deviations to the bad side."""
_JITTER_FLOOR_M = 0.03
_STRETCHES = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
"""Proof is sought in windows of these multiples of the asked length: the longer, the better the speed is known."""
_GENTLE_MPS2 = 1.0
"""A vehicle that brakes and starts as gently as this looks as if it stood for some time before and after it does."""
_STEPS = 6
"""Halvings by which a length is found: to 1/64 of the range."""
_THIN_S = 0.15
"""Sights nearer in time than this are averaged: neighbouring boxes share their error, and 7 a second are enough."""
_ROLL_M = 0.05
"""A vehicle at a proven standstill does not roll by more than this to either side."""
_LONGEST_BLINK_S = 1.0
"""A proven standstill may be hidden for so long in one piece: in more time, another vehicle can take the place."""


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A way as seen from a line: t (n,) s, xy (n, 2) m: still to go to the line (negative beyond it), and along it.

    `jitter_m` is the standard deviation (2,) of each.
    """

    t: Floats
    xy: Floats
    jitter_m: Floats


@dataclass(frozen=True, slots=True)
class Band:
    """Where a standstill counts: metres to go to the line from `least` to `most`, known only to `slack_m`."""

    least: float
    most: float
    slack_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Slowest:
    """The slowest speed over a window, its standard deviation, and where: metres to go to the line."""

    mps: float
    sigma_mps: float
    to_go_m: float


def thin(t: Floats, xy: Floats) -> tuple[Floats, Floats]:
    """Average the sights that lie within _THIN_S after the first of them."""
    groups: list[int] = []
    start, group = -np.inf, -1
    for when in t.tolist():
        if when - start >= _THIN_S:
            start, group = when, group + 1
        groups.append(group)
    index = np.asarray(groups, dtype=np.intp)
    many = np.bincount(index)
    mean = [np.bincount(index, weights=column) / many for column in (t - t[0], *xy.T)]
    return t[0] + mean[0], np.column_stack(mean[1:])


def jitter(t: Floats, xy: Floats) -> Floats:
    """Return the standard deviation (2,) of each coordinate's error, larger where few sights tell it; NaN below six.

    Each sight is compared with the cubic through its two neighbours on either side, which follows braking and
    turning; the larger of a robust estimate and of a plain one without the worst tenth is taken.
    """
    if len(t) < 6:
        return np.full(2, np.nan)
    around = np.arange(2, len(t) - 2)[:, None] + np.array([-2, -1, 1, 2])
    weights = _cubic(t[around], t[2:-2])
    off = np.abs(xy[2:-2] - np.einsum("nk,nkc->nc", weights, xy[around]))
    off /= np.sqrt(1 + (weights * weights).sum(axis=1))[:, None]
    kept = np.sort(off, axis=0)[: max(2, int(0.9 * len(off)))]
    found = np.maximum(1.4826 * np.median(off, axis=0), np.sqrt((kept * kept).mean(axis=0)))
    return np.asarray(np.maximum(found * (1 + 2 / len(off)), _JITTER_FLOOR_M))


def may_have_stood(way: Passage, seconds: float, band: Band, slow_mps: float) -> bool:
    """Whether the observations leave open that it stood (no faster than `slow_mps`) for `seconds` within the band."""
    if _before_first(way, band):
        return True
    return any(_open(way, i, k, seconds, band, slow_mps) for i, k in _windows(way.t, seconds))


def proven_s(way: Passage, seconds: float, band: Band, slow_mps: float) -> float:
    """Return how long it certainly stood (no faster than `slow_mps`) within the band, s; looked for around `seconds`."""
    longest = 0.0
    for stretch in _STRETCHES:
        ends = np.searchsorted(way.t, way.t + stretch * seconds - 1e-6)
        for i in np.flatnonzero(ends < len(way.t)).tolist():
            j = int(ends[i])
            known = float(way.t[j] - way.t[i]) - _edges_s(way, j - i + 1)
            if known > longest and _stands(way, i, j, seconds, band, slow_mps):
                longest = known
    return longest


def left_open_s(way: Passage, seconds: float, band: Band, slow_mps: float) -> float:
    """Return how long it may have stood at most within the band, s; looked for up to 3 x `seconds`."""
    low, high = (seconds, 3 * seconds) if may_have_stood(way, seconds, band, slow_mps) else (0.0, seconds)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if may_have_stood(way, middle, band, slow_mps) else (low, middle)
    return low


def slowest(way: Passage, seconds: float, band: Band) -> Slowest | None:
    """Return the slowest that it was over about `seconds` within the band; None where it was not seen for so long."""
    found: Slowest | None = None
    for i, k in _windows(way.t, seconds):
        to_go = float(middle(way.xy[i : k + 1])[0])
        if not band.least <= to_go <= band.most:
            continue
        v, sigma = _drift(way, i, k + 1)
        speed = float(np.hypot(*v))
        if found is None or speed < found.mps:
            found = Slowest(speed, float(sigma.max()), to_go)
    return found


def longest_gap(way: Passage, band: Band) -> float:
    """Return the longest time, s, without a sight on the way through the band."""
    within = (way.xy[:, 0] <= band.most) & (way.xy[:, 0] >= band.least)
    touched = np.flatnonzero(within[:-1] | within[1:] | ((way.xy[:-1, 0] > band.most) & (way.xy[1:, 0] < band.least)))
    return float(np.diff(way.t)[touched].max()) if len(touched) else 0.0


def _windows(t: Floats, seconds: float) -> Iterator[tuple[int, int]]:
    """Yield rows (i, k) between which it can have stood for `seconds`: too far apart for less, too near for more.

    A stop of exactly `seconds` has a last sight i before and a first sight k after it, with k - i >= `seconds`, and
    the sights in between lie within `seconds`.
    """
    n = len(t)
    first = np.searchsorted(t, t + seconds - 1e-6)
    for i in range(n - 1):
        for k in range(max(int(first[i]), i + 1), n):
            if k - 1 > i + 1 and t[k - 1] - t[i + 1] > seconds + 1e-6:
                break
            yield i, k


def _open(way: Passage, i: int, k: int, seconds: float, band: Band, slow_mps: float) -> bool:
    """Whether it may have stood for `seconds` at some time after sight i and before sight k."""
    spare = float(way.t[k] - way.t[i]) - seconds
    many = k - i - 1
    drift = slow_mps * seconds / 2
    if many == 0:
        near, far = sorted((float(way.xy[i, 0]), float(way.xy[k, 0])))
        slack = OPEN_SIGMA * float(way.jitter_m[0]) + band.slack_m
        if far < band.least - slack or near > band.most + slack:
            return False
        return _time_between(way.xy[k] - way.xy[i], OPEN_SIGMA * np.sqrt(2) * way.jitter_m + drift) <= spare
    inside = way.xy[i + 1 : k]
    place = middle(inside)
    slack = OPEN_SIGMA * float(way.jitter_m[0]) / np.sqrt(many) + band.slack_m
    if not band.least - slack <= place[0] <= band.most + slack:
        return False
    reach = OPEN_SIGMA * np.sqrt(1 + 1 / many) * way.jitter_m + drift
    if _time_between(way.xy[i] - place, reach) + _time_between(way.xy[k] - place, reach) > spare:
        return False
    if many == 1:
        return True
    v, sigma = _drift(way, i + 1, k)
    scatter = middle(np.abs(inside - place))
    return bool((np.abs(v) - OPEN_SIGMA * sigma <= slow_mps).all() and (scatter <= reach).all())


def _stands(way: Passage, i: int, j: int, seconds: float, band: Band, slow_mps: float) -> bool:
    """Whether the sights i to j show it standing in the band throughout."""
    inside = way.xy[i : j + 1]
    place = middle(inside)
    slack = SURE_SIGMA * float(way.jitter_m[0]) / np.sqrt(len(inside))
    if not band.least + slack <= place[0] <= band.most - slack:
        return False
    if len(inside) < 4 or np.diff(way.t[i : j + 1]).max() > max(_LONGEST_BLINK_S, seconds / 2):
        return False
    astray = (np.abs(inside - place) > OPEN_SIGMA * way.jitter_m + _ROLL_M).any(axis=1)
    if astray.mean() > 0.1:
        return False
    v, sigma = _drift(way, i, j + 1)
    return bool(np.hypot(*(np.abs(v) + SURE_SIGMA * sigma)) <= slow_mps)


def _edges_s(way: Passage, many: int) -> float:
    """Return for how long, in all, gentle braking and starting pass for standing among `many` sights."""
    unseen = SURE_SIGMA * float(way.jitter_m.max()) / np.sqrt(max(1.0, many / 3)) + _ROLL_M
    return float(2 * np.sqrt(2 * unseen / _GENTLE_MPS2))


def _before_first(way: Passage, band: Band) -> bool:
    """Whether it may have stood in the band before it was first seen: it had room to gain the speed it then had."""
    room = band.most + OPEN_SIGMA * float(way.jitter_m[0]) + band.slack_m - float(way.xy[0, 0])
    if room <= 0:
        return False
    early = max(2, int(np.searchsorted(way.t, way.t[0] + 1.0)))
    v, sigma = _drift(way, 0, min(early, len(way.t)))
    speed = max(0.0, float(np.hypot(*v)) - OPEN_SIGMA * float(sigma.max()))
    return bool(speed * speed <= 2 * HARDEST_MPS2 * room)


def _drift(way: Passage, start: int, end: int) -> tuple[Floats, Floats]:
    """Return the velocity (2,) over rows [start, end), by the median of all pairs' slopes (Theil, Sen), and its deviation."""
    t, xy = way.t[start:end], way.xy[start:end]
    first, second = _pairs(len(t))
    slopes = (xy[second] - xy[first]) / (t[second] - t[first])[:, None]
    spread = float(np.sqrt(((t - t.mean()) ** 2).sum()))
    return middle(slopes), way.jitter_m / spread


@lru_cache(maxsize=256)
def _pairs(n: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the rows of all pairs of n."""
    return np.triu_indices(n, 1)


def _time_between(way: Floats, free: Floats) -> float:
    """Return the least time, s, between standing at one end of a way (2,) m and passing the other, `free` m aside."""
    far = float(np.hypot(*np.maximum(np.abs(way) - free, 0.0)))
    return float(np.sqrt(2 * far / HARDEST_MPS2))


def _cubic(t: Floats, at: Floats) -> Floats:
    """Return the weights (n, 4) of Lagrange's interpolation from times t (n, 4) to `at` (n,)."""
    weights = np.ones_like(t)
    for j in range(t.shape[1]):
        for m in range(t.shape[1]):
            if m != j:
                weights[:, j] *= (at - t[:, m]) / (t[:, j] - t[:, m])
    return weights
