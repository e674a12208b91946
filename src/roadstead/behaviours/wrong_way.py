"""Wrong way: a mover travels against the direction of its lane."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import Rows, Ruler, in_zone, ruler, seen_lately, sureness
from roadstead.behaviours._reports import REPORT_LATELY_S, REPORT_M, reports
from roadstead.geometry.homography import to_ground, to_image
from roadstead.types import Evidence, Floats, Line, Mover, Ref, Scene, Space, Text, View

_WITHIN_S = 20.0
"""The distance must be travelled in so much time, so that a wrong way ends with the driving; by reports in REPORT_LATELY_S."""
_LARGEST_STEP = 0.7
"""No single step may be more than this share of the distance: a track that jumps to another object makes one."""


@behaviour("wrong_way", zh="逆行")
@dataclass(frozen=True, slots=True, kw_only=True)
class WrongWay:
    """Violation while a mover in `zone` (None: anywhere) travels against `along`, a line from where to where traffic goes.

    Against is within `tolerance_deg` of the opposite direction over at least `distance_m` on calibrated ground, else
    over `distance` box sizes. Reported places must show at least 60 m: over that their error turns a direction by 10°.
    """

    along: Annotated[str, Ref("line")]
    zone: Annotated[str, Ref("zone")] | None = None
    distance_m: Annotated[float, Gt(0)] = 10.0
    distance: Annotated[float, Gt(0)] = 2.0
    tolerance_deg: Annotated[float, Gt(0), Le(90)] = 45.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the wrong way that leads to the mover's last point."""
        if not seen_lately(mover, view):
            return None
        within_s = REPORT_LATELY_S if reports(mover) else _WITHIN_S
        first = int(mover.t.searchsorted(mover.t[-1] - within_s if reports(mover) else view.t - within_s))
        at, zoned = ruler(mover), in_zone(self.zone, mover, view, first)
        if at is None or zoned is None:
            return None
        rows = first + np.flatnonzero(np.isfinite(at.points[first:]).all(axis=1))
        out = np.flatnonzero(~zoned[rows - first])
        rows = rows[out[-1] + 1 :] if len(out) else rows
        if len(rows) < 3:
            return None
        return self._judge(mover, view, at, rows)

    def _judge(self, mover: Mover, view: View, at: Ruler, rows: Rows) -> Evidence | None:
        xy = at.points[rows]
        least = at.length(self.distance_m, self.distance)
        least = max(least, 2 * REPORT_M) if reports(mover) else least
        way = xy[-1] - xy
        far = np.hypot(*way.T)
        distant = np.flatnonzero(far[:-2] >= least)
        allowed = _direction(view.scene.lines[self.along], at.space, view.scene) if len(distant) else None
        if allowed is None:
            return None
        steps = np.hypot(*np.diff(xy, axis=0).T)
        enough = [k for k in distant if steps[k:].max() <= _LARGEST_STEP * far[k]]
        if not enough:
            return None
        k = enough[-1]
        off_deg = float(np.rad2deg(np.arccos(np.clip(-(way[k] @ allowed) / far[k], -1.0, 1.0))))
        if off_deg > self.tolerance_deg:
            return None
        moved, unit = float(far[k]), at.space
        because = Text(
            f"Travelled {moved:.1f} {unit} against {self.along}, {off_deg:.0f}° off the opposite direction "
            f"(limits {least:.1f} {unit}, {self.tolerance_deg:g}°)",
            f"逆「{self.along}」方向行驶 {moved:.1f} {unit},与反方向偏差 {off_deg:.0f}°(限值 {least:.1f} {unit}、{self.tolerance_deg:g}°)",
        )
        measured = {
            f"moved_{unit}": round(moved, 3),
            f"limit_{unit}": round(least, 3),
            "off_deg": round(off_deg, 2),
            "tolerance_deg": self.tolerance_deg,
        }
        score = 0.5 + 0.5 * sureness(2 * self.tolerance_deg, self.tolerance_deg + off_deg)
        return Evidence(mover.id, view.t, "violation", score, because, measured, float(mover.t[rows[k]]))


def _direction(along: Line, space: Space, scene: Scene) -> Floats | None:
    """Return a line's direction as a unit vector in a space; None where the line has no place there."""
    ends = np.array((along.start, along.end), dtype=np.float64)
    if along.space != space:
        if scene.homography is None:
            return None
        ends = to_ground(scene.homography, ends) if space == "m" else to_image(scene.homography, ends)
    way = ends[1] - ends[0]
    length = float(np.hypot(*way))
    return way / length if np.isfinite(length) and length > 0 else None
