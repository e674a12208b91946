"""Spilling: something new stays on the road where a vehicle has just passed (抛洒货物)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import in_zone, seen_lately, sides_px
from roadstead.geometry.boxes import centres
from roadstead.types import Evidence, Floats, Measured, Mover, Outcome, Ref, Text, Track, View

_REPORT_S = 2.0
"""How long a fall is reported once it is sure: four judgements at 2 Hz, of which one is enough."""
_SETTLE_S = 1.0
"""What falls may roll and bounce for so long."""
_ROLL_SIDES = 1.0
"""What falls comes to rest within so many vehicle sides of where it was first seen; what comes from further drove or walked."""
_REST_SIDES, _SHIFT_SIDES = 0.75, 0.35
"""At rest, a box's middle stays within so many of its sides of its usual place, and is at last not further off than so many."""
_STEP_S = 0.1
_COVER = 0.15
"""A vehicle covers a place that lies in its box, made larger by this share on each side: loads overhang."""
_PASSING_SIDES_PER_S = 0.2
"""A vehicle slower than this, in its own sides a second, stands: what appears beside it was set down or got out."""
_OPEN_TO_VIEW_S = 1.0
"""What lies between two vehicles for so long would have been seen before the second one came."""
_SAME_SIDES = 0.75
"""A thing whose middle was within so many sides of the place, and of like size, is the thing that lies there now."""
_LIKE_SIZE = 2.0


@dataclass(frozen=True, slots=True)
class _Passer:
    """A vehicle that passed over a place: from when to when it covered it, and its side, px."""

    vehicle: Track
    came: float
    left: float
    side_px: float


@dataclass(frozen=True, slots=True)
class _Fallen:
    """A thing at rest: where, how large, and for how long it has been seen."""

    track: Track
    at: tuple[float, float]
    side_px: float
    stayed_s: float


@behaviour("spilling", zh="抛洒货物")
@dataclass(frozen=True, slots=True, kw_only=True)
class Spilling:
    """Violation of the vehicle that last passed over a small new thing, once that has stayed put for `min_stay_s`.

    The mover asked is the thing (classes "object" of the motion detector, "debris" of a model); the subject is the
    vehicle, one of `vehicle_classes` (none named: any). The thing is new: first seen at most `max_delay_s` after the
    vehicle left the place, nothing like it lay there before, and it did not come from elsewhere. Its side is at most
    `largest` of the vehicle's. Where two vehicles may have lost it, it is insufficient and the subject is the thing.
    """

    zone: Annotated[str, Ref("zone")] | None = None
    vehicle_classes: tuple[str, ...] = ()
    min_stay_s: Annotated[float, Gt(0)] = 3.0
    max_delay_s: Annotated[float, Gt(0)] = 3.0
    largest: Annotated[float, Gt(0), Le(1)] = 0.4

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the same evidence for two seconds after the thing has stayed for long enough."""
        if not isinstance(mover, Track) or not seen_lately(mover, view):
            return None
        if not 0.0 <= view.t - mover.born - self.min_stay_s <= _REPORT_S:
            return None
        fallen = self._fallen(mover)
        on_road = in_zone(self.zone, mover, view)
        if fallen is None or on_road is None or on_road.mean() <= 0.5:
            return None
        others = [track for track in (*view.tracks, *view.departed) if track.id != mover.id]
        suspects = self._suspects(fallen, others)
        if not suspects or any(_lay_there(other, fallen, suspects[-1].came) for other in others):
            return None
        return self._evidence(fallen, suspects)

    def _fallen(self, mover: Track) -> _Fallen | None:
        """Return the thing if it lies still, was seen without long gaps, and did not come from far."""
        if len(mover.t) < 3 or np.diff(mover.t).max() > self.min_stay_s / 2:
            return None
        middles = centres(mover.boxes)
        rest = middles[mover.t >= min(mover.born + _SETTLE_S, mover.t[-1] - self.min_stay_s / 2)]
        side = mover.size_px
        at = np.median(rest, axis=0)
        third = max(1, len(rest) // 3)
        shift = np.hypot(*(np.median(rest[-third:], axis=0) - np.median(rest[:third], axis=0)))
        astray = np.hypot(*(rest - at).T) > _REST_SIDES * side
        if len(rest) < 3 or astray.mean() > 0.1 or shift > _SHIFT_SIDES * side:
            return None
        return _Fallen(mover, (float(at[0]), float(at[1])), side, float(mover.t[-1] - mover.born))

    def _suspects(self, fallen: _Fallen, others: list[Track]) -> list[_Passer]:
        """Return who may have lost it, the last to pass first: the thing cannot have been seen between two of them."""
        born = fallen.track.born
        vehicles = (t for t in others if not self.vehicle_classes or t.label in self.vehicle_classes)
        passers = [p for v in vehicles if (p := self._passer(v, fallen)) is not None]
        suspects: list[_Passer] = []
        for passer in sorted(passers, key=lambda p: (-p.left, p.vehicle.id)):
            came = suspects[-1].came if suspects else born
            if came - passer.left > (_OPEN_TO_VIEW_S if suspects else self.max_delay_s):
                break
            suspects.append(passer)
        return suspects

    def _passer(self, vehicle: Track, fallen: _Fallen) -> _Passer | None:
        """Return when a vehicle passed over the place before the thing was seen; None if it did not, stood, or is too small."""
        born = fallen.track.born
        begin = max(float(vehicle.t[0]), born - 4 * self.max_delay_s)
        end = min(float(vehicle.t[-1]), born + _SETTLE_S)
        if end <= begin:
            return None
        when = np.append(np.arange(begin, end, _STEP_S), end)
        boxes = _boxes_at(vehicle, when)
        over = np.flatnonzero(_covers(boxes, fallen.at))
        if not len(over) or when[over[0]] > born:
            return None
        breaks = np.flatnonzero(np.diff(when[over]) > _OPEN_TO_VIEW_S)
        first, last = int(over[breaks[-1] + 1 if len(breaks) else 0]), int(over[-1])
        side = float(sides_px(boxes[last : last + 1])[0])
        way = centres(_boxes_at(vehicle, np.clip(np.array((-1.0, 1.0)) + when[last], vehicle.t[0], vehicle.t[-1])))
        seconds = min(float(vehicle.t[-1]), when[last] + 1.0) - max(float(vehicle.t[0]), when[last] - 1.0)
        if np.hypot(*(way[1] - way[0])) < _PASSING_SIDES_PER_S * side * seconds:
            return None
        first_at = centres(fallen.track.boxes[:1])[0]
        if fallen.side_px > self.largest * side or np.hypot(*(first_at - fallen.at)) > _ROLL_SIDES * side:
            return None
        return _Passer(vehicle, float(when[first]), float(when[last]), side)

    def _evidence(self, fallen: _Fallen, suspects: list[_Passer]) -> Evidence:
        thing, last = fallen.track, suspects[0]
        delay = max(0.0, thing.born - last.left)
        sure = len(suspects) == 1
        outcome: Outcome = "violation" if sure else "insufficient"
        measured: Measured = {
            "object": thing.id,
            "vehicle": last.vehicle.id if sure else None,
            "vehicles": len(suspects),
            "delay_s": round(delay, 3),
            "max_delay_s": self.max_delay_s,
            "stayed_s": round(fallen.stayed_s, 3),
            "min_stay_s": self.min_stay_s,
            "at_x_px": round(fallen.at[0], 1),
            "at_y_px": round(fallen.at[1], 1),
            "size_of_vehicle": round(fallen.side_px / last.side_px, 3),
            "largest": self.largest,
        }
        if not sure:
            because = _whose(fallen, suspects)
            return Evidence(thing.id, thing.born, outcome, 0.0, because, measured)
        because = Text(
            f"{last.vehicle.label} {last.vehicle.id} passed, and {delay:.1f} s later {thing.id} lay on the road, where it "
            f"has stayed for {fallen.stayed_s:.1f} s (limits {self.max_delay_s:g} s, {self.min_stay_s:g} s)",
            f"{last.vehicle.id} 驶过 {delay:.1f} 秒后路面出现遗留物 {thing.id},已停留 {fallen.stayed_s:.1f} 秒"
            f"(限值 {self.max_delay_s:g} 秒、{self.min_stay_s:g} 秒)",
        )
        score = 1.0 - 0.5 * min(1.0, delay / self.max_delay_s)
        return Evidence(last.vehicle.id, thing.born, outcome, score, because, measured)


def _whose(fallen: _Fallen, suspects: list[_Passer]) -> Text:
    names = ", ".join(sorted(p.vehicle.id for p in suspects))
    return Text(
        f"{fallen.track.id} fell on the road and has stayed for {fallen.stayed_s:.1f} s, but several vehicles may have "
        f"lost it: {names}",
        f"路面出现遗留物 {fallen.track.id},已停留 {fallen.stayed_s:.1f} 秒,但可能来自多辆车:{names}",
    )


def _lay_there(other: Track, fallen: _Fallen, came: float) -> bool:
    """Whether another track shows the same thing at the place before the first suspect came over it."""
    rows = other.t < came
    if rows.sum() < 2 or not 1 / _LIKE_SIZE <= other.size_px / max(fallen.side_px, 1e-9) <= _LIKE_SIZE:
        return False
    near = np.hypot(*(centres(other.boxes[rows]) - fallen.at).T) <= _SAME_SIDES * fallen.side_px
    return bool(near[-2:].all())


def _covers(boxes: Floats, at: tuple[float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Tell which boxes (n, 4), made a little larger, hold a place."""
    wide, high = (boxes[:, 2] - boxes[:, 0]) * _COVER, (boxes[:, 3] - boxes[:, 1]) * _COVER
    across = (boxes[:, 0] - wide <= at[0]) & (at[0] <= boxes[:, 2] + wide)
    return np.asarray(across & (boxes[:, 1] - high <= at[1]) & (at[1] <= boxes[:, 3] + high))


def _boxes_at(track: Track, when: Floats) -> Floats:
    """Return the track's boxes (n, 4) at times within its life, straight between its sights."""
    return np.column_stack([np.interp(when, track.t, column) for column in track.boxes.T])
