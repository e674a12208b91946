"""Silences: times in which a mover that should have reported did not, the last one of each up to now included."""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Defect, Fleet, Ints, Kind
from roadstead.types import Floats

SHORTEST_S = 60.0
"""Shorter silences aren't looked at: the longest usual interval of trucks under way."""
MISSED = 3.0
"""Neither are those in which fewer than so many reports are missing."""
_SAMPLES = 5
"""So many intervals must be known before an interval can be expected."""
_SLOW_MPS = 3 * 1852 / 3600
_ANCHORED, _MOORED = 1, 5


@dataclass(frozen=True, slots=True)
class Silences:
    """Silences as columns (n,), by mover and beginning.

    `before` and `after` are the rows that enclose it (-1: open), `expected_s` the interval that was expected, and
    `moved_m` how far apart the trusted places on either side are (NaN: not known). `lat` and `lon` are those before.
    """

    before: Ints
    after: Ints
    begin: Floats
    end: Floats
    expected_s: Floats
    moved_m: Floats
    lat: Floats
    lon: Floats

    def __len__(self) -> int:
        return len(self.before)

    @property
    def seconds(self) -> Floats:
        """(n,) how long."""
        return self.end - self.begin

    def where(self, chosen: npt.ArrayLike) -> "Silences":
        """Return those that a mask or indices choose."""
        return replace(self, **{f.name: getattr(self, f.name)[np.asarray(chosen)] for f in fields(self)})


def now(fleet: Fleet) -> float:
    """Return the time up to which reports are known: a device's clock that is ahead doesn't move it."""
    received = fleet.reports.t_received
    latest = float(np.nanmax(received)) if np.isfinite(received).any() else None
    ahead = np.isfinite(fleet.t).any() and fleet.now == float(np.nanmax(fleet.t))
    return latest if latest is not None and ahead and latest < fleet.now else fleet.now


def switched_off(fleet: Fleet, rows: Ints) -> Bools:
    """Tell which rows (n,) are of a truck that says its ignition is off."""
    return np.asarray((fleet.column("ignition")[rows] == 0) & ~fleet.of_label(("vessel",))[rows])


def silences(fleet: Fleet) -> Silences:
    """Return all silences of at least SHORTEST_S and MISSED expected intervals."""
    usable = (fleet.reports.kind == Kind.POSITION) & (fleet.defect != Defect.REPEATED) & np.isfinite(fleet.t)
    rows = np.flatnonzero(usable)
    if not len(rows):
        return _none()
    last = np.concatenate((np.diff(fleet.mover[rows]) != 0, [True]))
    following = np.where(last, -1, np.concatenate((rows[1:], [-1])))
    end = np.where(last, now(fleet), fleet.t[following])
    at = np.flatnonzero((end - fleet.t[rows] > SHORTEST_S) & _unheard(fleet, rows, following, end))
    if not len(at):
        return _none()
    expected_s = _expected(fleet, rows, last, at)
    at_last = at[end[at] - fleet.t[rows[at]] > MISSED * expected_s]
    kept = np.isin(at, at_last, assume_unique=True)
    before, after = rows[at_last], following[at_last]
    moved_m, lat, lon = _places(fleet, before, after)
    return Silences(before, after, fleet.t[before], end[at_last], expected_s[kept], moved_m, lat, lon)


def _none() -> Silences:
    rows, values = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Silences(rows, rows, *(values for _ in range(6)))


def _unheard(fleet: Fleet, rows: Ints, following: Ints, end: Floats) -> Bools:
    """Tell after which rows (n,) nothing was received either, where that is known: else a clock was wrong, not silent."""
    received, late = fleet.reports.t_received, fleet.reports.backfilled
    open_ = following < 0
    again = np.where(open_, end, received[following])
    known = np.isfinite(received[rows]) & np.isfinite(again) & ~late[rows] & (open_ | ~late[following])
    with np.errstate(invalid="ignore"):
        return np.asarray(~known | (again - received[rows] > SHORTEST_S))


def _expected(fleet: Fleet, rows: Ints, last: Bools, at: Ints) -> Floats:
    """Return the interval (k,) that was expected after each row `rows[at]`: inf where too little is known.

    It is the median of the mover's own in the same state (a truck's ignition on or off, a vessel under way or not); of
    all its own where it has too few; for AIS at least that of the table of ITU-R M.1371 for its class and speed.
    """
    mover = fleet.mover[rows]
    wanted = np.zeros(len(fleet.labels), dtype=bool)
    wanted[mover[at]] = True
    sampled = np.flatnonzero(wanted[mover] & ~last)
    took = fleet.t[rows[sampled + 1]] - fleet.t[rows[sampled]]
    sampled, took = sampled[took > 0], took[took > 0]
    state = _resting(fleet, rows).astype(np.int64)
    key = mover * 2 + state
    by_state = _medians(key[sampled], took, 2 * len(fleet.labels))
    by_mover = _medians(mover[sampled], took, len(fleet.labels))
    own = by_state[key[at]]
    own = np.where(np.isfinite(own), own, by_mover[mover[at]])
    vessel = fleet.of_label(("vessel",))[rows[at]]
    return np.asarray(np.where(vessel, np.maximum(own, _of_ais(fleet, rows[at])), own))


def _medians(key: Ints, values: Floats, size: int) -> Floats:
    """Return the median of the values of each key (size,); inf where there are too few."""
    found = np.full(size, np.inf)
    if not len(key):
        return found
    order = np.lexsort((values, key))
    counts = np.bincount(key, minlength=size)
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    enough = np.flatnonzero(counts >= _SAMPLES)
    found[enough] = values[order[first[enough] + counts[enough] // 2]]
    return found


def _resting(fleet: Fleet, rows: Ints) -> Bools:
    vessel = fleet.of_label(("vessel",))[rows]
    with np.errstate(invalid="ignore"):
        slow = (fleet.reports.speed_mps[rows] < _SLOW_MPS) | np.isin(
            fleet.column("nav_status")[rows], (_ANCHORED, _MOORED)
        )
    return np.asarray(np.where(vessel, slow, switched_off(fleet, rows)))


def _of_ais(fleet: Fleet, rows: Ints) -> Floats:
    """Return the reporting interval of AIS (n,), ITU-R M.1371 table 1, without its shorter ones in a turn."""
    knots = np.nan_to_num(fleet.reports.speed_mps[rows] * 3600 / 1852, nan=0.0)
    status, class_b = fleet.column("nav_status")[rows], fleet.column("class_b")[rows] == 1
    stays = np.isin(status, (_ANCHORED, _MOORED)) & (knots <= 3)
    class_a = np.select([stays, knots <= 14, knots <= 23], [180.0, 10.0, 6.0], 2.0)
    return np.asarray(np.where(class_b, np.where(knots <= 2, 180.0, 30.0), class_a))


def _places(fleet: Fleet, before: Ints, after: Ints) -> tuple[Floats, Floats, Floats]:
    """Return how far apart the nearest trusted places on either side are, m, and the place before."""
    believed = np.flatnonzero(fleet.trusted)
    if not len(believed):
        unknown = np.full(len(before), np.nan)
        return unknown, unknown, unknown
    lat, lon, mover = fleet.reports.lat, fleet.reports.lon, fleet.mover
    a = np.searchsorted(believed, before, side="right") - 1
    a = np.where((a >= 0) & (mover[believed[a]] == mover[before]), believed[a], -1)
    b = np.searchsorted(believed, after)
    known = (after >= 0) & (b < len(believed))
    b = believed[np.where(known, b, 0)]
    known &= (mover[b] == mover[before]) & (a >= 0)
    moved = np.where(known, distance_m(lat[a], lon[a], lat[b], lon[b]), np.nan)
    return moved, np.where(a >= 0, lat[a], np.nan), np.where(a >= 0, lon[a], np.nan)
