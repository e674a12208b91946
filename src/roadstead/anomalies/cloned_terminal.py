"""Cloned terminal: one identity on two trucks at a time (终端克隆/一机多用)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Measured, Text


@anomaly("cloned_terminal", zh="终端克隆/一机多用")
@dataclass(frozen=True, slots=True, kw_only=True)
class ClonedTerminal:
    """Found where a truck's reports alternate between two ways at least `alternations` times.

    Ways that cannot be reached from one another are confirmed hypotheses of the fleet; ways near each other show by two
    peers that alternate (each change within `together_s` of the one before) while each one's places lie more than
    `apart_m` from where the other was at that moment. Backfilled reports don't count, and neither does a reconnection: it
    comes from a new peer, or goes on where the old one was.
    """

    alternations: Annotated[int, Ge(2)] = 3
    apart_m: Annotated[float, Gt(0)] = 150.0
    together_s: Annotated[float, Gt(0)] = 1800.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each time during which one identity was on two ways: by hypotheses, then, of other movers, by peers."""
        caught: set[int] = set()
        for run in self._by_hypotheses(fleet):
            caught.add(int(fleet.mover[run[0]]))
            yield self._evidence(fleet, run, fleet.segment[run], "hypotheses")
        for run in self._by_peers(fleet):
            if int(fleet.mover[run[0]]) not in caught:
                yield self._evidence(fleet, run, fleet.reports.peer[run], "peers")

    def _by_hypotheses(self, fleet: Fleet) -> Iterator[Ints]:
        confirmed: dict[int, list[int]] = {}
        for part in fleet.segments:
            if part.confirmed and fleet.labels[part.mover] == "truck":
                confirmed.setdefault(part.mover, []).append(part.number)
        for mover, numbers in confirmed.items():
            if len(numbers) > 1:
                rows = np.arange(fleet.start[mover], fleet.start[mover + 1])
                rows = rows[np.isin(fleet.segment[rows], numbers)]
                yield from self._alternating(fleet, rows, fleet.segment[rows])

    def _alternating(self, fleet: Fleet, rows: Ints, which: Ints) -> Iterator[Ints]:
        """Yield the rows from the first to the last of enough changes back and forth between the same two."""
        begins = np.flatnonzero(np.concatenate(([True], np.diff(which) != 0)))
        if len(begins) <= self.alternations:
            return
        ends = np.append(begins[1:], len(rows)) - 1
        of = which[begins]
        back = np.zeros(len(begins), dtype=bool)
        back[2:] = of[2:] == of[:-2]
        near = np.concatenate(([False], np.diff(fleet.t[rows[begins]]) <= self.together_s))
        turn = np.flatnonzero(back & near)
        for part in np.split(turn, np.flatnonzero(np.diff(turn) > 1) + 1):
            # a first pair of changes leads to the first return, so that there is one change more than returns
            if len(part) and len(part) + 1 >= self.alternations:
                yield rows[begins[part[0] - 2] : ends[part[-1]] + 1]

    def _by_peers(self, fleet: Fleet) -> Iterator[Ints]:
        reports = fleet.reports
        usable = fleet.trusted & fleet.of_label(("truck",)) & (reports.peer >= 0) & ~reports.backfilled
        rows = np.flatnonzero(usable)
        if len(rows) < self.alternations:
            return
        peer, mover, t = reports.peer[rows], fleet.mover[rows], fleet.t[rows]
        new = np.concatenate(([True], (np.diff(peer) != 0) | (np.diff(mover) != 0)))
        begins = np.flatnonzero(new)
        part = np.cumsum(new) - 1
        before, after = begins[part] - 1, np.append(begins[1:], len(rows))[part]
        at = np.flatnonzero((before >= 0) & (after < len(rows)))
        a, b = before[at], after[at]
        same = (mover[a] == mover[at]) & (mover[b] == mover[at]) & (peer[a] == peer[b])
        at, a, b = at[same], a[same], b[same]
        off = _off_between(fleet, rows[at], rows[a], rows[b])
        hit = np.zeros(len(rows), dtype=bool)
        hit[at] = (off > self.apart_m) & (t[b] - t[a] <= self.together_s)
        for run in runs(fleet, rows, hit, least=self.alternations - 1):
            if _changes(reports.peer[run]) + 2 >= self.alternations:
                first, last = np.searchsorted(rows, run[[0, -1]])
                yield rows[before[first] : after[last] + 1]

    def _evidence(self, fleet: Fleet, run: Ints, which: Ints, by: str) -> Evidence:
        changed = np.flatnonzero(np.diff(which) != 0)
        lat, lon = fleet.reports.lat[run], fleet.reports.lon[run]
        apart = float(np.median(distance_m(lat[changed], lon[changed], lat[changed + 1], lon[changed + 1])))
        peers = np.unique(fleet.reports.peer[run])
        names = ", ".join(fleet.reports.peers[k] for k in peers[:2].tolist() if k >= 0)
        because = Text(
            f"The reports alternate {len(changed)} times between two ways that are about {apart:.0f} m apart (limit {self.alternations} times): one identity on two trucks",
            f"上报在相距约 {apart:.0f} 米的两条轨迹之间交替 {len(changed)} 次(限值 {self.alternations} 次):同一终端号用于两辆车",
        )
        measured: Measured = {
            "alternations": len(changed),
            "limit_alternations": self.alternations,
            "apart_m": round(apart, 1),
            "limit_m": self.apart_m,
            "by": by,
            "peers": names,
        }
        return evidence(fleet, run, because, measured)


def _changes(values: Ints) -> int:
    return int((np.diff(values) != 0).sum())


def _off_between(fleet: Fleet, rows: Ints, before: Ints, after: Ints) -> Floats:
    """Return how far rows (n,) lie from the straight way between two others at the same moment, m."""
    t, lat, lon = fleet.t, fleet.reports.lat, fleet.reports.lon
    span = t[after] - t[before]
    share = np.where(span > 0, (t[rows] - t[before]) / np.where(span > 0, span, 1.0), 0.5)
    there = [v[before] + share * (v[after] - v[before]) for v in (lat, lon)]
    return distance_m(there[0], there[1], lat[rows], lon[rows])
