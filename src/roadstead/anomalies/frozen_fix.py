"""Frozen fix: the place stays the same to the last digit while the mover moves (定位冻结/位置不更新)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._hypotheses import HELD_DEG
from roadstead.anomalies._runs import evidence
from roadstead.positions import Bools, Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Text

_TICK_M = 100.0
"""The odometer of JT/T 808 counts in 100 m."""


@anomaly("frozen_fix", zh="定位冻结/位置不更新")
@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenFix:
    """Found where reports in a row give the same place (to 1e-6 degrees) although the mover moves.

    It moves where at least `least` of them (`least_vessel` for vessels) report, by satellites or by the driving recorder, more
    than `moving_mps` (`moving_vessel_mps`), or where the odometer has gone on by more than `mileage_m` meanwhile. 10 km/h and
    five reports, 1 kn and ten are the catalogue's. The odometer counts in 100 m, so 200 m are certain. A place that is
    kept with a speed of 0 while recorder or odometer go on is what a jammer leaves behind; `measured["sign"]` says so.
    """

    least: Annotated[int, Ge(2)] = 5
    least_vessel: Annotated[int, Ge(2)] = 10
    moving_mps: Annotated[float, Gt(0)] = 10 / 3.6
    moving_vessel_mps: Annotated[float, Gt(0)] = 1852 / 3600
    mileage_m: Annotated[float, Gt(0)] = 200.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        rows = np.flatnonzero((fleet.reports.kind == Kind.POSITION) & (fleet.defect == Defect.NONE))
        same = _same(fleet, rows)
        if not same.any():
            return
        edges = np.diff(np.concatenate(([0], same.astype(np.int8), [0])))
        begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        vessel = fleet.of_label(("vessel",))[rows[begins]]
        least = np.where(vessel, self.least_vessel, self.least)
        for k in np.flatnonzero(ends - begins + 1 >= least).tolist():
            run = rows[begins[k] : ends[k] + 1]
            mps = self.moving_vessel_mps if vessel[k] else self.moving_mps
            found = self._judged(fleet, run, mps, int(least[k]))
            if found is not None:
                yield found

    def _judged(self, fleet: Fleet, run: Ints, limit_mps: float, least: int) -> Evidence | None:
        """Return the evidence of one run of the same place, where the mover moved."""
        speed, recorder = fleet.reports.speed_mps[run], fleet.column("recorder_mps")[run]
        with np.errstate(invalid="ignore"):
            moving = (speed > limit_mps) | (recorder > limit_mps)
        motion = fleet.motions[fleet.labels[int(fleet.mover[run[0]])]]
        driven_m = _gone_on(fleet.column("mileage_m")[run], fleet.t[run], motion.max_mps)
        if int(moving.sum()) < least and not driven_m > self.mileage_m:
            return None
        top = _highest(np.concatenate((speed, recorder)))
        own = _highest(speed)
        kept = own is not None and own <= limit_mps
        seconds = float(fleet.t[run[-1]] - fleet.t[run[0]])
        miles = "" if np.isnan(driven_m) else f", odometer on by {driven_m / 1000:.1f} km"
        miles_zh = "" if np.isnan(driven_m) else f"，里程增加 {driven_m / 1000:.1f} 千米"
        because = Text(
            f"{len(run)} reports of one and the same place over {seconds:.0f} s while moving: "
            f"{int(moving.sum())} of them above {limit_mps:.1f} m/s{miles}",
            f"{seconds:.0f} 秒内连续 {len(run)} 条上报位置完全相同但车船在移动："
            f"其中 {int(moving.sum())} 条速度超过 {limit_mps:.1f} 米/秒{miles_zh}",
        )
        measured = {
            "seconds_s": seconds,
            "moving_reports": int(moving.sum()),
            "least": least,
            "top_mps": top,
            "limit_mps": limit_mps,
            "mileage_m": None if np.isnan(driven_m) else driven_m,
            "limit_mileage_m": self.mileage_m,
            "sign": "place kept, speed 0" if kept else "receiver frozen",
        }
        return evidence(fleet, run, because, measured)


def _same(fleet: Fleet, rows: Ints) -> Bools:
    """Tell of each row but the last (m - 1,) whether the next, of the same mover, gives the same place."""
    lat, lon, mover = fleet.reports.lat[rows], fleet.reports.lon[rows], fleet.mover[rows]
    same = np.abs(np.diff(lat)) <= HELD_DEG
    same &= np.abs(np.diff(lon)) <= HELD_DEG
    same &= np.diff(mover) == 0
    return np.asarray(same)


def _gone_on(mileage_m: Floats, t: Floats, max_mps: float) -> float:
    """Return how far an odometer went on (m), step by step; NaN where it is not known, went back or leapt."""
    known = np.isfinite(mileage_m)
    steps = np.diff(mileage_m[known])
    possible = (steps >= 0) & (steps <= max_mps * np.diff(t[known]) + _TICK_M)
    return float(steps.sum()) if len(steps) and possible.all() else float("nan")


def _highest(speeds: Floats) -> float | None:
    known = speeds[np.isfinite(speeds)]
    return float(known.max()) if len(known) else None
