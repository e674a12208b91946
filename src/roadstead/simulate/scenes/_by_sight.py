"""What the rules of a water scene mean, reckoned on what a watch that misses nothing sees: from when to when, and when it can be known.

A vessel's true place is not asked for, as no rule knows it: long hulls far away stand by the foot points of their boxes.
`slack` makes a meaning stricter (-1: only what is clearly a violation) or wider (1: also what nearly is one). Who violates
a rule by the one and not by the other is a borderline case, and not taken into a scene. `_by_motion.py` reckons on land,
from the true motion, and names innocent likenesses and doubts itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import shapely

from roadstead.geometry import lines, paths, zones
from roadstead.simulate.scenes._look import Bools, runs
from roadstead.simulate.scenes._sighting import FPS, Sighting
from roadstead.simulate.world.view import View
from roadstead.types import Floats, Line, Zone

Table = Mapping[str, Any]
_STEP_S = 1 / FPS
_SPEED_S = 10.0
"""A rendezvous looks at speeds over so long."""
_WITHIN_S = 20.0
"""A wrong way must be gone within so long."""
_HALF_STEP = 4
"""A U-turn cuts a way into quarters of the way that it must be straight for, so it may be known a quarter later."""


@dataclass(frozen=True, slots=True)
class Span:
    """A violation from `start` to `end`, and the first instant at which its rule, with its own times, can know of it; s of the world."""

    start: float
    end: float
    due: float


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """The zones (n, 2) and lines (2, 2) that rules name, m, and the camera that sees them. `heights` are of zones that do not lie on the water."""

    view: View
    zones: Mapping[str, Floats]
    lines: Mapping[str, Floats]
    heights: Mapping[str, float] = field(default_factory=dict)

    def height(self, name: str) -> float:
        """Return how high above the water a zone lies, m."""
        return self.heights.get(name, 0.0)

    def zone_px(self, name: str) -> Zone:
        """Return a zone as it lies on the picture, beyond its edges too."""
        ground = np.asarray(self.zones[name], dtype=np.float64)
        px, _ = self.view.project(np.column_stack((ground, np.full(len(ground), self.height(name)))))
        return Zone(name, px)

    def line_px(self, name: str) -> Line:
        """Return a line as it lies on the picture."""
        (ax, ay), (bx, by) = self.view.project(np.column_stack((self.lines[name], np.zeros(2))))[0].tolist()
        return Line(name, (ax, ay), (bx, by))


def spans(table: Table, seen: Sighting, shapes: Shapes, slack: int = 0) -> list[Span]:
    """Return the violations of one rule by one mover, in order; those with less than the rule's `gap_s` between them are one."""
    found = _KINDS[table["kind"]](table, seen, shapes, slack) if len(seen.t) > 2 else []
    joined: list[Span] = []
    for span in found:
        if joined and span.start - joined[-1].end <= table.get("gap_s", 10.0):
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end), joined[-1].due)
        else:
            joined.append(span)
    return joined


def grown(zone: Zone, by: float) -> Zone | None:
    """Return a zone that is wider (or narrower, below 0) all around; None where nothing is left of it."""
    shape = shapely.Polygon(zone.polygon).buffer(by, join_style="mitre")
    if shape.is_empty or not isinstance(shape, shapely.Polygon):
        return None
    return Zone(zone.name, np.asarray(shape.exterior.coords)[:-1])


def _leeway_px(seen: Sighting) -> float:
    """Return how far, px, a mover of this size has to keep from an edge for its boxes' jitter not to matter."""
    return float(min(max(3.0, 0.2 * np.median(seen.side_px)), 20.0))


def _stays(name: str, margin: float, seen: Sighting, shapes: Shapes, slack: int) -> tuple[zones.Stay, ...]:
    zone = grown(shapes.zone_px(name), slack * _leeway_px(seen))
    return () if zone is None else zones.stays(zone, seen.t, seen.feet, margin=margin * seen.side_px)


def _clear(name: str, margin: float, seen: Sighting, shapes: Shapes, since: float, *, within: bool) -> float:
    """Return when a mover was first deeper within a zone (or further outside it) than a margin in box sizes, from some time on."""
    depth = zones.depth(shapes.zone_px(name), seen.feet) * (1 if within else -1)
    rows = np.flatnonzero((seen.t >= since) & (depth > margin * seen.side_px))
    return float(seen.t[rows[0]]) if len(rows) else float(seen.t[-1])


def _inside(table: Table, seen: Sighting, shapes: Shapes, slack: int, seconds: float, margin: float) -> list[Span]:
    seconds *= 1 - 0.25 * slack
    made = []
    for stay in _stays(table["zone"], margin, seen, shapes, slack):
        if stay.seconds >= seconds:
            clear = _clear(table["zone"], margin, seen, shapes, stay.start, within=True)
            made.append((stay, Span(stay.start, stay.end, max(stay.start + seconds, clear))))
    if table["kind"] == "zone_entry":
        return [span for stay, span in made if stay.entered or slack > 0]
    return [span for _, span in made]


def _no_go(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    return _inside(table, seen, shapes, slack, table["dwell_s"], table.get("margin", 0.2))


def _entry(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    return _inside(table, seen, shapes, slack, table["min_inside_s"], table.get("margin", 0.1))


def _loitering(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    return _inside(table, seen, shapes, slack, table["seconds"], 0.1)


def _exit(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    left = _left(table, seen, shapes, slack, -slack)
    return _left(table, seen, shapes, slack, slack) if slack > 0 and not left else left


def _left(table: Table, seen: Sighting, shapes: Shapes, slack: int, wider: int) -> list[Span]:
    margin, seconds = table.get("margin", 0.1), table["min_outside_s"] * (1 - 0.25 * slack)
    there = _stays(table["zone"], margin, seen, shapes, wider)
    ends = [*(s.start for s in there[1:]), float(seen.t[-1])] if there else []
    made = []
    for stay, later in zip(there, ends, strict=True):
        if stay.left and later - stay.end >= seconds:
            clear = _clear(table["zone"], margin, seen, shapes, stay.end, within=False)
            made.append(Span(stay.end, later, max(stay.end + seconds, clear)))
    return made


def _crossing(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    line, margin = shapes.line_px(table["line"]), table.get("margin", 0.15) * seen.side_px
    (ax, ay), (bx, by) = line.start, line.end
    more = 0.1 * slack
    line = Line(
        line.name, (ax - more * (bx - ax), ay - more * (by - ay)), (bx + more * (bx - ax), by + more * (by - ay))
    )
    band = np.maximum(margin - slack * _leeway_px(seen), 0.5)
    wanted = {"forward": (True,), "backward": (False,), "both": (True, False)}[table.get("direction", "both")]
    found = lines.crossings(line, seen.t, seen.feet, margin=band if slack else margin)
    return [Span(c.t, c.t, c.confirmed_t + _STEP_S) for c in found if c.forward in wanted]


def _stopped(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    radius, seconds = table["tolerance_m"] * (1 + 0.4 * slack), table["seconds"] * (1 - 0.25 * slack)
    zone = grown(shapes.zone_px(table["zone"]), slack * _leeway_px(seen))
    if zone is None:
        return []
    inside = zones.inside(zone, seen.feet)
    made = []
    for stood in paths.standstills(seen.t, seen.xy_m, radius=radius, min_s=seconds):
        rows = (seen.t >= stood.start) & (seen.t <= stood.end)
        if inside[rows].mean() >= 0.5:
            made.append(Span(stood.start, stood.end, stood.start + seconds))
    return made


def _anchoring(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    """Find when all places of `min_s` lie in one circle, mostly in the zone and not at a berth."""
    radius, seconds = table["radius_m"] * (1 + 0.2 * slack), table["min_s"] * (1 - 0.25 * slack)
    forbidden = _forbidden(table, seen, shapes, slack)
    held: list[int] = []
    for row in range(len(seen.t)):
        first = int(np.searchsorted(seen.t, seen.t[row] - seconds - 1e-6))
        if first and seen.t[row] - seen.t[first] >= seconds - _STEP_S:
            around = cv2.minEnclosingCircle(seen.xy_m[first : row + 1].astype(np.float32))[1]
            if around <= radius and forbidden[first : row + 1].mean() > 0.5:
                held.append(row)
    return _runs(seen.t, held, seconds, table.get("gap_s", 10.0))


def _forbidden(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> Bools:
    zone = grown(shapes.zone_px(table["zone"]), slack * _leeway_px(seen))
    inside = np.zeros(len(seen.t), dtype=bool) if zone is None else zones.inside(zone, seen.feet)
    for name in table.get("berths", ()):
        berth = grown(shapes.zone_px(name), -slack * _leeway_px(seen))
        if berth is not None:
            inside = inside & ~zones.inside(berth, seen.feet)
    return inside


def _runs(t: Floats, held: Sequence[int], before_s: float, gap_s: float) -> list[Span]:
    """Return the spans of rows at which something held that took `before_s` to hold."""
    made: list[Span] = []
    for row in held:
        at = float(t[row])
        if made and at - made[-1].end <= gap_s:
            made[-1] = Span(made[-1].start, at, made[-1].due)
        else:
            made.append(Span(at - before_s, at, at))
    return made


def _speeding(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    over, limit = table.get("over_s", 2.0), table["limit_kmh"] / 3.6 * (1 - 0.2 * slack)
    first = np.searchsorted(seen.t, seen.t - over - 1e-6)
    long = seen.t - seen.t[first] >= over - 1e-6
    far = np.hypot(*(seen.xy_m - seen.xy_m[first]).T) > 0.8 * limit * over
    if not (long & far).any():
        return []
    inside = np.ones(len(seen.t), dtype=bool)
    if table.get("zone") is not None:
        zone = grown(shapes.zone_px(table["zone"]), slack * _leeway_px(seen))
        inside = inside & (zones.inside(zone, seen.feet) if zone is not None else False)
    pixel = _metres_per_px(shapes.view, seen.feet) if slack < 0 else np.zeros(len(seen.t))
    held = []
    for row in np.flatnonzero(inside & long & far).tolist():
        rows = slice(int(first[row]), row + 1)
        if not inside[rows].all():
            continue
        dt = seen.t[rows] - seen.t[rows].mean()
        speed = float(np.hypot(*(dt @ seen.xy_m[rows])) / (dt @ dt))
        if speed - 4 * float(pixel[row]) / float(np.sqrt(dt @ dt)) > limit:
            held.append(row)
    return _runs(seen.t, held, over, table.get("gap_s", 10.0))


def _metres_per_px(view: View, feet: Floats) -> Floats:
    """Return how much ground a px covers at places (n, 2) of the picture, m: the longer of up the picture and across it."""
    here, beside, above = (view.ground(feet + off) for off in ((0.0, 0.0), (1.0, 0.0), (0.0, -1.0)))
    return np.asarray(np.maximum(np.hypot(*(beside - here).T), np.hypot(*(above - here).T)))


def _wrong_way(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    zone = grown(shapes.zone_px(table["zone"]), slack * _leeway_px(seen))
    if zone is None:
        return []
    inside = zones.inside(zone, seen.feet)
    far, tolerance = table["distance_m"] * (1 - 0.3 * slack), table.get("tolerance_deg", 45.0) + 10 * slack
    allowed = np.diff(np.asarray(shapes.lines[table["along"]], dtype=np.float64), axis=0)[0]
    allowed /= np.hypot(*allowed)
    held, since = [], []
    for row in np.flatnonzero(inside).tolist():
        outside = np.flatnonzero(~inside[:row])
        first = max(int(np.searchsorted(seen.t, seen.t[row] - _WITHIN_S)), int(outside[-1]) + 1 if len(outside) else 0)
        way = seen.xy_m[row] - seen.xy_m[first : row + 1]
        length = np.hypot(*way.T)
        enough = np.flatnonzero(length >= far)
        if not len(enough):
            continue
        k = int(enough[-1])
        off = np.degrees(np.arccos(np.clip(-(way[k] @ allowed) / length[k], -1, 1)))
        if off <= tolerance:
            held.append(row)
            since.append(float(seen.t[first + k]))
    made = _runs(seen.t, held, 0.0, table.get("gap_s", 10.0))
    begins = [next(s for row, s in zip(held, since, strict=True) if seen.t[row] == span.due) for span in made]
    return [Span(begin, span.end, span.due) for begin, span in zip(begins, made, strict=True)]


def _u_turn(table: Table, seen: Sighting, shapes: Shapes, slack: int) -> list[Span]:
    angle, within = table.get("angle_deg", 150.0) - 15 * slack, table["within_s"] * (1 + 0.2 * slack)
    travel = table["travel_m"] * (1 - 0.3 * slack)
    step = travel / _HALF_STEP
    kept = paths.chords(seen.xy_m, step / 2)
    t, xy = seen.t[kept], seen.xy_m[kept]
    gone = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))))
    marks = np.arange(0.0, gone[-1], step)
    if len(marks) < 2 * _HALF_STEP + 1:
        return []
    when = np.interp(marks, gone, t)
    at = np.column_stack((np.interp(marks, gone, xy[:, 0]), np.interp(marks, gone, xy[:, 1])))
    way = at[_HALF_STEP:] - at[:-_HALF_STEP]
    heading = np.degrees(np.unwrap(np.arctan2(way[:, 1], way[:, 0])))
    straight = np.flatnonzero(np.hypot(*way.T) >= 0.85 * travel)
    zone = None if table.get("zone") is None else shapes.zone_px(table["zone"])
    made: list[Span] = []
    begin = 0
    for n in straight.tolist():
        before = [
            m for m in straight.tolist() if begin <= m <= n - _HALF_STEP and abs(heading[n] - heading[m]) >= angle
        ]
        if not before or when[n] - when[before[-1] + _HALF_STEP] > within:
            continue
        m = before[-1]
        middle = m + int(np.argmin(np.abs(heading[m : n + 1] - (heading[m] + heading[n]) / 2))) + _HALF_STEP // 2
        moment = float(when[middle])
        row = int(np.argmin(np.abs(seen.t - moment)))
        begin = n
        if zone is None or zones.inside(zone, seen.feet[row])[0]:
            sure = float(when[n + _HALF_STEP] + (when[n + _HALF_STEP] - when[n]) / _HALF_STEP)
            made.append(Span(float(when[m + _HALF_STEP]), float(when[n]), sure))
    return made


def met(table: Table, one: Sighting, other: Sighting, shapes: Shapes, slack: int = 0) -> list[Span]:
    """Return when two movers lay beside each other for too long, by a rule of the kind "rendezvous"."""
    common, a, b = np.intersect1d(np.round(one.t * FPS), np.round(other.t * FPS), return_indices=True)
    if len(common) < 3:
        return []
    t = one.t[a]
    near, slow, seconds = 1 + 0.25 * slack, 1 + 0.4 * slack, table["min_s"] * (1 - 0.25 * slack)
    apart = np.hypot(*(one.xy_m[a] - other.xy_m[b]).T)
    if apart.min() > near * table["distance_m"]:
        return []
    fast = np.maximum(*(paths.speed(s.t, s.xy_m, _SPEED_S)[rows] for s, rows in ((one, a), (other, b))))
    together = (apart <= near * table["distance_m"]) & (fast <= slow * table["max_speed_mps"])
    for name in table.get("outside", ()):
        berth = grown(shapes.zone_px(name), -slack * _leeway_px(one))
        if berth is not None:
            together &= ~(zones.inside(berth, one.feet[a]) | zones.inside(berth, other.feet[b]))
    made = []
    for first, last in runs(together):
        if t[last] - t[first] >= seconds:
            made.append(Span(float(t[first]), float(t[last]), float(t[first]) + seconds))
    return made


_KINDS: Mapping[str, Callable[[Table, Sighting, Shapes, int], list[Span]]] = {
    "no_go_vessel_area": _no_go,
    "zone_entry": _entry,
    "zone_exit": _exit,
    "loitering": _loitering,
    "line_crossing": _crossing,
    "stopped": _stopped,
    "anchoring": _anchoring,
    "speeding": _speeding,
    "wrong_way": _wrong_way,
    "u_turn": _u_turn,
}
