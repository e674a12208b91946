"""Night operation: a mover is on the move while it must rest. The hours are the schedule of the rule."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import in_zone, seen_lately, sureness
from roadstead.behaviours._reports import KMH, REPORT_M, column, reports
from roadstead.types import Evidence, Mover, Ref, Text, View


@behaviour("night_operation", zh="夜间违规作业")
@dataclass(frozen=True, slots=True, kw_only=True)
class NightOperation:
    """Violation while a mover in `zone` (None: anywhere) moves: it got `distance_m` away from where it was within `over_s`.

    And as fast as `min_kmh` over the way there. Where reports give speeds, one of them must be as high: places alone
    wander while parked. Give the rule a schedule; without one it holds day and night.
    """

    needs_ground: ClassVar[bool] = True

    zone: Annotated[str, Ref("zone")] | None = None
    distance_m: Annotated[float, Gt(0)] = 100.0
    min_kmh: Annotated[float, Gt(0)] = 5.0
    over_s: Annotated[float, Gt(0)] = 120.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the movement that leads to the mover's last point."""
        ground = mover.points("m")
        if ground is None or not seen_lately(mover, view):
            return None
        first = int(mover.t.searchsorted(mover.t[-1] - self.over_s))
        zoned = in_zone(self.zone, mover, view, first)
        if zoned is None:
            return None
        rows = first + np.flatnonzero(zoned & np.isfinite(ground[first:]).all(axis=1))
        if len(rows) < 3 or rows[-1] != len(mover.t) - 1:
            return None
        far = np.hypot(*(ground[rows] - ground[rows[-1]]).T)
        least = max(self.distance_m, 2 * REPORT_M) if reports(mover) else self.distance_m
        away = np.flatnonzero(far >= least)
        if not len(away):
            return None
        k = int(away[-1])
        since, moved = float(mover.t[rows[k]]), float(far[k])
        seconds = float(mover.t[-1]) - since
        kmh = moved / seconds * KMH
        said = column(mover, "speed_mps")[rows[k:]] * KMH
        told = said[np.isfinite(said)]
        if kmh < self.min_kmh or (len(told) and told.max() < self.min_kmh):
            return None
        where, where_zh = (f" in {self.zone}", f"在「{self.zone}」") if self.zone else ("", "")
        because = Text(
            f"On the move{where} at a forbidden hour: {moved:.0f} m in {seconds:.0f} s, {kmh:.0f} km/h "
            f"(limits {least:g} m, {self.min_kmh:g} km/h)",
            f"禁止时段内{where_zh}仍在行驶作业:{seconds:.0f} 秒内移动 {moved:.0f} m,{kmh:.0f} km/h"
            f"(限值 {least:g} m、{self.min_kmh:g} km/h)",
        )
        measured = {
            "moved_m": round(moved, 2),
            "distance_m": least,
            "moved_in_s": round(seconds, 3),
            "speed_kmh": round(kmh, 2),
            "min_kmh": self.min_kmh,
            "top_reported_kmh": round(float(told.max()), 2) if len(told) else None,
        }
        score = sureness(kmh, self.min_kmh)
        return Evidence(mover.id, float(mover.t[-1]), "violation", score, because, measured, since)
