"""Outages: many movers fall silent at the same moment, because what hears them does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from roadstead.anomalies._silence import SHORTEST_S, Silences, now, switched_off
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Floats

_CELL_DEG = 0.05
"""About 5 km: what a base station of a mobile network covers outside towns."""
_COLUMNS = 1 << 16
_FEW = 3
"""A cell takes part in an outage from so many silent movers on."""
_STRAY = 0.05
"""A receiver that brings so few of its movers isn't up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageTerms:
    """From when on many silences are one: how many movers, for how long, and which share of those heard there."""

    movers: int = 5
    least_s: float = 120.0
    share: float = 0.8


@dataclass(frozen=True, slots=True)
class Outage:
    """What fell silent (a peer, all of the feed, or an area by its middle), from when to when; the silences it explains.

    `members` are numbers of silences; `heard` is how many movers had been heard there just before.
    """

    what: Literal["peer", "feed", "area"]
    name: str
    begin: float
    end: float
    members: Ints
    heard: int


def outages(fleet: Fleet, silent: Silences, terms: OutageTerms) -> tuple[Outage, ...]:
    """Return the outages, peers first, then the feed, then areas; no silence is in two of them."""
    free = ~switched_off(fleet, silent.before)
    found: list[Outage] = []
    for part in (_of_peers, _of_feed, _of_areas):
        if int(free.sum()) < terms.movers:
            break
        for outage in part(fleet, silent, free, terms):
            found.append(outage)
            free[outage.members] = False
    return tuple(found)


def explained(outages_: tuple[Outage, ...], n: int) -> Bools:
    """Tell which of n silences are part of an outage."""
    mask = np.zeros(n, dtype=bool)
    for outage in outages_:
        mask[outage.members] = True
    return mask


def unheard_s(fleet: Fleet, silent: Silences, outages_: tuple[Outage, ...]) -> Floats:
    """Return for how much of each silence (n,) nobody could have been heard: outages of its peer, or of all of the feed."""
    seconds = np.zeros(len(silent))
    peer = fleet.reports.peer[silent.before]
    for outage in outages_:
        if outage.what == "area":
            continue
        struck = peer == fleet.reports.peers.index(outage.name) if outage.what == "peer" else np.ones(len(silent), bool)
        both = np.minimum(silent.end, outage.end) - np.maximum(silent.begin, outage.begin)
        seconds += np.where(struck, np.maximum(both, 0.0), 0.0)
    return seconds


def _of_peers(fleet: Fleet, silent: Silences, free: Bools, terms: OutageTerms) -> Iterator[Outage]:
    """Yield times in which a peer that several movers were heard by brought nothing."""
    peer = fleet.reports.peer[silent.before]
    for k in np.unique(peer[free & (peer >= 0)]).tolist():
        mine = np.flatnonzero(free & (peer == k))
        if len(np.unique(fleet.mover[silent.before[mine]])) >= terms.movers:
            rows = np.flatnonzero((fleet.reports.peer == k) & np.isfinite(fleet.t))
            yield from _pauses(fleet, silent, mine, rows, terms, Outage("peer", fleet.reports.peers[k], 0, 0, mine, 0))


def _of_feed(fleet: Fleet, silent: Silences, free: Bools, terms: OutageTerms) -> Iterator[Outage]:
    """Yield times in which nothing came from anybody."""
    mine = np.flatnonzero(free)
    rows = np.flatnonzero(np.isfinite(fleet.t))
    yield from _pauses(fleet, silent, mine, rows, terms, Outage("feed", "feed", 0, 0, mine, 0))


def _pauses(
    fleet: Fleet, silent: Silences, mine: Ints, rows: Ints, terms: OutageTerms, like: Outage
) -> Iterator[Outage]:
    """Yield the pauses between some rows at whose beginning enough of `mine` fell silent."""
    rows = rows[np.argsort(fleet.t[rows], kind="stable")]
    t = fleet.t[rows]
    until = np.append(t[1:], now(fleet))
    at = np.flatnonzero(until - t > terms.least_s)
    by_begin = mine[np.argsort(silent.begin[mine], kind="stable")]
    begin = silent.begin[by_begin]
    reach = np.maximum(_overdue_s(silent)[by_begin], 0.0)
    widest = float(reach.max())
    for first, last in _joined_pauses(fleet, rows, at, terms):
        start, end = float(t[first]), float(until[last])
        span = slice(int(np.searchsorted(begin, start - widest)), int(np.searchsorted(begin, start, side="right")))
        near = by_begin[span]
        members = near[(begin[span] >= start - reach[span]) & (silent.end[near] >= end - 1e-6)]
        movers = len(np.unique(fleet.mover[silent.before[members]]))
        if movers >= terms.movers:
            yield replace(like, begin=start, end=end, members=np.sort(members), heard=movers)


def _joined_pauses(fleet: Fleet, rows: Ints, at: Ints, terms: OutageTerms) -> Iterator[tuple[int, int]]:
    """Yield pauses as the rows (by time) after which they begin and end; `at` are the rows after which nothing comes.

    Two with a few stray reports between them are one: for less than `least_s`, and from less than `_STRAY` of all that
    had been heard before.
    """
    mover, t = fleet.mover[rows], fleet.t[rows]
    known = np.sort(np.unique(mover, return_index=True)[1])
    first = last = -1
    for k in at.tolist():
        if first >= 0 and t[k] - t[last + 1] < terms.least_s:
            again = len(np.unique(mover[last + 1 : k + 1]))
            if again < _STRAY * int(np.searchsorted(known, first, side="right")):
                last = k
                continue
        if first >= 0:
            yield first, last
        first = last = k
    if first >= 0:
        yield first, last


def _overdue_s(silent: Silences) -> Floats:
    """Return how long before an outage a mover may have been heard last (n,): two intervals, at least 20 s."""
    return np.maximum(2 * silent.expected_s, SHORTEST_S / 3)


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: int
    at: float
    members: Ints
    heard: int


def _of_areas(fleet: Fleet, silent: Silences, free: Bools, terms: OutageTerms) -> Iterator[Outage]:
    """Yield groups of neighbouring cells in which nearly all movers fell silent at the same moment.

    Ashore: a base station serves an area; vessels are heard by receivers (peers), at the edge of whose range many come
    and go.
    """
    ashore = ~fleet.of_label(("vessel",))[silent.before]
    usable = np.flatnonzero(free & np.isfinite(silent.lat) & (silent.seconds > terms.least_s) & ashore)
    cells = _codes(silent.lat[usable], silent.lon[usable])
    known, counts = np.unique(cells, return_counts=True)
    full = known[counts >= _FEW]
    if not len(full) or counts[counts >= _FEW].sum() < terms.movers:
        return
    rows = np.flatnonzero(fleet.trusted)
    of = _codes(fleet.reports.lat[rows], fleet.reports.lon[rows])
    inside = np.isin(of, full)
    rows, of = rows[inside], of[inside]
    struck: list[_Cell] = []
    for code in full.tolist():
        found = _struck(fleet, silent, usable[cells == code], rows[of == code], code, terms)
        struck += [found] if found is not None else []
    for group in _joined(struck):
        members = _around(silent, usable, cells, group)
        movers = len(np.unique(fleet.mover[silent.before[members]]))
        if movers >= terms.movers:
            lat, lon = (float(np.mean(v[members])) for v in (silent.lat, silent.lon))
            end = float(np.median(silent.end[members]))
            heard = max(movers, sum(cell.heard for cell in group))
            begin = max(cell.at for cell in group)
            yield Outage("area", f"area {lat:.3f},{lon:.3f}", begin, end, members, heard)


def _codes(lat: Floats, lon: Floats) -> Ints:
    row, column = np.floor(lat / _CELL_DEG), np.floor(lon / _CELL_DEG)
    return np.asarray((row + _COLUMNS / 2) * _COLUMNS + column + _COLUMNS / 2).astype(np.int64)


def _struck(fleet: Fleet, silent: Silences, mine: Ints, rows: Ints, code: int, terms: OutageTerms) -> _Cell | None:
    """Return the moment at which most movers of a cell were overdue, if these are nearly all of it."""
    begin, reach = silent.begin[mine], _overdue_s(silent)[mine]
    order = np.argsort(begin, kind="stable")
    mine, begin, reach = mine[order], begin[order], reach[order]
    ends = np.sort(begin + reach)
    overdue = np.arange(1, len(mine) + 1) - np.searchsorted(ends, begin)
    last = int(np.argmax(overdue))
    at = float(begin[last])
    members = mine[: last + 1][begin[: last + 1] + reach[: last + 1] >= at]
    movers = np.unique(fleet.mover[silent.before[members]])
    if len(movers) < _FEW:
        return None
    widest = float(reach[: last + 1].max())
    lately = rows[(fleet.t[rows] >= at - widest) & (fleet.t[rows] <= at)]
    lately = lately[~switched_off(fleet, lately)]
    heard = len(np.union1d(movers, fleet.mover[lately]))
    if len(movers) < terms.share * heard:
        return None
    return _Cell(code // _COLUMNS, code % _COLUMNS, at, members, heard)


def _around(silent: Silences, usable: Ints, cells: Ints, group: list[_Cell]) -> Ints:
    """Return the silences of a group of cells, and those in the cells around it that were overdue at the same moment."""
    members = np.concatenate([cell.members for cell in group])
    reach = _overdue_s(silent)[usable]
    begin = silent.begin[usable]
    for cell in group:
        near = np.maximum(np.abs(cells // _COLUMNS - cell.row), np.abs(cells % _COLUMNS - cell.column)) <= 1
        members = np.union1d(members, usable[near & (begin <= cell.at) & (begin + reach >= cell.at)])
    return members


def _joined(struck: list[_Cell]) -> list[list[_Cell]]:
    """Return the cells in groups of neighbours that were struck within a minute of each other."""
    left = sorted(struck, key=lambda c: (c.at, c.row, c.column))
    grouped: list[list[_Cell]] = []
    while left:
        group = [left.pop(0)]
        for cell in group:
            near = [o for o in left if max(abs(o.row - cell.row), abs(o.column - cell.column)) <= 1]
            near = [o for o in near if abs(o.at - cell.at) <= SHORTEST_S]
            left = [o for o in left if not any(o is n for n in near)]
            group += near
        grouped.append(group)
    return grouped
