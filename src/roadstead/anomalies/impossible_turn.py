"""Impossible turn: the course changes at speed as no truck or vessel can turn (转向异常)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._windows import ago, groups, per_row, sigma_m
from roadstead.geometry.geodesy import turn_deg
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Text

_CLEAR_SIGMAS = 8.0
"""The bearing of a step says where it went if it's so many standard deviations of a place long (10 degrees of error)."""


@anomaly("impossible_turn", zh="转向异常")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImpossibleTurn:
    """Found where the lateral acceleration of a turn is above `truck_mps2` (vessels: `vessel_mps2`).

    It is the speed times the rate of turn. The course is the reported one, over at least `over_s` and at most
    `longest_s`, with the lower speed of both ends, of at least `moving_mps`; where no course is reported, the bearings
    of two steps one after the other, each long against the error of a place, with the lower speed of both. Loaded
    trucks roll over at about 4 m/s², empty ones at 6; half a turn at 16 m/s within ten seconds is 5 m/s². At longer
    intervals a turn may hide between two reports: nothing is said then.
    """

    truck_mps2: Annotated[float, Gt(0)] = 5.0
    vessel_mps2: Annotated[float, Gt(0)] = 3.0
    moving_mps: Annotated[float, Gt(0)] = 5.0
    over_s: Annotated[float, Gt(0)] = 5.0
    longest_s: Annotated[float, Gt(0)] = 30.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of reports with such turns."""
        rows = trusted(fleet)
        if len(rows) < 2:
            return
        limit = per_row(fleet, rows, {"vessel": self.vessel_mps2}, self.truck_mps2)
        turned = np.where(np.isfinite(fleet.reports.course_deg[rows]), np.nan, self._of_steps(fleet, rows))
        turned = np.fmax(turned, self._of_courses(fleet, rows))
        with np.errstate(invalid="ignore"):
            hit = turned > limit
        for run in runs(fleet, rows, hit, holes=1):
            at = np.searchsorted(rows, run)
            worst = float(turned[at].max())
            bound = float(limit[at[0]])
            because = Text(
                f"The course changes at speed with {worst:.1f} m/s² sideways (limit {bound:g} m/s²)",
                f"行驶中航向突变,横向加速度达 {worst:.1f} 米/秒²(限值 {bound:g} 米/秒²)",
            )
            measured = {"lateral_mps2": round(worst, 3), "limit_mps2": bound, "moving_mps": self.moving_mps}
            since = float(fleet.t[rows[at[0] - 1]])
            yield evidence(fleet, run, because, measured, score=sureness(worst, bound), since=since)

    def _of_courses(self, fleet: Fleet, rows: Ints) -> Floats:
        """Return the lateral acceleration (n,) by reported course and speed; NaN where they aren't known."""
        lateral = np.full(len(rows), np.nan)
        known = np.isfinite(fleet.reports.course_deg[rows]) & np.isfinite(fleet.reports.speed_mps[rows])
        at = np.flatnonzero(known)
        course, speed, t = fleet.reports.course_deg[rows[at]], fleet.reports.speed_mps[rows[at]], fleet.t[rows[at]]
        before = ago(t, t, groups(fleet, rows[at], longest_s=self.longest_s), self.over_s)
        here = np.flatnonzero(before >= 0)
        there = before[here]
        dt_s, least = t[here] - t[there], np.minimum(speed[here], speed[there])
        rate = np.deg2rad(np.abs(turn_deg(course[there], course[here]))) / dt_s
        lateral[at[here]] = np.where((least >= self.moving_mps) & (dt_s <= self.longest_s), least * rate, np.nan)
        return lateral

    def _of_steps(self, fleet: Fleet, rows: Ints) -> Floats:
        """Return the lateral acceleration (n,) at which the step to here would have followed the one before."""
        lateral = np.full(len(rows), np.nan)
        before = fleet.previous[rows]
        at = np.flatnonzero(before >= 0)
        here, there = rows[at], before[at]
        mps = fleet.mps
        least = np.minimum(mps[here], mps[there])
        clear = _CLEAR_SIGMAS * sigma_m(fleet, here)
        between_s = (fleet.dt_s[here] + fleet.dt_s[there]) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            known = (fleet.step_m[here] > clear) & (fleet.step_m[there] > clear) & (least >= self.moving_mps)
            known &= (between_s <= self.longest_s) & (between_s >= self.over_s)
            rate = np.deg2rad(np.abs(turn_deg(fleet.bearing_deg[there], fleet.bearing_deg[here]))) / between_s
            lateral[at] = np.where(known, least * rate, np.nan)
        return lateral
