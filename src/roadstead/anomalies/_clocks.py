"""What is wrong with a device's clock: how far it is off the time of reception, and which anomaly owns the case.

Everything is seen in the order of reception, where a wrong clock is one run of reports; by its own time they'd be
strewn among others. One report belongs to one case at most, tried in this order:

1. zone: for at least ZONE_LEAST reports over STEADY_S the lag is that of another time zone;
2. future: the device time is more than FUTURE_S after reception;
3. skew: the lag is beyond SKEW_S and steady, for at least SKEW_LEAST reports over STEADY_S.

What is left is late or early by itself (out_of_order looks at that). Backfilled reports are late by design: they are
judged by 2 alone. Findings are dated by the time of reception, since the device's is what's wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from roadstead.anomalies._runs import evidence
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Evidence, Floats, Text

SKEW_S, SKEW_LEAST = 60.0, 5
FUTURE_S = 600.0
ZONE_S, ZONE_LEAST = 600.0, 3
STEADY_S = 60.0
_HOUR_S = 3600.0
_ODD_ZONE_S = 120.0
"""How near the lag has to be to that of a zone other than 8 h away: every lag is near some quarter of an hour."""
_LEVEL_S = 30.0
"""A change of the lag by more is another case."""
_SPREAD_S, _DRIFT = 15.0, 1e-3
"""A steady lag stays so near its median, and drifts by no more than 1 in 1000."""
_ZONES_H = (*range(-12, 15), -9.5, -3.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75)
"""The offsets from UTC in use (IANA time zone database), in hours."""

Case = Literal["zone", "future", "skew"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A wrong clock: the reports (k,) in the order of reception, the median lag of device time behind reception, s."""

    case: Case
    rows: Ints
    lag_s: float
    spread_s: float
    zone_h: float = 0.0
    """How many hours the zone that the device seems to be in lies ahead; 0 where that is not the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTerms:
    """Where the three cases begin, and the zone that devices should be in, hours east of UTC."""

    skew_s: float = SKEW_S
    future_s: float = FUTURE_S
    zone_s: float = ZONE_S
    home_h: float = 8.0


def lag_s(fleet: Fleet) -> Floats:
    """Return how long after its device time each report was received (n,), s; NaN where one of them is not known."""
    return np.asarray(fleet.reports.t_received - fleet.reports.t)


def received(fleet: Fleet, rows: Ints) -> Ints:
    """Return the rows (m,) by mover and time of reception, those received at once by event time."""
    return rows[np.lexsort((rows, fleet.reports.t_received[rows], fleet.mover[rows]))]


def clocks(fleet: Fleet, terms: ClockTerms | None = None) -> Iterator[Clock]:
    """Yield every wrong clock, by mover and time of reception."""
    known = terms or ClockTerms()
    lag = lag_s(fleet)
    off = lag > known.skew_s
    off &= ~fleet.reports.backfilled
    off |= lag < -min(known.skew_s, known.future_s)
    if not off.any():
        return
    movers = np.zeros(len(fleet.labels), dtype=bool)
    movers[fleet.mover[off]] = True
    rows = received(fleet, np.flatnonzero(movers[fleet.mover] & np.isfinite(lag)))
    live = rows[~fleet.reports.backfilled[rows]]
    found = [*_zones(fleet, live, lag, known)]
    owned = _mask(fleet, found)
    found += _futures(fleet, rows, (lag < -known.future_s) & ~owned, lag)
    owned = _mask(fleet, found)
    found += _skews(fleet, live, owned, lag, known)
    yield from sorted(found, key=lambda c: (int(fleet.mover[c.rows[0]]), float(fleet.reports.t_received[c.rows[0]])))


def misdated(fleet: Fleet) -> Bools:
    """Tell which rows (n,) lie among those that a wrong clock puts where they do not belong, or next to these.

    By device time, from the first to the last of each case: who was where in between cannot be told.
    """
    wrong = np.zeros(len(fleet), dtype=bool)
    for clock in clocks(fleet):
        first, last = int(clock.rows.min()), int(clock.rows.max())
        wrong[max(first - 1, 0) : last + 2] = True
    return wrong


def dated(
    fleet: Fleet, clock: Clock, because: Text, measured: Mapping[str, float | int | str | None], score: float
) -> Evidence:
    """Return the evidence of a wrong clock from its first to its last reception; the device's own times are measured."""
    own, ours = fleet.reports.t[clock.rows], fleet.reports.t_received[clock.rows]
    times = {"device_t_first": float(own[0]), "device_t_last": float(own[-1]), "spread_s": clock.spread_s}
    found = evidence(fleet, clock.rows, because, {**measured, **times}, score=score, since=float(ours[0]))
    return replace(found, t=float(ours[-1]))


def _zones(fleet: Fleet, live: Ints, lag: Floats, terms: ClockTerms) -> Iterator[Clock]:
    """Yield runs whose lag is that of another time zone."""
    hours = np.array(sorted({terms.home_h - z for z in _ZONES_H if z != terms.home_h} | {-8.0, 8.0}))
    near_s = np.where(np.abs(hours) == 8.0, terms.zone_s, _ODD_ZONE_S)
    level = _levelled(fleet, live, lag[live])
    which = np.full(len(live), -1, dtype=np.int64)
    far = np.flatnonzero(np.abs(level) > _HOUR_S / 8)
    nearest = np.searchsorted((hours[1:] + hours[:-1]) * (_HOUR_S / 2), level[far])
    fits = np.abs(level[far] - hours[nearest] * _HOUR_S) <= near_s[nearest]
    which[far[fits]] = nearest[fits]
    for run in _runs(fleet, live, which >= 0, which):
        at = live[run]
        seconds = _seconds(fleet, at)
        steady = abs(float(level[run[-1]] - level[run[0]])) <= 0.5 * seconds
        if len(run) >= ZONE_LEAST and seconds >= STEADY_S and steady:
            yield replace(_clock("zone", at, lag), zone_h=-float(hours[which[run[0]]]))


def _futures(fleet: Fleet, rows: Ints, ahead: Bools, lag: Floats) -> list[Clock]:
    """Return runs of reports whose device time had not come yet when they were received."""
    hit = ahead[rows]
    return [_clock("future", rows[run], lag) for run in _runs(fleet, rows, hit, hit.astype(np.int64))]


def _skews(fleet: Fleet, live: Ints, owned: Bools, lag: Floats, terms: ClockTerms) -> Iterator[Clock]:
    """Yield runs of a steady lag."""
    rows = live[~owned[live]]
    level = _levelled(fleet, rows, lag[rows])
    hit = (np.abs(level) > terms.skew_s) & (level >= -terms.future_s)
    steps = np.concatenate(([0], np.cumsum(np.abs(np.diff(level)) > _LEVEL_S))) if len(rows) else np.zeros(0)
    for run in _runs(fleet, rows, hit, steps.astype(np.int64)):
        at = rows[run]
        seconds = _seconds(fleet, at)
        if len(run) < SKEW_LEAST or seconds < STEADY_S:
            continue
        spread = np.abs(level[run] - np.median(level[run]))
        if float(spread.max()) <= _SPREAD_S + _DRIFT * seconds:
            yield _clock("skew", at, lag)


def _clock(case: Case, rows: Ints, lag: Floats) -> Clock:
    middle = float(np.median(lag[rows]))
    return Clock(case, rows, middle, float(np.median(np.abs(lag[rows] - middle))))


def _mask(fleet: Fleet, found: Sequence[Clock]) -> Bools:
    mask = np.zeros(len(fleet), dtype=bool)
    for clock in found:
        mask[clock.rows] = True
    return mask


def _levelled(fleet: Fleet, rows: Ints, lag: Floats) -> Floats:
    """Return each lag, or the median of it and its two neighbours of the same mover: one late report is no new level."""
    level = lag.copy()
    if len(rows) > 2:
        inner = fleet.mover[rows[:-2]] == fleet.mover[rows[2:]]
        middle = np.maximum(np.minimum(lag[:-2], lag[1:-1]), np.minimum(np.maximum(lag[:-2], lag[1:-1]), lag[2:]))
        level[1:-1] = np.where(inner, middle, lag[1:-1])
    return np.asarray(level)


def _runs(fleet: Fleet, rows: Ints, hit: Bools, which: Ints) -> Iterator[Ints]:
    """Yield the places in `rows` of each run of hits in a row, of one mover and alike in `which` (m,)."""
    at = np.flatnonzero(hit)
    if not len(at):
        return
    parted = (np.diff(at) > 1) | (np.diff(fleet.mover[rows[at]]) != 0) | (np.diff(which[at]) != 0)
    yield from np.split(at, np.flatnonzero(parted) + 1)


def _seconds(fleet: Fleet, rows: Ints) -> float:
    ours = fleet.reports.t_received[rows]
    return float(ours[-1] - ours[0])
