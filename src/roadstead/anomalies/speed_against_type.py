"""Speed against type: a ship goes faster than ships of the type that it says it is can (航速与船型不符)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._statics import numbers
from roadstead.anomalies._vessels import KNOT_MPS, VESSEL, knots, unbroken
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Text

_TUGS: Final = (31, 32, 52)


@anomaly("speed_against_type", zh="航速与船型不符")
@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedAgainstType:
    """Found where a ship has been faster than its type for at least `min_s` and `least` reports in a row.

    The fastest afloat of each type and a margin for the current: container ships 25 kn (cargo, 70-79: 28), product
    tankers 17 (80-89: 22), escort tugs 15 (31, 32, 52: 20), hopper dredgers 17 (33: 20), trawlers 16 (30: 24). Tugs and
    fishing vessels below `hull_m` may plane, as assistance boats do, and are left out, as are those of unknown length;
    other types have no top speed that tells them apart. The speed is the lesser of what is said and of what the places
    show, so that neither a wrong field nor a jump is blamed on the type.
    """

    cargo_mps: Annotated[float, Gt(0)] = round(28 * KNOT_MPS, 2)
    tanker_mps: Annotated[float, Gt(0)] = round(22 * KNOT_MPS, 2)
    tug_mps: Annotated[float, Gt(0)] = round(20 * KNOT_MPS, 2)
    dredger_mps: Annotated[float, Gt(0)] = round(20 * KNOT_MPS, 2)
    fishing_mps: Annotated[float, Gt(0)] = round(24 * KNOT_MPS, 2)
    hull_m: Annotated[float, Ge(0)] = 15.0
    min_s: Annotated[float, Gt(0)] = 120.0
    silence_s: Annotated[float, Gt(0)] = 7200.0
    least: Annotated[int, Ge(2)] = 3

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of reports that are too fast."""
        rows = trusted(fleet)
        reports = fleet.reports
        slowest = min(self.cargo_mps, self.tanker_mps, self.tug_mps, self.dredger_mps, self.fishing_mps)
        rows = rows[fleet.of_label(VESSEL)[rows]]
        if not (reports.speed_mps[rows] > slowest).any() or not reports.statics:
            return
        kind = numbers(fleet, "kind")[rows]
        limit = self._limits()[np.where(np.isfinite(kind) & (kind < 100), kind, 0).astype(np.int64)]
        light = np.isin(kind, (30, *_TUGS)) & ~(numbers(fleet, "length_m")[rows] >= self.hull_m)
        limit = np.where(light, np.inf, limit)
        speed = np.fmin(reports.speed_mps[rows], fleet.mps[rows])
        speed = np.where(np.isfinite(reports.speed_mps[rows]), speed, np.nan)
        for run in runs(fleet, rows, speed > limit, least=self.least, min_s=self.min_s):
            for part in unbroken(fleet, run, self.silence_s, least=self.least, min_s=self.min_s):
                at = np.searchsorted(rows, part)
                yield self._evidence(fleet, part, float(np.median(speed[at])), float(limit[at[0]]), int(kind[at[0]]))

    def _limits(self) -> Floats:
        """Return the top speed of each AIS ship type (100,), m/s; infinite where there is none."""
        limits = np.full(100, np.inf)
        limits[70:80] = self.cargo_mps
        limits[80:90] = self.tanker_mps
        limits[list(_TUGS)] = self.tug_mps
        limits[33] = self.dredger_mps
        limits[30] = self.fishing_mps
        return limits

    def _evidence(self, fleet: Fleet, rows: Ints, mps: float, limit_mps: float, kind: int) -> Evidence:
        because = Text(
            f"{knots(mps)} kn as a ship of type {kind}, limit {knots(limit_mps)} kn",
            f"船型 {kind} 的航速达 {knots(mps)} 节，限值 {knots(limit_mps)} 节",
        )
        measured = {
            "kind": kind,
            "speed_mps": round(mps, 2),
            "limit_mps": limit_mps,
            "duration_s": round(float(fleet.t[rows[-1]] - fleet.t[rows[0]]), 1),
            "limit_s": self.min_s,
        }
        return evidence(fleet, rows, because, measured, score=sureness(mps, limit_mps))
