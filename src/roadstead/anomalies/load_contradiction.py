"""Load contradiction: an empty truck becomes loaded, or a loaded one empty, without a stop (载重状态矛盾)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence
from roadstead.positions import Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Text

_LOADS = {0: Text("empty", "空车"), 1: Text("half loaded", "半载"), 3: Text("full", "满载")}


@anomaly("load_contradiction", zh="载重状态矛盾")
@dataclass(frozen=True, slots=True, kw_only=True)
class LoadContradiction:
    """Found where a truck changes between empty and not empty (status bits 8 and 9, JT/T 808) though it did not stop.

    From `around_s` before the change to `around_s` after it, neither its reported speed nor that between its places may
    have been below `moving_mps` (a slow bend isn't a stop, and loading and tipping take minutes), and no two reports are
    further apart than `longest_s`, in which a stop might hide. Changes of the same truck within `together_s` are one
    finding: a sensor that flickers.
    """

    moving_mps: Annotated[float, Gt(0)] = 5 / 3.6
    around_s: Annotated[float, Gt(0)] = 90.0
    longest_s: Annotated[float, Gt(0)] = 60.0
    together_s: Annotated[float, Gt(0)] = 600.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each change of load on the move, or run of such changes."""
        if "load" not in fleet.reports.columns:
            return
        load = fleet.column("load")
        known = (fleet.reports.kind == Kind.POSITION) & (fleet.defect != Defect.REPEATED) & np.isin(load, list(_LOADS))
        rows = np.flatnonzero(known & fleet.of_label(("truck",)) & np.isfinite(fleet.t))
        if len(rows) < 2:
            return
        slowest = np.fmin(fleet.reports.speed_mps[rows], fleet.mps[rows])
        changed = (np.diff(load[rows] > 0)) & (np.diff(fleet.mover[rows]) == 0)
        changed &= (slowest[1:] >= self.moving_mps) & (slowest[:-1] >= self.moving_mps)
        at = np.flatnonzero(changed) + 1
        lowest = np.array([self._lowest(fleet, rows, slowest, int(i)) for i in at])
        at, lowest = at[lowest >= self.moving_mps], lowest[lowest >= self.moving_mps]
        if not len(at):
            return
        apart = (np.diff(fleet.t[rows[at]]) > self.together_s) | (np.diff(fleet.mover[rows[at]]) != 0)
        for part in np.split(np.arange(len(at)), np.flatnonzero(apart) + 1):
            yield self._evidence(fleet, rows, at[part], float(lowest[part].min()))

    def _lowest(self, fleet: Fleet, rows: Ints, slowest: Floats, i: int) -> float:
        """Return the lowest speed around the change at row i, m/s; 0 where a stop might hide or nothing is known."""
        t, mover = fleet.t[rows], fleet.mover[rows[i]]
        begin, end = (int(v) for v in np.searchsorted(fleet.mover[rows], [mover, mover + 1]))
        first = begin + int(np.searchsorted(t[begin:end], t[i] - self.around_s))
        last = begin + int(np.searchsorted(t[begin:end], t[i] + self.around_s, side="right"))
        beyond = slice(max(first - 1, begin), min(last + 1, end))
        if np.diff(t[beyond]).max() > self.longest_s or t[last - 1] - t[first] < self.around_s:
            return 0.0
        around = slowest[first:last]
        around = around[np.isfinite(around)]
        return float(around.min()) if len(around) else 0.0

    def _evidence(self, fleet: Fleet, rows: Ints, at: Ints, lowest: float) -> Evidence:
        run = rows[int(at[0]) - 1 : int(at[-1]) + 1]
        load = fleet.column("load")
        was, became = (_LOADS[int(load[r])] for r in (rows[at[-1] - 1], run[-1]))
        more, more_zh = (f", the last of {len(at)} changes", f"(共变化 {len(at)} 次)") if len(at) > 1 else ("", "")
        because = Text(
            f"Its load changed from {was.en} to {became.en}{more} while it went at {lowest * 3.6:.0f} km/h or more for {self.around_s:g} s before and after (a stop is below {self.moving_mps * 3.6:.0f} km/h)",
            f"载重状态由{was.zh}变为{became.zh}{more_zh},而前后 {self.around_s:g} 秒内车速一直不低于 {lowest * 3.6:.0f} 公里/小时(停车指低于 {self.moving_mps * 3.6:.0f} 公里/小时)",
        )
        measured = {
            "changes": len(at),
            "load_before": float(load[rows[at[-1] - 1]]),
            "load_after": float(load[run[-1]]),
            "lowest_speed_mps": round(lowest, 3),
            "limit_mps": round(self.moving_mps, 3),
            "around_s": self.around_s,
        }
        return evidence(fleet, run, because, measured)
