"""AIS reports that came late: a base station passed them on, and the second of their fix tells how old they are."""

import numpy as np

from roadstead.anomalies._hypotheses import SLACK_SIGMAS
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Floats

_AROUND = 64
"""So many reports before and after are looked at: a relayed one comes up to a minute late."""
_AHEAD_S = 5.0
"""The clock of what stamps a report may be so far behind that of the satellites."""


def fix_s(t: Floats, second: Floats) -> Floats:
    """Return when places were taken (n,): the last time before `t` with that second of the minute (ITU-R M.1371, 0-59).

    NaN where the second isn't known (60 and more).

    >>> fix_s(np.array([627.0, 604.0, 618.0]), np.array([2.0, 6.0, 60.0]))
    array([602., 606.,  nan])
    """
    age = np.mod(t - second, 60.0)
    age = np.where(age > 60.0 - _AHEAD_S, age - 60.0, age)
    return np.asarray(np.where((second >= 0) & (second < 60), t - age, np.nan))


def relayed(fleet: Fleet, run: Ints, way: Bools) -> bool:
    """Tell whether all rows of a run lie on the mover's believed way (n,) at the time at which they were taken."""
    second = fleet.column("second")
    when = fix_s(fleet.t[run], second[run])
    if not np.isfinite(when).all():
        return False
    k = int(fleet.mover[run[0]])
    own = np.arange(max(fleet.start[k], run[0] - _AROUND), min(fleet.start[k + 1], run[-1] + 1 + _AROUND))
    own = own[way[own] & ~np.isin(own, run)]
    then = fix_s(fleet.t[own], second[own])
    own, then = own[np.isfinite(then)], then[np.isfinite(then)]
    if not len(own):
        return False
    order = np.argsort(then, kind="stable")
    own, then = own[order], then[order]
    after = np.searchsorted(then, when)
    sides = [(np.maximum(after - 1, 0), after > 0), (np.minimum(after, len(own) - 1), after < len(own))]
    return all(bool((~there | _near(fleet, run, own[at], np.abs(when - then[at]))).all()) for at, there in sides)


def _near(fleet: Fleet, a: Ints, b: Ints, seconds: Floats) -> Bools:
    motion = fleet.motions[fleet.labels[int(fleet.mover[a[0]])]]
    lat, lon = fleet.reports.lat, fleet.reports.lon
    metres = distance_m(lat[a], lon[a], lat[b], lon[b])
    return np.asarray(metres <= motion.max_mps * seconds + SLACK_SIGMAS * motion.sigma_m)
