"""An urban expressway: speeders, who drives against the traffic, stands on the shoulder, turns through the median, loses a load."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._acts import play
from roadstead.simulate.scenes._conditions import drawn
from roadstead.simulate.scenes._motorway_place import Layout, chosen, place_of, view_of
from roadstead.simulate.scenes._spill import spill
from roadstead.simulate.scenes._stage import Stage
from roadstead.simulate.scenes._traffic import Flow, along, fill, lawful
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, Stop, smooth_path, standing
from roadstead.simulate.world.world import Actor, World

_SHOULDER_S, _INSIDE_S, _OUTSIDE_S = 8.0, 1.0, 2.0
_MIX = {"car": 0.7, "box_truck": 0.12, "bus": 0.06, "dump_truck": 0.08, "mixer": 0.04}


@dataclass(frozen=True, slots=True, eq=False)
class _Motorway:
    """The stage and the layout that acts are played on."""

    stage: Stage
    layout: Layout

    @property
    def rng(self) -> np.random.Generator:
        return self.stage.rng

    @property
    def limit_mps(self) -> float:
        return self.layout.limit_kmh / 3.6

    def truck(self, **wishes: Any) -> Body:
        """Return a dump truck, by default covered and clean."""
        return lawful(self.stage, "dump_truck", **wishes)

    def cast(self, body: Body, motion: Motion, *expect: str, many: int = 30) -> Actor | None:
        """Take somebody in at a time at which there is room."""
        starts = self.stage.starts(-motion.end * 0.5, self.stage.order.seconds - 8.0, many)
        return self.stage.cast(body, motion, starts, expect=expect)

    def lane(self, *, west: bool) -> int:
        """Return a lane that is open."""
        return int(self.rng.integers(self.layout.lanes - (1 if west else 0)))


def _speeding(m: _Motorway) -> bool:
    west = bool(m.rng.random() < 0.5)
    body = lawful(m.stage, str(m.rng.choice(["car", "car", "box_truck"])))
    motion = along(body, m.layout.way(m.lane(west=west), west=west), m.limit_mps * m.rng.uniform(1.28, 1.5))
    return m.cast(body, motion, "speeding", many=40) is not None


def _fast_but_lawful(m: _Motorway) -> bool:
    body = lawful(m.stage, "car")
    west = bool(m.rng.random() < 0.5)
    return m.cast(body, along(body, m.layout.way(m.lane(west=west), west=west), m.limit_mps * 0.88)) is not None


def _wrong_way(m: _Motorway) -> bool:
    west = bool(m.rng.random() < 0.5)
    body = lawful(m.stage, str(m.rng.choice(["car", "car", "box_truck"])))
    way = m.layout.way(0 if west else m.layout.lanes, west=west)[::-1]
    rule = "wrong-way-west" if west else "wrong-way-east"
    return m.cast(body, along(body, way, m.rng.uniform(8.0, 12.0)), rule, many=60) is not None


def _pull_over(m: _Motorway, seconds: float, *expect: str) -> bool:
    """Let somebody stand on the hard shoulder for a while."""
    layout, x = m.layout, float(m.rng.uniform(34.0, 58.0))
    body = lawful(m.stage, str(m.rng.choice(["car", "box_truck", "dump_truck"])))
    a, b = -layout.lane_y(layout.lanes - 1), -layout.lane_y(layout.lanes)
    way = smooth_path([(-60.0, a), (x - 32.0, a), (x - 10.0, b), (x + 16.0, b), (x + 42.0, a), (230.0, a)], 30.0)
    at = float(np.argmin(np.hypot(*(way - (x, b)).T))) * 0.25
    motion = along(body, way, m.limit_mps * 0.6, stops=(Stop(along_m=at, seconds=seconds),))
    return m.stage.cast(body, motion, m.stage.halting(motion, min(seconds, _SHOULDER_S), 40), expect=expect) is not None


def _stopped_on_shoulder(m: _Motorway) -> bool:
    return _pull_over(m, _SHOULDER_S + m.rng.uniform(3.5, 14.0), "stopped-on-shoulder")


def _short_stop(m: _Motorway) -> bool:
    return _pull_over(m, 0.6 * _SHOULDER_S - 2.2)


def _slow_queue(m: _Motorway) -> bool:
    """Let some vehicles crawl one behind the other."""
    way, many = m.layout.way(m.layout.lanes - 1, west=False), 0
    first = float(m.rng.uniform(-12.0, max(-11.0, m.stage.order.seconds - 30.0)))
    limits = ((70.0, 150.0, float(m.rng.uniform(2.5, 4.0))),)
    for k in range(4):
        body = lawful(m.stage, str(m.rng.choice(["car", "dump_truck", "box_truck"])))
        motion = along(body, way, m.limit_mps * 0.5, limits=limits)
        actor = m.stage.cast(body, motion, first + 4.5 * k + m.rng.uniform(0, 2.0, 8), gap_m=1.5)
        if actor is not None:
            many += 1
            m.stage.script.innocent("stopped", actor.id, actor.motion.start, actor.motion.end, "crawls in a queue")
    return many > 0


def _line_crossing(m: _Motorway) -> bool:
    body = lawful(m.stage, "car")
    lanes = (0, 1) if m.rng.random() < 0.5 else (1, 0)
    way = m.layout.change(*lanes, float(m.rng.uniform(34.0, 48.0)), west=False, over_m=30.0)
    return m.cast(body, along(body, way, m.limit_mps * m.rng.uniform(0.55, 0.72)), "solid-line", many=40) is not None


def _overtaking(m: _Motorway) -> bool:
    if m.layout.lanes < 3:
        return False
    body = lawful(m.stage, "car")
    way = m.layout.change(2, 1, float(m.rng.uniform(30.0, 60.0)), west=False)
    return m.cast(body, along(body, way, m.limit_mps * m.rng.uniform(0.65, 0.76))) is not None


def _u_turn(m: _Motorway) -> bool:
    body, layout = lawful(m.stage, "car"), m.layout
    x = float(np.mean(layout.gap_m)) + m.rng.uniform(-3.0, 3.0)
    there, back = -layout.lane_y(0), layout.lane_y(0)
    way = smooth_path([(-60.0, there), (x, there), (x, back), (-60.0, back)], (back - there) / 2)
    return m.cast(body, along(body, way, m.limit_mps * 0.6), "no-u-turn", many=60) is not None


def _closed_lane(m: _Motorway) -> bool:
    """Let a car drive through the closed lane."""
    body, layout = lawful(m.stage, "car"), m.layout
    a, b, (x0, x1) = layout.lane_y(layout.lanes - 2), layout.lane_y(layout.lanes - 1), layout.works_m
    way = smooth_path([(230.0, a), (x1 + 14.0, a), (x1 - 14.0, b), (x0 + 4.0, b), (x0 - 18.0, a), (-60.0, a)], 40.0)
    return m.cast(body, along(body, way, m.rng.uniform(7.5, 9.5)), "closed-lane", "left-the-works", many=60) is not None


def _works_leave(m: _Motorway) -> bool:
    """Let a vehicle of the works drive out between the cones into the traffic."""
    body, layout = lawful(m.stage, str(m.rng.choice(["box_truck", "dump_truck"]))), m.layout
    a, b, (x0, x1) = layout.lane_y(layout.lanes - 2), layout.lane_y(layout.lanes - 1) + 0.4, layout.works_m
    way = smooth_path([(x1 - 9.0, b), (x0 + 14.0, b), (x0 - 10.0, a), (-60.0, a)], 30.0)
    motion = along(body, way, 7.0, stops=(Stop(along_m=0.5, seconds=float(m.rng.uniform(4.0, 12.0))),))
    first, last = -6.0, m.stage.order.seconds - motion.end * 0.8
    starts = m.stage.starts(first, last, 40)
    return m.stage.cast(body, motion, starts, expect=("left-the-works",), beacon=True) is not None


def _spilling(m: _Motorway) -> bool:
    body, layout = m.truck(cover="open", load="loaded"), m.layout
    way = layout.way(layout.lanes - 1, west=False)
    truck = m.cast(body, along(body, way, m.rng.uniform(7.5, 10.0)), "uncovered-load")
    return truck is not None and spill(m.stage, truck, many=int(m.rng.integers(1, 3)))


def _uncovered(m: _Motorway) -> bool:
    body = m.truck(cover=str(m.rng.choice(["open", "half", "absent"])), load="loaded")
    west = bool(m.rng.random() < 0.5)
    motion = along(body, m.layout.way(m.lane(west=west), west=west), m.limit_mps * m.rng.uniform(0.5, 0.7))
    return m.cast(body, motion, "uncovered-load") is not None


_ACTS: Mapping[str, Callable[[_Motorway], bool]] = {
    "speeding": _speeding,
    "fast_but_lawful": _fast_but_lawful,
    "wrong_way": _wrong_way,
    "stopped_on_shoulder": _stopped_on_shoulder,
    "short_stop": _short_stop,
    "slow_queue": _slow_queue,
    "line_crossing": _line_crossing,
    "overtaking": _overtaking,
    "u_turn": _u_turn,
    "closed_lane": _closed_lane,
    "works_leave": _works_leave,
    "spilling": _spilling,
    "uncovered": _uncovered,
}
_INNOCENT = ("fast_but_lawful", "short_stop", "slow_queue", "overtaking")


@scene("motorway", zh="快速路")
@dataclass(frozen=True, slots=True, kw_only=True)
class Motorway:
    """Two carriageways with hard shoulders, a gap in the median, a lane closed for works; the camera looks along the road."""

    @property
    def acts(self) -> tuple[str, ...]:
        """Return the names of its acts."""
        return tuple(_ACTS)

    def build(self, order: Order) -> World:
        """Return the world; the same order gives the same one."""
        rng = np.random.default_rng((order.seed, 301))
        layout = chosen(order, rng)
        conditions, begin = drawn(order, rng)
        view = view_of(layout, order, rng)
        dark = conditions.light in ("night", "dusk")
        stage = Stage(order, rng, "motorway", view, layout.drawing(), _rules(layout), dark=dark)
        _workers(stage, layout)
        played = play("motorway", order, rng, _ACTS, _INNOCENT, _Motorway(stage, layout))
        fill(stage, _flows(layout), int(rng.poisson(22.0 * order.seconds / 60.0)) + 2, gap_m=4.0)
        place = place_of(layout, order, np.random.default_rng((order.seed, 302)))
        return stage.world(place, conditions, begin, played)


def _workers(stage: Stage, layout: Layout) -> None:
    """Put some people to work behind the cones."""
    (x0, x1), y = layout.works_m, layout.half_m - 1.2
    for _ in range(int(stage.rng.integers(1, 4))):
        at = (float(stage.rng.uniform(x0 + 8.0, x1 - 22.0)), y + float(stage.rng.uniform(-0.5, 0.5)))
        body = stage.body("pedestrian", role="worker")
        stage.cast(
            body, standing(0.0, stage.order.seconds + 1.0, at, float(stage.rng.uniform(0, 6))), np.zeros(1), gap_m=0.2
        )


def _flows(layout: Layout) -> list[Flow]:
    limit = layout.limit_kmh / 3.6
    speeds = (0.55 * limit, 0.76 * limit)
    east = [Flow(layout.way(k, west=False), _MIX, speeds, 1.0) for k in range(layout.lanes)]
    west = [Flow(layout.way(k, west=True), _MIX, speeds, 1.0) for k in range(layout.lanes - 1)]
    return [*east, *west]


def _rules(layout: Layout) -> list[dict[str, Any]]:
    """Return the rules of a watch. Only that on covers names classes: nobody else has one to look at."""
    law = {"reference": "道路交通安全法", "version": "2021-04-29"}
    return [
        {"name": "speeding", "kind": "speeding", "limit_kmh": layout.limit_kmh, "zone": "road", "legal": law},
        {"name": "wrong-way-east", "kind": "wrong_way", "along": "east", "zone": "eastbound", "distance_m": 20.0, "legal": law},
        {"name": "wrong-way-west", "kind": "wrong_way", "along": "west", "zone": "westbound", "distance_m": 20.0, "legal": law},
        {"name": "stopped-on-shoulder", "kind": "stopped", "zone": "shoulder", "seconds": _SHOULDER_S, "legal": law},
        {"name": "solid-line", "kind": "line_crossing", "line": "solid", "legal": law},
        {"name": "no-u-turn", "kind": "u_turn", "zone": "road", "angle_deg": 135.0, "travel_m": 6.0, "legal": law},
        {"name": "closed-lane", "kind": "zone_entry", "zone": "works", "min_inside_s": _INSIDE_S, "legal": law},
        {"name": "left-the-works", "kind": "zone_exit", "zone": "works", "min_outside_s": _OUTSIDE_S, "legal": law},
        {"name": "spilling", "kind": "spilling", "zone": "near_road", "legal": law},
        {"name": "uncovered-load", "kind": "uncovered_load", "classes": ["truck"],
         "legal": {"reference": "城市建筑垃圾管理规定 第十四条", "version": "2005-06-01"}},
    ]  # fmt: skip
