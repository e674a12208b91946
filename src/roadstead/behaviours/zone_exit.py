"""Zone exit: a mover leaves the zone that it must stay in (an electronic fence)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import placed, seen_lately, sureness, uncut
from roadstead.behaviours._reports import REPORT_M
from roadstead.geometry.zones import stays
from roadstead.types import Evidence, Mover, Ref, Text, View


@behaviour("zone_exit", zh="离开电子围栏")
@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneExit:
    """Violation while a mover that was in `zone` is outside, once it has been outside for `min_outside_s`.

    The edge counts as passed by `margin` box sizes for a track, by `margin_m` for reported positions. A mover first seen
    outside did not leave, unless `born_outside` says so. Who leaves the picture does not leave the zone: a box that the
    picture's edge cuts does not say where it stands.
    """

    zone: Annotated[str, Ref("zone")]
    min_outside_s: Annotated[float, Ge(0)] = 10.0
    margin: Annotated[float, Ge(0)] = 0.1
    margin_m: Annotated[float, Ge(0)] = REPORT_M
    born_outside: bool = False

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the absence that lasts at the mover's last point, from the instant at which it passed the edge."""
        if not seen_lately(mover, view):
            return None
        where = placed(view.scene.zones[self.zone], mover, view, boxes=self.margin, metres=self.margin_m)
        if where is None:
            return None
        zone, points, margins = where
        whole = uncut(mover, view.scene)
        t, points, margins = mover.t[whole], points[whole], np.broadcast_to(margins, len(whole))[whole]
        known = np.flatnonzero(np.isfinite(points).all(axis=1))
        last = stays(zone, t, points, margin=margins)[-1:]
        if not len(known) or not (last[0].left if last else self.born_outside):
            return None
        start, end = last[0].end if last else float(t[known[0]]), float(t[known[-1]])
        outside_s = end - start
        if outside_s < self.min_outside_s:
            return None
        beyond = float(np.hypot(*(points[known[-1]] - zone.polygon.mean(axis=0))))
        because = Text(
            f"Left the zone {self.zone} and has been outside for {outside_s:.0f} s (limit {self.min_outside_s:g} s)",
            f"离开电子围栏「{self.zone}」,在外 {outside_s:.0f} 秒(限值 {self.min_outside_s:g} 秒)",
        )
        measured = {
            "outside_s": round(outside_s, 3),
            "min_outside_s": self.min_outside_s,
            f"from_middle_{zone.space}": round(beyond, 2),
            "seen_leaving": int(bool(last)),
        }
        return Evidence(mover.id, end, "violation", sureness(outside_s, self.min_outside_s), because, measured, start)
