"""Loitering: a mover stays inside a zone, or inside a small circle, for too long."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import placed, ruler, seen_lately, sureness
from roadstead.behaviours._reports import REPORT_M, elsewhere, reports
from roadstead.geometry import paths
from roadstead.geometry.zones import stays
from roadstead.types import Evidence, Mover, Ref, Text, View

_EDGE_BOXES, _EDGE_M = 0.1, 1.0
"""How far outside a zone a track has left it: so much is jitter. Of reports it is REPORT_M."""


@behaviour("loitering", zh="徘徊滞留")
@dataclass(frozen=True, slots=True, kw_only=True)
class Loitering:
    """Violation while a mover has stayed for `seconds` in `zone`, moving or not.

    Without a zone: within a circle of `radius_m` on calibrated ground, else of `radius` box sizes. For reported places
    it is at least 30 m, four standard deviations of theirs.
    """

    zone: Annotated[str, Ref("zone")] | None = None
    seconds: Annotated[float, Gt(0)] = 120.0
    radius_m: Annotated[float, Gt(0)] = 30.0
    radius: Annotated[float, Gt(0)] = 4.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the stay that lasts at the mover's last point."""
        if not seen_lately(mover, view) or mover.t[-1] - mover.t[0] < self.seconds:
            return None
        return self._in_circle(mover, view) if self.zone is None else self._in_zone(self.zone, mover, view)

    def _in_zone(self, name: str, mover: Mover, view: View) -> Evidence | None:
        if elsewhere(view.scene.zones[name], mover):
            return None
        where = placed(
            view.scene.zones[name], mover, view, boxes=_EDGE_BOXES, metres=REPORT_M if reports(mover) else _EDGE_M
        )
        if where is None:
            return None
        zone, points, margins = where
        last = stays(zone, mover.t, points, margin=margins)[-1:]
        if not last or last[0].left or last[0].seconds < self.seconds:
            return None
        seconds = last[0].seconds
        because = Text(
            f"Stayed in {name} for {seconds:.0f} s (limit {self.seconds:g} s)",
            f"在「{name}」内滞留 {seconds:.0f} 秒(限值 {self.seconds:g} 秒)",
        )
        measured = {"stayed_s": round(seconds, 3), "limit_s": self.seconds}
        score = sureness(seconds, self.seconds)
        return Evidence(mover.id, view.t, "violation", score, because, measured, last[0].start)

    def _in_circle(self, mover: Mover, view: View) -> Evidence | None:
        at = ruler(mover)
        if at is None:
            return None
        radius = max(self.radius_m, REPORT_M) if reports(mover) else at.length(self.radius_m, self.radius)
        stayed = paths.standing(mover.t, at.points, radius=radius, min_s=self.seconds)
        if stayed is None:
            return None
        rows = (mover.t >= stayed.start) & (mover.t <= stayed.end)
        far = float(np.nanmax(np.hypot(*(at.points[rows] - stayed.at).T)))
        because = Text(
            f"Stayed within {far:.1f} {at.space} of one place for {stayed.seconds:.0f} s "
            f"(limits {radius:.1f} {at.space}, {self.seconds:g} s)",
            f"在半径 {far:.1f} {at.space} 的范围内徘徊 {stayed.seconds:.0f} 秒(限值 {radius:.1f} {at.space}、{self.seconds:g} 秒)",
        )
        measured = {
            "stayed_s": round(stayed.seconds, 3),
            "limit_s": self.seconds,
            f"within_{at.space}": round(far, 3),
            f"radius_{at.space}": round(radius, 3),
        }
        score = sureness(stayed.seconds, self.seconds)
        return Evidence(mover.id, view.t, "violation", score, because, measured, stayed.start)
