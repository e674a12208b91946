"""No-go area: a vessel is inside water that is closed to it (禁航区)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import Ruler, placed, sureness
from roadstead.behaviours._reports import REPORT_M, elsewhere, lately_s, reports
from roadstead.geometry.zones import Stay, depth, stays
from roadstead.types import Evidence, Floats, Mover, Ref, Text, Track, View

_EDGE_M = 10.0
"""The least margin of a track whose zone has no place on the picture."""


@behaviour("no_go_vessel_area", zh="船舶驶入禁航区")
@dataclass(frozen=True, slots=True, kw_only=True)
class NoGoVesselArea:
    """Violation while a vessel is in `zone`, for `dwell_s` and by `min_depth_m` at its deepest.

    The edge counts as passed by `margin_m` for reported positions (inwards by at most half of the zone's depth); on the picture `margin` and `min_depth`, in box
    sizes, count instead. Coming back within `rejoin_s` goes on with the same stay, so a vessel that drifts along the
    edge counts once. A vessel first seen inside is inside.
    """

    zone: Annotated[str, Ref("zone")]
    dwell_s: Annotated[float, Ge(0)] = 10.0
    min_depth_m: Annotated[float, Ge(0)] = 0.0
    min_depth: Annotated[float, Ge(0)] = 0.0
    margin_m: Annotated[float, Ge(0)] = REPORT_M
    margin: Annotated[float, Ge(0)] = 0.2
    rejoin_s: Annotated[float, Ge(0)] = 300.0
    max_silence_s: Annotated[float, Gt(0)] = 300.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the stay that lasts, from its beginning to the last sight inside."""
        silence_s = lately_s(mover, self.max_silence_s)
        if not len(mover.t) or view.t - mover.t[-1] > silence_s or elsewhere(view.scene.zones[self.zone], mover):
            return None
        metres = self.margin_m if reports(mover) else _EDGE_M
        where = placed(view.scene.zones[self.zone], mover, view, boxes=self.margin, metres=metres)
        if where is None:
            return None
        zone, points, margins = where
        found = self._joined(stays(zone, mover.t, points, margin=margins))
        if not found:
            return None
        stay = found[-1]
        inside_s = sum(s.seconds for s in stay)
        start, end = stay[0].start, stay[-1].end
        if view.t - end > silence_s or (stay[-1].left and mover.t[-1] - end > self.rejoin_s):
            return None
        deepest = _deepest(depth(zone, points)[(mover.t >= start) & (mover.t <= end)])
        at = Ruler(points, zone.space, mover.size_px if zone.space == "px" and isinstance(mover, Track) else None)
        least = at.length(self.min_depth_m, self.min_depth)
        if inside_s < self.dwell_s or deepest < least:
            return None
        return self._evidence(mover, stay, inside_s, deepest, least, zone.space)

    def _joined(self, found: tuple[Stay, ...]) -> list[list[Stay]]:
        """Join stays with less than `rejoin_s` between them."""
        joined: list[list[Stay]] = []
        for stay in found:
            if joined and stay.start - joined[-1][-1].end <= self.rejoin_s:
                joined[-1].append(stay)
            else:
                joined.append([stay])
        return joined

    def _evidence(
        self, mover: Mover, stay: list[Stay], inside_s: float, deepest: float, least: float, unit: str
    ) -> Evidence:
        because = Text(
            f"{mover.label} {mover.id} has been in the closed area {self.zone} for {inside_s:.0f} s (limit "
            f"{self.dwell_s:g} s), up to {deepest:.0f} {unit} from its edge (limit {least:.0f} {unit})",
            f"{mover.id} 在禁航区「{self.zone}」内停留 {inside_s:.0f} 秒(限值 {self.dwell_s:g} 秒),"
            f"最深入 {deepest:.0f} {unit}(限值 {least:.0f} {unit})",
        )
        measured = {
            "inside_s": round(inside_s, 3),
            "dwell_s": self.dwell_s,
            f"deepest_{unit}": round(deepest, 2),
            f"min_depth_{unit}": round(least, 2),
            "times_inside": len(stay),
            "seen_entering": int(stay[0].entered),
        }
        score = sureness(inside_s, self.dwell_s)
        return Evidence(mover.id, stay[-1].end, "violation", score, because, measured, stay[0].start)


def _deepest(depths: Floats) -> float:
    """Return the greatest depth that two sights in a row reach: a single wild position goes no deeper than its neighbour."""
    known = depths[np.isfinite(depths)]
    return float(np.minimum(known[:-1], known[1:]).max()) if len(known) > 1 else float(known.max(initial=0.0))
