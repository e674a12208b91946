"""Zone entry: a mover goes into a zone and stays there for a while."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import placed, sureness
from roadstead.behaviours._reports import REPORT_M, elsewhere, lately_s, reports
from roadstead.geometry.zones import stays
from roadstead.types import Evidence, Mover, Ref, Text, View

_TOLD_S = 3.0
"""For how long after leaving a track's stay is told, so that one between two checks is not lost."""
_EDGE_M = 1.0
"""The least margin of a track whose zone has no place on the picture."""


@behaviour("zone_entry", zh="闯入禁入区域")
@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneEntry:
    """Violation while a mover that came from outside is in `zone`, once it has been there for `min_inside_s`.

    The edge counts as passed by `margin` box sizes for a track, by `margin_m` for reported positions (inwards by at most
    half of the zone's depth). A mover first seen inside did not enter, unless `born_inside` says so.
    """

    zone: Annotated[str, Ref("zone")]
    min_inside_s: Annotated[float, Ge(0)] = 1.0
    margin: Annotated[float, Ge(0)] = 0.1
    margin_m: Annotated[float, Ge(0)] = REPORT_M
    born_inside: bool = False

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the newest stay, from the instant of entry."""
        told_s = lately_s(mover, _TOLD_S)
        if not len(mover.t) or view.t - mover.t[-1] > told_s or elsewhere(view.scene.zones[self.zone], mover):
            return None
        metres = self.margin_m if reports(mover) else _EDGE_M
        where = placed(view.scene.zones[self.zone], mover, view, boxes=self.margin, metres=metres)
        if where is None:
            return None
        zone, points, margins = where
        for stay in reversed(stays(zone, mover.t, points, margin=margins)):
            if view.t - stay.end > told_s:
                return None
            if stay.seconds < self.min_inside_s or not (stay.entered or self.born_inside):
                continue
            because = Text(
                f"Entered the zone {self.zone} and has been inside for {stay.seconds:.1f} s (limit {self.min_inside_s:g} s)",
                f"进入区域「{self.zone}」并停留 {stay.seconds:.1f} 秒(限值 {self.min_inside_s:g} 秒)",
            )
            measured = {
                "inside_s": round(stay.seconds, 3),
                "min_inside_s": self.min_inside_s,
                "seen_entering": int(stay.entered),
                "left": int(stay.left),
            }
            score = sureness(stay.seconds, self.min_inside_s)
            return Evidence(mover.id, stay.end, "violation", score, because, measured, stay.start)
        return None
