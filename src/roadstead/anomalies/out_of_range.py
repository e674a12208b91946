"""Out of range: a latitude beyond 90 or a longitude beyond 180 degrees, which is no place on the earth (经纬度越界)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs
from roadstead.positions import Defect, Fleet, Kind
from roadstead.types import Evidence, Text

_LAT_DEG, _LON_DEG = 90.0, 180.0


@anomaly("out_of_range", zh="经纬度越界")
@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfRange:
    """Found where at least `least` reports in a row lie beyond 90 degrees of latitude or 180 of longitude.

    A protocol's own value for "not available" (91 and 181 in AIS) is none of these; nor are coordinates that make sense
    once exchanged, which swapped_coordinates finds.
    """

    least: Annotated[int, Ge(1)] = 1

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        rows = np.flatnonzero(fleet.reports.kind == Kind.POSITION)
        for run in runs(fleet, rows, fleet.defect[rows] == Defect.OUT_OF_RANGE, least=self.least):
            lat, lon = fleet.reports.lat[run], fleet.reports.lon[run]
            worst = int(np.argmax(np.maximum(np.abs(lat) / _LAT_DEG, np.abs(lon) / _LON_DEG)))
            because = Text(
                f"{len(run)} reports beyond {_LAT_DEG:.0f} degrees of latitude or {_LON_DEG:.0f} of longitude, "
                f"the farthest at {lat[worst]:.6f}, {lon[worst]:.6f}",
                f"连续 {len(run)} 条上报的纬度超出 {_LAT_DEG:.0f} 度或经度超出 {_LON_DEG:.0f} 度，"
                f"最远为 {lat[worst]:.6f}, {lon[worst]:.6f}",
            )
            measured = {
                "worst_lat_deg": float(lat[worst]),
                "worst_lon_deg": float(lon[worst]),
                "limit_lat_deg": _LAT_DEG,
                "limit_lon_deg": _LON_DEG,
                "least": self.least,
            }
            yield evidence(fleet, run, because, measured)
