"""What a rule of a land scene has to find of a mover, reckoned from its true motion: from when to when, and when it can first know.

Places, speeds and turns are those of the motion itself; only where zones and lines are asked about does the foot of the
perfect box count. Each rule has its own bounds between an event, an innocent likeness and what is doubtful. `_by_sight.py`
reckons on the water, where nothing but the boxes is taken as known, and what is doubtful is found by asking with slack.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from roadstead.geometry.zones import depth, inside
from roadstead.simulate.scenes._course import Course
from roadstead.simulate.scenes._look import Bools, runs
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.view import View
from roadstead.types import Floats, Scene

Table = Mapping[str, Any]
Verdict = Literal["event", "innocent", "doubtful"]
_STILL_MPS = 0.05
_CLEARLY_S = 1.5
"""A time that differs from the asked one by less is doubtful: no scene may hold it."""
_VOTED_S = 1.5
"""A vote is ripe when a mover has been seen plainly for so long."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One thing true of a mover by one rule; "doubtful" is what a fair scene avoids."""

    rule: str
    kind: str
    verdict: Verdict
    start: float
    end: float
    due: float
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A rule's table asked of one mover: what is drawn in the scene, who looks, who moves how; `course` holds what is in the picture's time."""

    table: Table
    scene: Scene
    view: View
    body: Body
    course: Course

    def __getitem__(self, name: str) -> Any:
        return self.table[name]

    def of(self, name: str, default: float) -> float:
        """Return a setting."""
        return float(self.table.get(name, default))

    def zone(self, name: str = "zone") -> Bools:
        """Return when (n,) its foot is in a zone of the rule (without one: everywhere) and it is seen."""
        seen = self.course.seen
        if self.table.get(name) is None:
            return np.asarray(seen)
        return np.asarray(seen & inside(self.scene.zones[self.table[name]], self.course.feet))

    def depth_sides(self, name: str = "zone") -> Floats:
        """Return how deep (n,) its foot is in a zone, in sides of its box; negative outside."""
        found = depth(self.scene.zones[self.table[name]], self.course.feet)
        return np.asarray(found / np.maximum(self.course.side_px, 1.0))

    def line_m(self, name: str) -> Floats:
        """Return the ends (2, 2) of a line of the rule on the ground."""
        line = self.scene.lines[self.table[name]]
        return np.array((line.start, line.end)) if line.space == "m" else self.view.ground((line.start, line.end))

    def truth(self, verdict: Verdict, start: float, end: float, due: float, note: str = "") -> Truth:
        """Return what is true by this rule."""
        return Truth(str(self["name"]), str(self["kind"]), verdict, start, end, due, note)


def truths(table: Table, scene: Scene, view: View, body: Body, course: Course) -> tuple[Truth, ...]:
    """Return what is true of a mover by one rule; nothing where the rule is not for its class, or is none of those known here."""
    classes = table.get("classes", ())
    ask = _ASKED.get(table["kind"])
    if ask is None or len(course.t) < 3 or (classes and body.label not in classes):
        return ()
    return tuple(ask(Case(table, scene, view, body, course)))


def _stopped(case: Case) -> Iterator[Truth]:
    c, seconds, tolerance = case.course, case.of("seconds", 60), case.of("tolerance_m", 1)
    zoned = case.zone()
    for a, b in runs(c.speed < _STILL_MPS):
        near = np.hypot(*(c.xy - c.xy[(a + b) // 2]).T) <= tolerance
        i, j = next(r for r in runs(near) if r[0] <= a <= r[1])
        i = max(i, int(np.argmax(c.seen)))
        stood = float(c.t[j] - c.t[i])
        if stood < 0.35 * seconds or not c.seen[a]:
            continue
        if case.table.get("zone") is not None:
            deep = float(np.median(case.depth_sides()[a : b + 1]))
            if deep < -0.25 or (deep < 0 and stood < seconds - _CLEARLY_S):
                continue
            if abs(deep) < 0.12:
                yield case.truth("doubtful", c.t[i], c.t[j], c.t[i] + seconds)
                continue
        if not zoned[a]:
            continue
        start, end = float(c.t[i]), float(c.t[j])
        lasting = b == len(c.t) - 1
        if stood >= seconds + _CLEARLY_S:
            yield case.truth("event", start, end, start + seconds, f"stood for {stood:.1f} s")
        elif stood > seconds - _CLEARLY_S and not lasting:
            yield case.truth("doubtful", start, end, start + seconds)
        elif stood <= seconds - _CLEARLY_S:
            yield case.truth("innocent", start, end, end, f"stood for {stood:.1f} of {seconds:g} s")
        else:
            yield case.truth("doubtful", start, end, start + seconds)


def _right_turn(case: Case) -> Iterator[Truth]:
    c = case.course
    approach, leave = case.zone("approach"), case.zone("exit_zone")
    entries = [a for a, _ in runs(leave) if approach[:a].any()]
    if not entries:
        return
    row = entries[0]
    ends = case.line_m("stop_line")
    along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    ahead = np.array((-along[1], along[0]))
    came = c.xy[int(np.argmax(approach))] - ends[0]
    ahead = -ahead if came @ ahead > 0 else ahead
    ground = case.view.ground(c.feet)
    to_go = -(ground - ends[0]) @ ahead
    later = min(row + 15, len(c.t) - 1)
    before = int(np.argmax(approach))
    turned = np.degrees(c.course[before] - c.course[later])
    least = case.of("min_turn_deg", 30)
    if turned < least - 15:
        return
    crossed = int(np.argmax((to_go < 0) & (np.arange(len(to_go)) >= before)))
    start, end = float(c.t[crossed]), float(c.t[row])
    seen_from = float(to_go[int(np.argmax(c.seen))])
    band = (to_go <= case.of("before_line_m", 12)) & (to_go >= -case.of("beyond_line_m", 1.5))
    stood = [float(c.t[b] - c.t[a]) for a, b in runs(band & (c.speed < _STILL_MPS) & (c.t <= end))]
    longest, asked = max(stood, default=0.0), case.of("min_stop_s", 2)
    if turned < least + 15 or seen_from < case.of("before_line_m", 12) + 1.0:
        yield case.truth("doubtful", start, end, end + 1.0)
    elif longest <= 0.1 * asked:
        yield case.truth("event", start, end, end + 1.0, f"stood for {longest:.1f} of {asked:g} s before turning right")
    elif longest >= asked + 1.0:
        yield case.truth("innocent", start, end, end, f"stood for {longest:.1f} s before turning right")
    else:
        yield case.truth("doubtful", start, end, end + 1.0)


def _wrong_way(case: Case) -> Iterator[Truth]:
    c, least, within = case.course, case.of("distance_m", 10), case.of("tolerance_deg", 45)
    ends = case.line_m("along")
    allowed = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    for a, b in runs(case.zone()):
        way = c.xy[None, a : b + 1] - c.xy[a : b + 1, None]
        far = np.hypot(way[..., 0], way[..., 1])
        recent = (c.t[None, a : b + 1] - c.t[a : b + 1, None] >= 0) & (
            c.t[None, a : b + 1] - c.t[a : b + 1, None] <= 20.0
        )
        off = np.degrees(np.arccos(np.clip(-(way @ allowed) / np.maximum(far, 1e-9), -1, 1)))
        sure = recent & (far >= least) & (off <= within - 10)
        maybe = recent & (far >= 0.7 * least) & (off <= within + 10)
        if sure.any():
            told = np.flatnonzero(sure.any(axis=0))
            first = int(told[0])
            began = int(np.flatnonzero(sure[:, first])[-1])
            times = c.t[a : b + 1]
            note = f"drove {float(far[0, -1]):.0f} m against the traffic"
            yield case.truth("event", float(times[began]), float(times[told[-1]]), float(times[first]), note)
        elif maybe.any():
            yield case.truth("doubtful", float(c.t[a]), float(c.t[b]), float(c.t[b]))


def _u_turn(case: Case) -> Iterator[Truth]:
    c = case.course
    rows = np.flatnonzero(c.speed > 0.3)
    if len(rows) < 10:
        return
    jumps = np.abs(np.diff(c.course[rows])) > np.pi / 2
    for part in np.split(rows, np.flatnonzero(jumps) + 1):
        if len(part) >= 10:
            yield from _turned(case, part)
    if jumps.any():
        at = float(c.t[rows[int(np.argmax(jumps))]])
        yield case.truth("innocent", at, float(c.t[rows[-1]]), at, "drove backwards")


def _turned(case: Case, rows: npt.NDArray[np.intp]) -> Iterator[Truth]:
    """Yield what is true of one way without a change between forwards and backwards."""
    c, least, travel = case.course, case.of("angle_deg", 150), case.of("travel_m", 8)
    t, turn = c.t[rows], np.degrees(c.course[rows] - c.course[rows[0]])
    seen = c.seen[rows]
    whole = float(np.ptp(turn[seen])) if seen.any() else 0.0
    gone = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(c.xy[rows], axis=0).T))))
    side = 1.0 if turn[-1] >= 0 else -1.0
    progress = side * turn / max(abs(float(turn[-1])), 1e-9)
    middle = int(np.argmax(progress >= 0.5))
    if whole < least - 35:
        if whole > 60:
            at = float(t[middle])
            yield case.truth("innocent", at - 2.0, at + 2.0, at + 2.0, f"turned by {whole:.0f}°")
        return
    begin, over = int(np.argmax(progress > 0.04)), int(np.argmax(progress > 0.92))
    back = np.flatnonzero(gone >= gone[over] + travel)
    if not case.zone()[rows[middle]]:
        return
    from_m = gone[begin] - gone[int(np.argmax(seen))]
    fair = whole >= least + 15 and from_m >= travel + 2 and len(back) and seen[back[0]]
    due = float(t[back[0]]) if len(back) else float(t[-1])
    if fair and t[over] - t[begin] < case.of("within_s", 30) - 5:
        yield case.truth("event", float(t[middle]), float(t[middle]), due, f"turned by {whole:.0f}°")
    else:
        yield case.truth("doubtful", float(t[begin]), float(t[over]), due)


def _speeding(case: Case) -> Iterator[Truth]:
    c, limit = case.course, case.of("limit_kmh", 0)
    least = case.of("min_s", 1)
    for a, b in runs(case.zone()):
        kmh = 3.6 * c.speed[a : b + 1]
        times = c.t[a : b + 1]
        fast = [(i, j) for i, j in runs(kmh > 1.13 * limit) if times[j] - times[i] >= least + 1.0]
        if fast:
            i, j = fast[0]
            note = f"drove {float(kmh[i : j + 1].max()):.0f} km/h where {limit:g} are allowed"
            yield case.truth("event", float(times[i]), float(times[j]), float(times[i]) + least + 0.5, note)
        elif kmh.max() > 0.92 * limit and times[-1] - times[0] > least:
            yield case.truth("doubtful", float(times[0]), float(times[-1]), float(times[0]) + least)
        elif kmh.max() > 0.8 * limit and times[-1] - times[0] > 2 * least:
            note = f"drove {float(kmh.max()):.0f} km/h where {limit:g} are allowed"
            yield case.truth("innocent", float(times[0]), float(times[-1]), float(times[-1]), note)


def _stays(case: Case, *, entered: bool) -> Iterator[tuple[float, float, float, bool]]:
    """Yield of each stay in the zone: when it began and ended, when it was clear of the edge, and whether it was clear at all."""
    c = case.course
    deep = np.where(c.seen, case.depth_sides(), -1.0)
    for a, b in runs(c.seen & (deep > 0)):
        if entered and (a == 0 or not c.seen[max(0, a - 5)]):
            continue
        clear = np.flatnonzero(deep[a : b + 1] > 0.15)
        if len(clear):
            yield float(c.t[a]), float(c.t[b]), float(c.t[a + clear[0]]), float(deep[a : b + 1].max()) > 0.4
        elif float(deep[a : b + 1].max()) > 0:
            yield float(c.t[a]), float(c.t[b]), float(c.t[b]), False


def _zone_entry(case: Case) -> Iterator[Truth]:
    least = case.of("min_inside_s", 1)
    for start, end, clear, sure in _stays(case, entered=True):
        due = max(start + least, clear)
        if sure and end - start >= least + 1.0:
            yield case.truth("event", start, end, due, "entered")
        else:
            yield case.truth("doubtful", start, end, due)
    c = case.course
    deep = np.where(c.seen, case.depth_sides(), -9.0)
    if -0.6 < deep.max() < 0:
        row = int(deep.argmax())
        verdict: Verdict = "innocent" if deep.max() < -0.2 else "doubtful"
        yield case.truth(verdict, float(c.t[row]) - 1, float(c.t[row]) + 1, float(c.t[row]), "passed by it")


def _loitering(case: Case) -> Iterator[Truth]:
    seconds = case.of("seconds", 120)
    for start, end, _, sure in _stays(case, entered=False):
        stayed = end - start
        if stayed >= seconds + _CLEARLY_S and sure:
            yield case.truth("event", start, end, start + seconds, f"stayed for {stayed:.0f} s")
        elif stayed > seconds - _CLEARLY_S:
            yield case.truth("doubtful", start, end, start + seconds)
        elif stayed > 0.35 * seconds:
            yield case.truth("innocent", start, end, end, f"stayed for {stayed:.0f} of {seconds:g} s")


def _zone_exit(case: Case) -> Iterator[Truth]:
    c, least = case.course, case.of("min_outside_s", 10)
    for _, end, _, sure in _stays(case, entered=False):
        after = (c.t > end) & c.seen
        if not after.any():
            continue
        outside = runs(after & (case.depth_sides() < 0))
        out_s = float(c.t[outside[0][1]] - end) if outside else 0.0
        if out_s >= least + _CLEARLY_S and sure:
            yield case.truth("event", end, end + out_s, end + least, f"was outside for {out_s:.0f} s")
        else:
            yield case.truth("doubtful", end, end + out_s, end + least)


def _line_crossing(case: Case) -> Iterator[Truth]:
    c, line = case.course, case.scene.lines[case["line"]]
    a, b = np.array(line.start), np.array(line.end)
    along = (b - a) / np.hypot(*(b - a))
    right = np.array((-along[1], along[0]))
    feet = c.feet - a
    across, share = feet @ right, feet @ along / np.hypot(*(b - a))
    off = across / np.maximum(c.side_px, 1.0)
    beside = c.seen & (share > -0.02) & (share < 1.02)
    turns = np.flatnonzero((np.sign(across[1:]) != np.sign(across[:-1])) & beside[1:] & beside[:-1])
    for k in turns.tolist():
        before, after = np.abs(off[: k + 1][c.seen[: k + 1]]), np.flatnonzero(np.abs(off[k + 1 :]) > 0.25)
        if len(before) and before.max() > 0.25 and len(after) and c.seen[k + 1 + after[0]] and len(turns) == 1:
            done = float(c.t[k + 1 + after[0]])
            yield case.truth("event", float(c.t[k]), float(c.t[k]), done, "crossed")
        else:
            yield case.truth("doubtful", float(c.t[k]), float(c.t[k]), float(c.t[k]))
    if not len(turns) and beside.any() and np.abs(off[beside]).min() < 0.3:
        rows = np.flatnonzero(beside)
        nearest = int(rows[np.argmin(np.abs(off[rows]))])
        verdict: Verdict = "innocent" if abs(off[nearest]) > 0.1 else "doubtful"
        yield case.truth(
            verdict, float(c.t[nearest]) - 1, float(c.t[nearest]) + 1, float(c.t[nearest]), "kept to its side"
        )


def _vote(attribute: str) -> Callable[[Case], Iterator[Truth]]:
    def ask(case: Case) -> Iterator[Truth]:
        c, told = case.course, case.body.attributes.get(attribute)
        bad = case.table.get("labels", ("uncovered",) if attribute == "cover" else ("dirty",))
        if told is None:
            return
        plain = (c.share >= 0.5) & (c.box[:, 2] - c.box[:, 0] >= 40)
        rows = np.flatnonzero(plain & case.zone())
        if not len(rows):
            return
        start, end = float(c.t[rows[0]]), float(c.t[rows[-1]])
        due = max(start, float(c.t[int(np.argmax(plain))]) + _VOTED_S)
        if told not in bad:
            yield case.truth("innocent", start, end, end, told)
        elif end - start >= 3.0:
            yield case.truth("event", start, end, due, told)
        else:
            yield case.truth("doubtful", start, end, due)

    return ask


_ASKED: Mapping[str, Callable[[Case], Iterator[Truth]]] = {
    "stopped": _stopped,
    "right_turn_without_stop": _right_turn,
    "wrong_way": _wrong_way,
    "u_turn": _u_turn,
    "speeding": _speeding,
    "zone_entry": _zone_entry,
    "zone_exit": _zone_exit,
    "loitering": _loitering,
    "line_crossing": _line_crossing,
    "uncovered_load": _vote("cover"),
    "dirty_body": _vote("dirt"),
}
