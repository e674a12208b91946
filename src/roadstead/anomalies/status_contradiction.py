"""Status contradiction: the navigational status that a ship's crew set is not what the ship does (航行状态矛盾)."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._vessels import KNOT_MPS, VESSEL, knots, unbroken
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Text

_UNDER_WAY: Final = 0
_LYING: Final = MappingProxyType({1: Text("at anchor", "锚泊"), 5: Text("moored", "系泊"), 6: Text("aground", "搁浅")})


@anomaly("status_contradiction", zh="航行状态矛盾")
@dataclass(frozen=True, slots=True, kw_only=True)
class StatusContradiction:
    """Found where a ship that says it lies (status 1, 5, 6) goes, or one under way using engine (0) lies.

    It goes at more than `lying_mps` (beyond 3.0 kn, which AIS gives in tenths) for at least `lying_s` and `least` reports in a row: five minutes, since
    crews switch the status some minutes after they left. It lies at less than `still_mps` (1 kn) for more than
    `still_s`. A silence of more than `silence_s` ends either, since what happened in it is not known.
    """

    lying_mps: Annotated[float, Gt(0)] = 1.55
    lying_s: Annotated[float, Gt(0)] = 300.0
    still_mps: Annotated[float, Gt(0)] = round(KNOT_MPS, 3)
    still_s: Annotated[float, Gt(0)] = 43200.0
    silence_s: Annotated[float, Gt(0)] = 7200.0
    least: Annotated[int, Ge(2)] = 3

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of reports whose speed is not that of the status."""
        status = fleet.column("nav_status")
        rows = trusted(fleet)
        rows = rows[fleet.of_label(VESSEL)[rows] & np.isfinite(status[rows])]
        state, speed = status[rows], fleet.reports.speed_mps[rows]
        for number, called in _LYING.items():
            hit = (state == number) & (speed > self.lying_mps)
            for run in runs(fleet, rows, hit, least=self.least, min_s=self.lying_s):
                for part in unbroken(fleet, run, self.silence_s, least=self.least, min_s=self.lying_s):
                    yield self._going(fleet, part, number, called)
        hit = (state == _UNDER_WAY) & (speed < self.still_mps)
        for run in runs(fleet, rows, hit, least=self.least, min_s=self.still_s):
            for part in unbroken(fleet, run, self.silence_s, least=self.least, min_s=self.still_s):
                yield self._lying(fleet, part)

    def _going(self, fleet: Fleet, rows: Ints, number: int, called: Text) -> Evidence:
        mps = float(np.median(fleet.reports.speed_mps[rows]))
        for_s = float(fleet.t[rows[-1]] - fleet.t[rows[0]])
        because = Text(
            f'goes {knots(mps)} kn for {for_s / 60:.0f} min while it says "{called.en}", limit {knots(self.lying_mps)} kn',
            f"自报“{called.zh}”却以 {knots(mps)} 节航行 {for_s / 60:.0f} 分钟，限值 {knots(self.lying_mps)} 节",
        )
        measured = {
            "nav_status": number,
            "speed_mps": round(mps, 2),
            "limit_mps": self.lying_mps,
            "duration_s": round(for_s, 1),
            "limit_s": self.lying_s,
        }
        return evidence(fleet, rows, because, measured, score=sureness(mps, self.lying_mps))

    def _lying(self, fleet: Fleet, rows: Ints) -> Evidence:
        mps = float(fleet.reports.speed_mps[rows].max())
        for_s = float(fleet.t[rows[-1]] - fleet.t[rows[0]])
        because = Text(
            f'lies still for {for_s / 3600:.1f} h while it says "under way using engine", limit {self.still_s / 3600:.0f} h',
            f"自报“机动航行”却静止 {for_s / 3600:.1f} 小时，限值 {self.still_s / 3600:.0f} 小时",
        )
        measured = {
            "nav_status": _UNDER_WAY,
            "top_speed_mps": round(mps, 2),
            "limit_mps": self.still_mps,
            "duration_s": round(for_s, 1),
            "limit_s": self.still_s,
        }
        return evidence(fleet, rows, because, measured, score=sureness(for_s, self.still_s))
