"""Speed mismatch: what a mover says of its speed is not what its places show (速度与位移不符)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._windows import groups, per_row, sustained, thinned
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Text


@dataclass(frozen=True, slots=True)
class _Steps:
    """Steps between reports that are some seconds apart, each (n,), at the row that it ends with."""

    rows: Ints
    begin: Floats
    end: Floats
    group: Ints
    said_mps: Floats
    least_mps: Floats
    most_mps: Floats
    made_mps: Floats
    limit_mps: Floats


@anomaly("speed_mismatch", zh="速度与位移不符")
@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedMismatch:
    """Found where reported speed and displacement over time differ by more than a limit, in the mean over a window.

    The limit is `truck_mps` (15 km/h) and the window `truck_over_s` for trucks, `vessel_mps` (3 kn) and `vessel_over_s`
    for vessels, but never less than `share` of the speed by displacement. For one report of a stop-and-go way means
    little, a window has at least `least` steps, in each of which the difference is half the limit at least, and the lower
    (higher) speed of both ends above (below) the displacement. Steps are taken at least `truck_step_s` or `vessel_step_s` apart, where noise of the
    places is small against the limit, and at most `longest_step_s`, where a bend is nearly a straight line.
    """

    truck_mps: Annotated[float, Gt(0)] = 15 / 3.6
    vessel_mps: Annotated[float, Gt(0)] = 3 * 1852 / 3600
    share: Annotated[float, Ge(0)] = 0.3
    truck_over_s: Annotated[float, Gt(0)] = 60.0
    vessel_over_s: Annotated[float, Gt(0)] = 120.0
    least: Annotated[int, Ge(2)] = 4
    truck_step_s: Annotated[float, Gt(0)] = 10.0
    vessel_step_s: Annotated[float, Gt(0)] = 30.0
    longest_step_s: Annotated[float, Gt(0)] = 60.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each stretch of reports that say too much, then too little."""
        rows = trusted(fleet)
        rows = rows[np.isfinite(fleet.reports.speed_mps[rows])]
        rows = thinned(fleet, rows, per_row(fleet, rows, {"vessel": self.vessel_step_s}, self.truck_step_s))
        if len(rows) <= self.least:
            return
        steps = self._steps(fleet, rows)
        over_s = per_row(fleet, steps.rows, {"vessel": self.vessel_over_s}, self.truck_over_s)
        for sign in (1.0, -1.0):
            share = sign * (steps.said_mps - steps.made_mps) / steps.limit_mps
            nearest = steps.least_mps - steps.made_mps if sign > 0 else steps.made_mps - steps.most_mps
            gate = (nearest >= 0) & (share >= 0.5)
            hit = sustained(share, gate, steps.begin, steps.end, steps.group, over_s=over_s, least=self.least)
            for run in runs(fleet, steps.rows, hit):
                yield self._evidence(fleet, run, steps)

    def _steps(self, fleet: Fleet, rows: Ints) -> _Steps:
        t, speed = fleet.t[rows], fleet.reports.speed_mps[rows]
        group = groups(fleet, rows, longest_s=self.longest_step_s)
        at = np.flatnonzero((np.diff(group) == 0) & (np.diff(t) > 0)) + 1
        a, b = rows[at - 1], rows[at]
        reports = fleet.reports
        made = distance_m(reports.lat[a], reports.lon[a], reports.lat[b], reports.lon[b]) / (t[at] - t[at - 1])
        floor = per_row(fleet, b, {"vessel": self.vessel_mps}, self.truck_mps)
        return _Steps(
            rows=b,
            begin=t[at - 1],
            end=t[at],
            group=group[at],
            said_mps=(speed[at] + speed[at - 1]) / 2,
            least_mps=np.minimum(speed[at], speed[at - 1]),
            most_mps=np.maximum(speed[at], speed[at - 1]),
            made_mps=made,
            limit_mps=np.maximum(floor, self.share * made),
        )

    def _evidence(self, fleet: Fleet, run: Ints, steps: _Steps) -> Evidence:
        at = np.searchsorted(steps.rows, run)
        weight = steps.end[at] - steps.begin[at]
        said, made = (float(np.average(v[at], weights=weight)) for v in (steps.said_mps, steps.made_mps))
        limit = float(np.average(steps.limit_mps[at], weights=weight))
        lasted = float(steps.end[at[-1]] - steps.begin[at[0]])
        because = Text(
            f"For {lasted:.0f} s it reports {said * 3.6:.1f} km/h on average, but its places moved at {made * 3.6:.1f} km/h (limit of the difference {limit * 3.6:.1f} km/h)",
            f"{lasted:.0f} 秒内上报速度平均 {said * 3.6:.1f} 公里/小时,而位移速度为 {made * 3.6:.1f} 公里/小时(差值限值 {limit * 3.6:.1f} 公里/小时)",
        )
        measured = {
            "reported_mps": round(said, 3),
            "displacement_mps": round(made, 3),
            "difference_mps": round(said - made, 3),
            "limit_mps": round(limit, 3),
            "lasted_s": round(lasted, 3),
        }
        score = sureness(abs(said - made), limit)
        return evidence(fleet, run, because, measured, score=score, since=float(steps.begin[at[0]]))
