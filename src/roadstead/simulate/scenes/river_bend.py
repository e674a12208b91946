"""A bend of an inland waterway seen from its bank: everybody keeps to the right in a fairway between buoys; a water intake that is closed to ships."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._meaning import Shapes, Table
from roadstead.simulate.scenes._waters import Stage, chosen_acts, conditions, transponder
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion
from roadstead.simulate.world.sailing import Handling, Sailing, sail
from roadstead.simulate.world.stock import choose
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Place, Water, World
from roadstead.types import Floats

_NEAR, _FAR = -27.0, 27.0
"""The middles of the two sides of the fairway, m to the left of its middle."""
_EDGE_M, _BANK_M = 56.0, 98.0
"""Half the breadth of the fairway and of the river."""

RULES: tuple[Table, ...] = (
    {"name": "wrong-side-near", "kind": "wrong_way", "along": "downstream", "zone": "near side", "distance_m": 32.0, "tolerance_deg": 50.0, "classes": ["vessel"]},
    {"name": "wrong-side-far", "kind": "wrong_way", "along": "upstream", "zone": "far side", "distance_m": 32.0, "tolerance_deg": 50.0, "classes": ["vessel"]},
    {"name": "turning-in-the-bend", "kind": "u_turn", "within_s": 45.0, "travel_m": 22.0, "radius_m": 5.0, "classes": ["vessel"]},
    {"name": "water-intake", "kind": "no_go_vessel_area", "zone": "water intake", "dwell_s": 5.0, "classes": ["vessel"]},
    {"name": "fairway-anchoring", "kind": "anchoring", "zone": "fairway", "radius_m": 16.0, "min_s": 36.0, "classes": ["vessel"]},
    {"name": "river-speed", "kind": "speeding", "limit_kmh": 22.0, "over_s": 3.0, "min_s": 2.0, "classes": ["vessel"]},
    {
        "name": "river-rendezvous", "kind": "rendezvous", "distance_m": 30.0, "max_speed_mps": 0.8, "min_s": 30.0,
        "max_silence_s": 10.0, "classes": ["vessel"],
    },
)  # fmt: skip
FEED_RULES: tuple[Table, ...] = (
    {"name": "sudden-manoeuvre", "kind": "sudden_manoeuvre", "turn_deg": 50.0, "change_kn": 4.0, "within_s": 40.0, "steady_s": 30.0, "min_kn": 3.0},
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How one bend is made: how far off its middle is, how it lies and bends (rad, 1/m), its banks, the camera's height, aim and lens."""

    off_m: float
    tilt: float
    bend: float
    banks: str
    beyond: str
    high_m: float
    fov_deg: float
    rgb: tuple[float, float, float]
    bridge_m: float | None = None


_LAYOUTS = (
    _Layout(off_m=118, tilt=0.08, bend=1 / 420, banks="stone", beyond="city", high_m=22, fov_deg=42, rgb=(0.33, 0.32, 0.25), bridge_m=-330),
    _Layout(off_m=112, tilt=-0.10, bend=-1 / 500, banks="reeds", beyond="works", high_m=20, fov_deg=44, rgb=(0.36, 0.33, 0.24)),
    _Layout(off_m=124, tilt=0.05, bend=1 / 600, banks="bluff", beyond="works", high_m=24, fov_deg=42, rgb=(0.28, 0.31, 0.26)),
    _Layout(off_m=116, tilt=-0.06, bend=1 / 450, banks="reeds", beyond="city", high_m=21, fov_deg=43, rgb=(0.31, 0.32, 0.27), bridge_m=340),
    _Layout(off_m=120, tilt=0.12, bend=-1 / 650, banks="stone", beyond="city", high_m=23, fov_deg=41, rgb=(0.25, 0.30, 0.28)),
    _Layout(off_m=114, tilt=0.0, bend=-1 / 480, banks="bluff", beyond="works", high_m=22, fov_deg=45, rgb=(0.38, 0.34, 0.25), bridge_m=360),
    _Layout(off_m=122, tilt=-0.12, bend=1 / 560, banks="stone", beyond="works", high_m=24, fov_deg=43, rgb=(0.30, 0.33, 0.28)),
    _Layout(off_m=117, tilt=0.06, bend=1 / 520, banks="bluff", beyond="city", high_m=22, fov_deg=42, rgb=(0.34, 0.31, 0.24), bridge_m=-350),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _River:
    """The middle of the river as an arc; places on it by how far along (downstream is to the right) and how far to the left of it, m."""

    layout: _Layout

    def at(self, along: float, left: float) -> tuple[float, float]:
        """Return a place (x, y) m."""
        x, y, course = self._middle(along)
        return x - left * float(np.sin(course)), y + left * float(np.cos(course))

    def course(self, along: float) -> float:
        """Return where the river goes there, rad from east counterclockwise."""
        return self._middle(along)[2]

    def band(self, first: float, last: float, low: float, high: float) -> Floats:
        """Return the outline (n, 2) m of a stretch between two distances to the left."""
        s = np.linspace(first, last, 9)
        return np.array([self.at(a, low) for a in s] + [self.at(a, high) for a in s[::-1]])

    def way(self, first: float, last: float, left: float) -> list[tuple[float, float]]:
        """Return a way along the river."""
        return [self.at(a, left) for a in np.linspace(first, last, max(2, int(abs(last - first) / 20) + 1))]

    def _middle(self, along: float) -> tuple[float, float, float]:
        tilt, k = self.layout.tilt, self.layout.bend
        course = tilt + k * along
        x = (np.sin(course) - np.sin(tilt)) / k
        y = self.layout.off_m - (np.cos(course) - np.cos(tilt)) / k
        return float(x), float(y), float(course)


@dataclass(slots=True, eq=False)
class _Bend:
    """One bend being peopled."""

    river: _River
    stage: Stage

    # What is forbidden.

    def wrong_side(self) -> Actor | None:
        """A vessel goes on the side of those that come towards it."""
        stage = self.stage
        body = self._ship("fishing_boat", "tug", "bulk_carrier")
        downstream = stage.rng.random() < 0.5
        lane = (_FAR if downstream else _NEAR) + stage.between(-9, 12)
        motion = stage.sail(body, self._way(lane, downstream=downstream), stage.between(2.8, 4.4), stage.when(-0.5, 0.4))
        return self._take(
            body, motion, ["wrong-side-far" if downstream else "wrong-side-near"], "goes on the side of those that come towards it"
        )  # fmt: skip

    def u_turn(self) -> Actor | None:
        """A boat turns round in the bend."""
        stage, at = self.stage, self.river.at
        body = stage.body("fishing_boat", length_m=stage.between(18, 22))
        s, lane = stage.between(-25, 25), _NEAR + stage.between(-2, 2)
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
        way = [*self.river.way(170, s + 55, _FAR), at(s + 15, 62), at(s - 5, stage.between(78, 84))]
        motion = stage.sail(body, way, stage.between(2.6, 4.2), stage.when(-0.4, 0.3), halts=True, round_m=6.0)
        return self._take(body, motion, ["water-intake"], "lies at the water intake")

    def anchoring(self) -> Actor | None:
        """A vessel anchors in the fairway."""
        stage = self.stage
        body = self._ship("fishing_boat", "tug")
        s, lane = stage.between(-55, 55), stage.one_of("near", "far")
        left = (_NEAR if lane == "near" else _FAR) + stage.between(-8, 8)
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
        lane = (_NEAR if downstream else _FAR) + stage.between(-8, 8)
        body = stage.body("speedboat")
        motion = stage.sail(body, self._way(lane, downstream=downstream), stage.between(10, 15), stage.when(-0.1, 0.8))
        return self._take(body, motion, ["river-speed"], "races along the river")

    def crash_stop(self) -> Actor | None:
        """A ship loses most of its way at once and goes on slowly."""
        stage = self.stage
        body = stage.body("tug")
        downstream = stage.rng.random() < 0.5
        lane = (_NEAR if downstream else _FAR) + stage.between(-3, 3)
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
            stage.reported(rule, actor, begins, begins + brakes_s, known, "loses most of its way at once")
        return actor

    # What only looks like it.

    def overtaking(self) -> Actor | None:
        """A ship overtakes another on the same side."""
        stage = self.stage
        slow = stage.body("bulk_carrier", length_m=stage.between(50, 56))
        downstream = stage.rng.random() < 0.5
        start, lane = stage.when(-0.3, 0.2), _NEAR if downstream else _FAR
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
        way = [*self.river.way(-200, s - 15, _NEAR), at(s + 12, _NEAR - 8), at(s + 22, -50), at(s + 26, -_BANK_M + 12)]
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
        lane = (_NEAR if downstream else _FAR + 3) + stage.between(-5, 5)
        motion = stage.sail(body, self._way(lane, downstream=downstream), stage.between(2.6, 4.5), stage.when(-0.7, 0.85))
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
        layout = choose(rng, _LAYOUTS, order.stock) if order.varied else _LAYOUTS[3 if order.stock == "test" else 0]
        light, begin = conditions(order, rng)
        river, view = _River(layout), _view(layout, order, rng)
        stage = Stage(
            name="river_bend", order=order, rng=rng, view=view, conditions=light, begin=begin, rules=RULES,
            feed_rules=FEED_RULES, shapes=_shapes(river, view), wave_m=0.04 + 0.02 * light.wind_mps,
        )  # fmt: skip
        bend = _Bend(river, stage)
        _built(river, stage)
        for name in chosen_acts(_ACTS, order, rng, "river_bend"):
            stage.attempt(lambda act=name: _ACTS[act](bend))  # type: ignore[misc]  # mypy cannot type a lambda's default
        for _ in range(int(rng.integers(2, 5))):
            stage.attempt(bend.traffic, tries=12)
        place = Place(grounds=(), water=Water(rgb=layout.rgb, wave_m=stage.wave_m), fixtures=tuple(stage.fixtures))
        return stage.world(place, (30.7 + 0.01 * rng.random(), 117.4 + 0.01 * rng.random()))


def _view(layout: _Layout, order: Order, rng: np.random.Generator) -> View:
    off = rng.uniform(-1, 1, 5) if order.varied else np.zeros(5)
    return View(
        at_m=(5 * off[0], 2 * off[1], layout.high_m + 1.5 * off[2]),
        aim_m=(5 * off[3], layout.off_m - 22, 0.0),
        fov_deg=layout.fov_deg + 1.5 * off[4],
        size=order.size,
    )


def _shapes(river: _River, view: View) -> Shapes:
    return Shapes(
        view=view,
        zones={
            "near side": river.band(-75, 75, -_EDGE_M, -9.0),
            "far side": river.band(-75, 75, 4.0, _EDGE_M - 4.0),
            "fairway": river.band(-95, 95, -_EDGE_M, _EDGE_M - 2.0),
            "water intake": river.band(-2, 72, 57.0, _BANK_M + 12.0),
        },
        lines={
            "upstream": np.array([river.at(60, _FAR), river.at(-60, _FAR)]),
            "downstream": np.array([river.at(-60, _NEAR), river.at(60, _NEAR)]),
        },
    )


def _built(river: _River, stage: Stage) -> None:
    """Build both banks, the buoys, the intake, what stands beyond, and a bridge where there is one."""
    layout, rng = river.layout, stage.rng
    for s in np.arange(-480, 481, 60.0):
        course = river.course(float(s))
        high = float(rng.uniform(3.0, 4.5))
        far = stage.body("bank", form=layout.banks, length_m=76.0, height_m=high)
        stage.stand(far, river.at(float(s), _BANK_M), course)
        for k in range(3):
            tree = stage.body("tree")
            stage.stand(tree, (*river.at(float(s) + 18 * k + float(rng.uniform(-5, 5)), _BANK_M + float(rng.uniform(16, 34))), high), hides=False)
    for s in np.arange(-160, 161, 40.0):
        near = stage.body("bank", form=layout.banks, length_m=52.0, height_m=3.0)
        stage.stand(near, river.at(float(s), -_BANK_M), river.course(float(s)) + np.pi)
    for s in (-130.0, -65.0, 0.0, 65.0, 130.0):
        stage.stand(stage.body("buoy", form="port"), (*river.at(s, _EDGE_M + 1.5), 0.0), hides=False)
    for s in (-95.0, -32.0, 32.0, 95.0):
        stage.stand(stage.body("buoy", form="starboard"), (*river.at(s, -_EDGE_M - 2.5), 0.0), hides=False)
    for s in (6.0, 64.0):
        stage.stand(stage.body("buoy", form="special"), (*river.at(s, 60.0), 0.0), hides=False)
    hall = stage.body("warehouse", length_m=38.0, width_m=14.0, height_m=8.0)
    stage.stand(hall, (*river.at(35.0, _BANK_M + 26.0), 3.5), river.course(35.0))
    if layout.bridge_m is not None:
        stage.stand(stage.body("bridge", length_m=460.0), (*river.at(layout.bridge_m, 0.0), 0.0), river.course(layout.bridge_m) + np.pi / 2)
    stage.stand(stage.body("skyline", form=layout.beyond, length_m=1600.0), (0.0, layout.off_m + 520.0, 0.0))
