"""A harbour basin seen from the roof of a hall on its quay: ships at berth, boats in the basin, trucks and people on the apron."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._afloat import lifted
from roadstead.simulate.scenes._quay_place import EDGE_LOW, LANE_Y, LAYOUTS, RULES, Layout, built, shapes_of, view_of
from roadstead.simulate.scenes._transponder import transponder
from roadstead.simulate.scenes._waters import Stage, chosen_acts, conditions
from roadstead.simulate.world.motion import Driving, Motion, Stop, drive, smooth_path
from roadstead.simulate.world.stock import choose
from roadstead.simulate.world.world import Actor, Place, Water, World


@dataclass(slots=True, eq=False)
class _Basin:
    """One basin being peopled. Places are written as if nothing were mirrored."""

    layout: Layout
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
        way = self.at(
            (self.stage.between(60, 90), self.stage.between(50, 80)), (self.stage.between(-8, 6), far - 62), goal
        )
        start = self.stage.when(-0.2, 0.4)
        motion = self.stage.sail(body, way, mps, start, halts=True)
        return self.stage.take(
            "boat",
            body,
            motion,
            breaks=["closed-basin"],
            reporter=transponder(body, self.stage.rng),
            note="a boat goes into the closed basin",
        )

    def speeding(self) -> Actor | None:
        """A speedboat races through the basin."""
        body = self.stage.body("speedboat")
        ends = self.at(
            (-95, 70),
            (self.stage.between(-20, 20), self.stage.between(28, 45)),
            (self.stage.between(95, 120), self.stage.between(60, 95)),
        )
        if self.stage.rng.random() < 0.5:
            ends = self.at(
                (105, self.stage.between(80, 100)), (self.stage.between(10, 40), self.stage.between(70, 90)), (75, 18)
            )
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
            "boat",
            body,
            motion,
            breaks=["basin-loitering"],
            reporter=transponder(body, stage.rng),
            note="a fishing boat does not leave the turning basin",
        )

    def entrance(self) -> Actor | None:
        """A vessel goes into the inner dock without leave."""
        body = self.stage.body(self.stage.one_of("fishing_boat", "tug", "speedboat"))
        y = self.stage.between(26, 46)
        way = self.at(
            (self.stage.between(80, 110), self.stage.between(50, 80)),
            (20, y + 6),
            (-25, y),
            (-95, y + self.stage.between(-4, 10)),
        )
        motion = self.stage.sail(body, way, self.stage.between(2.6, 3.6), self.stage.when(-0.3, 0.5))
        return self.stage.take(
            "boat",
            body,
            motion,
            breaks=["dock-entrance"],
            reporter=transponder(body, self.stage.rng),
            note="goes into the inner dock without leave",
        )

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
            "boat",
            body,
            motion,
            breaks=["basin-anchoring"],
            reporter=transponder(body, stage.rng, lying=1.0),
            note="anchors in the fairway of the basin",
        )

    def crane_lane(self) -> Actor | None:
        """A truck stands in the lane of the cranes."""
        return self._truck(self.stage.between(20, 40), breaks=["crane-lane"], note="stands in the lane of the cranes")

    def at_the_edge(self) -> Actor | None:
        """Somebody walks to the edge of the quay."""
        stage, x = self.stage, self.stage.between(-16, 16)
        body = stage.body("pedestrian")
        way = self.at((x - 3, -11.5), (x, EDGE_LOW - 0.6), (x + 1.0, -1.2), (x + 6, -1.1), (x + 7.5, -12.0))
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
            {"length_m": self.stage.between(60, 78)}
            if self.stage.rng.random() < 0.6
            else {"length_m": self.stage.between(78, 105)}
        )

    def _walk(self, way: Sequence[Sequence[float]], start: float) -> Motion:
        how = Driving(speed_mps=self.stage.between(1.0, 1.5), gain_mps2=1.0, brake_mps2=1.0, base_m=0.1)
        return lifted(drive(smooth_path(way, 0.8), how, start), self.layout.high_m)

    def _truck(self, stands_s: float, *, breaks: Sequence[str], note: str) -> Actor | None:
        stage, high = self.stage, self.layout.high_m
        body = stage.body(stage.one_of("dump_truck", "box_truck", "mixer", "dump_truck"))
        way = np.array(self.at((-75, LANE_Y), (75, LANE_Y)))
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
        layout = choose(rng, LAYOUTS, order.stock) if order.varied else LAYOUTS[3 if order.stock == "test" else 0]
        light, begin = conditions(order, rng)
        view = view_of(layout, order, rng)
        stage = Stage(
            name="quay",
            order=order,
            rng=rng,
            view=view,
            conditions=light,
            begin=begin,
            rules=RULES,
            shapes=shapes_of(layout, view),
            wave_m=0.03 + 0.015 * light.wind_mps,
        )
        basin = _Basin(layout, stage)
        grounds = built(layout, stage)
        asked = chosen_acts(_ACTS, order, rng, "quay")
        stage.attempt(basin.moored)
        for name in sorted(asked, key=lambda act: act == "tug_assisting"):
            stage.play(name, partial(_ACTS[name], basin))
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
