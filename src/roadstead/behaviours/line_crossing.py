"""Line crossing: a mover passes a line for good, in a forbidden direction."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import WIDEST_BOXES, feet, on_picture, placed, sides_px
from roadstead.geometry.lines import Crossing, crossings, side
from roadstead.types import Evidence, Line, Measured, Mover, Ref, Text, Track, View

_TOLD_S = 3.0
"""For how long a crossing is told again."""
_SETTLE_S = 0.75
"""How long a crossing that only the newest point confirms waits for the next one."""


@behaviour("line_crossing", zh="越线")
@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrossing:
    """Violation at the instant at which a mover crosses `line` between its ends, `forward` (left to right), `backward` or `both`.

    It counts once the mover is clear of the line on both sides: by `margin` box sizes for a track, by `margin_m` for
    reported positions, and by more where its positions jitter more.
    """

    line: Annotated[str, Ref("line")]
    direction: Literal["forward", "backward", "both"] = "both"
    margin: Annotated[float, Ge(0)] = 0.15
    margin_m: Annotated[float, Ge(0)] = 1.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the newest crossing of the last seconds; its t is the same at every check."""
        line = view.scene.lines[self.line]
        if not len(mover.t) or view.t - mover.t[-1] > _TOLD_S or self._idle(line, mover, view):
            return None
        where = placed(line, mover, view, boxes=self.margin, metres=self.margin_m)
        if where is None:
            return None
        drawn, points, margins = where
        newest = float(mover.t[-1])
        for crossing in reversed(crossings(drawn, mover.t, points, margin=margins)):
            if view.t - crossing.confirmed_t > _TOLD_S:
                return None
            if crossing.confirmed_t == newest and view.t - newest < _SETTLE_S:
                continue
            if self.direction == "both" or crossing.forward == (self.direction == "forward"):
                return self._evidence(mover, crossing)
        return None

    def _idle(self, line: Line, mover: Mover, view: View) -> bool:
        """Tell, cheaply, that a track has been clear on one side for as long as a crossing would be told."""
        drawn = on_picture(line, view.scene) if isinstance(mover, Track) else None
        if drawn is None or not isinstance(mover, Track):
            return False
        first = max(0, int(np.searchsorted(mover.t, view.t - _TOLD_S)) - 1)
        recent = mover.boxes[first:]
        s, margins = side(drawn, feet(recent)), max(self.margin, WIDEST_BOXES) * sides_px(recent)
        return bool((s > margins).all() or (s < -margins).all())

    def _evidence(self, mover: Mover, crossing: Crossing) -> Evidence:
        way, way_zh = ("forward", "正向") if crossing.forward else ("backward", "反向")
        because = Text(
            f"Crossed the line {self.line} {way}; clear of it {crossing.confirmed_t - crossing.t:.1f} s later",
            f"{way_zh}越过界线「{self.line}」,{crossing.confirmed_t - crossing.t:.1f} 秒后完全离开界线",
        )
        measured: Measured = {
            "direction": way,
            "at_x": round(crossing.at[0], 2),
            "at_y": round(crossing.at[1], 2),
            "confirmed_after_s": round(crossing.confirmed_t - crossing.t, 3),
            "margin_boxes": self.margin,
        }
        return Evidence(mover.id, crossing.t, "violation", 1.0, because, measured)
