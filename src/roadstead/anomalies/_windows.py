"""Windows of time along the ways of a fleet: who is beside whom, what was some seconds ago, what lasts.

All work on rows in the order of mover and time, a `group` (n,) of ascending numbers telling which belong together.
"""

import numpy as np

from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Floats

_TOLERANCE_S = 1e-3


def per_row(fleet: Fleet, rows: Ints, by_label: dict[str, float], other: float) -> Floats:
    """Return a value (n,) for each row by the class of its mover."""
    table = np.array([by_label.get(label, other) for label in fleet.labels], dtype=np.float64)
    return np.asarray(table[fleet.mover[rows]])


def top_mps(fleet: Fleet, rows: Ints) -> Floats:
    """Return the top speed (n,) of each row's class."""
    return per_row(fleet, rows, {k: m.max_mps for k, m in fleet.motions.items()}, np.inf)


def sigma_m(fleet: Fleet, rows: Ints) -> Floats:
    """Return the standard deviation (n,) of the places of each row's class."""
    return per_row(fleet, rows, {k: m.sigma_m for k, m in fleet.motions.items()}, np.inf)


def groups(fleet: Fleet, rows: Ints, *, longest_s: float = np.inf, segments: bool = True) -> Ints:
    """Return the group (n,) of each row: a new one with each mover, each segment (if asked), each longer pause."""
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    new = np.diff(fleet.mover[rows]) != 0
    if segments:
        new |= np.diff(fleet.segment[rows]) != 0
    if np.isfinite(longest_s):
        new |= np.diff(fleet.t[rows]) > longest_s
    return np.concatenate(([0], np.cumsum(new))).astype(np.int64)


def ago(begin: Floats, end: Floats, group: Ints, seconds: float) -> Ints:
    """Return for each row i the last row j of its group with `end[i] - begin[j]` of at least `seconds`; -1 for none."""
    if not len(begin):
        return np.zeros(0, dtype=np.int64)
    first = float(min(begin.min(), end.min()))
    apart = float(max(begin.max(), end.max())) - first + seconds + 1.0
    lift = group * apart - first
    found = np.searchsorted(begin + lift, end + lift - (seconds - _TOLERANCE_S), side="right") - 1
    found = np.minimum(found, np.arange(len(begin)))
    known = found >= 0
    return np.where(known & (group[np.where(known, found, 0)] == group), found, -1).astype(np.int64)


def thinned(fleet: Fleet, rows: Ints, every_s: Floats) -> Ints:
    """Return the first row in each span of `every_s` (n,) of each mover and segment: denser reports add only noise."""
    if not len(rows):
        return rows
    span = np.floor(fleet.t[rows] / every_s)
    first = (np.diff(span) != 0) | (np.diff(fleet.mover[rows]) != 0) | (np.diff(fleet.segment[rows]) != 0)
    return rows[np.concatenate(([True], first))]


def sustained(
    share: Floats, gate: Bools, begin: Floats, end: Floats, group: Ints, *, over_s: Floats | float, least: int
) -> Bools:
    """Tell which rows (n,) lie in a window in which something lasts.

    A window is at least `least` rows of one group, over at least `over_s`, for all of which `gate` holds and whose
    `share` is 1 or more in the mean. Row i covers the time from `begin[i]` to `end[i]`.
    """
    hit = np.zeros(len(share), dtype=bool)
    at = np.flatnonzero(gate & np.isfinite(share))
    if len(at) < least:
        return hit
    parted = (np.diff(at) > 1) | (np.diff(group[at]) != 0)
    run = np.concatenate(([0], np.cumsum(parted))).astype(np.int64)
    i = np.arange(len(at))
    longest = np.broadcast_to(np.asarray(over_s, dtype=np.float64), (len(share),))[at]
    j = np.full(len(at), -1, dtype=np.int64)
    for seconds in np.unique(longest).tolist():
        j = np.where(longest == seconds, ago(begin[at], end[at], run, seconds), j)
    j = np.minimum(j, i - least + 1)
    whole = (j >= 0) & (run[np.maximum(j, 0)] == run)
    total = np.concatenate(([0.0], np.cumsum(share[at])))
    whole &= total[i + 1] - total[np.maximum(j, 0)] >= i + 1 - j - 1e-9
    cover = np.zeros(len(at) + 1, dtype=np.int64)
    np.add.at(cover, j[whole], 1)
    np.add.at(cover, i[whole] + 1, -1)
    hit[at] = np.cumsum(cover[:-1]) > 0
    return hit
