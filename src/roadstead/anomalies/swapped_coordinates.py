"""Swapped coordinates: the latitude stands where the longitude should, and the other way round (经纬度互换)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs
from roadstead.positions import Defect, Fleet, Kind
from roadstead.types import Evidence, Text


@anomaly("swapped_coordinates", zh="经纬度互换")
@dataclass(frozen=True, slots=True, kw_only=True)
class SwappedCoordinates:
    """Found where at least `least` reports in a row lie at home only once latitude and longitude are exchanged.

    The home ranges are the fleet's (mainland China: latitude 3 to 54, longitude 73 to 136); as these have nothing in
    common, one report is enough.
    """

    least: Annotated[int, Ge(1)] = 1

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        rows = np.flatnonzero(fleet.reports.kind == Kind.POSITION)
        for run in runs(fleet, rows, fleet.defect[rows] == Defect.SWAPPED, least=self.least):
            lat, lon = float(fleet.reports.lat[run[-1]]), float(fleet.reports.lon[run[-1]])
            because = Text(
                f"{len(run)} reports whose latitude and longitude are exchanged: latitude {lat:.6f}, longitude {lon:.6f}",
                f"连续 {len(run)} 条上报的经纬度互换：纬度 {lat:.6f}，经度 {lon:.6f}",
            )
            measured = {"reported_lat_deg": lat, "reported_lon_deg": lon, "least": self.least}
            yield evidence(fleet, run, because, measured)
