"""Counts what the figures of each terminal rest on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.geometry.geodesy import distance_m
from roadstead.kpi._formulas import Tally, Terms
from roadstead.positions import Bools, Defect, Fleet, Kind
from roadstead.types import Evidence, Floats


@dataclass(frozen=True, slots=True)
class Period:
    """The period that was judged (None: nothing came), its slots, and the positions that lie in none of them."""

    since: float | None
    until: float | None
    slots: int
    outside: int


def tallies(fleet: Fleet, findings: Sequence[Evidence], terms: Terms) -> tuple[Period, list[Tally]]:
    """Count for each mover."""
    place = fleet.reports.kind == Kind.POSITION
    seen_at = _seen_at(fleet)
    counted = place & _between(seen_at, terms.since, terms.until)
    first = counted & (fleet.defect != Defect.REPEATED)
    sound = counted & (fleet.defect == Defect.NONE)
    fit = sound & fleet.trusted & ~_spanned(fleet, findings, terms.quality_rules)
    drifted = sound & (~fleet.trusted | _spanned(fleet, findings, terms.drift_rules))
    since, until = _bounds(seen_at, fit if fit.any() else counted, terms)
    slotted = counted & np.isfinite(seen_at) & _between(seen_at, since, until)
    slots = 0 if since is None or until is None else max(1, int(np.ceil((until - since) / terms.slot_s)))
    whole_m, length_m = _lengths(fleet, counted, terms)
    n = len(fleet.reports.movers)
    columns = {
        name: np.bincount(fleet.mover[rows], minlength=n).tolist()
        for name, rows in (("positions", first), ("sound", sound), ("fit", fit), ("drifted", drifted))
    }
    columns |= {"slots_online": _slots_online(fleet, slotted, seen_at, since or 0.0, slots, terms.slot_s)}
    columns |= {"whole_m": whole_m.tolist(), "length_m": length_m.tolist()}
    return Period(since, until, slots, int(place.sum()) - int(slotted.sum())), [
        Tally(
            slots=slots,
            seen=int(columns["positions"][k] > 0),
            drifters=int(columns["drifted"][k] > 0),
            **{name: values[k] for name, values in columns.items()},
        )
        for k in range(n)
    ]


def _seen_at(fleet: Fleet) -> Floats:
    """Return when each terminal was there (n,): when a live report was received, else by the device's clock."""
    received = fleet.reports.t_received
    return np.asarray(np.where(np.isfinite(received) & ~fleet.reports.backfilled, received, fleet.t))


def _between(t: Floats, since: float | None, until: float | None) -> Bools:
    with np.errstate(invalid="ignore"):
        inside = np.ones(len(t), dtype=bool) if since is None else t >= since
        return np.asarray(inside if until is None else inside & (t <= until))


def _bounds(t: Floats, rows: Bools, terms: Terms) -> tuple[float | None, float | None]:
    known = t[rows & np.isfinite(t)]
    first, last = (float(known.min()), float(known.max())) if len(known) else (None, None)
    return first if terms.since is None else terms.since, last if terms.until is None else terms.until


def _slots_online(fleet: Fleet, rows: Bools, t: Floats, since: float, slots: int, slot_s: float) -> list[int]:
    n = len(fleet.reports.movers)
    slot = np.minimum(((t[rows] - since) / slot_s).astype(np.int64), max(0, slots - 1))
    pairs = np.unique(fleet.mover[rows] * max(1, slots) + slot)
    return [int(many) for many in np.bincount(pairs // max(1, slots), minlength=n)]


def _spanned(fleet: Fleet, findings: Sequence[Evidence], rules: Collection[str]) -> Bools:
    """Tell which rows (n,) lie in the time of a violation of one of these rules, of their mover."""
    edges = np.zeros(len(fleet) + 1, dtype=np.int64)
    number = {name: k for k, name in enumerate(fleet.reports.movers)}
    for found in findings:
        k = number.get(found.subject)
        if k is None or found.rule not in rules or found.outcome != "violation":
            continue
        low, high = int(fleet.start[k]), int(fleet.start[k + 1])
        since = found.t if found.since is None else found.since
        edges[low + int(np.searchsorted(fleet.t[low:high], since, side="left"))] += 1
        edges[low + int(np.searchsorted(fleet.t[low:high], found.t, side="right"))] -= 1
    return np.asarray(np.cumsum(edges[:-1]) > 0)


def _lengths(fleet: Fleet, counted: Bools, terms: Terms) -> tuple[Floats, Floats]:
    """Return metres of unbroken track and of all track (movers,), through the trusted fixes in the order of time.

    No step counts for more than its mover can go in its time, and four standard deviations: what lies beyond that (the
    track goes on elsewhere) was not travelled.
    """
    rows = np.flatnonzero(counted & fleet.trusted & np.isfinite(fleet.t))
    lat, lon, mover = fleet.reports.lat[rows], fleet.reports.lon[rows], fleet.mover[rows]
    dt_s = np.diff(fleet.t[rows])
    motions = [fleet.motions[label] for label in fleet.labels]
    top_mps, error_m = np.array([m.max_mps for m in motions]), np.array([4 * m.sigma_m for m in motions])
    feasible_m = top_mps[mover[1:]] * dt_s + error_m[mover[1:]]
    step_m = np.minimum(distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]), feasible_m)
    step_m = np.where(mover[1:] == mover[:-1], step_m, 0.0)
    unbroken = (dt_s <= terms.gap_s) & (step_m <= terms.gap_m)
    n = len(fleet.reports.movers)
    whole_m = np.bincount(mover[1:], weights=np.where(unbroken, step_m, 0.0), minlength=n)
    length_m = np.bincount(mover[1:], weights=step_m, minlength=n)
    return whole_m.astype(np.float64), length_m.astype(np.float64)
