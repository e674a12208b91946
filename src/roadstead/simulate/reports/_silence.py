"""Faults of silence: a terminal or transponder that is not heard though it could be, power cut, a station that is down."""

import numpy as np

from roadstead.positions import Ints, Kind, Reports
from roadstead.simulate.reports._own import Label, edited, fixes, moving, setting, steps, stretch, without
from roadstead.simulate.reports._place import Injected

_FEWEST = 50
"""The fewest reports whose loss shows that a station was down."""


def _silenced(own: Reports, rows: Ints) -> Reports:
    """Return reports without anything between the first and the last of the rows."""
    when = np.where(np.isfinite(own.t), own.t, own.t_received)
    begin, end = float(own.t[rows[0]]), float(own.t[rows[-1]])
    return without(own, np.flatnonzero((when > begin) & (when < end)))


def _between(fault: str, own: Reports, rows: Ints) -> Label:
    return Label(fault, fault, own.movers[0], float(own.t[rows[0]]), float(own.t[rows[-1]]))


def _quiet(own: Reports) -> float:
    rows = fixes(own)
    return float(np.median(np.diff(own.t[rows]))) if len(rows) > 2 else 30.0


def gap(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A terminal on the way falls silent."""
    limit = max(setting("gap", "intervals", 5.0) * _quiet(own), setting("gap", "least_s", 120.0))
    rows = stretch(own, rng, seconds=severity * limit + 1, least=4, where=moving(own), gap_s=65)
    return None if rows is None else (_silenced(own, rows), _between("gap", own, rows))


def power_cut(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """The main supply is said to be lost, then nothing, and the truck is elsewhere when it is heard again."""
    far = severity * setting("power_cut", "moved_m", 500.0)
    seconds = severity * setting("power_cut", "silent_s", 300.0) + 30
    rows = stretch(own, rng, seconds=seconds, least=8, where=moving(own, 5.0), gap_s=65)
    if rows is None or "alarms" not in own.columns:
        return None
    ends = rows[[2, -1]]
    if float(steps(own, ends)[1][0]) < far:
        return None
    cut = edited(own, rows[1:3], alarms=float(1 << 8))
    return _silenced(cut, ends), _between("power_cut", own, ends)


def going_dark(own: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A transponder under way is switched off, amid others that are heard."""
    silent = setting("going_dark", "silent_s", setting("going_dark", "least_s", 1800.0))
    rows = stretch(own, rng, seconds=severity * silent + 30, least=20, where=moving(own, 2.0))
    return None if rows is None else (_silenced(own, rows), _between("going_dark", own, rows))


def station_outage(everybody: Reports, rng: np.random.Generator, severity: float) -> Injected:
    """A receiver hears nothing of anybody for a while. Takes the reports of a whole fleet."""
    seconds = severity * setting("station_outage", "least_s", 1800.0)
    when = everybody.t_received
    if len(when) < _FEWEST:
        return None
    begin = float(rng.uniform(np.nanquantile(when, 0.2), np.nanquantile(when, 0.8) - seconds))
    station = int(np.bincount(everybody.peer[everybody.peer >= 0]).argmax())
    heard = (when >= begin) & (when < begin + seconds) & ((everybody.peer == station) | (everybody.kind == Kind.LINK))
    if heard.sum() < _FEWEST:
        return None
    said = Label("station_outage", "station_outage", "", begin, begin + seconds)
    return without(everybody, np.flatnonzero(heard)), said
