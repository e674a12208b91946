"""Rendezvous: two movers lie or creep beside each other for a while, as in handing goods, fuel or people over."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._lasts import lasts
from roadstead.behaviours._movers import Ruler, in_zone, ruler, sureness
from roadstead.behaviours._reports import REPORT_M, reports
from roadstead.geometry import paths
from roadstead.types import Evidence, Floats, Measured, Mover, Ref, Text, View

_PART_NEAR, _PART_SLOW = 1.25, 1.5
"""A meeting begins within the limits and ends beyond these multiples of them: jitter on a limit ends nothing."""
_REPORT_SPEED_S = 60.0
"""A speed from reported places is that over at least so long: over less, their error alone looks like 1 m/s."""


@dataclass(frozen=True, slots=True, eq=False)
class _Meeting:
    """From when to when two were near and slow; their distance, m or px, at the middle and at the least; the top speed."""

    start: float
    end: float
    distance: float
    closest: float
    speed: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@behaviour("rendezvous", zh="异常会合")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rendezvous:
    """Violation while two movers have been within `distance_m`, both no faster than `max_speed_mps`, for `min_s`.

    Where the ground is not known, `distance` and `max_speed` in box sizes count. `zone` and `outside` say where: in the
    one, in none of the others (berths, say). The subject is the mover whose id sorts first, and the nearest partner is
    named, so that a pair gives one event; a partner of `partner_classes` is named by the other one. Of reported places
    the speed is that over at least 60 s, and a meeting ends only 30 m further away.
    """

    zone: Annotated[str, Ref("zone")] | None = None
    outside: tuple[Annotated[str, Ref("zone")], ...] = ()
    partner_classes: tuple[str, ...] = ()
    distance_m: Annotated[float, Gt(0)] = 50.0
    distance: Annotated[float, Gt(0)] = 1.5
    max_speed_mps: Annotated[float, Gt(0)] = 1.0
    max_speed: Annotated[float, Gt(0)] = 0.1
    min_s: Annotated[float, Gt(0)] = 120.0
    speed_over_s: Annotated[float, Gt(0)] = 10.0
    max_silence_s: Annotated[float, Gt(0)] = 200.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the meeting that lasts, from its beginning to when both were seen last."""
        if not len(mover.t) or view.t - mover.t[-1] > self.max_silence_s or mover.t[-1] - mover.t[0] < self.min_s:
            return None
        if not self._here(mover, view):
            return None
        met = [(m, other.id) for other in self._partners(mover, view) if (m := self._meeting(mover, other)) is not None]
        lasting = [(m, name) for m, name in met if m.seconds >= self.min_s and view.t - m.end <= self.max_silence_s]
        if not lasting:
            return None
        meeting, other = min(lasting, key=lambda found: (found[0].start, found[1]))
        return self._evidence(mover, other, meeting, len(lasting))

    def _here(self, mover: Mover, view: View) -> bool:
        """Whether the mover's last place is one where the rule holds."""
        last = len(mover.t) - 1
        inside = in_zone(self.zone, mover, view, last)
        if inside is None or not inside[-1]:
            return False
        berths = (in_zone(name, mover, view, last) for name in self.outside)
        return not any(there is not None and there[-1] for there in berths)

    def _partners(self, mover: Mover, view: View) -> list[Mover]:
        chosen: list[Mover] = []
        for other in self._near(mover, view):
            if other.id == mover.id or (self.partner_classes and other.label not in self.partner_classes):
                continue
            both_ask = not self.partner_classes or mover.label in self.partner_classes
            if (not both_ask or mover.id < other.id) and self._here(other, view):
                chosen.append(other)
        return chosen

    def _near(self, mover: Mover, view: View) -> list[Mover]:
        """Return who may be near now: all whose last place is, and all of whom none is known on the ground."""
        last = lasts(view)
        ground = mover.points("m")
        if ground is None:
            return list(last.movers)
        apart = np.hypot(last.xy_m[:, 0] - ground[-1, 0], last.xy_m[:, 1] - ground[-1, 1])
        reach = self._reach(self.distance_m, self.max_speed_mps, np.abs(last.t - mover.t[-1]), REPORT_M)
        return [last.movers[k] for k in np.flatnonzero(~(apart > reach)).tolist()]

    def _reach(self, limit: float, slow: float, unseen_s: Floats, slack: float) -> Floats:
        """Return how far apart the last places of two that are together may be, seen so many seconds (n,) apart."""
        return np.asarray(_PART_NEAR * limit + slack + _PART_SLOW * slow * unseen_s)

    def _meeting(self, mover: Mover, other: Mover) -> _Meeting | None:
        """Return the last time that the two were near and slow, if nothing ended it since."""
        a, b = ruler(mover), ruler(other)
        if a is None or b is None or a.space != b.space:
            return None
        limit = (a.length(self.distance_m, self.distance) + b.length(self.distance_m, self.distance)) / 2
        slow = (a.length(self.max_speed_mps, self.max_speed), b.length(self.max_speed_mps, self.max_speed))
        slack = REPORT_M if reports(mover) or reports(other) else 0.0
        unseen_s = np.abs(mover.t[-1:] - other.t[-1:])
        if np.hypot(*(a.points[-1] - b.points[-1])) > self._reach(limit, max(slow), unseen_s, slack)[0]:
            return None  # most pairs: not near now
        when = self._together(mover.t, other.t)
        if len(when) < 2:
            return None
        (at_a, v_a), (at_b, v_b) = self._at(when, mover, a), self._at(when, other, b)
        apart = np.hypot(*(at_a - at_b).T)
        haste = np.maximum(v_a / slow[0], v_b / slow[1])
        parted = (apart > _PART_NEAR * limit + slack) | (haste > _PART_SLOW) | ~np.isfinite(apart + haste)
        parted[1:] |= np.diff(when) > self.max_silence_s
        first = int(np.flatnonzero(parted)[-1]) + 1 if parted.any() else 0
        begun = first + np.flatnonzero((apart[first:] <= limit) & (haste[first:] <= 1.0))
        if not len(begun):
            return None
        rows = slice(int(begun[0]), None)
        fastest = float(np.maximum(v_a[rows], v_b[rows]).max())
        distances = apart[rows]
        return _Meeting(
            float(when[rows][0]), float(when[-1]), float(np.median(distances)), float(distances.min()), fastest
        )

    def _together(self, t: Floats, other: Floats) -> Floats:
        """Return the times at which one was seen and the other was not long unseen."""
        when = np.union1d(t, other)
        when = when[(when >= max(t[0], other[0])) & (when <= min(t[-1], other[-1]))]
        fresh = (_unseen_s(t, when) <= self.max_silence_s) & (_unseen_s(other, when) <= self.max_silence_s)
        return np.asarray(when[fresh])

    def _at(self, when: Floats, mover: Mover, at: Ruler) -> tuple[Floats, Floats]:
        """Return the places (n, 2) and speeds (n,) at some times; NaN where they are not known."""
        known = np.isfinite(at.points).all(axis=1)
        if known.sum() < 2:
            return np.full((len(when), 2), np.nan), np.full(len(when), np.nan)
        t, points = mover.t[known], at.points[known]
        places = np.column_stack([np.interp(when, t, column) for column in points.T])
        over_s = max(self.speed_over_s, _REPORT_SPEED_S) if reports(mover) else self.speed_over_s
        return places, np.interp(when, t, paths.speed(t, points, over_s))

    def _evidence(self, mover: Mover, other: str, meeting: _Meeting, partners: int) -> Evidence:
        ground = mover.points("m") is not None
        unit, limit = ("m", self.distance_m) if ground else ("px", self.distance)
        limit_unit = "m" if ground else "boxes"
        because = Text(
            f"{mover.id} and {other} have lain {meeting.distance:.0f} {unit} apart for {meeting.seconds:.0f} s, no faster "
            f"than {meeting.speed:.1f} {unit}/s (limits {limit:g} {limit_unit}, {self.min_s:g} s)",
            f"{mover.id} 与 {other} 相距 {meeting.distance:.0f} {unit},持续 {meeting.seconds:.0f} 秒,速度不超过 "
            f"{meeting.speed:.1f} {unit}/s(限值 {limit:g} {limit_unit}、{self.min_s:g} 秒)",
        )
        measured: Measured = {
            "other": other,
            "partners": partners,
            "together_s": round(meeting.seconds, 3),
            "min_s": self.min_s,
            f"distance_{unit}": round(meeting.distance, 2),
            f"closest_{unit}": round(meeting.closest, 2),
            f"limit_{limit_unit}": limit,
            f"top_speed_{'mps' if ground else 'px_per_s'}": round(meeting.speed, 3),
            f"max_speed_{'mps' if ground else 'boxes_per_s'}": self.max_speed_mps if ground else self.max_speed,
        }
        score = sureness(meeting.seconds, self.min_s)
        return Evidence(mover.id, meeting.end, "violation", score, because, measured, meeting.start)


def _unseen_s(t: Floats, when: Floats) -> Floats:
    """Return the time between the sights before and after each instant; 0 at a sight."""
    after = np.minimum(np.searchsorted(t, when), len(t) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(t[after] == when, 0.0, t[after] - t[before])
