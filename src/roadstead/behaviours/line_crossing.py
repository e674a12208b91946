"""Line crossing: a mover passes a line for good, in a forbidden direction."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import WIDEST_BOXES, on_picture, placed
from roadstead.behaviours._reports import REPORT_M, lately_s, reports
from roadstead.geometry.lines import Crossing, crossings, right_of
from roadstead.types import Evidence, Line, Mover, Ref, Text, Track, View

_TOLD_S = 2.0
"""For how long a track's crossing is told again."""
_SETTLE_S = 0.75
"""How long a track's crossing that only the newest point confirms waits for the next one; a path's waits until it comes."""
_EDGE_M = 1.0
"""The least margin of a track whose line has no place on the picture."""


@behaviour("line_crossing", zh="越线")
@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrossing:
    """Violation at the instant at which a mover crosses `line` between its ends, `forward` (left to right), `backward` or `both`.

    It counts once the mover is clear of the line on both sides: by `margin` box sizes for a track, by `margin_m` for
    reported positions, and by more where a track's positions jitter more. A crossing that only the newest report
    confirms waits for the next one.
    """

    line: Annotated[str, Ref("line")]
    direction: Literal["forward", "backward", "both"] = "both"
    margin: Annotated[float, Ge(0)] = 0.15
    margin_m: Annotated[float, Ge(0)] = REPORT_M

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the newest crossing of the last seconds; its t is the same at every check."""
        told_s = lately_s(mover, _TOLD_S)
        if not len(mover.t) or view.t - mover.t[-1] > told_s:
            return None
        line, first = view.scene.lines[self.line], 0
        if isinstance(mover, Track):
            line = on_picture(line, view.scene) or line
            since = _since_clear(line, mover, view.t, max(self.margin, WIDEST_BOXES)) if line.space == "px" else 0
            if since is None:
                return None
            first = since
        metres = self.margin_m if reports(mover) else _EDGE_M
        where = placed(line, mover, view, boxes=self.margin, metres=metres)
        if where is None:
            return None
        drawn, points, margins = where
        newest = float(mover.t[-1])
        for crossing in reversed(crossings(drawn, mover.t[first:], points[first:], margin=margins[first:])):
            if view.t - crossing.confirmed_t > told_s:
                return None
            if crossing.confirmed_t == newest and (reports(mover) or view.t - newest < _SETTLE_S):
                continue
            if self.direction == "both" or crossing.forward == (self.direction == "forward"):
                return self._evidence(mover, crossing)
        return None

    def _evidence(self, mover: Mover, crossing: Crossing) -> Evidence:
        way, way_zh = ("forward", "正向") if crossing.forward else ("backward", "反向")
        because = Text(
            f"Crossed the line {self.line} {way}; clear of it {crossing.confirmed_t - crossing.t:.1f} s later",
            f"{way_zh}越过界线「{self.line}」,{crossing.confirmed_t - crossing.t:.1f} 秒后完全离开界线",
        )
        measured: dict[str, float | int | str | None] = {
            "direction": way,
            "at_x": round(crossing.at[0], 2),
            "at_y": round(crossing.at[1], 2),
            "confirmed_after_s": round(crossing.confirmed_t - crossing.t, 3),
        }
        measured |= {"margin_m": self.margin_m} if reports(mover) else {"margin_boxes": self.margin}
        return Evidence(mover.id, crossing.t, "violation", 1.0, because, measured)


def _since_clear(line: Line, track: Track, now: float, widest: float) -> int | None:
    """Return the row before which nothing matters to what is told now; None where there can be no crossing to tell.

    That row and the next are clear of the line on one side, at any margin; without a change of side since, none crossed.
    Most tracks at most checks are far from every line, so this is plain arithmetic on the few newest rows.
    """
    window = int(track.t.searchsorted(now - _TOLD_S))
    for lowest in (max(0, window - 2), 0):
        row, mixed = _newest_clear(line, track.boxes[lowest:].tolist(), window - lowest, widest)
        if row is not None or lowest == 0:
            return lowest + (row or 0) if mixed else None
    return None


def _newest_clear(line: Line, boxes: list[list[float]], before: int, widest: float) -> tuple[int | None, bool]:
    """Return the newest row below `before` that is clear as the next one is, and whether a later row is on the other side."""
    (ax, ay), (nx, ny) = line.start, right_of(line)
    limit, side, run, mixed = widest * widest, None, 0, False
    for row in range(len(boxes) - 1, -1, -1):
        x0, y0, x1, y1 = boxes[row]
        s = ((x0 + x1) / 2 - ax) * nx + (y1 - ay) * ny
        right = s > 0
        if side is not None and right is not side:
            run, mixed = 0, True
        side = right
        run = run + 1 if s * s > limit * (x1 - x0) * (y1 - y0) else 0
        if run > 1 and row < before:
            return row, mixed
    return None, mixed
