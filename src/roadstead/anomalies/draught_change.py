"""Draught change: a ship says that it lies deeper or higher, and nowhere stood long enough to load or unload (吃水突变)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, sureness
from roadstead.anomalies._statics import changes, codes
from roadstead.anomalies._vessels import VESSEL
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Text


@anomaly("draught_change", zh="吃水突变")
@dataclass(frozen=True, slots=True, kw_only=True)
class DraughtChange:
    """Found where the draught changes by more than `change_m` without a call: a standstill of at least `call_s`.

    A stay is a call if any of it lies between `late_s` before the old draught was last said (crews enter the new one
    late) and when the new one was first said; it may last on after that. Standing still is slower than `still_mps`. Where reports are missing for so long that a call may have gone unseen
    (what is left of the silence after the way at the class's top speed), nothing is said. A draught that is given
    back to within `change_m` later is a finding of its own.
    """

    change_m: Annotated[float, Gt(0)] = 1.0
    call_s: Annotated[float, Gt(0)] = 1800.0
    late_s: Annotated[float, Gt(0)] = 7200.0
    still_mps: Annotated[float, Gt(0)] = 0.5

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each change, at the report that says the new draught."""
        values, said = codes(fleet, "draught_m")
        rows, before = changes(fleet, said)
        if not len(rows):
            return
        draught = np.array(values, dtype=np.float64)
        by_m = draught[said[rows]] - draught[said[before]]
        for k in np.flatnonzero(np.abs(by_m) > self.change_m + 1e-9).tolist():
            row, was = int(rows[k]), int(before[k])
            if fleet.labels[int(fleet.mover[row])] in VESSEL and self._no_call(fleet, was, row):
                yield self._evidence(fleet, row, float(draught[said[was]]), float(draught[said[row]]))

    def _no_call(self, fleet: Fleet, was: int, row: int) -> bool:
        """Tell whether the ship is known to have been on its way all the time that a call could have been."""
        k = int(fleet.mover[row])
        first, end = int(fleet.start[k]), int(fleet.start[k + 1])
        own = np.flatnonzero(fleet.trusted[first:end]) + first
        t = fleet.t[own]
        begin, over = float(fleet.t[was]) - self.late_s, float(fleet.t[row])
        near = (t >= begin - 2 * self.call_s) & (t <= over + 2 * self.call_s)
        own = own[near]
        if len(own) < 2 or fleet.t[own[0]] > fleet.t[was] or fleet.t[own[-1]] < fleet.t[row]:
            return False
        top = fleet.motions[fleet.labels[k]].max_mps
        stays = _stays(fleet, own, self.still_mps, top)
        return all(to - since < self.call_s for since, to in stays if to >= begin and since <= over)

    def _evidence(self, fleet: Fleet, row: int, was_m: float, now_m: float) -> Evidence:
        by_m = now_m - was_m
        because = Text(
            f"draught changes from {was_m:.1f} to {now_m:.1f} m, limit {self.change_m:.1f} m,"
            f" without a call of {self.call_s / 60:.0f} min",
            f"吃水由 {was_m:.1f} 米变为 {now_m:.1f} 米，限值 {self.change_m:.1f} 米，其间没有停靠 {self.call_s / 60:.0f} 分钟以上",
        )
        measured = {
            "was_m": was_m,
            "now_m": now_m,
            "change_m": round(by_m, 2),
            "limit_m": self.change_m,
            "call_s": self.call_s,
            "late_s": self.late_s,
        }
        return evidence(fleet, np.array([row]), because, measured, score=sureness(abs(by_m), self.change_m))


def _stays(fleet: Fleet, rows: Ints, still_mps: float, top_mps: float) -> list[tuple[float, float]]:
    """Return when a ship stood, or may have stood unseen, between trusted rows: (since, to) of each stay, s.

    A step of less than `still_mps` is standing, unless the ship says at both ends that it goes faster. Of any other step
    the time that is left over at the top speed is a stay of its own. A stay at the first or the last of the rows may be longer than is known: without end.
    """
    t, speed = fleet.t[rows], fleet.reports.speed_mps[rows]
    dt_s, step_m = np.diff(t), fleet.step_m[rows[1:]]
    joined = fleet.previous[rows[1:]] == rows[:-1]
    goes = (speed[1:] > still_mps) & (speed[:-1] > still_mps)
    still = joined & ~goes & (step_m <= still_mps * dt_s + 50.0)
    left_s = np.where(joined, dt_s - step_m / top_mps, dt_s)
    found = [(float(a), float(a + left)) for a, left in zip(t[:-1][~still], left_s[~still], strict=True)]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], still, [False])).astype(np.int64)))
    since, to = t[edges[::2]], t[edges[1::2]]
    since, to = np.where(since == t[0], -np.inf, since), np.where(to == t[-1], np.inf, to)
    return found + list(zip(since.tolist(), to.tolist(), strict=True))
