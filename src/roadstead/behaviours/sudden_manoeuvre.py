"""Sudden manoeuvre: a vessel under way changes its course or its speed abruptly, and keeps to the new one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import Rows, in_zone, sureness
from roadstead.behaviours._reports import KN, column, courses_deg, lately, mean_deg, reports
from roadstead.geometry import paths
from roadstead.geometry.geodesy import turn_deg
from roadstead.types import Evidence, Floats, Measured, Mover, Ref, Text, View

_TOLD_S = 60.0
"""For how long a manoeuvre is told again."""
_SPEED_S = 60.0
"""Speeds and courses that are not reported come from the places over so long."""
_STEADY = 1 / 3
"""Before and after, course and speed stay within this share of the asked change of their means."""


@dataclass(frozen=True, slots=True, eq=False)
class _Motion:
    """Times (n,), courses (n,) in degrees and speeds (n,) m/s of the newest rows."""

    t: Floats
    course_deg: Floats
    mps: Floats


@behaviour("sudden_manoeuvre", zh="航向或航速突变")
@dataclass(frozen=True, slots=True, kw_only=True)
class SuddenManoeuvre:
    """Violation at the instant at which a vessel changes its course by `turn_deg`, or its speed by `change_kn`, within `within_s`.

    Both must be steady for `steady_s` before and after; a turn counts only where it is no slower than `min_kn` on both
    sides. `outside` are zones where vessels manoeuvre (berths, turning basins). Reported speeds and courses count, and
    those of the places where none are reported. With fewer than two reports on either side it cannot be told.
    """

    turn_deg: Annotated[float, Gt(0), Le(180)] = 60.0
    change_kn: Annotated[float, Gt(0)] = 6.0
    within_s: Annotated[float, Gt(0)] = 60.0
    steady_s: Annotated[float, Gt(0)] = 60.0
    min_kn: Annotated[float, Ge(0)] = 4.0
    outside: tuple[Annotated[str, Ref("zone")], ...] = ()

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the newest manoeuvre that the last minute of reports confirms."""
        if not reports(mover) or len(mover.t) < 4 or not lately(mover, view, _TOLD_S):
            return None
        motion = self._motion(mover)
        if motion is None or not self._may(motion):
            return None
        for before, after in self._sides(motion.t):
            found = self._judge(mover, view, motion, before, after)
            if found is not None:
                return found
        return None

    def _motion(self, mover: Mover) -> _Motion | None:
        first = int(mover.t.searchsorted(mover.t[-1] - 2 * self.steady_s - self.within_s - _TOLD_S))
        ground = mover.points("m")
        if ground is None or len(mover.t) - first < 4:
            return None
        v = paths.velocity(mover.t[first:], ground[first:], _SPEED_S)
        said = column(mover, "speed_mps")[first:]
        mps = np.where(np.isfinite(said), said, np.hypot(*v.T))
        course = courses_deg(mover, v, first)
        known = np.isfinite(course) & np.isfinite(mps)
        return _Motion(mover.t[first:][known], course[known], mps[known])

    def _may(self, motion: _Motion) -> bool:
        """Whether course or speed differ by so much at all: most are steady, and what follows costs most."""
        if len(motion.t) < 4:
            return False
        moving = motion.mps >= self.min_kn * KN
        courses = motion.course_deg[moving]
        turned = len(courses) > 0 and np.abs(turn_deg(courses[-1], courses)).max() >= self.turn_deg / 2
        return bool(turned or np.ptp(motion.mps) >= self.change_kn * KN)

    def _sides(self, t: Floats) -> Iterator[tuple[Rows, Rows]]:
        """Yield the rows before and after a change, for each end of the time after, the newest first."""
        for end in range(len(t) - 1, -1, -1):
            if t[-1] - t[end] > _TOLD_S:
                return
            settled = t[end] - self.steady_s
            began = settled - self.within_s
            after = np.flatnonzero((t >= settled) & (t <= t[end]))
            before = np.flatnonzero((t >= began - self.steady_s) & (t <= began))
            if len(before) > 1 and len(after) > 1 and min(np.ptp(t[before]), np.ptp(t[after])) >= self.steady_s / 3:
                yield before, after

    def _judge(self, mover: Mover, view: View, motion: _Motion, before: Rows, after: Rows) -> Evidence | None:
        was, is_now = motion.mps[before], motion.mps[after]
        course, wobble = mean_deg(motion.course_deg[before])
        new_course, new_wobble = mean_deg(motion.course_deg[after])
        turned = float(turn_deg(course, new_course))
        moving = min(was.min(), is_now.min()) >= self.min_kn * KN
        steady = max(wobble, new_wobble) <= _STEADY * self.turn_deg
        changed_kn = float(is_now.mean() - was.mean()) / KN
        even = max(np.ptp(was), np.ptp(is_now)) <= _STEADY * self.change_kn * KN
        by_course = moving and steady and abs(turned) >= self.turn_deg
        by_speed = even and abs(changed_kn) >= self.change_kn
        if not (by_course or by_speed):
            return None
        between = slice(int(before[-1]), int(after[0]) + 1)
        t = motion.t[between]
        step = (
            np.abs(turn_deg(motion.course_deg[between][:-1], motion.course_deg[between][1:]))
            if by_course
            else np.abs(np.diff(motion.mps[between]))
        )
        instant = float(t[int(np.argmax(step)) + 1])
        row = int(mover.t.searchsorted(instant))
        there = (in_zone(name, mover, view, row) for name in self.outside)
        if any(zoned is not None and zoned[0] for zoned in there):
            return None
        parts = (turned if by_course else None, changed_kn if by_speed else None)
        return self._evidence(mover, instant, parts, (float(was.mean()) / KN, float(is_now.mean()) / KN))

    def _evidence(
        self, mover: Mover, t: float, parts: tuple[float | None, float | None], kn: tuple[float, float]
    ) -> Evidence:
        turned, changed = parts
        en, zh = [], []
        if turned is not None:
            en.append(
                f"changed course by {abs(turned):.0f}° to {'starboard' if turned > 0 else 'port'} (limit {self.turn_deg:g}°)"
            )
            zh.append(f"航向向{'右' if turned > 0 else '左'}突变 {abs(turned):.0f}°(限值 {self.turn_deg:g}°)")
        if changed is not None:
            en.append(f"changed speed from {kn[0]:.1f} to {kn[1]:.1f} kn (limit {self.change_kn:g} kn)")
            zh.append(f"航速由 {kn[0]:.1f} 节突变为 {kn[1]:.1f} 节(限值 {self.change_kn:g} 节)")
        because = Text(
            f"{mover.id} {' and '.join(en)} within {self.within_s:g} s",
            f"{mover.id} 在 {self.within_s:g} 秒内{','.join(zh)}",
        )
        measured: Measured = {
            "turned_deg": None if turned is None else round(turned, 2),
            "turn_limit_deg": self.turn_deg,
            "before_kn": round(kn[0], 2),
            "after_kn": round(kn[1], 2),
            "change_limit_kn": self.change_kn,
            "within_s": self.within_s,
        }
        score = max(sureness(abs(turned or 0.0), self.turn_deg), sureness(abs(changed or 0.0), self.change_kn))
        return Evidence(mover.id, t, "violation", score, because, measured)
