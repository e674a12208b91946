"""The gate of a building site with its wheel wash: what leaves it, how it is covered, and who waits where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._acts import play
from roadstead.simulate.scenes._conditions import drawn
from roadstead.simulate.scenes._gate_place import Layout, chosen, place_of, view_of
from roadstead.simulate.scenes._spill import blow, spill
from roadstead.simulate.scenes._stage import Stage
from roadstead.simulate.scenes._traffic import Flow, along, fill, lawful, walk
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, Stop, ahead_of, joined, standing, yaw_turn
from roadstead.simulate.world.world import Actor, World

_KEEP_CLEAR_S, _WAITING_S = 10.0, 18.0
_DEEP_M = 60.0
_ROAD_MPS, _YARD_MPS = (7.0, 10.0), (3.2, 4.6)


@dataclass(frozen=True, slots=True, eq=False)
class _Gate:
    """The stage and the layout that acts are played on."""

    stage: Stage
    layout: Layout

    @property
    def rng(self) -> np.random.Generator:
        return self.stage.rng

    def truck(self, **wishes: Any) -> Body:
        """Return a dump truck, by default covered and clean."""
        return lawful(self.stage, "dump_truck", **wishes)

    def cast(self, body: Body, motion: Motion, *expect: str, many: int = 24, guard: bool = False) -> Actor | None:
        """Take somebody in at a time at which there is room."""
        starts = self.stage.starts(-motion.end * 0.6, self.stage.order.seconds - 8.0, many)
        return self.stage.cast(body, motion, starts, expect=expect, guard=guard)

    def leave(self, body: Body, *expect: str, stop_s: float = 0.0, many: int = 24) -> Actor | None:
        """Let a truck drive out through the wash and the gate, with a halt on the forecourt or none."""
        right = bool(self.rng.random() < 0.6)
        wash = Stop(along_m=_DEEP_M - 10.0, seconds=float(self.rng.uniform(1.5, 4.0)))
        at = _DEEP_M + self.layout.gate_m - 3.0 - body.length_m / 2 + self.rng.uniform(-2.0, 0.5)
        stops = (wash, Stop(along_m=float(at), seconds=stop_s)) if stop_s else (wash,)
        yard = (0.0, _DEEP_M + self.layout.gate_m, float(self.rng.uniform(*_YARD_MPS)))
        motion = along(
            body, self.layout.out_way(right=right), self.rng.uniform(*_ROAD_MPS), stops=stops, limits=(yard,)
        )
        return self.cast(body, motion, *expect, many=many)


def _uncovered(g: _Gate) -> bool:
    cover = str(g.rng.choice(["open", "half", "absent"]))
    return g.leave(g.truck(cover=cover, load="loaded"), "uncovered-load") is not None


def _dirty(g: _Gate) -> bool:
    return g.leave(g.truck(dirt="dirty"), "dirty-body") is not None


def _sealed_clean(g: _Gate) -> bool:
    return g.leave(g.truck(load="loaded")) is not None


def _covered_like_load(g: _Gate) -> bool:
    return g.leave(g.truck(cover_like_load=True, load="loaded")) is not None


def _stopped_before_gate(g: _Gate) -> bool:
    return g.leave(g.truck(), "gate-kept-clear", stop_s=_KEEP_CLEAR_S + g.rng.uniform(3.5, 12.0)) is not None


def _short_stop(g: _Gate) -> bool:
    return g.leave(g.truck(), stop_s=0.6 * _KEEP_CLEAR_S - 2.2) is not None


def _queue(g: _Gate) -> bool:
    """Let trucks wait one behind the other in the lane of the entrance."""
    layout, many = g.layout, 0
    way, wait_s = layout.in_way(right=True), float(g.rng.uniform(9.0, 15.0))
    gate = float(np.argmin(np.hypot(*(way - (layout.lane_m / 2, layout.gate_y)).T))) * 0.25
    first = float(g.rng.uniform(-5.0, max(0.0, g.stage.order.seconds - 35.0)))
    for k in range(2):
        body = g.truck(load="empty")
        stop = Stop(along_m=gate - 6.5 - 12.5 * k, seconds=wait_s)
        motion = along(body, way, 7.0, stops=(stop,))
        actor = g.stage.cast(body, motion, first + 3.5 * k + g.rng.uniform(0, 1.5, 6), gap_m=0.8)
        if actor is not None:
            many += 1
            g.stage.script.innocent(
                "stopped", actor.id, actor.motion.start, actor.motion.end, "waits in the queue to enter"
            )
    return many > 0


def _zone_entry(g: _Gate) -> bool:
    low, high = g.layout.pit[0], g.layout.pit[2]
    x = float(g.rng.uniform(low[0] + 3.5, high[0] - 3.5))
    if g.rng.random() < 0.5:
        body = g.stage.body("pedestrian")
        inside = (x, float(g.rng.uniform(low[1] + 4.0, high[1] - 3.0)))
        way = g.layout.way((-45.0, g.layout.road_m + 0.9), (x - 2.0, g.layout.road_m + 0.9), inside, radius_m=1.5)
        motion = along(body, way, g.rng.uniform(1.1, 1.5), base_m=0.2, end_mps=0.0)
    else:
        body = lawful(g.stage, "car")
        y = g.layout.lane_y
        way = g.layout.way((60.0, y), (x, y), (x, float(low[1] + 6.5)), radius_m=5.0)
        motion = along(body, way, 7.0, end_mps=0.0)
    stays = _staying(motion)
    return g.stage.cast(body, stays, g.stage.halting(stays, 2.0), expect=("forbidden-area",)) is not None


def _staying(motion: Motion) -> Motion:
    """Return a motion that ends in standing there for good."""
    ahead = ahead_of(motion.turn[-1:])[0]
    yaw = float(np.arctan2(ahead[1], ahead[0]))
    return joined(motion, standing(motion.end + 0.05, motion.end + 600.0, motion.xyz_m[-1].tolist(), yaw))


def _wait(g: _Gate, seconds: float, *expect: str) -> bool:
    """Let a truck wait in the lay-by."""
    body, way = g.truck(load="empty"), g.layout.bay_way()
    middle = np.array((g.layout.bay[:, 0].mean() + g.rng.uniform(-1.5, 1.5), g.layout.road_m + 1.9))
    at = float(np.argmin(np.hypot(*(way - middle).T))) * 0.25
    motion = along(body, way, g.rng.uniform(7.0, 9.0), stops=(Stop(along_m=at, seconds=seconds),))
    starts = g.stage.halting(motion, min(seconds, _WAITING_S))
    return g.stage.cast(body, motion, starts, expect=expect) is not None


def _loitering(g: _Gate) -> bool:
    return _wait(g, _WAITING_S + g.rng.uniform(2.0, 10.0), "waits-too-long")


def _waits_briefly(g: _Gate) -> bool:
    return _wait(g, 0.45 * _WAITING_S)


def _wrong_way(g: _Gate) -> bool:
    body = lawful(g.stage, str(g.rng.choice(["car", "dump_truck"])))
    way = g.layout.in_way(right=bool(g.rng.random() < 0.5), by_exit=True)
    return g.cast(body, along(body, way, g.rng.uniform(5.0, 6.5)), "in-by-the-exit", many=40) is not None


def _reversing(g: _Gate) -> bool:
    """Let a truck drive past the gate, and then backwards into it by the right lane."""
    body, layout = g.truck(load="empty"), g.layout
    y, x = -layout.lane_y, layout.lane_m / 2
    past = x + 20.0
    there = along(body, layout.way((-120.0, y), (past, y)), 7.0, end_mps=0.0)
    back = along(body, layout.way((past, y), (x, y), (x, layout.gate_y + 40.0)), 2.6)
    ahead = ahead_of(back.turn)
    flipped = Motion(back.t, back.xyz_m, yaw_turn(np.arctan2(ahead[:, 1], ahead[:, 0]) + np.pi))
    motion = joined(there, flipped.delayed(there.end + 1.5))
    actor = g.cast(body, motion, many=40)
    if actor is None:
        return False
    for kind in ("wrong_way", "u_turn"):
        g.stage.script.innocent(kind, actor.id, actor.motion.start, actor.motion.end, "drives backwards into the site")
    return True


def _spilling(g: _Gate) -> bool:
    truck = g.leave(g.truck(cover="open", load="loaded"), "uncovered-load")
    return truck is not None and spill(g.stage, truck, many=int(g.rng.integers(1, 4)))


def _paper(g: _Gate) -> bool:
    h = g.layout.road_m
    start, end = np.array((g.rng.uniform(-14, -4), -h - 1.0)), np.array((g.rng.uniform(4, 14), g.layout.gate_y - 3.0))
    return blow(g.stage, start, end, g.stage.starts(1.0, g.stage.order.seconds - 8.0)) is not None


_ACTS: Mapping[str, Callable[[_Gate], bool]] = {
    "uncovered": _uncovered,
    "dirty": _dirty,
    "sealed_clean": _sealed_clean,
    "covered_like_load": _covered_like_load,
    "queue": _queue,
    "zone_entry": _zone_entry,
    "loitering": _loitering,
    "waits_briefly": _waits_briefly,
    "stopped_before_gate": _stopped_before_gate,
    "short_stop": _short_stop,
    "wrong_way": _wrong_way,
    "reversing": _reversing,
    "spilling": _spilling,
    "paper": _paper,
}
_INNOCENT = ("sealed_clean", "covered_like_load", "queue", "waits_briefly", "short_stop", "reversing", "paper")


@scene("site_gate", zh="工地出入口")
@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGate:
    """A gate with a wheel wash, a forecourt, an area that nobody may enter, and a lay-by; the camera looks over the road at the gate."""

    @property
    def acts(self) -> tuple[str, ...]:
        """Return the names of its acts."""
        return tuple(_ACTS)

    def build(self, order: Order) -> World:
        """Return the world; the same order gives the same one."""
        rng = np.random.default_rng((order.seed, 201))
        layout = chosen(order, rng)
        conditions, begin = drawn(order, rng)
        view = view_of(layout, order, rng)
        dark = conditions.light in ("night", "dusk")
        stage = Stage(order, rng, "site_gate", view, layout.drawing(), _rules(), dark=dark)
        played = play("site_gate", order, rng, _ACTS, _INNOCENT, _Gate(stage, layout))
        _guards(stage, layout)
        fill(stage, _flows(layout), int(rng.poisson(8.0 * order.seconds / 60.0)) + 1)
        h = layout.road_m + 1.0
        walk(stage, [np.array(((-60.0, h), (-18.0, h))), np.array(((30.0, h), (62.0, h)))], int(rng.integers(0, 3)))
        place = place_of(layout, order, np.random.default_rng((order.seed, 202)))
        return stage.world(place, conditions, begin, played)


def _guards(stage: Stage, layout: Layout) -> None:
    """Post guards beside the gate."""
    for x in stage.rng.permutation((-layout.lane_m - 1.0, layout.lane_m + 1.0))[: int(stage.rng.integers(1, 3))]:
        body = stage.body("pedestrian", role="guard")
        at = (float(x), layout.gate_y - 1.2 + float(stage.rng.uniform(-0.4, 0.4)))
        stage.cast(body, standing(0.0, stage.order.seconds + 1.0, at, -np.pi / 2), np.zeros(1), gap_m=0.1)


def _flows(layout: Layout) -> list[Flow]:
    town = {"car": 0.75, "box_truck": 0.1, "motorcycle": 0.15}
    trucks = {"dump_truck": 0.75, "mixer": 0.25}
    slow = ((0.0, _DEEP_M + layout.gate_m, 4.5),)
    empty = {"dump_truck": {"load": "empty"}}
    return [
        Flow(layout.road(west=True), town, _ROAD_MPS, 1.0),
        Flow(layout.road(west=False), town, _ROAD_MPS, 1.2),
        Flow(layout.in_way(right=True), trucks, (5.5, 7.5), 0.7, wishes=empty),
        Flow(layout.in_way(right=False), trucks, (5.5, 7.5), 0.4, wishes=empty),
        Flow(layout.out_way(right=True), trucks, (6.0, 8.0), 0.6, slow),
        Flow(layout.out_way(right=False), trucks, (6.0, 8.0), 0.3, slow),
    ]


def _rules() -> list[dict[str, Any]]:
    """Return the rules of a watch. Only those on attributes name classes: nobody else has a cover to look at."""
    return [
        {"name": "uncovered-load", "kind": "uncovered_load", "zone": "exit", "classes": ["truck"],
         "legal": {"reference": "城市建筑垃圾管理规定 第十四条", "version": "2005-06-01"}},
        {"name": "dirty-body", "kind": "dirty_body", "zone": "exit", "classes": ["truck"],
         "legal": {"reference": "城市市容和环境卫生管理条例 第十五条", "version": "2017-03-01"}},
        {"name": "gate-kept-clear", "kind": "stopped", "zone": "keep_clear", "seconds": _KEEP_CLEAR_S,
         "legal": {"reference": "道路交通安全法 第五十六条", "version": "2021-04-29"}},
        {"name": "waits-too-long", "kind": "loitering", "zone": "waiting", "seconds": _WAITING_S,
         "legal": {"reference": "施工现场管理规定", "version": "2024"}},
        {"name": "forbidden-area", "kind": "zone_entry", "zone": "pit", "min_inside_s": 1.5,
         "legal": {"reference": "建设工程安全生产管理条例 第二十八条", "version": "2004-02-01"}},
        {"name": "in-by-the-exit", "kind": "wrong_way", "along": "lane_out", "zone": "exit", "distance_m": 8.0,
         "legal": {"reference": "道路交通安全法 第三十五条", "version": "2021-04-29"}},
        {"name": "no-u-turn", "kind": "u_turn", "zone": "forecourt", "angle_deg": 135.0,
         "legal": {"reference": "道路交通安全法实施条例 第四十九条", "version": "2017-10-07"}},
        {"name": "spilling", "kind": "spilling", "zone": "forecourt",
         "legal": {"reference": "道路交通安全法 第四十八条", "version": "2021-04-29"}},
    ]  # fmt: skip
