"""Low satellites: a place is said to be valid, but too few satellites were used for one (星数不足)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.positions import Defect, Fleet, Kind
from roadstead.types import Evidence, Measured, Text


@anomaly("low_satellites", zh="星数不足")
@dataclass(frozen=True, slots=True, kw_only=True)
class LowSatellites:
    """Found where `least` reports in a row give a place as valid with fewer than `satellites` satellites.

    Four unknowns (place and clock) need four satellites. Needs their number (JT/T 808, additional item 0x31).
    """

    satellites: Annotated[int, Ge(1)] = 4
    least: Annotated[int, Ge(1)] = 3

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        if "satellites" not in fleet.reports.columns:
            return
        rows = np.flatnonzero((fleet.reports.kind == Kind.POSITION) & (fleet.defect == Defect.NONE))
        seen = fleet.column("satellites")[rows]
        for run in runs(fleet, rows, seen < self.satellites, least=self.least):
            fewest = int(fleet.column("satellites")[run].min())
            because = Text(
                f"{len(run)} reports in a row give a valid place with only {fewest} satellites or a few more (at least {self.satellites} are needed)",
                f"连续 {len(run)} 条上报称定位有效,但可用卫星最少仅 {fewest} 颗(至少需要 {self.satellites} 颗)",
            )
            measured: Measured = {"satellites": fewest, "limit_satellites": self.satellites, "least": self.least}
            yield evidence(fleet, run, because, measured, score=sureness(len(run), self.least))
