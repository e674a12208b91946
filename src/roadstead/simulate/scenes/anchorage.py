"""Roads off a harbour seen from a hill: ships at anchor where they may, a channel where nobody may, small craft that meet, flee and circle."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._by_sight import Shapes, Table
from roadstead.simulate.scenes._shore import mark
from roadstead.simulate.scenes._transponder import transponder
from roadstead.simulate.scenes._waters import Stage, chosen_acts, conditions
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, joined
from roadstead.simulate.world.sailing import anchored, drifting
from roadstead.simulate.world.stock import choose
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Actor, Place, Water, World

_SLOWING_S = 45.0
"""So long after its engine failed a ship is slow on the average of the five minutes that "drifting" looks at."""

RULES: tuple[Table, ...] = (
    {
        "name": "channel-anchoring",
        "kind": "anchoring",
        "zone": "channel",
        "radius_m": 20.0,
        "min_s": 36.0,
        "classes": ["vessel"],
    },
    {
        "name": "rendezvous",
        "kind": "rendezvous",
        "outside": ["anchorage"],
        "distance_m": 36.0,
        "max_speed_mps": 0.8,
        "min_s": 30.0,
        "max_silence_s": 10.0,
        "classes": ["vessel"],
    },
    {"name": "inspection", "kind": "zone_exit", "zone": "inspection area", "min_outside_s": 4.0, "classes": ["vessel"]},
    {"name": "circling", "kind": "loitering", "zone": "cable area", "seconds": 30.0, "classes": ["vessel"]},
)
FEED_RULES: tuple[Table, ...] = ({"name": "drifting", "kind": "drifting", "min_s": 120.0, "outside": ["anchorage"]},)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How one roadstead is made: mirrored or not, what lies beyond, the stream (rad), the camera's height, aim and lens, the water's colour."""

    mirror: int
    beyond: str
    stream: float
    high_m: float
    aim_m: float
    fov_deg: float
    rgb: tuple[float, float, float]


_LAYOUTS = (
    _Layout(mirror=1, beyond="city", stream=0.3, high_m=27, aim_m=190, fov_deg=34, rgb=(0.20, 0.29, 0.31)),
    _Layout(mirror=-1, beyond="works", stream=2.9, high_m=30, aim_m=195, fov_deg=35, rgb=(0.27, 0.31, 0.27)),
    _Layout(mirror=1, beyond="works", stream=-0.4, high_m=25, aim_m=185, fov_deg=34, rgb=(0.17, 0.26, 0.31)),
    _Layout(mirror=-1, beyond="city", stream=0.1, high_m=28, aim_m=190, fov_deg=35, rgb=(0.23, 0.30, 0.29)),
    _Layout(mirror=-1, beyond="city", stream=3.3, high_m=26, aim_m=188, fov_deg=33, rgb=(0.30, 0.32, 0.26)),
    _Layout(mirror=1, beyond="works", stream=0.5, high_m=29, aim_m=192, fov_deg=35, rgb=(0.19, 0.27, 0.27)),
    _Layout(mirror=1, beyond="city", stream=2.8, high_m=31, aim_m=198, fov_deg=34, rgb=(0.22, 0.28, 0.30)),
    _Layout(mirror=1, beyond="works", stream=-0.2, high_m=27, aim_m=188, fov_deg=34, rgb=(0.26, 0.29, 0.30)),
)


@dataclass(slots=True, eq=False)
class _Roads:
    """One roadstead being peopled. Places are written as if nothing were mirrored."""

    layout: _Layout
    stage: Stage

    def at(self, *points: Sequence[float]) -> list[tuple[float, float]]:
        """Return places as they lie in this layout."""
        return [(self.layout.mirror * float(p[0]), float(p[1])) for p in points]

    # What is forbidden.

    def anchoring(self) -> Actor | None:
        """A vessel anchors in the channel."""
        stage = self.stage
        body = self._ship("fishing_boat", "tug", "bulk_carrier")
        spot = (stage.between(-95, -45), stage.between(215, 275))
        if stage.rng.random() < 0.5:
            motion = stage.lie(body, self.at(spot)[0], self.layout.stream + stage.between(-0.2, 0.2))
        else:
            way = self.at((-230, spot[1] + 10), (spot[0] - 30, spot[1]), spot)
            motion = stage.sail(body, way, stage.between(2.6, 4.0), stage.when(-0.9, 0.0), halts=True)
        return self._take(body, motion, ["channel-anchoring"], "anchors in the channel", lying=1.0)

    def rendezvous(self) -> Actor | None:
        """Two small vessels lie side by side outside the anchorage, as in handing fuel over."""
        stage = self.stage
        one, other = (
            stage.body("fishing_boat", length_m=stage.between(18, 23)),
            stage.body(stage.one_of("fishing_boat", "tug")),
        )
        x, y = stage.between(-66, -52), stage.between(128, 150)
        yaw = np.pi / 2 + stage.between(-0.25, 0.25)
        first = self._take(one, stage.lie(one, self.at((x, y))[0], yaw), [], "")
        if first is None:
            return None
        for _ in range(12):
            off = (one.width_m + other.width_m) / 2 + stage.between(3.0, 6.0)
            side = self.layout.mirror
            spot = np.array(self.at((x, y))[0]) + side * off * np.array((np.sin(yaw), -np.cos(yaw)))
            behind = [spot - d * np.array((np.cos(yaw), np.sin(yaw))) for d in (0.0, 25.0)]
            come = np.array(self.at((stage.between(-140, -110), stage.between(95, 120)))[0])
            motion = stage.sail(
                other,
                [come.tolist(), behind[1].tolist(), behind[0].tolist()],
                stage.between(2.4, 3.6),
                stage.when(-0.5, 0.15),
                halts=True,
            )
            second = self._take(
                other, motion, ["rendezvous"], "lies alongside another outside the anchorage", gap_m=1.0
            )
            if second is not None:
                return second
        stage.dismiss(first)
        return None

    def leaves_inspection(self) -> Actor | None:
        """A vessel leaves the area where it has to wait for its inspection."""
        stage = self.stage
        body = stage.body(stage.one_of("fishing_boat", "tug"))
        spot = (stage.between(42, 56), stage.between(138, 152))
        way = self.at(spot, (spot[0] + 18, spot[1] + 6), (stage.between(90, 110), stage.between(165, 185)), (190, 215))
        start = stage.when(0.05, 0.5)
        go = stage.sail(body, way, stage.between(2.4, 3.6), start, begins_still=True)
        waits = stage.lie(body, self.at(spot)[0], float(np.arctan2(way[1][1] - way[0][1], way[1][0] - way[0][0])))
        until = Motion(*(part[waits.t < start] for part in (waits.t, waits.xyz_m, waits.turn)))
        return self._take(body, joined(until, go), ["inspection"], "leaves before its inspection")

    def circling(self) -> Actor | None:
        """A speedboat circles over the cables."""
        stage = self.stage
        body = stage.body("speedboat")
        middle, r = np.array((stage.between(-12, -4), stage.between(138, 150))), stage.between(9, 13)
        rounds = np.linspace(0, 2 * np.pi * stage.between(3.0, 5.0), 90)
        circle = middle + r * np.column_stack((np.cos(rounds), np.sin(rounds)))
        way = self.at((middle[0] + 12, 80), *circle.tolist(), (middle[0] + 25, 85))
        motion = stage.sail(body, way, stage.between(3.5, 5.0), stage.when(-0.2, 0.25), round_m=1.5)
        return self._take(body, motion, ["circling"], "circles over the cables")

    def drifting(self) -> Actor | None:
        """A ship has lost its engine and is carried along, its bow across."""
        stage, rule = self.stage, FEED_RULES[0]
        body = self._ship("bulk_carrier")
        mps = stage.between(0.85, 1.2)
        flow = self.layout.mirror * mps * np.array((np.cos(0.1), np.sin(0.1)))
        latest = stage.seconds - 32.0
        if latest < 8.0:
            return None
        since = stage.between(8.0, latest) - rule["min_s"] - _SLOWING_S
        begin = np.array(self.at((stage.between(-40, 60), 177 + stage.between(-4, 4)))[0]) + flow * since
        motion = drifting(
            since, stage.seconds + 400.0, begin.tolist(), flow.tolist(), body=body, rng=stage.rng, wave_m=stage.wave_m
        )
        across = float(np.arctan2(flow[1], flow[0])) + np.pi / 2
        away = begin - 500.0 * np.array((np.cos(across), np.sin(across)))
        come = stage.sail(body, [away.tolist(), begin.tolist()], 3.6, 0.0)
        actor = self._take(body, joined(come.delayed(since - come.end - 0.1), motion), [], "")
        if actor is not None:
            stage.reported(
                rule,
                actor,
                since,
                stage.seconds,
                since + _SLOWING_S + rule["min_s"],
                "carried along across its bow",
            )
        return actor

    # What only looks like it.

    def at_anchor(self) -> Actor | None:
        """A ship swings at anchor where it may."""
        stage = self.stage
        body = stage.body(stage.one_of("cargo_ship", "bulk_carrier", "container_ship"), length_m=stage.between(58, 82))
        stream = self.layout.stream
        reach = 45.0 + body.length_m / 2
        middle = np.array(self.at((stage.between(35, 125), stage.between(225, 330)))[0])
        anchor = middle - reach * np.array((np.cos(stream), np.sin(stream)))
        motion = anchored(
            -60.0,
            stage.seconds + 60,
            anchor.tolist(),
            stream,
            body=body,
            rng=stage.rng,
            scope_m=45.0,
            wave_m=stage.wave_m,
        )
        actor = self._take(body, motion, [], "", lying=1.0, gap_m=35.0)
        if actor is not None:
            stage.innocent("anchoring", actor, "swings at anchor in the anchorage")
        return actor

    def supply_boat(self) -> Actor | None:
        """A boat passes close by ships at anchor without stopping."""
        stage = self.stage
        body = stage.body("speedboat")
        way = self.at(
            (190, stage.between(205, 240)),
            (stage.between(40, 90), stage.between(200, 300)),
            (20, stage.between(185, 200)),
            (-150, 182),
        )
        actor = self._take(body, stage.sail(body, way, stage.between(5, 9), stage.when(-0.1, 0.6)), [], "")
        if actor is not None:
            stage.innocent("rendezvous", actor, "passes ships at anchor without stopping")
        return actor

    def waits(self) -> Actor | None:
        """A vessel waits for its inspection."""
        stage = self.stage
        body = stage.body("fishing_boat", length_m=stage.between(18, 24))
        spot = self.at((stage.between(44, 60), stage.between(132, 155)))[0]
        actor = self._take(body, stage.lie(body, spot, self.layout.stream), [], "", lying=1.0)
        if actor is not None:
            stage.innocent("zone_exit", actor, "waits in the inspection area")
        return actor

    # Everyday life.

    def traffic(self) -> Actor | None:
        """A vessel goes through the channel, or along the near side of the roads."""
        stage = self.stage
        if stage.rng.random() < 0.6:
            body = self._ship("cargo_ship", "bulk_carrier", "tug", "fishing_boat")
            y = stage.between(215, 290)
            way = self.at((-260, y - 10), (-90, y), (-35, y + 60), (-20, 420))
        else:
            body = self._ship("fishing_boat", "tug", "speedboat")
            y = stage.between(178, 190)
            way = self.at((-200, y), (0, y - 2), (200, y + 14))
        way = way if stage.rng.random() < 0.5 else way[::-1]
        return self._take(body, stage.sail(body, way, stage.between(2.6, 4.6), stage.when(-0.9, 0.8)), [], "")

    # How it is done.

    def _ship(self, *sorts: str) -> Body:
        sort = self.stage.one_of(*sorts)
        long = {"bulk_carrier": (50, 58), "cargo_ship": (60, 74)}.get(sort)
        return self.stage.body(sort, **({"length_m": self.stage.between(*long)} if long else {}))

    def _take(
        self, body: Body, motion: Motion, breaks: list[str], note: str, *, lying: float = 0.0, gap_m: float = 6.0
    ) -> Actor | None:
        reporter = transponder(body, self.stage.rng, lying=lying)
        name = "boat" if body.length_m < 45 else "ship"
        return self.stage.take(name, body, motion, breaks=breaks, gap_m=gap_m, reporter=reporter, note=note)


_ACTS: Mapping[str, Callable[[_Roads], Actor | None]] = {
    "anchoring": _Roads.anchoring,
    "rendezvous": _Roads.rendezvous,
    "leaves_inspection": _Roads.leaves_inspection,
    "circling": _Roads.circling,
    "drifting": _Roads.drifting,
    "at_anchor": _Roads.at_anchor,
    "supply_boat": _Roads.supply_boat,
    "waits": _Roads.waits,
}


@scene("anchorage", zh="锚地")
@dataclass(frozen=True, slots=True)
class Anchorage:
    """Roads with an anchorage, a channel, an area of inspection and one of cables. At least one ship lies at anchor."""

    @property
    def acts(self) -> tuple[str, ...]:
        """Return the names of what may happen here."""
        return tuple(_ACTS)

    def build(self, order: Order) -> World:
        """Return the world; the same order gives the same one."""
        rng = np.random.default_rng((order.seed, 103, order.stock == "test"))
        layout = choose(rng, _LAYOUTS, order.stock) if order.varied else _LAYOUTS[3 if order.stock == "test" else 0]
        light, begin = conditions(order, rng)
        view = _view(layout, order, rng)
        shapes = _shapes(layout, view)
        stage = Stage(
            name="anchorage",
            order=order,
            rng=rng,
            view=view,
            conditions=light,
            begin=begin,
            rules=RULES,
            feed_rules=FEED_RULES,
            shapes=shapes,
            wave_m=0.08 + 0.05 * light.wind_mps,
        )
        roads = _Roads(layout, stage)
        mark(stage, shapes.zones["cable area"])
        mark(stage, shapes.zones["channel"][:2], "port")
        stage.stand(stage.body("skyline", form=layout.beyond, length_m=2200.0), (0.0, 1100.0, 0.0))
        asked = chosen_acts(_ACTS, order, rng, "anchorage")
        stage.attempt(roads.at_anchor)
        for name in asked:
            stage.play(name, partial(_ACTS[name], roads))
        for make, fewest, most in ((roads.traffic, 1, 4), (roads.at_anchor, 0, 2)):
            for _ in range(int(rng.integers(fewest, most))):
                stage.attempt(make, tries=12)
        origin = (30.0 + 0.01 * rng.random(), 122.2 + 0.01 * rng.random())
        place = Place(grounds=(), water=Water(rgb=layout.rgb, wave_m=stage.wave_m), fixtures=tuple(stage.fixtures))
        return stage.world(place, origin, feed_zones=("anchorage",))


def _view(layout: _Layout, order: Order, rng: np.random.Generator) -> View:
    off = rng.uniform(-1, 1, 5) if order.varied else np.zeros(5)
    return View(
        at_m=(4 * off[0], 3 * off[1], layout.high_m + 1.5 * off[2]),
        aim_m=(5 * off[3], layout.aim_m, 0.0),
        fov_deg=layout.fov_deg + off[4],
        size=order.size,
    )


def _shapes(layout: _Layout, view: View) -> Shapes:
    zones = {
        "anchorage": [(5, 196), (175, 196), (195, 380), (5, 380)],
        "channel": [(-20, 196), (-30, 330), (-170, 330), (-150, 196)],
        "inspection area": [(28, 118), (72, 118), (78, 168), (30, 168)],
        "cable area": [(-36, 116), (16, 116), (16, 170), (-38, 170)],
    }
    return Shapes(
        view=view,
        zones={name: np.array(corners, dtype=np.float64) * (layout.mirror, 1) for name, corners in zones.items()},
        lines={},
    )
