"""Casts a scene: who is taken in does exactly what is expected of it, clearly, in sight, and without running into anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from roadstead import scenes as drawings
from roadstead.positions import Static
from roadstead.simulate.bodies import plugins as bodies
from roadstead.simulate.reports.track import Reporter
from roadstead.simulate.scenes import Order
from roadstead.simulate.scenes._by_motion import Truth, truths
from roadstead.simulate.scenes._course import Course, course_of, hidden
from roadstead.simulate.scenes._look import Bools, runs
from roadstead.simulate.world.body import Body, Lamp
from roadstead.simulate.world.motion import Motion
from roadstead.simulate.world.script import Script
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Conditions, Place, World
from roadstead.types import Floats, Scene

_HIDDEN, _HIDDEN_S = 0.3, 0.5
"""Who matters may be covered by this share, and by more for so long."""
_BEFORE_S, _AFTER_S = 5.0, 0.8
"""How long before the beginning of what matters, and after it can be known, it must be in sight."""
_NAMES = {"dump_truck": "truck", "mixer": "truck", "box_truck": "truck", "pedestrian": "person", "paper": "debris"}
_LAST_S = 1.5
"""What can be known only so short before the end is not played."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What is drawn for a watch on the ground: zones (n, 2), lines (2, 2) and points that can be measured (n, 2), all m."""

    zones: Mapping[str, Floats]
    lines: Mapping[str, Floats]
    marks: Floats

    def table(self, view: View) -> dict[str, Any]:
        """Return the table of a camera in a watch's settings, everything on its picture."""
        return {
            "size": list(view.size),
            "zones": {name: view.drawn(zone) for name, zone in self.zones.items()},
            "lines": {name: _drawn_line(view, line) for name, line in self.lines.items()},
            "calibration": view.calibration(self.marks),
        }


@dataclass(slots=True, eq=False)
class Stage:
    """Where a scene is being cast; `rules` are the tables of its rules."""

    order: Order
    rng: np.random.Generator
    camera: str
    view: View
    drawing: Drawing
    rules: Sequence[Mapping[str, Any]]
    dark: bool = False
    script: Script = field(init=False)
    settings: dict[str, Any] = field(init=False)
    scene: Scene = field(init=False)
    truths: dict[str, tuple[Truth, ...]] = field(init=False, default_factory=dict)
    courses: dict[str, Course] = field(init=False, default_factory=dict)
    _guarded: list[tuple[str, Course]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.script = Script(self.camera, self.order.seconds)
        table = self.drawing.table(self.view)
        self.settings = {"camera": table, "rules": [dict(rule) for rule in self.rules]}
        self.scene = drawings.scene(self.camera, drawings.Drawing(**table), self.camera)

    def body(self, sort: str, **wishes: Any) -> Body:
        """Return a body of a sort of the ordered stock."""
        return bodies.get(sort)(**wishes).make(self.rng, self.order.stock)

    def world(self, place: Place, conditions: Conditions, begin: float, played: Sequence[str]) -> World:
        """Return the world of what was cast; `played` are the acts there was room for."""
        script, order = self.finish(), self.order
        return World(
            scene=self.camera,
            camera=self.camera,
            seed=order.seed,
            stock=order.stock,
            begin=begin,
            seconds=order.seconds,
            fps=order.fps,
            view=self.view,
            place=place,
            conditions=conditions,
            actors=tuple(script.actors),
            events=tuple(script.events),
            innocents=tuple(script.innocents),
            settings=self.settings,
            unplayed=tuple(name for name in order.acts or () if name not in played),
        )

    def starts(self, first: float, last: float, many: int = 12) -> Floats:
        """Return some starts between two times, in no order."""
        return self.rng.uniform(first, max(last, first + 0.1), many)

    def halting(self, motion: Motion, seconds: float, many: int = 24) -> Floats:
        """Return starts at which a motion's first halt begins in time for so many seconds of it to be played."""
        still = np.flatnonzero(motion.at(motion.t).speed_mps < 0.05)
        arrives = float(motion.t[still[0]]) if len(still) else motion.end
        return self.starts(2.0 - arrives, self.order.seconds - seconds - arrives - 3.0, many)

    def cast(
        self,
        body: Body,
        motion: Motion,
        starts: Floats,
        *,
        expect: Sequence[str] = (),
        gap_m: float = 1.0,
        beside: tuple[str, ...] = (),
        guard: bool = False,
        beacon: bool = False,
    ) -> Actor | None:
        """Take a body in at the first start at which the rules named by `expect`, and no others, clearly have to find it.

        `guard` keeps it in sight although nothing is expected of it. None if there is no such start.
        """
        for start in np.asarray(starts, dtype=np.float64).tolist():
            moved = motion.delayed(start)
            if moved.end < 0.5 or not self.script.fits(body, moved, gap_m=gap_m, beside=beside):
                continue
            course = course_of(body, moved, self.view, self.order.seconds)
            found = self._found(body, course)
            if found is None or {t.rule for t in found if t.verdict == "event"} != set(expect):
                continue
            if not self._in_sight(course, found, guard=guard):
                continue
            return self.admit(body, moved, course, found, guard=guard, beacon=beacon)
        return None

    def admit(
        self,
        body: Body,
        motion: Motion,
        course: Course,
        found: tuple[Truth, ...],
        *,
        guard: bool = False,
        beacon: bool = False,
    ) -> Actor:
        """Take a body in without further question."""
        reporter = self._reporter(body) if body.sort == "dump_truck" else None
        lamps = self._lamps(body, motion, beacon=beacon)
        name = _NAMES.get(body.sort, body.sort)
        actor = self.script.add(name, body, motion, lamps=lamps, reporter=reporter)
        self.courses[actor.id], self.truths[actor.id] = course, found
        window = self._window(course, found, guard=guard)
        if window is not None:
            self._guarded.append((actor.id, window))
        return actor

    def course(self, body: Body, motion: Motion) -> Course:
        """Return what would be true of a body on a motion."""
        return course_of(body, motion, self.view, self.order.seconds)

    def harmless(self, body: Body, course: Course) -> bool:
        """Whether no rule has to find anything of a mover, clearly."""
        found = self._found(body, course)
        return found is not None and all(t.verdict == "innocent" for t in found)

    def covers(self, course: Course) -> bool:
        """Whether a mover hides somebody who must stay in sight."""
        return any(_too_long(hidden(course, window) > _HIDDEN) for _, window in self._guarded)

    def guard(self, actor: str, start: float, end: float) -> None:
        """Keep somebody in sight from a time to a time against all who come later."""
        self._guarded.append((actor, self.courses[actor].within(start, end)))

    def finish(self) -> Script:
        """Write down what is true of everybody, and return the script."""
        for actor, found in self.truths.items():
            for t in found:
                if t.verdict == "event":
                    self.script.event(t.rule, t.kind, actor, t.start, t.end, t.due, t.note)
                else:
                    self.script.innocent(t.kind, actor, t.start, t.end, t.note)
        return self.script

    def _found(self, body: Body, course: Course) -> tuple[Truth, ...] | None:
        """Return what is true of a mover by all rules; None where one of them is doubtful or too late."""
        found: list[Truth] = []
        for rule in self.rules:
            found += truths(rule, self.scene, self.view, body, course)
            if any(_unfair(t, self.order.seconds) for t in found):
                return None
        return tuple(found)

    def _window(self, course: Course, found: Sequence[Truth], *, guard: bool) -> Course | None:
        events = [t for t in found if t.verdict == "event"]
        if guard:
            return course.within(course.t[0], course.t[-1]) if len(course.t) else None
        if not events:
            return None
        return course.within(min(t.start for t in events) - _BEFORE_S, max(t.due for t in events) + _AFTER_S)

    def _in_sight(self, course: Course, found: Sequence[Truth], *, guard: bool) -> bool:
        """Whether it is in sight while that matters, and hides nobody while that does."""
        if self.covers(course):
            return False
        window = self._window(course, found, guard=guard)
        return window is None or not any(_too_long(hidden(o, window) > _HIDDEN) for o in self.courses.values())

    def _reporter(self, body: Body) -> Reporter:
        """Return the terminal of a truck: a phone number by chance, its own plate, its load."""
        load = 3.0 if body.attributes.get("load") == "loaded" else 0.0
        phone = f"13{self.rng.integers(10**9):09d}"
        return Reporter(kind="truck", id=phone, static=Static(name=body.texts.get("plate")), load=load)

    def _lamps(self, body: Body, motion: Motion, *, beacon: bool) -> dict[Lamp, tuple[tuple[float, float], ...]]:
        if body.label in ("", "person", "debris"):
            return {}
        lamps: dict[Lamp, tuple[tuple[float, float], ...]] = {}
        always = ((motion.start, motion.end),)
        if self.dark:
            lamps |= {"head": always, "tail": always}
        if beacon:
            lamps["beacon"] = always
        t = np.arange(motion.start, motion.end, 0.2)
        state = motion.at(t)
        slowing = (
            (np.gradient(state.speed_mps, 0.2) < -0.5) | (state.speed_mps < 0.1)
            if len(t) > 2
            else np.zeros(len(t), bool)
        )
        lamps["brake"] = tuple((float(t[a]), float(t[b]) + 0.2) for a, b in runs(slowing))
        yaw = np.unwrap(np.radians(90.0 - state.course_deg)) if len(t) else t
        for lamp, side in (("left", 1.0), ("right", -1.0)):
            turning = side * np.gradient(yaw, 0.2) > 0.08 if len(t) > 2 else np.zeros(len(t), bool)
            spans = [(float(t[a]) - 3.0, float(t[b]) + 0.5) for a, b in runs(turning) if b - a >= 4]
            if spans:
                lamps[lamp] = ((min(a for a, _ in spans), max(b for _, b in spans)),)  # type: ignore[index]  # left or right
        return lamps


def _unfair(truth: Truth, seconds: float) -> bool:
    return truth.verdict == "doubtful" or (truth.verdict == "event" and truth.due > seconds - _LAST_S)


def _too_long(mask: Bools) -> bool:
    """Whether something holds for longer than it may; every tenth of a second is one."""
    return bool(mask.sum() > _HIDDEN_S * 10)


def _drawn_line(view: View, line: Floats) -> list[list[float]]:
    """Return a ground line (2, 2) on the picture, cut at its edges."""
    fine = np.asarray(line[0]) + np.linspace(0, 1, 400)[:, None] * np.subtract(line[1], line[0])
    px, _ = view.project(np.column_stack((fine, np.zeros(len(fine)))))
    w, h = view.size
    inside = np.isfinite(px).all(axis=1) & (px >= 0.5).all(axis=1) & (px[:, 0] <= w - 0.5) & (px[:, 1] <= h - 0.5)
    rows = np.flatnonzero(inside)
    return [[round(float(v), 1) for v in px[row]] for row in (rows[0], rows[-1])]
