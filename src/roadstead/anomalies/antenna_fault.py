"""Antenna fault: a truck's antenna is open or short-circuited, or its positioning module has failed (天线/模块故障)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._alarms import ANTENNA_OPEN, ANTENNA_SHORT, MODULE, NAMES, any_of, words
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.positions import Fleet, Ints, Kind
from roadstead.types import Evidence, Measured, Text

_BITS = (MODULE, ANTENNA_OPEN, ANTENNA_SHORT)


@anomaly("antenna_fault", zh="天线开路/短路/模块故障")
@dataclass(frozen=True, slots=True, kw_only=True)
class AntennaFault:
    """Found where a truck's terminal raises alarm bit 4, 5 or 6 in at least `least` reports in a row.

    Also where it sees no satellite at all for at least `blind_s` while its driving recorder shows more than
    `moving_mps` and reports keep coming: no road tunnel takes so long, and an underground car park isn't driven through.
    """

    least: Annotated[int, Ge(1)] = 3
    blind_s: Annotated[float, Gt(0)] = 1800.0
    moving_mps: Annotated[float, Gt(0)] = 10 / 3.6

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of reports with such an alarm, then each long drive without satellites."""
        rows = np.flatnonzero((fleet.reports.kind == Kind.POSITION) & fleet.of_label(("truck",)) & np.isfinite(fleet.t))
        word = words(fleet, rows)
        alarmed = any_of(word, *_BITS)
        for run in runs(fleet, rows, alarmed, least=self.least):
            yield self._alarmed(fleet, run)
        columns = fleet.reports.columns
        if "satellites" in columns and "recorder_mps" in columns:
            blind = (fleet.column("satellites")[rows] == 0) & (fleet.column("recorder_mps")[rows] > self.moving_mps)
            for run in runs(fleet, rows, blind & ~alarmed, least=self.least, min_s=self.blind_s):
                yield self._blind(fleet, run)

    def _alarmed(self, fleet: Fleet, run: Ints) -> Evidence:
        word = words(fleet, run)
        raised = [bit for bit in _BITS if any_of(word, bit).any()]
        because = Text(
            f"{len(run)} reports in a row with the alarm: {', '.join(NAMES[b].en for b in raised)}",
            f"连续 {len(run)} 条上报带有报警:{'、'.join(NAMES[b].zh for b in raised)}",
        )
        measured: Measured = {
            "alarm_bits": ",".join(str(b) for b in raised),
            "least": self.least,
            "lasted_s": round(float(fleet.t[run[-1]] - fleet.t[run[0]]), 3),
        }
        return evidence(fleet, run, because, measured, score=sureness(len(run), self.least))

    def _blind(self, fleet: Fleet, run: Ints) -> Evidence:
        lasted = float(fleet.t[run[-1]] - fleet.t[run[0]])
        because = Text(
            f"No satellite for {lasted:.0f} s while the driving recorder shows motion (limit {self.blind_s:g} s)",
            f"行驶记录仪显示车辆行驶,但连续 {lasted:.0f} 秒未收到任何卫星(限值 {self.blind_s:g} 秒)",
        )
        measured: Measured = {"satellites": 0, "lasted_s": round(lasted, 3), "limit_s": self.blind_s}
        return evidence(fleet, run, because, measured, score=sureness(lasted, self.blind_s))
