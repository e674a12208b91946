"""U-turn: a mover turns round and drives back."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import Ruler, in_zone, ruler
from roadstead.behaviours._reports import REPORT_LATELY_S, REPORT_SIGMA_M, lately_s, reports
from roadstead.geometry import paths
from roadstead.types import Evidence, Floats, Mover, Ref, Text, View

_TOLD_S = 3.0
"""For how long a track's turn is told again."""
_PARTS = 4
"""The way is cut into steps of a quarter of `travel`; a heading is that over four of them."""
_STRAIGHT = 0.8
"""Before and after, the way must be so straight: its chord over its length."""

_NOISES = 16.0
"""`travel` is at least so many standard deviations of the jitter: a quarter of it must still tell a direction."""
_ROUND = 0.8
"""A turn cut into steps looks so much narrower than it is."""
_APART = 5.0
"""The way back lies apart from the way there by more than so many standard deviations of the jitter; reversing does not."""


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Times and places at equal distances along a way."""

    t: Floats
    xy: Floats


@dataclass(frozen=True, slots=True)
class _Turn:
    """The middle of a turn, when the way back was sure, its angle, its length in time, and how wide it was."""

    t: float
    done: float
    angle_deg: float
    seconds: float
    width: float


@behaviour("u_turn", zh="违规掉头")
@dataclass(frozen=True, slots=True, kw_only=True)
class UTurn:
    """Violation at the instant at which a mover in `zone` (None: anywhere) has turned by `angle_deg` within `within_s`.

    It must travel straight before and after, and turn on a radius: reversing is no U-turn. `travel_m` and `radius_m`
    hold on calibrated ground, `travel` and `radius`, in box sizes, elsewhere. Reported places must show 120 m (16 standard
    deviations) there and as much back, on any radius: nobody reverses so far, and lanes lie nearer than they are known.
    """

    zone: Annotated[str, Ref("zone")] | None = None
    angle_deg: Annotated[float, Ge(90), Le(180)] = 150.0
    within_s: Annotated[float, Gt(0)] = 30.0
    travel_m: Annotated[float, Gt(0)] = 8.0
    travel: Annotated[float, Gt(0)] = 1.5
    radius_m: Annotated[float, Ge(0)] = 1.5
    radius: Annotated[float, Ge(0)] = 0.3

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the newest turn of the last seconds; its instant is that of the middle of the turn."""
        told_s = lately_s(mover, _TOLD_S)
        if len(mover.t) < 3 or view.t - mover.t[-1] > told_s:
            return None
        at, zoned = ruler(mover), in_zone(self.zone, mover, view)
        if at is None or zoned is None or not zoned.any():
            return None
        # the steps are counted from a time that stays the same for a while, so that the instant found does too
        back_s = max(self.within_s, REPORT_LATELY_S) if reports(mover) else self.within_s
        start = (view.t // back_s - 2) * back_s
        rows = np.flatnonzero((mover.t >= start) & np.isfinite(at.points).all(axis=1))
        t, xy = mover.t[rows], at.points[rows]
        least = at.length(self.travel_m, self.travel)
        if np.hypot(*np.diff(xy, axis=0).T).sum() < 2 * least:
            return None  # too short a way for the one there and the one back
        travel, width = self._least(mover, at, t, xy)
        turn = self._turn(_steps(t, xy, travel / _PARTS), travel, width)
        if turn is None or view.t - turn.done > told_s:
            return None
        if not zoned[np.argmin(np.abs(mover.t - turn.t))]:
            return None
        return self._evidence(mover, at, turn, travel)

    def _least(self, mover: Mover, at: Ruler, t: Floats, xy: Floats) -> tuple[float, float]:
        """Return how far it must travel, and how wide it must turn."""
        least = at.length(self.travel_m, self.travel)
        if reports(mover):
            return max(least, _NOISES * REPORT_SIGMA_M), 0.0
        jitter = paths.noise(t, xy, np.inf)
        travel = least if np.isnan(jitter) else max(least, _NOISES * jitter)
        width = max(_ROUND * 2 * at.length(self.radius_m, self.radius), 0.0 if np.isnan(jitter) else _APART * jitter)
        return travel, width

    def _turn(self, steps: _Steps, travel: float, least_width: float) -> _Turn | None:
        """Return the newest turn: from the last straight stretch before it to the first one after it."""
        if len(steps.t) < 2 * _PARTS + 1:
            return None
        way = steps.xy[_PARTS:] - steps.xy[:-_PARTS]
        length = np.hypot(*way.T)
        heading = np.rad2deg(np.unwrap(np.arctan2(way[:, 1], way[:, 0])))
        if np.ptp(heading) < self.angle_deg:
            return None
        straight = np.flatnonzero(length >= _STRAIGHT * travel)
        newest, begin = None, 0
        for n in straight.tolist():
            before = straight[(straight >= begin) & (straight <= n - _PARTS)]
            before = before[np.abs(heading[n] - heading[before]) >= self.angle_deg]
            if not len(before):
                continue
            m = int(before[-1])
            seconds = float(steps.t[n] - steps.t[m + _PARTS])
            middle = m + int(np.argmin(np.abs(heading[m : n + 1] - (heading[m] + heading[n]) / 2))) + _PARTS // 2
            width = float(np.median(paths.distances(steps.xy[n : n + _PARTS + 1], steps.xy[: middle + 1])))
            if seconds > self.within_s or width < least_width:
                continue
            angle_deg = float(abs(heading[n] - heading[m]))
            newest = _Turn(float(steps.t[middle]), float(steps.t[n + _PARTS]), angle_deg, seconds, width)
            begin = n
        return newest

    def _evidence(self, mover: Mover, at: Ruler, turn: _Turn, travel: float) -> Evidence:
        because = Text(
            f"Turned by {turn.angle_deg:.0f}° in {turn.seconds:.1f} s and drove back {travel:.1f} {at.space} "
            f"(limits {self.angle_deg:g}°, {self.within_s:g} s)",
            f"{turn.seconds:.1f} 秒内转向 {turn.angle_deg:.0f}° 并反向行驶 {travel:.1f} {at.space}"
            f"(限值 {self.angle_deg:g}°、{self.within_s:g} 秒)",
        )
        measured = {
            "turned_deg": round(turn.angle_deg, 2),
            "limit_deg": self.angle_deg,
            "turned_in_s": round(turn.seconds, 3),
            "within_s": self.within_s,
            f"width_{at.space}": round(turn.width, 3),
            f"travel_{at.space}": round(travel, 3),
        }
        return Evidence(mover.id, turn.t, "violation", min(1.0, turn.angle_deg / 180), because, measured)


def _steps(t: Floats, xy: Floats, step: float) -> _Steps:
    """Cut a way into steps of one length, along chords that are no shorter, so that jitter adds no length."""
    kept = paths.chords(xy, step)
    t, xy = t[kept], xy[kept]
    gone = np.concatenate(((0.0,), np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))) if len(xy) else np.zeros(0)
    marks = np.arange(0.0, gone[-1] if len(gone) else 0.0, step)
    if not len(marks):
        return _Steps(t[:0], xy[:0])
    places = np.column_stack((np.interp(marks, gone, xy[:, 0]), np.interp(marks, gone, xy[:, 1])))
    return _Steps(np.interp(marks, gone, t), places)
