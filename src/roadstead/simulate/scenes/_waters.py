"""What the scenes on the water have in common: light, names, transponders, and a stage that takes in only who is clear of every borderline."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from roadstead.dataset.truth import EventRow
from roadstead.errors import BadInput
from roadstead.simulate import bodies
from roadstead.simulate.reports.track import Reporter
from roadstead.simulate.scenes import Order, _conditions
from roadstead.simulate.scenes._afloat import then_lying
from roadstead.simulate.scenes._by_sight import Shapes, Span, Table, met, spans
from roadstead.simulate.scenes._drawing import degrees, drawn
from roadstead.simulate.scenes._look import overlap
from roadstead.simulate.scenes._sighting import FPS, Sighting, sighted
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion
from roadstead.simulate.world.sailing import Sailing, handling, moored, sail
from roadstead.simulate.world.script import Script
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Conditions, Fixture, Place, World
from roadstead.types import Floats

FEED = "vessels"
JUDGED_S = 30.0
"""A feed is judged at the multiples of so many seconds."""
_TRIES = 25
_BLINK_S, _MUCH, _AROUND_S = 1.0, 0.3, 5.0
"""A violator may be hidden by more than this share for so long, from so long before it begins; longer, and nobody can say what it did."""
_LEAST_SIGHTS = 15
_END_S = 2.5
"""What could be known only so near to the end of the world is a matter of luck, and not taken in."""
_FARTHER = 5.0
"""On the water one looks so much farther than along a road: weather is drawn so that the far side still shows."""


def conditions(order: Order, rng: np.random.Generator) -> tuple[Conditions, float]:
    """Return light, weather and lens, and the UTC epoch second of the beginning."""
    made, begin = _conditions.drawn(order, rng)
    return replace(made, sight_m=min(_FARTHER * made.sight_m, 25_000.0)), begin


def body_of(sort: str, rng: np.random.Generator, order: Order, **wishes: Any) -> Body:
    """Return a body of a sort of the order's stock."""
    maker: Callable[..., Any] = bodies.plugins.get(sort)
    made: Body = maker(**wishes).make(rng, order.stock)
    return made


@dataclass(slots=True, eq=False, kw_only=True)
class Stage:
    """A world in the making. Whoever is taken in comes too near to nobody and is, for every rule, clearly a violator or clearly not."""

    name: str
    order: Order
    rng: np.random.Generator
    view: View
    conditions: Conditions
    begin: float
    rules: tuple[Table, ...]
    shapes: Shapes
    feed_rules: tuple[Table, ...] = ()
    wave_m: float = 0.1
    script: Script = field(init=False)
    fixtures: list[Fixture] = field(default_factory=list)
    unplayed: list[str] = field(init=False, default_factory=list)
    _sights: dict[str, Sighting] = field(default_factory=dict)
    _made: dict[str, list[Body]] = field(default_factory=dict)
    _used: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.script = Script(self.name, self.order.seconds)

    @property
    def seconds(self) -> float:
        """How long the world lasts."""
        return self.order.seconds

    def body(self, sort: str, **wishes: Any) -> Body:
        """Return a body of the order's stock; within one attempt the tries share theirs, for making one costs more than trying."""
        made, number = self._made.setdefault(sort, []), self._used[sort]
        self._used[sort] += 1
        if number >= len(made):
            made.append(body_of(sort, self.rng, self.order, **wishes))
        return made[number]

    def stand(self, body: Body, at_m: Sequence[float], yaw: float = 0.0, *, hides: bool = True) -> None:
        """Put a fixture somewhere (x, y, z m)."""
        x, y, z = (float(v) for v in (*at_m, 0.0)[:3])
        self.fixtures.append(Fixture(body, (x, y, z), yaw, hides))

    def when(self, low: float = -0.3, high: float = 0.6) -> float:
        """Return a time to begin at, between two shares of the world's length."""
        return float(self.rng.uniform(low, high) * self.seconds)

    def between(self, low: float, high: float) -> float:
        """Return a number between two; the first where the second is less, as in a world that is too short for an act."""
        return float(self.rng.uniform(low, max(low, high)))

    def one_of(self, *names: str) -> str:
        """Return one of some names."""
        return names[int(self.rng.integers(len(names)))]

    def sail(
        self,
        body: Body,
        way: Sequence[Sequence[float]] | Floats,
        mps: float,
        start: float,
        *,
        halts: bool = False,
        begins_still: bool = False,
        round_m: float | None = None,
    ) -> Motion:
        """Return a vessel's motion along a way; `halts`: it stops at the end and lies there until the world is over."""
        able = handling(body) if round_m is None else replace(handling(body), round_m=round_m)
        how = Sailing(able=able, begin_mps=0.0 if begins_still else None, end_mps=0.0 if halts else None)
        come = sail(way, mps, start, body=body, rng=self.rng, wave_m=self.wave_m, how=how)
        if not halts:
            return come
        return then_lying(come, self.seconds + 30, body=body, rng=self.rng, wave_m=self.wave_m)

    def lie(self, body: Body, at: Sequence[float], yaw: float) -> Motion:
        """Return a vessel that lies at a place all the time."""
        return moored(-60.0, self.seconds + 60, at, yaw, body=body, rng=self.rng, wave_m=self.wave_m)

    def take(
        self,
        name: str,
        body: Body,
        motion: Motion,
        *,
        breaks: Sequence[str] = (),
        gap_m: float = 6.0,
        beside: tuple[str, ...] = (),
        reporter: Reporter | None = None,
        note: str = "",
    ) -> Actor | None:
        """Take an actor in if it fits and breaks just the rules `breaks`; else None."""
        if not self.script.fits(body, motion, gap_m=gap_m, beside=beside):
            return None
        seen = sighted(body, motion, self.view, self.seconds)
        if len(seen.t) < _LEAST_SIGHTS:
            return None
        found = self._found(body, seen, set(breaks))
        if found is None or self._hidden(seen, found):
            return None
        actor = self.script.add(name, body, motion, reporter=reporter)
        self._sights[actor.id] = seen
        for rule, span, subject in found:
            said = note if rule["name"] in breaks else ""
            self.script.event(rule["name"], rule["kind"], subject or actor.id, span.start, span.end, span.due, said)
        return actor

    def attempt(self, make: Callable[[], Actor | None], tries: int = _TRIES) -> Actor | None:
        """Try until an actor has been taken in."""
        self._made.clear()
        for _ in range(tries):
            self._used.clear()
            actor = make()
            if actor is not None:
                return actor
        return None

    def play(self, name: str, act: Callable[[], Actor | None]) -> None:
        """Try an act; remember it where it was asked for and there is no room for it."""
        if self.attempt(act) is None and name in (self.order.acts or ()):
            self.unplayed.append(name)

    def dismiss(self, actor: Actor) -> None:
        """Take an actor out again that breaks nothing: what it was needed for did not come about."""
        self.script.actors.remove(actor)
        del self._sights[actor.id]

    def innocent(self, kind: str, actor: Actor, note: str) -> None:
        """Say that an actor only looks like a violator, for as long as it is seen."""
        seen = self._sights[actor.id].t
        self.script.innocent(kind, actor.id, float(seen[0]), float(seen[-1]), note)

    def reported(self, rule: Table, actor: Actor, start: float, end: float, known: float, note: str) -> None:
        """Say what the feed of reports must show of an actor; `known` is when its rule could know, if it were judged then.

        Reports go on when the pictures have ended, so that may be later than that.
        """
        if actor.reporter is None:
            raise BadInput(f"{self.name}: {actor.id} does not report, so no feed can show what it does")
        due = float(np.ceil((self.begin + known) / JUDGED_S) * JUDGED_S - self.begin)
        event = EventRow(
            view=FEED,
            rule=rule["name"],
            kind=rule["kind"],
            subject=actor.reporter.id,
            start=start,
            end=end,
            due=due,
            note=note,
        )
        self.script.events.append(event)

    def world(self, place: Place, origin: tuple[float, float], feed_zones: Sequence[str] = ()) -> World:
        """Return the finished world; the feeds know the zones `feed_zones` too."""
        order = self.order
        known = {name: degrees(origin, self.shapes.zones[name]) for name in feed_zones}
        return World(
            scene=self.name,
            camera=self.name,
            seed=order.seed,
            stock=order.stock,
            begin=self.begin,
            seconds=order.seconds,
            fps=order.fps,
            view=self.view,
            place=place,
            conditions=self.conditions,
            actors=tuple(self.script.actors),
            events=tuple(sorted(self.script.events, key=lambda e: (e.due, e.subject))),
            innocents=tuple(self.script.innocents),
            settings={
                "camera": drawn(self.shapes),
                "rules": [dict(rule) for rule in self.rules],
                "feed_rules": [{**rule, "feeds": [FEED]} for rule in self.feed_rules],
                "ground": {"origin": list(origin), "zones": known},
            },
            origin=origin,
            unplayed=tuple(self.unplayed),
        )

    def _found(self, body: Body, seen: Sighting, breaks: set[str]) -> list[tuple[Table, Span, str | None]] | None:
        """Return what a mover violates (rule, span, subject if another); None where it is not as asked, or a borderline case of some rule."""
        judged: list[tuple[Table, str | None, Callable[[int], list[Span]]]] = []
        for rule in self.rules:
            if rule.get("classes") and body.label not in rule["classes"]:
                continue
            if rule["kind"] != "rendezvous":
                judged.append((rule, None, partial(spans, rule, seen, self.shapes)))
                continue
            for other in (a for a in self.script.actors if a.body.label == "vessel"):
                sight = self._sights[other.id]
                first = other.id if len(sight.t) and sight.t[0] <= seen.t[0] else None
                judged.append((rule, first, partial(met, rule, seen, sight, self.shapes)))
        plain = [(rule, subject, look(0)) for rule, subject, look in judged]
        broken = {rule["name"] for rule, _, found in plain if any(s.due <= self.seconds for s in found)}
        if broken != breaks:
            return None
        for (_, _, look), (_, _, found) in zip(judged, plain, strict=True):
            if any(abs(span.due - self.seconds) < _END_S for span in found):
                return None
            if any(len(look(slack)) != len(found) for slack in (-1, 1)):
                return None
        return [(rule, span, subject) for rule, subject, found in plain for span in found if span.due <= self.seconds]

    def _hidden(self, seen: Sighting, found: Sequence[tuple[Table, Span, str | None]]) -> bool:
        """Whether others hide a mover while it violates a rule, or it hides others while they do."""
        mine = [(span.start, max(span.end, span.due)) for _, span, _ in found]
        for actor in self.script.actors:
            theirs = [(e.start, max(e.end, e.due)) for e in self.script.events if e.subject == actor.id]
            other = self._sights[actor.id]
            if any(_covered_s(seen, other, *span) > _BLINK_S for span in mine):
                return True
            if any(_covered_s(other, seen, *span) > _BLINK_S for span in theirs):
                return True
        return False


def _covered_s(seen: Sighting, other: Sighting, start: float, end: float) -> float:
    """Return for how long about a time span the boxes of another, which stands nearer, cover much of a mover's."""
    mine, theirs, share = overlap(seen, other)
    rows = (seen.t[mine] >= start - _AROUND_S) & (seen.t[mine] <= end + 1.0)
    before = other.box[theirs, 3] > seen.box[mine, 3]
    return float((rows & (share > _MUCH) & before).sum()) / FPS


def chosen_acts(acts: Mapping[str, Any], order: Order, rng: np.random.Generator, scene: str) -> list[str]:
    """Return the acts that are ordered, or two to five by chance; raise BadInput for one that the scene has not."""
    if order.acts is not None:
        for name in order.acts:
            if name not in acts:
                raise BadInput(f"the scene {scene} has no act {name!r}; it has: {', '.join(acts)}")
        return list(order.acts)
    return [str(name) for name in rng.permutation(list(acts))[: int(rng.integers(2, 6))]]
