"""Power cut: the terminal lost its main supply, and the truck moved meanwhile (断电/拆卸)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._alarms import POWER_LOST, UNDERVOLTAGE, any_of, words
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Fleet, Ints, Kind
from roadstead.types import Evidence, Text


@anomaly("power_cut", zh="断电/拆卸")
@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCut:
    """Found where a truck was more than `moved_m` away before its main supply came back (alarm bit 8, JT/T 808).

    From the first report with the alarm to the first one without, whether it fell silent in between or went on on its
    battery. An undervoltage (bit 7) counts only if it was followed by a silence of at least `silent_s`. A truck that
    stays (a workshop, a battery switch at night) isn't found; one that hasn't come back yet is the business of `gap`.
    """

    moved_m: Annotated[float, Gt(0)] = 500.0
    silent_s: Annotated[float, Gt(0)] = 120.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each time without main supply during which the truck moved."""
        rows = np.flatnonzero((fleet.reports.kind == Kind.POSITION) & fleet.of_label(("truck",)) & np.isfinite(fleet.t))
        word = words(fleet, rows)
        lost = any_of(word, POWER_LOST)
        cut = lost | any_of(word, UNDERVOLTAGE) & self._silent_after(fleet, rows)
        for run in runs(fleet, rows, cut):
            at = int(np.searchsorted(rows, run[-1])) + 1
            back = at < len(rows) and fleet.mover[rows[at]] == fleet.mover[run[0]]
            whole = np.append(run, rows[at]) if back else run
            found = self._moved(fleet, whole, back=back)
            if found is not None:
                yield found

    def _silent_after(self, fleet: Fleet, rows: Ints) -> Bools:
        """Tell after which rows (n,) of a mover nothing came for long."""
        silent = np.zeros(len(rows), dtype=bool)
        silent[:-1] = (np.diff(fleet.mover[rows]) == 0) & (np.diff(fleet.t[rows]) >= self.silent_s)
        return silent

    def _moved(self, fleet: Fleet, run: Ints, *, back: bool) -> Evidence | None:
        placed = run[fleet.trusted[run]]
        if len(placed) < 2:
            return None
        lat, lon = fleet.reports.lat[placed], fleet.reports.lon[placed]
        moved = float(distance_m(lat[0], lon[0], lat[1:], lon[1:]).max())
        if moved <= self.moved_m:
            return None
        lasted = float(fleet.t[run[-1]] - fleet.t[run[0]])
        longest = float(np.diff(fleet.t[run]).max())
        because = Text(
            f"Without main supply for {lasted:.0f} s, of which silent for up to {longest:.0f} s, it moved {moved:.0f} m (limit {self.moved_m:g} m)",
            f"主电源断开 {lasted:.0f} 秒(其中最长 {longest:.0f} 秒无上报),期间车辆移动 {moved:.0f} 米(限值 {self.moved_m:g} 米)",
        )
        measured = {
            "moved_m": round(moved, 1),
            "limit_m": self.moved_m,
            "lasted_s": round(lasted, 3),
            "longest_silence_s": round(longest, 3),
            "supply_back": int(back),
        }
        return evidence(fleet, run, because, measured, score=sureness(moved, self.moved_m))
