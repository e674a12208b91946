"""Recorder mismatch: the speed by satellites is not that of the driving recorder (卫星速度与行驶记录仪速度不符)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._windows import groups, sustained
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Text


@anomaly("recorder_mismatch", zh="卫星速度与行驶记录仪速度不符")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderMismatch:
    """Found where a truck's two speeds differ by more than `limit_mps` (10 km/h), always to the same side.

    In the mean over at least `over_s` and `least` reports, and in each by at least half of it: the speed by satellites
    comes up to a second late, which is 8 m/s when braking hard. Reports further apart than `longest_s` aren't joined.
    Needs the recorder's speed (JT/T 808, additional item 0x03).
    """

    limit_mps: Annotated[float, Gt(0)] = 10 / 3.6
    over_s: Annotated[float, Gt(0)] = 30.0
    least: Annotated[int, Ge(2)] = 3
    longest_s: Annotated[float, Gt(0)] = 120.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each stretch of such reports: first where the satellites say more, then where they say less."""
        rows = trusted(fleet)
        if "recorder_mps" not in fleet.reports.columns or not len(rows):
            return
        off = fleet.reports.speed_mps[rows] - fleet.column("recorder_mps")[rows]
        known = np.isfinite(off)
        rows, off = rows[known], off[known]
        t, group = fleet.t[rows], groups(fleet, rows, longest_s=self.longest_s)
        for sign in (1.0, -1.0):
            share = sign * off / self.limit_mps
            hit = sustained(share, share >= 0.5, t, t, group, over_s=self.over_s, least=self.least)
            for run in runs(fleet, rows, hit):
                yield self._evidence(fleet, run, off[np.searchsorted(rows, run)])

    def _evidence(self, fleet: Fleet, run: Ints, off: Floats) -> Evidence:
        mean = float(off.mean())
        said = float(fleet.reports.speed_mps[run].mean())
        recorded = float(fleet.column("recorder_mps")[run].mean())
        because = Text(
            f"In {len(run)} reports the speed by satellites is {said * 3.6:.1f} km/h on average, that of the driving recorder {recorded * 3.6:.1f} km/h (limit of the difference {self.limit_mps * 3.6:.1f} km/h)",
            f"连续 {len(run)} 条上报的卫星速度平均 {said * 3.6:.1f} 公里/小时,行驶记录仪速度平均 {recorded * 3.6:.1f} 公里/小时(差值限值 {self.limit_mps * 3.6:.1f} 公里/小时)",
        )
        measured = {
            "speed_mps": round(said, 3),
            "recorder_mps": round(recorded, 3),
            "difference_mps": round(mean, 3),
            "limit_mps": round(self.limit_mps, 3),
            "lasted_s": round(float(fleet.t[run[-1]] - fleet.t[run[0]]), 3),
            "over_s": self.over_s,
        }
        return evidence(fleet, run, because, measured, score=sureness(abs(mean), self.limit_mps))
