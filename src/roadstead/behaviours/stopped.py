"""Stopped: a mover stands where it may not."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import Ruler, in_zone, ruler, seen_lately, sureness
from roadstead.behaviours._reports import REPORT_M, lately_s, reports
from roadstead.geometry import paths
from roadstead.types import Evidence, Floats, Mover, Outcome, Ref, Text, View

_NOISES = 4.0
"""A standing point stays within so many standard deviations of its jitter; the tolerance is never less."""

_MOSTLY = 0.5
"""Stood in the zone where so many of its points lie in it: on its edge, jitter decides of each single one."""


@behaviour("stopped", zh="违停")
@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Violation while a mover has stood for `seconds` in `zone` (None: anywhere).

    Standing is staying within `tolerance_m` of one place on calibrated ground, else within `tolerance` box sizes; never
    less than the jitter of its positions. Insufficient where it was hidden for longer than `max_hidden_s` of that time.
    Reported places stand within `tolerance_m` or `report_tolerance_m`, whichever is more, and are hidden only while the
    mover is silent.
    """

    zone: Annotated[str, Ref("zone")] | None = None
    seconds: Annotated[float, Gt(0)] = 60.0
    tolerance_m: Annotated[float, Gt(0)] = 1.0
    tolerance: Annotated[float, Gt(0)] = 0.2
    max_hidden_s: Annotated[float, Ge(0)] = 10.0
    report_tolerance_m: Annotated[float, Gt(0)] = REPORT_M

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the standstill that lasts at the mover's last point."""
        if not seen_lately(mover, view) or mover.t[-1] - mover.t[0] < self.seconds:
            return None
        at, zoned = ruler(mover), in_zone(self.zone, mover, view)
        if at is None or zoned is None or not zoned.any():
            return None
        radius = self._radius(mover, at)
        stood = paths.standing(mover.t, at.points, radius=radius, min_s=self.seconds)
        if stood is None:
            return None
        rows = (mover.t >= stood.start) & (mover.t <= stood.end)
        if zoned[rows].mean() < _MOSTLY:
            return None
        return self._evidence(mover, view, at, radius, mover.t[rows])

    def _radius(self, mover: Mover, at: Ruler) -> float:
        """Return within how much it stands; between rare reports jitter cannot be told from driving, so none is measured."""
        if reports(mover):
            return max(self.tolerance_m, self.report_tolerance_m)
        recent = slice(int(np.searchsorted(mover.t, mover.t[-1] - self.seconds)), None)
        jitter = paths.noise(mover.t[recent], at.points[recent], self.seconds)
        return max(at.length(self.tolerance_m, self.tolerance), 0.0 if np.isnan(jitter) else _NOISES * jitter)

    def _evidence(self, mover: Mover, view: View, at: Ruler, radius: float, t: Floats) -> Evidence:
        gaps = np.diff(t)
        start, hidden = float(t[0]), float(gaps.max())
        outcome: Outcome = "violation"
        most = lately_s(mover, self.max_hidden_s) if reports(mover) else self.max_hidden_s
        if hidden > most:
            after = float(t[int(np.flatnonzero(gaps > most)[-1]) + 1])
            if t[-1] - after >= self.seconds:
                start, hidden = after, float(np.diff(t[t >= after]).max())
            else:
                outcome = "insufficient"
        stood_s = float(t[-1]) - start
        where, where_zh = (f" in {self.zone}", f"在「{self.zone}」") if self.zone else ("", "")
        but = f", but was hidden for {hidden:.0f} s of it (limit {most:g} s)"
        but_zh = f",但其中 {hidden:.0f} 秒被遮挡(限值 {most:g} 秒)"
        because = Text(
            f"Stood still{where} for {stood_s:.0f} s (limit {self.seconds:g} s)" + but * (outcome == "insufficient"),
            f"{where_zh}静止停留 {stood_s:.0f} 秒(限值 {self.seconds:g} 秒)" + but_zh * (outcome == "insufficient"),
        )
        measured = {
            "stood_s": round(stood_s, 3),
            "limit_s": self.seconds,
            f"within_{at.space}": round(radius, 3),
            "longest_hidden_s": round(hidden, 3),
        }
        score = sureness(stood_s, self.seconds) if outcome == "violation" else 0.5
        return Evidence(mover.id, view.t, outcome, score, because, measured, start)
