"""A bend of an inland waterway seen from its bank: everybody keeps to the right in a fairway between buoys; a water intake that is closed to ships."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._river_place import (
    BANK_M,
    FAR,
    FEED_RULES,
    LAYOUTS,
    NEAR,
    RULES,
    River,
    built,
    shapes_of,
    view_of,
)
from roadstead.simulate.scenes._transponder import transponder
from roadstead.simulate.scenes._waters import Stage, chosen_acts, conditions
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion
from roadstead.simulate.world.sailing import Handling, Sailing, sail
from roadstead.simulate.world.stock import choose
from roadstead.simulate.world.world import Actor, Place, Water, World

_REPORT_S = 10.0
"""A slow ship reports so often (ITU-R M.1371, class A): what it does shows in the next report."""


@dataclass(slots=True, eq=False)
class _Bend:
    """One bend being peopled."""

    river: River
    stage: Stage

    # What is forbidden.

    def wrong_side(self) -> Actor | None:
        """A vessel goes on the side of those that come towards it."""
        stage = self.stage
        body = self._ship("fishing_boat", "tug", "bulk_carrier")
        downstream = stage.rng.random() < 0.5
        lane = (FAR if downstream else NEAR) + stage.between(-9, 12)
        motion = stage.sail(
            body, self._way(lane, downstream=downstream), stage.between(2.8, 4.4), stage.when(-0.5, 0.4)
        )
        return self._take(
            body,
            motion,
            ["wrong-side-far" if downstream else "wrong-side-near"],
            "goes on the side of those that come towards it",
        )

    def u_turn(self) -> Actor | None:
        """A boat turns round in the bend."""
        stage, at = self.stage, self.river.at
        body = stage.body("fishing_boat", length_m=stage.between(18, 22))
        s, lane = stage.between(-25, 25), NEAR + stage.between(-2, 2)
        half = [at(s + 27 * np.sin(a), lane + 27 * (1 - np.cos(a))) for a in np.linspace(0.15, np.pi - 0.15, 14)]
        back = lane + 54
        if stage.rng.random() < 0.5:
            way = [*self.river.way(-170, s, lane), *half, *self.river.way(s, -170, back)]
        else:
            half = [at(s - 27 * np.sin(a), back - 27 * (1 - np.cos(a))) for a in np.linspace(0.15, np.pi - 0.15, 14)]
            way = [*self.river.way(170, s, back), *half, *self.river.way(s, 170, lane)]
        motion = stage.sail(body, way, stage.between(3.4, 4.4), stage.when(-0.5, 0.4), round_m=4.0)
        return self._take(body, motion, ["turning-in-the-bend"], "turns round in the bend")

    def intake(self) -> Actor | None:
        """A boat goes to the water intake."""
        stage, at = self.stage, self.river.at
        body = stage.body(stage.one_of("fishing_boat", "speedboat"))
        s = stage.between(25, 55)
        way = [*self.river.way(170, s + 55, FAR), at(s + 15, 62), at(s - 5, stage.between(78, 84))]
        motion = stage.sail(body, way, stage.between(2.6, 4.2), stage.when(-0.4, 0.3), halts=True, round_m=6.0)
        return self._take(body, motion, ["water-intake"], "lies at the water intake")

    def anchoring(self) -> Actor | None:
        """A vessel anchors in the fairway."""
        stage = self.stage
        body = self._ship("fishing_boat", "tug")
        s, lane = stage.between(-55, 55), stage.one_of("near", "far")
        left = (NEAR if lane == "near" else FAR) + stage.between(-8, 8)
        if stage.rng.random() < 0.5:
            motion = stage.lie(body, self.river.at(s, left), self.river.course(s) + np.pi * float(lane == "far"))
        else:
            way = self.river.way(-170, s, left) if lane == "near" else self.river.way(170, s, left)
            motion = stage.sail(body, way, stage.between(2.8, 4.2), stage.when(-0.6, 0.0), halts=True)
        return self._take(body, motion, ["fairway-anchoring"], "anchors in the fairway", lying=1.0)

    def speeding(self) -> Actor | None:
        """A speedboat races along the river."""
        stage = self.stage
        downstream = stage.rng.random() < 0.5
        lane = (NEAR if downstream else FAR) + stage.between(-8, 8)
        body = stage.body("speedboat")
        motion = stage.sail(body, self._way(lane, downstream=downstream), stage.between(10, 15), stage.when(-0.1, 0.8))
        return self._take(body, motion, ["river-speed"], "races along the river")

    def crash_stop(self) -> Actor | None:
        """A ship loses most of its way at once and goes on slowly."""
        stage = self.stage
        body = stage.body("tug")
        downstream = stage.rng.random() < 0.5
        lane = (NEAR if downstream else FAR) + stage.between(-3, 3)
        fast, slow = stage.between(4.5, 4.8), stage.between(1.5, 1.8)
        way = np.array(self.river.way(-420, 260, lane) if downstream else self.river.way(420, -260, lane))
        brakes_m = 420.0 + stage.between(-60, 20)
        able = Handling(gain_mps2=0.16, brake_mps2=0.16, turn_radps=0.06, round_m=20.0)
        how = Sailing(able=able, limits=((brakes_m, 2000.0, slow),))
        brakes_s = (fast - slow) / able.brake_mps2
        begins = stage.between(6.0, max(7.0, stage.seconds - 65.0))
        cruise_s = (brakes_m - brakes_s * (fast + slow) / 2) / fast
        motion = sail(way, fast, begins - cruise_s, body=body, rng=stage.rng, wave_m=stage.wave_m, how=how)
        actor = self._take(body, motion, [], "")
        if actor is not None:
            rule = FEED_RULES[0]
            known = begins + max(brakes_s, rule["within_s"]) + rule["steady_s"]
            stage.reported(rule, actor, begins, begins + brakes_s + _REPORT_S, known, "loses most of its way at once")
        return actor

    # What only looks like it.

    def overtaking(self) -> Actor | None:
        """A ship overtakes another on the same side."""
        stage = self.stage
        slow = stage.body("bulk_carrier", length_m=stage.between(50, 56))
        downstream = stage.rng.random() < 0.5
        start, lane = stage.when(-0.3, 0.2), NEAR if downstream else FAR
        first = self._take(slow, stage.sail(slow, self._way(lane - 8, downstream=downstream), 2.6, start), [], "")
        if first is None:
            return None
        fast = stage.body("fishing_boat", length_m=20.0)
        for later in np.linspace(8, 30, 6).tolist():
            motion = stage.sail(fast, self._way(lane + 14, downstream=downstream), 4.4, start + later)
            second = self._take(fast, motion, [], "")
            if second is not None:
                stage.innocent("rendezvous", second, "overtakes close by, without stopping")
                return second
        return first

    def meeting(self) -> Actor | None:
        """Two boats pass each other closely."""
        actor = self.traffic()
        if actor is not None:
            self.stage.innocent("rendezvous", actor, "meets others port to port, without stopping")
        return actor

    def lawful_turn(self) -> Actor | None:
        """A boat leaves the fairway by a turn of a quarter."""
        stage, at = self.stage, self.river.at
        body = stage.body("fishing_boat", length_m=stage.between(18, 22))
        s = stage.between(-70, -30)
        way = [*self.river.way(-200, s - 15, NEAR), at(s + 12, NEAR - 8), at(s + 22, -50), at(s + 26, -BANK_M + 12)]
        motion = stage.sail(body, way, stage.between(2.8, 3.8), stage.when(-0.4, 0.3), round_m=8.0)
        actor = self._take(body, motion, [], "")
        if actor is not None:
            stage.innocent("u_turn", actor, "turns off towards the bank")
        return actor

    # Everyday life.

    def traffic(self) -> Actor | None:
        """A vessel goes along its own side."""
        stage = self.stage
        body = self._ship("fishing_boat", "tug", "bulk_carrier", "bulk_carrier", "speedboat")
        downstream = stage.rng.random() < 0.5
        lane = (NEAR if downstream else FAR + 3) + stage.between(-5, 5)
        motion = stage.sail(
            body, self._way(lane, downstream=downstream), stage.between(2.6, 4.5), stage.when(-0.7, 0.85)
        )
        return self._take(body, motion, [], "")

    # How it is done.

    def _ship(self, *sorts: str) -> Body:
        sort = self.stage.one_of(*sorts)
        return self.stage.body(sort, **({"length_m": self.stage.between(50, 60)} if sort == "bulk_carrier" else {}))

    def _way(self, lane: float, *, downstream: bool) -> list[tuple[float, float]]:
        return self.river.way(-230, 230, lane) if downstream else self.river.way(230, -230, lane)

    def _take(self, body: Body, motion: Motion, breaks: list[str], note: str, *, lying: float = 0.0) -> Actor | None:
        reporter = transponder(body, self.stage.rng, lying=lying)
        name = "boat" if body.length_m < 45 else "ship"
        return self.stage.take(name, body, motion, breaks=breaks, gap_m=4.0, reporter=reporter, note=note)


_ACTS: Mapping[str, Callable[[_Bend], Actor | None]] = {
    "wrong_side": _Bend.wrong_side,
    "u_turn": _Bend.u_turn,
    "intake": _Bend.intake,
    "anchoring": _Bend.anchoring,
    "speeding": _Bend.speeding,
    "crash_stop": _Bend.crash_stop,
    "overtaking": _Bend.overtaking,
    "meeting": _Bend.meeting,
    "lawful_turn": _Bend.lawful_turn,
}


@scene("river_bend", zh="航道弯段")
@dataclass(frozen=True, slots=True)
class RiverBend:
    """A bend of a river. Its background is traffic in both directions, each on its right side."""

    @property
    def acts(self) -> tuple[str, ...]:
        """Return the names of what may happen here."""
        return tuple(_ACTS)

    def build(self, order: Order) -> World:
        """Return the world; the same order gives the same one."""
        rng = np.random.default_rng((order.seed, 102, order.stock == "test"))
        layout = choose(rng, LAYOUTS, order.stock) if order.varied else LAYOUTS[3 if order.stock == "test" else 0]
        light, begin = conditions(order, rng)
        river, view = River(layout), view_of(layout, order, rng)
        stage = Stage(
            name="river_bend",
            order=order,
            rng=rng,
            view=view,
            conditions=light,
            begin=begin,
            rules=RULES,
            feed_rules=FEED_RULES,
            shapes=shapes_of(river, view),
            wave_m=0.04 + 0.02 * light.wind_mps,
        )
        bend = _Bend(river, stage)
        built(river, stage)
        for name in chosen_acts(_ACTS, order, rng, "river_bend"):
            stage.play(name, partial(_ACTS[name], bend))
        for _ in range(int(rng.integers(2, 5))):
            stage.attempt(bend.traffic, tries=12)
        place = Place(grounds=(), water=Water(rgb=layout.rgb, wave_m=stage.wave_m), fixtures=tuple(stage.fixtures))
        return stage.world(place, (30.7 + 0.01 * rng.random(), 117.4 + 0.01 * rng.random()))
