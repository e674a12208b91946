"""Aid misuse: a ship poses as an aid to navigation or a base station, one of those as a ship, or one moves (助航/基站标识滥用)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._mmsi import form
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.anomalies._vessels import unbroken
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Text

_AID, _BASE = 21, 4
_SHIP = (1, 2, 3, 5, 18, 19, 24, 27)


@anomaly("aid_misuse", zh="助航/基站标识滥用")
@dataclass(frozen=True, slots=True, kw_only=True)
class AidMisuse:
    """Found where AIS messages do not fit the number, and where a fixed aid or base station lies elsewhere.

    Message 21 is for aids (99MIDxxxx), 4 for base stations (00MIDxxxx), and neither may send a ship's messages (ITU-R
    M.585-9, M.1371-5). Fixed ones lie within `moved_m` of their middle place; `least` reports in a row beyond it are
    found. Mobile aids (99MID8xxx) may move. Without the number of the message only the moving is judged; that of what
    sends a ship's messages is not. Misfits no further apart than `quiet_s` are one finding. Trucks' terminals are left out.
    """

    moved_m: Annotated[float, Gt(0)] = 1000.0
    least: Annotated[int, Ge(1)] = 3
    quiet_s: Annotated[float, Gt(0)] = 21600.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield what is misused, and what moves."""
        forms = [form(name) for name in fleet.reports.movers]
        of_ais = np.array([label != "truck" for label in fleet.labels], dtype=bool)
        said = fleet.column("message")
        kept = of_ais[fleet.mover] & np.isfinite(fleet.t) & (fleet.reports.kind != Kind.LINK)
        yield from self._unfit(fleet, forms, said, np.flatnonzero(kept & np.isfinite(said) & (said <= 27)))
        yield from self._moving(fleet, forms, of_ais)

    def _unfit(self, fleet: Fleet, forms: list[str], said: Floats, rows: Ints) -> Iterator[Evidence]:
        """Yield runs of messages that the kind of station does not send."""
        aid = np.array([f == "aid" for f in forms], dtype=bool)[fleet.mover[rows]]
        base = np.array([f == "coast" for f in forms], dtype=bool)[fleet.mover[rows]]
        message = said[rows]
        unfit = (
            (~aid & (message == _AID), "aid", "99MIDxxxx", Text("an aid to navigation", "航标")),
            (~base & (message == _BASE), "base", "00MIDxxxx", Text("a base station", "基站")),
            ((aid | base) & np.isin(message, _SHIP), "ship", "MIDxxxxxx", Text("a ship", "船舶")),
        )
        for hit, poses_as, due, called in unfit:
            for run in self._together(fleet, rows[hit]):
                name = fleet.reports.movers[int(fleet.mover[run[0]])]
                number = int(said[run[0]])
                because = Text(
                    f"{name} sends message {number}, that of {called.en}, whose numbers are {due}",
                    f"{name} 发送{called.zh}报文（{number} 号），而{called.zh}识别码应为 {due}",
                )
                yield evidence(fleet, run, because, {"message": number, "poses_as": poses_as, "due": due})

    def _together(self, fleet: Fleet, rows: Ints) -> Iterator[Ints]:
        """Yield the rows of each mover, parted where one comes more than `quiet_s` after the one before."""
        for run in runs(fleet, rows, np.ones(len(rows), dtype=bool)):
            yield from unbroken(fleet, run, self.quiet_s, least=1, min_s=0.0)

    def _moving(self, fleet: Fleet, forms: list[str], of_ais: Bools) -> Iterator[Evidence]:
        """Yield runs in which a fixed station lies far from where it mostly is."""
        said = fleet.column("message")
        usable = (fleet.reports.kind == Kind.POSITION) & (fleet.defect == Defect.NONE) & np.isfinite(fleet.t)
        usable &= ~np.isin(said, _SHIP)
        fixed = np.array(
            [f == "coast" or (f == "aid" and m[5] != "8") for f, m in zip(forms, fleet.reports.movers, strict=True)],
            dtype=bool,
        )
        for k in np.flatnonzero(fixed & of_ais).tolist():
            first, end = int(fleet.start[k]), int(fleet.start[k + 1])
            rows = np.flatnonzero(usable[first:end]) + first
            if len(rows) <= self.least:
                continue
            lat, lon = fleet.reports.lat[rows], fleet.reports.lon[rows]
            off = distance_m(np.median(lat), np.median(lon), lat, lon)
            for run in runs(fleet, rows, off > self.moved_m, least=self.least):
                far = float(off[np.searchsorted(rows, run)].max())
                because = Text(
                    f"a fixed station lies {far:.0f} m from its place, limit {self.moved_m:.0f} m",
                    f"固定台站偏离原位 {far:.0f} 米，限值 {self.moved_m:.0f} 米",
                )
                measured = {"off_m": round(far, 1), "limit_m": self.moved_m}
                yield evidence(fleet, run, because, measured, score=sureness(far, self.moved_m))
