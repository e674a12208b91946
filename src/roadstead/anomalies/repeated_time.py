"""Repeated time: one device time, two places (时间戳重复)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._clocks import misdated
from roadstead.anomalies._hypotheses import rivals
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Text

_VISITS = 3


@anomaly("repeated_time", zh="时间戳重复")
@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedTime:
    """Found where reports of one mover carry the same device time and lie more than `apart_m` from one another.

    The same report come twice (a retransmission) is none. The default is what a truck drives within the second to which
    device times are given (44 m at 160 km/h), and four standard deviations of its position at either end. Two movers
    under one identity, whose confirmed ways alternate, are cloned_terminal's and shared_mmsi's; a report that a wrong
    clock puts beside another is that clock's (clock_skew, zone_error, future_time).
    """

    apart_m: Annotated[float, Gt(0)] = 100.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of reports in conflict with others of the same time."""
        rows = np.flatnonzero((fleet.reports.kind == Kind.POSITION) & (fleet.defect == Defect.NONE))
        hit, apart_m = self._conflicts(fleet, rows)
        apart_of_row = np.zeros(len(fleet))
        apart_of_row[rows] = apart_m
        for run in runs(fleet, rows, hit, least=2):
            worst = float(apart_of_row[run].max())
            times = len(np.unique(fleet.reports.t[run]))
            because = Text(
                f"{len(run)} reports share {times} device times and lie up to {worst:.0f} m apart, "
                f"more than {self.apart_m:.0f} m",
                f"{len(run)} 条上报共用 {times} 个终端时间，位置相距最远 {worst:.0f} 米，超过 {self.apart_m:.0f} 米",
            )
            measured = {"apart_m": worst, "limit_m": self.apart_m, "times": times}
            yield evidence(fleet, run, because, measured, score=sureness(worst, self.apart_m))

    def _conflicts(self, fleet: Fleet, rows: Ints) -> tuple[Bools, Floats]:
        """Tell which of the rows (m,) are in conflict, and how far each lies from the first of its device time."""
        hit, apart_m = np.zeros(len(rows), dtype=bool), np.zeros(len(rows))
        t, mover = fleet.reports.t[rows], fleet.mover[rows]
        again = np.flatnonzero((np.diff(t) == 0) & (np.diff(mover) == 0)) + 1
        if not len(again):
            return hit, apart_m
        begins = np.flatnonzero(np.concatenate(([True], (np.diff(t) != 0) | (np.diff(mover) != 0))))
        first = begins[np.searchsorted(begins, again, "right") - 1]
        a, b = rows[first], rows[again]
        lat, lon = fleet.reports.lat, fleet.reports.lon
        far = distance_m(lat[a], lon[a], lat[b], lon[b])
        bad = far > self.apart_m
        if bad.any():
            wrong = misdated(fleet)
            bad &= ~wrong[a] & ~wrong[b]
            bad[bad] = ~_two_ways(fleet, a[bad], b[bad])
        groups = np.zeros(len(rows), dtype=bool)
        groups[first[bad]] = True
        hit[first[bad]] = True
        hit[again[groups[first]]] = True
        apart_m[again] = far
        return hit, apart_m


def _two_ways(fleet: Fleet, a: Ints, b: Ints) -> Bools:
    return np.asarray(rivals(fleet, a, _VISITS) | rivals(fleet, b, _VISITS))
