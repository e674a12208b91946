"""A harbour basin seen from the roof of a hall on its quay: ships at berth, boats in the basin, trucks and people on the apron."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._afloat import lifted
from roadstead.simulate.scenes._meaning import Shapes, Table
from roadstead.simulate.scenes._shore import apron, far_quay, land, mark
from roadstead.simulate.scenes._waters import Stage, chosen_acts, conditions, transponder
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Driving, Motion, Stop, drive, smooth_path
from roadstead.simulate.world.paint import CONCRETE, OLD_ASPHALT, PAVING, SOIL, Surface
from roadstead.simulate.world.stock import choose
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Ground, Place, Water, World

_EDGE_LOW, _EDGE_HIGH = -2.5, -0.2
_LANE_Y = -6.8
_LIMIT_KMH = 18.0

RULES: tuple[Table, ...] = (
    {"name": "closed-basin", "kind": "no_go_vessel_area", "zone": "closed basin", "dwell_s": 5.0, "classes": ["vessel"]},
    {"name": "basin-speed", "kind": "speeding", "limit_kmh": _LIMIT_KMH, "over_s": 3.0, "min_s": 2.0, "classes": ["vessel"]},
    {"name": "basin-loitering", "kind": "loitering", "zone": "turning basin", "seconds": 30.0, "classes": ["vessel"]},
    {"name": "dock-entrance", "kind": "line_crossing", "line": "dock entrance", "direction": "backward", "classes": ["vessel"]},
    {
        "name": "basin-anchoring", "kind": "anchoring", "zone": "fairway", "berths": ["berth"], "radius_m": 16.0, "min_s": 36.0,
        "classes": ["vessel"],
    },
    {
        "name": "basin-rendezvous", "kind": "rendezvous", "outside": ["berth"], "distance_m": 30.0, "max_speed_mps": 0.8,
        "min_s": 30.0, "max_silence_s": 10.0, "classes": ["vessel"],
    },
    {
        "name": "crane-lane", "kind": "stopped", "zone": "crane lane", "seconds": 15.0, "tolerance_m": 1.2,
        "classes": ["truck", "car"],
    },
    {"name": "quay-edge", "kind": "zone_entry", "zone": "quay edge", "min_inside_s": 1.0, "classes": ["person"]},
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How one basin is made: its breadth, whether it is mirrored, its ground, what stands behind it, the camera (x, y, height; aim; lens)."""

    broad_m: float
    mirror: int
    high_m: float
    surface: Surface
    style: str
    at_m: tuple[float, float, float]
    aim_m: tuple[float, float]
    fov_deg: float
    rgb: tuple[float, float, float]


_LAYOUTS = (
    _Layout(broad_m=150, mirror=1, high_m=1.8, surface=CONCRETE, style="port", at_m=(0, -42, 19), aim_m=(4, 66), fov_deg=44, rgb=(0.22, 0.30, 0.30)),
    _Layout(broad_m=138, mirror=-1, high_m=2.2, surface=OLD_ASPHALT, style="works", at_m=(6, -40, 21), aim_m=(0, 60), fov_deg=46, rgb=(0.30, 0.31, 0.25)),
    _Layout(broad_m=165, mirror=1, high_m=2.0, surface=CONCRETE, style="works", at_m=(-8, -44, 23), aim_m=(0, 70), fov_deg=45, rgb=(0.20, 0.28, 0.32)),
    _Layout(broad_m=145, mirror=1, high_m=1.6, surface=PAVING, style="town", at_m=(3, -40, 18), aim_m=(0, 62), fov_deg=45, rgb=(0.26, 0.33, 0.29)),
    _Layout(broad_m=160, mirror=-1, high_m=2.4, surface=CONCRETE, style="port", at_m=(-4, -43, 22), aim_m=(5, 68), fov_deg=47, rgb=(0.24, 0.29, 0.27)),
    _Layout(broad_m=142, mirror=1, high_m=1.9, surface=SOIL, style="works", at_m=(8, -41, 20), aim_m=(2, 63), fov_deg=43, rgb=(0.33, 0.32, 0.26)),
    _Layout(broad_m=155, mirror=-1, high_m=2.1, surface=OLD_ASPHALT, style="town", at_m=(0, -42, 20), aim_m=(-3, 66), fov_deg=46, rgb=(0.21, 0.27, 0.29)),
    _Layout(broad_m=148, mirror=-1, high_m=2.0, surface=CONCRETE, style="port", at_m=(-6, -41, 21), aim_m=(0, 64), fov_deg=44, rgb=(0.28, 0.30, 0.26)),
)  # fmt: skip


@dataclass(slots=True, eq=False)
class _Basin:
    """One basin being peopled. Places are written as if nothing were mirrored."""

    layout: _Layout
    stage: Stage

    def at(self, *points: Sequence[float]) -> list[tuple[float, float]]:
        """Return places as they lie in this layout."""
        return [(self.layout.mirror * float(p[0]), float(p[1])) for p in points]

    # What is forbidden.

    def no_go(self) -> Actor | None:
        """A small boat goes into the closed basin and lies about there."""
        body = self.stage.body(self.stage.one_of("speedboat", "fishing_boat"))
        mps, far = self.stage.between(2.4, 3.6), self.layout.broad_m
        goal = (self.stage.between(-58, -40), self.stage.between(far - 62, far - 52))
        way = self.at((self.stage.between(60, 90), self.stage.between(50, 80)), (self.stage.between(-8, 6), far - 62), goal)
        start = self.stage.when(-0.2, 0.4)
        motion = self.stage.sail(body, way, mps, start, halts=True)
        return self.stage.take(
            "boat", body, motion, breaks=["closed-basin"], also=["basin-anchoring"],
            reporter=transponder(body, self.stage.rng), note="a boat goes into the closed basin",
        )  # fmt: skip

    def speeding(self) -> Actor | None:
        """A speedboat races through the basin."""
        body = self.stage.body("speedboat")
        ends = self.at(
            (-95, 70), (self.stage.between(-20, 20), self.stage.between(28, 45)), (self.stage.between(95, 120), self.stage.between(60, 95))
        )
        if self.stage.rng.random() < 0.5:
            ends = self.at((105, self.stage.between(80, 100)), (self.stage.between(10, 40), self.stage.between(70, 90)), (75, 18))
        motion = self.stage.sail(body, ends, self.stage.between(9, 14), self.stage.when(0.0, 0.8))
        return self.stage.take("boat", body, motion, breaks=["basin-speed"], note="a speedboat races through the basin")

    def loitering(self) -> Actor | None:
        """A fishing boat goes round and round in the turning basin."""
        stage = self.stage
        body = stage.body("fishing_boat", length_m=self.stage.between(18, 22))
        middle, r, turn = np.array((34.0, 58.0)), self.stage.between(9, 12), self.stage.between(0, 2 * np.pi)
        rounds = np.linspace(0, 2 * np.pi * self.stage.between(1.2, 2.0), 40)
        circle = middle + r * np.column_stack((np.cos(turn + rounds), np.sin(turn + rounds)))
        come = np.array((self.stage.between(85, 110), self.stage.between(70, 90)))
        way = self.at(*np.concatenate((come[None], circle, [(come[0] + 6, come[1] - 14)])).tolist())
        motion = stage.sail(body, way, stage.between(1.5, 2.0), stage.when(-0.4, 0.2), round_m=2.0)
        return stage.take(
            "boat", body, motion, breaks=["basin-loitering"], reporter=transponder(body, stage.rng),
            note="a fishing boat does not leave the turning basin",
        )  # fmt: skip

    def entrance(self) -> Actor | None:
        """A vessel goes into the inner dock without leave."""
        body = self.stage.body(self.stage.one_of("fishing_boat", "tug", "speedboat"))
        y = self.stage.between(26, 46)
        way = self.at(
            (self.stage.between(80, 110), self.stage.between(50, 80)), (20, y + 6), (-25, y), (-95, y + self.stage.between(-4, 10))
        )
        motion = self.stage.sail(body, way, self.stage.between(2.6, 3.6), self.stage.when(-0.3, 0.5))
        return self.stage.take(
            "boat", body, motion, breaks=["dock-entrance"], reporter=transponder(body, self.stage.rng),
            note="goes into the inner dock without leave",
        )  # fmt: skip

    def anchoring(self) -> Actor | None:
        """A vessel anchors in the fairway."""
        stage, far = self.stage, self.layout.broad_m
        body = stage.body(stage.one_of("fishing_boat", "tug"))
        spot = (self.stage.between(20, 70), self.stage.between(far - 58, far - 46))
        if stage.rng.random() < 0.5:
            motion = self.stage.lie(body, self.at(spot)[0], self.stage.between(-0.4, 0.4))
        else:
            way = self.at((130, far - 50), (spot[0] + 25, spot[1]), spot)
            motion = stage.sail(body, way, stage.between(2.4, 3.4), stage.when(-0.4, 0.1), halts=True)
        return stage.take(
            "boat", body, motion, breaks=["basin-anchoring"], reporter=transponder(body, stage.rng, lying=1.0),
            note="anchors in the fairway of the basin",
        )  # fmt: skip

    def crane_lane(self) -> Actor | None:
        """A truck stands in the lane of the cranes."""
        return self._truck(self.stage.between(20, 40), breaks=["crane-lane"], note="stands in the lane of the cranes")

    def at_the_edge(self) -> Actor | None:
        """Somebody walks to the edge of the quay."""
        stage, x = self.stage, self.stage.between(-16, 16)
        body = stage.body("pedestrian")
        way = self.at((x - 3, -11.5), (x, _EDGE_LOW - 0.6), (x + 1.0, -1.2), (x + 6, -1.1), (x + 7.5, -12.0))
        motion = self._walk(way, self.stage.when(0.0, 0.6))
        return stage.take(
            "person", body, motion, breaks=["quay-edge"], gap_m=0.5, note="walks along the very edge of the quay"
        )

    # What only looks like it.

    def moored(self) -> Actor | None:
        """A ship lies at its berth."""
        stage = self.stage
        body = stage.body(stage.one_of("cargo_ship", "container_ship", "bulk_carrier"), **self._berth_size())
        x, back = self.stage.between(-70, 70), stage.rng.random() < 0.5
        y = self.layout.broad_m - body.width_m / 2 - 1.2
        motion = self.stage.lie(body, self.at((x, y))[0], np.pi * float(back))
        actor = stage.take("ship", body, motion, gap_m=12.0, reporter=transponder(body, stage.rng, lying=5.0))
        if actor is not None:
            stage.innocent("anchoring", actor, "lies moored at its berth")
        return actor

    def tug_assisting(self) -> Actor | None:
        """A tug presses a moored ship against its berth."""
        stage = self.stage
        ship = next((a for a in stage.script.actors if a.id.startswith("ship") and a.motion.start < 0), None)
        if ship is None:
            return None
        body = stage.body("tug")
        x = float(ship.motion.at(0.0).xyz_m[0, 0]) + ship.body.length_m * self.stage.between(-0.25, 0.25)
        y = self.layout.broad_m - ship.body.width_m - 1.2 - body.length_m / 2 - 1.5
        motion = self.stage.lie(body, (x, y), np.pi / 2)
        actor = stage.take("tug", body, motion, gap_m=0.3, beside=(ship.id,), reporter=transponder(body, stage.rng))
        if actor is not None:
            stage.innocent("rendezvous", actor, "a tug holds a ship at its berth")
        return actor

    def short_stop(self) -> Actor | None:
        """A truck stops in the lane for less than what is allowed."""
        actor = self._truck(self.stage.between(6, 9), breaks=(), note="")
        if actor is not None:
            self.stage.innocent("stopped", actor, "stops in the lane of the cranes for less than the limit")
        return actor

    def outbound(self) -> Actor | None:
        """A vessel leaves the inner dock, which is allowed."""
        body = self.stage.body(self.stage.one_of("fishing_boat", "tug"))
        y = self.stage.between(26, 46)
        way = self.at((-95, y), (-20, y), (30, y + 10), (110, self.stage.between(60, 85)))
        motion = self.stage.sail(body, way, self.stage.between(2.6, 3.5), self.stage.when(-0.3, 0.5))
        actor = self.stage.take("boat", body, motion, reporter=transponder(body, self.stage.rng))
        if actor is not None:
            self.stage.innocent("line_crossing", actor, "leaves the inner dock")
        return actor

    # Everyday life.

    def traffic(self) -> Actor | None:
        """A vessel goes through the basin as it may."""
        stage, far = self.stage, self.layout.broad_m
        sort = stage.one_of("fishing_boat", "fishing_boat", "tug", "speedboat", "bulk_carrier")
        body = stage.body(sort, **({"length_m": self.stage.between(50, 56)} if sort == "bulk_carrier" else {}))
        right = [
            (self.stage.between(95, 140), self.stage.between(60, 105)),
            (self.stage.between(20, 60), self.stage.between(22, 100)),
            (80, self.stage.between(14, 26)),
        ]
        across = [(140, far - 52), (0, far - self.stage.between(46, 54)), (-150, far - 44)]
        way = self.at(*(right if stage.rng.random() < 0.6 else across))
        way = way if stage.rng.random() < 0.5 else way[::-1]
        motion = self.stage.sail(body, way, self.stage.between(2.2, 3.7), self.stage.when(-0.5, 0.8))
        return stage.take("boat", body, motion, reporter=transponder(body, stage.rng))

    def truck(self) -> Actor | None:
        """A truck passes along the lane."""
        return self._truck(0.0, breaks=(), note="")

    def walker(self) -> Actor | None:
        """Somebody walks on the apron, away from the edge."""
        stage, x = self.stage, 40.0 * (1 if self.stage.rng.random() < 0.5 else -1)
        way = self.at((x, self.stage.between(-12.6, -11.4)), (-x, self.stage.between(-12.6, -11.4)))
        return stage.take("person", stage.body("pedestrian"), self._walk(way, self.stage.when(-0.4, 0.7)), gap_m=0.5)

    # How it is done.

    def _berth_size(self) -> dict[str, float]:
        return (
            {"length_m": self.stage.between(60, 78)} if self.stage.rng.random() < 0.6 else {"length_m": self.stage.between(78, 105)}
        )

    def _walk(self, way: Sequence[Sequence[float]], start: float) -> Motion:
        how = Driving(speed_mps=self.stage.between(1.0, 1.5), gain_mps2=1.0, brake_mps2=1.0, base_m=0.1)
        return lifted(drive(smooth_path(way, 0.8), how, start), self.layout.high_m)

    def _truck(self, stands_s: float, *, breaks: Sequence[str], note: str) -> Actor | None:
        stage, high = self.stage, self.layout.high_m
        body = stage.body(stage.one_of("dump_truck", "box_truck", "mixer", "dump_truck"))
        way = np.array(self.at((-75, _LANE_Y), (75, _LANE_Y)))
        halts = (Stop(along_m=75 + self.stage.between(-14, 14), seconds=stands_s),) if stands_s else ()
        how = Driving(speed_mps=self.stage.between(3.5, 6.5), base_m=0.3 * body.length_m, stops=halts)
        motion = lifted(drive(way, how, self.stage.when(-0.2, 0.7)), high)
        return stage.take("truck", body, motion, breaks=breaks, gap_m=3.0, note=note)


_ACTS: Mapping[str, Callable[[_Basin], Actor | None]] = {
    "no_go": _Basin.no_go,
    "speeding": _Basin.speeding,
    "loitering": _Basin.loitering,
    "entrance": _Basin.entrance,
    "anchoring": _Basin.anchoring,
    "crane_lane": _Basin.crane_lane,
    "at_the_edge": _Basin.at_the_edge,
    "moored": _Basin.moored,
    "tug_assisting": _Basin.tug_assisting,
    "short_stop": _Basin.short_stop,
    "outbound": _Basin.outbound,
}


@scene("quay", zh="码头")
@dataclass(frozen=True, slots=True)
class Quay:
    """A harbour basin. Its background is at least one ship at its berth and traffic that keeps to the rules."""

    @property
    def acts(self) -> tuple[str, ...]:
        """Return the names of what may happen here."""
        return tuple(_ACTS)

    def build(self, order: Order) -> World:
        """Return the world; the same order gives the same one."""
        rng = np.random.default_rng((order.seed, 101, order.stock == "test"))
        layout = choose(rng, _LAYOUTS, order.stock) if order.varied else _LAYOUTS[3 if order.stock == "test" else 0]
        light, begin = conditions(order, rng)
        view = _view(layout, order, rng)
        stage = Stage(
            name="quay", order=order, rng=rng, view=view, conditions=light, begin=begin, rules=RULES,
            shapes=_shapes(layout, view),
            wave_m=0.03 + 0.015 * light.wind_mps,
        )  # fmt: skip
        basin = _Basin(layout, stage)
        grounds = _built(layout, stage)
        asked = chosen_acts(_ACTS, order, rng, "quay")
        stage.attempt(basin.moored)
        for name in sorted(asked, key=lambda act: act == "tug_assisting"):
            stage.attempt(lambda act=name: _ACTS[act](basin))  # type: ignore[misc]  # mypy cannot type a lambda's default
        everyday = ((basin.traffic, 1, 4), (basin.truck, 0, 3), (basin.walker, 0, 3), (basin.moored, 0, 2))
        for make, fewest, most in everyday:
            for _ in range(int(rng.integers(fewest, most))):
                stage.attempt(make, tries=12)
        place = Place(
            grounds=grounds,
            water=Water(rgb=layout.rgb, wave_m=stage.wave_m),
            fixtures=tuple(stage.fixtures),
            lamps_m=tuple((float(x), -12.5, layout.high_m + 9.0) for x in (-34, -11, 12, 35)),
        )
        return stage.world(place, (29.93 + 0.01 * rng.random(), 121.85 + 0.01 * rng.random()))


def _view(layout: _Layout, order: Order, rng: np.random.Generator) -> View:
    off = rng.uniform(-1, 1, 6) if order.varied else np.zeros(6)
    x, y, z = layout.at_m
    return View(
        at_m=(x + 3 * off[0], y + 1.5 * off[1], z + 1.5 * off[2]),
        aim_m=(layout.aim_m[0] + 5 * off[3], layout.aim_m[1] + 3 * off[4], 0.0),
        fov_deg=layout.fov_deg + 1.5 * off[5],
        size=order.size,
    )


def _shapes(layout: _Layout, view: View) -> Shapes:
    far, mirror = layout.broad_m, layout.mirror
    zones = {
        "closed basin": [(-84, far - 74), (-22, far - 76), (-26, far - 42), (-80, far - 40)],
        "turning basin": [(8, 38), (58, 34), (66, 80), (12, 84)],
        "fairway": [(-12, far - 66), (100, far - 66), (100, far - 38), (-12, far - 38)],
        "berth": [(-150, far - 34), (150, far - 34), (150, far + 2), (-150, far + 2)],
        "crane lane": [(-26, _LANE_Y - 2.4), (26, _LANE_Y - 2.4), (26, _LANE_Y + 2.4), (-26, _LANE_Y + 2.4)],
        "quay edge": [(-28, _EDGE_LOW), (28, _EDGE_LOW), (28, _EDGE_HIGH), (-28, _EDGE_HIGH)],
    }
    entrance = np.array([(-16.0, 14.0), (-18.0, 64.0)])
    return Shapes(
        view=view,
        zones={name: np.array(corners, dtype=np.float64) * (mirror, 1) for name, corners in zones.items()},
        lines={"dock entrance": (entrance * (mirror, 1))[::mirror]},
        heights={"crane lane": layout.high_m, "quay edge": layout.high_m},
    )


def _built(layout: _Layout, stage: Stage) -> tuple[Ground, ...]:
    """Build the quay, what stands on it, the far shore and the buoys of the closed basin; return the grounds."""
    near = apron(stage, (-90.0, -34.0, 90.0, 0.0), layout.high_m, layout.surface, _LANE_Y)
    far = layout.broad_m
    beyond = land(stage, (-320.0, far + 0.8, 320.0, far + 140.0), layout.high_m, layout.surface)
    far_quay(stage, far, layout.high_m, layout.style)
    for x in np.arange(-60, 61, 12.0):
        stage.stand(stage.body("bollard"), (float(x), -0.9, layout.high_m), hides=False)
    mark(stage, stage.shapes.zones["closed basin"])
    return near, beyond
