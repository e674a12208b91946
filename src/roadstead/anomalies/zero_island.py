"""Zero island: a place of 0, 0, or with one of them exactly 0, is a default that nobody measured (零坐标/默认坐标)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs
from roadstead.positions import Defect, Fleet, Kind
from roadstead.types import Evidence, Text


@anomaly("zero_island", zh="零坐标/默认坐标")
@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroIsland:
    """Found where at least `least` reports in a row carry the place 0, 0 (within 11 m), or one coordinate of exactly 0."""

    least: Annotated[int, Ge(1)] = 1

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        rows = np.flatnonzero(fleet.reports.kind == Kind.POSITION)
        for run in runs(fleet, rows, fleet.defect[rows] == Defect.ZERO, least=self.least):
            because = Text(
                f"{len(run)} reports with the place 0, 0 or a coordinate of exactly 0",
                f"连续 {len(run)} 条上报的经纬度为零或默认值",
            )
            yield evidence(fleet, run, because, {"least": self.least})
