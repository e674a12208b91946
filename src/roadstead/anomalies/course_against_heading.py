"""Course against heading: a ship keeps going where its bow does not point (航向与船首向不符)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._vessels import VESSEL, knots, unbroken
from roadstead.geometry.geodesy import turn_deg
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Text


@anomaly("course_against_heading", zh="航向与船首向不符")
@dataclass(frozen=True, slots=True, kw_only=True)
class CourseAgainstHeading:
    """Found where course and heading differ by more than `limit_deg` at more than `min_mps` for `min_s` and `least` reports.

    A current of 3 kn across sets a ship of 5 kn through the water by 31°, so that 60° at 5 kn over the ground is beyond
    current, wind and a turn. From `reversed_deg` on the finding says "reversed": the heading stands for the other end,
    or the ship goes astern, as tugs and ferries with two bows do. A heading that stays within 1° while the course
    changes by more than 20° is "stuck", otherwise it is "off".
    """

    limit_deg: Annotated[float, Gt(0)] = 60.0
    reversed_deg: Annotated[float, Gt(0)] = 150.0
    min_mps: Annotated[float, Gt(0)] = 2.58
    min_s: Annotated[float, Gt(0)] = 300.0
    silence_s: Annotated[float, Gt(0)] = 3600.0
    least: Annotated[int, Ge(2)] = 5

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such reports."""
        rows = trusted(fleet)
        reports = fleet.reports
        rows = rows[fleet.of_label(VESSEL)[rows] & np.isfinite(reports.heading_deg[rows])]
        fast = np.flatnonzero(reports.speed_mps[rows] > self.min_mps)
        off = np.zeros(len(rows))
        off[fast] = np.abs(turn_deg(reports.heading_deg[rows[fast]], reports.course_deg[rows[fast]]))
        for run in runs(fleet, rows, off > self.limit_deg, least=self.least, min_s=self.min_s, holes=1):
            for part in unbroken(fleet, run, self.silence_s, least=self.least, min_s=self.min_s):
                yield self._evidence(fleet, part, off[np.searchsorted(rows, part)])

    def _evidence(self, fleet: Fleet, rows: Ints, off: Floats) -> Evidence:
        reports = fleet.reports
        middle = float(np.median(off))
        form = self._form(middle, reports.heading_deg[rows], reports.course_deg[rows])
        mps = float(np.median(reports.speed_mps[rows]))
        because = Text(
            f"course and heading differ by {middle:.0f}° ({form.en}) at {knots(mps)} kn, limit {self.limit_deg:.0f}°",
            f"航向与船首向相差 {middle:.0f}°（{form.zh}），航速 {knots(mps)} 节，限值 {self.limit_deg:.0f}°",
        )
        measured: dict[str, float | str] = {
            "off_deg": round(middle, 1),
            "limit_deg": self.limit_deg,
            "form": form.en,
            "speed_mps": round(mps, 2),
            "least_mps": self.min_mps,
            "duration_s": round(float(fleet.t[rows[-1]] - fleet.t[rows[0]]), 1),
            "limit_s": self.min_s,
        }
        return evidence(fleet, rows, because, measured, score=sureness(middle, self.limit_deg))

    def _form(self, off_deg: float, heading_deg: Floats, course_deg: Floats) -> Text:
        if _spread_deg(heading_deg) <= 1.0 and _spread_deg(course_deg) > 20.0:
            return Text("stuck", "船首向不变")
        return Text("reversed", "首尾颠倒") if off_deg >= self.reversed_deg else Text("off", "偏差")


def _spread_deg(courses: Floats) -> float:
    """Return how far courses lie from the first, from one side to the other, degrees."""
    off = turn_deg(courses[0], courses)
    return float(off.max() - off.min())
