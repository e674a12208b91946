"""A junction by a building site: trucks turn right out of a side street into a main road."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from roadstead.simulate.scenes import Order, scene
from roadstead.simulate.scenes._acts import play
from roadstead.simulate.scenes._conditions import drawn
from roadstead.simulate.scenes._junction_place import Layout, chosen, place_of, view_of
from roadstead.simulate.scenes._spill import blow, spill
from roadstead.simulate.scenes._stage import Stage
from roadstead.simulate.scenes._traffic import Flow, along, fill, lawful, walk
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, Stop, smooth_path
from roadstead.simulate.world.world import Actor, World
from roadstead.types import Floats

_NO_PARKING_S = 8.0
_TRUCKS = {"dump_truck": 0.75, "mixer": 0.25}
_TOWN = {"car": 0.68, "bus": 0.1, "box_truck": 0.12, "motorcycle": 0.1}


@dataclass(frozen=True, slots=True, eq=False)
class _Junction:
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

    def straight(self, *, west: bool | None = None) -> Floats:
        """Return a way along the main road."""
        to_west = bool(self.rng.random() < 0.5) if west is None else west
        return self.layout.main_way(int(self.rng.integers(self.layout.lanes)), west=to_west)

    def cast(self, body: Body, motion: Motion, *expect: str, many: int = 24) -> Actor | None:
        """Take somebody in at a time at which there is room."""
        starts = self.stage.starts(-motion.end * 0.6, self.stage.order.seconds - 8.0, many)
        return self.stage.cast(body, motion, starts, expect=expect)

    def turn_right(
        self, body: Body, *expect: str, before_m: float = 0.8, stop_s: float = 0.0, rolling_mps: float | None = None
    ) -> bool:
        """Let somebody turn right out of the side street, with a halt so far before the stop line, or rolling over it."""
        at = self.layout.line_along_m(body.length_m, before_m)
        stops = (Stop(along_m=at, seconds=stop_s),) if stop_s else ()
        limits = ((at - 9.0, at + 16.0, rolling_mps),) if rolling_mps is not None else ()
        speed = float(self.rng.uniform(6.0, 8.5))
        motion = along(body, self.layout.out_way(right=True), speed, stops=stops, limits=limits)
        return self.cast(body, motion, *expect) is not None


def _right_turn_full_stop(j: _Junction) -> bool:
    return j.turn_right(j.truck(), before_m=j.rng.uniform(0.5, 1.4), stop_s=j.rng.uniform(3.3, 5.5))


def _truck_stops_behind(j: _Junction) -> bool:
    return j.turn_right(j.truck(), before_m=j.rng.uniform(2.5, 5.0), stop_s=j.rng.uniform(3.8, 5.0))


def _right_turn_rolling(j: _Junction) -> bool:
    return j.turn_right(j.truck(), "right-turn-without-stop", rolling_mps=j.rng.uniform(1.8, 3.2))


def _right_turn_no_stop(j: _Junction) -> bool:
    return j.turn_right(j.truck(), "right-turn-without-stop", rolling_mps=j.rng.uniform(4.0, 5.5))


def _halt(j: _Junction, stop_s: float, *expect: str) -> bool:
    """Let somebody halt on the yellow grid."""
    layout = j.layout
    body = lawful(j.stage, str(j.rng.choice(["car", "car", "box_truck"])))
    way = layout.main_way(layout.lanes - 1, west=False)
    middle = float(layout.grid[:, 0].mean()) + 150.0 + j.rng.uniform(-2.5, 2.5)
    motion = along(body, way, j.limit_mps * j.rng.uniform(0.6, 0.72), stops=(Stop(along_m=middle, seconds=stop_s),))
    starts = j.stage.halting(motion, min(stop_s, _NO_PARKING_S))
    return j.stage.cast(body, motion, starts, expect=expect) is not None


def _stopped_in_grid(j: _Junction) -> bool:
    return _halt(j, _NO_PARKING_S + j.rng.uniform(3.5, 14.0), "no-parking")


def _short_stop(j: _Junction) -> bool:
    return _halt(j, 0.6 * _NO_PARKING_S - 2.2)


def _wrong_way(j: _Junction) -> bool:
    body = lawful(j.stage, str(j.rng.choice(["car", "car", "motorcycle", "box_truck"])))
    way = j.layout.main_way(j.layout.lanes - 1, west=True)[::-1]
    return j.cast(body, along(body, way, j.rng.uniform(6.5, 9.0)), "wrong-way", many=40) is not None


def _u_turn(j: _Junction) -> bool:
    body = lawful(j.stage, "car")
    there, back = -j.layout.lane_y(0), j.layout.lane_y(j.layout.lanes - 1)
    x = j.rng.uniform(-8.0, 0.0)
    way = smooth_path([(-150.0, there), (x, there), (x, back), (-150.0, back)], (back - there) / 2)
    return j.cast(body, along(body, way, j.limit_mps * 0.65), "no-u-turn", many=40) is not None


def _left_turn(j: _Junction) -> bool:
    body = lawful(j.stage, str(j.rng.choice(["dump_truck", "car"])))
    way = j.layout.in_way(right=False) if j.rng.random() < 0.5 else j.layout.out_way(right=False)
    return j.cast(body, along(body, way, j.rng.uniform(6.5, 8.5))) is not None


def _speeding(j: _Junction) -> bool:
    body = lawful(j.stage, str(j.rng.choice(["car", "car", "motorcycle", "dump_truck"])))
    motion = along(body, j.straight(west=True), j.limit_mps * j.rng.uniform(1.27, 1.5))
    return j.cast(body, motion, "speeding", many=40) is not None


def _fast_but_lawful(j: _Junction) -> bool:
    body = lawful(j.stage, "car")
    return j.cast(body, along(body, j.straight(), j.limit_mps * 0.88)) is not None


def _spilling(j: _Junction) -> bool:
    body = j.truck(cover="open", load="loaded")
    way = j.layout.main_way(j.layout.lanes - 1, west=True)
    truck = j.cast(body, along(body, way, j.rng.uniform(6.0, 8.5)), "uncovered-load")
    return truck is not None and spill(j.stage, truck, many=int(j.rng.integers(1, 4)))


def _paper(j: _Junction) -> bool:
    h, x = j.layout.half_m, j.rng.uniform(-16.0, 4.0)
    ends = np.array(((x, -h - 1.0), (x - j.rng.uniform(2, 6), h + 2.5)))
    ends = ends if j.rng.random() < 0.5 else ends[::-1]
    return blow(j.stage, ends[0], ends[1], j.stage.starts(1.0, j.stage.order.seconds - 8.0)) is not None


def _uncovered(j: _Junction) -> bool:
    body = j.truck(cover=str(j.rng.choice(["open", "half", "absent"])), load="loaded")
    motion = along(body, j.straight(), j.limit_mps * j.rng.uniform(0.5, 0.68))
    return j.cast(body, motion, "uncovered-load") is not None


def _dirty(j: _Junction) -> bool:
    body = j.truck(dirt="dirty")
    return j.cast(body, along(body, j.straight(), j.limit_mps * j.rng.uniform(0.5, 0.68)), "dirty-body") is not None


def _covered_like_load(j: _Junction) -> bool:
    body = j.truck(cover_like_load=True, load="loaded")
    return j.cast(body, along(body, j.straight(), j.limit_mps * j.rng.uniform(0.5, 0.68))) is not None


def _pedestrians(j: _Junction) -> bool:
    s, r = j.layout.side_m + 2.0, j.layout.stop_m - 3.2
    return walk(j.stage, [np.array((j.layout.side(r, -s), j.layout.side(r, s)))], 2) > 0


_ACTS: Mapping[str, Callable[[_Junction], bool]] = {
    "right_turn_full_stop": _right_turn_full_stop,
    "truck_stops_behind": _truck_stops_behind,
    "right_turn_rolling": _right_turn_rolling,
    "right_turn_no_stop": _right_turn_no_stop,
    "stopped_in_grid": _stopped_in_grid,
    "short_stop": _short_stop,
    "wrong_way": _wrong_way,
    "u_turn": _u_turn,
    "left_turn": _left_turn,
    "speeding": _speeding,
    "fast_but_lawful": _fast_but_lawful,
    "spilling": _spilling,
    "paper": _paper,
    "uncovered": _uncovered,
    "dirty": _dirty,
    "covered_like_load": _covered_like_load,
    "pedestrians": _pedestrians,
}
_INNOCENT = (
    "right_turn_full_stop", "truck_stops_behind", "short_stop", "left_turn", "fast_but_lawful", "paper",
    "covered_like_load", "pedestrians",
)  # fmt: skip


@scene("junction", zh="工地路口")
@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """A main road, a side street from a site, a yellow grid; the camera looks over the main road into the side street."""

    @property
    def acts(self) -> tuple[str, ...]:
        """Return the names of its acts."""
        return tuple(_ACTS)

    def build(self, order: Order) -> World:
        """Return the world; the same order gives the same one."""
        rng = np.random.default_rng((order.seed, 101))
        layout = chosen(order, rng)
        conditions, begin = drawn(order, rng)
        view = view_of(layout, order, rng)
        dark = conditions.light in ("night", "dusk")
        stage = Stage(order, rng, "junction", view, layout.drawing(), _rules(layout), dark=dark)
        played = play("junction", order, rng, _ACTS, _INNOCENT, _Junction(stage, layout))
        fill(stage, _flows(layout), int(rng.poisson(14.0 * order.seconds / 60.0)) + 2)
        h = layout.half_m + 2.0
        walk(stage, [np.array(((-60.0, h), (-12.0, h))), np.array(((14.0, h), (60.0, h)))], int(rng.integers(1, 5)))
        place = place_of(layout, order, np.random.default_rng((order.seed, 102)))
        return stage.world(place, conditions, begin, played)


def _flows(layout: Layout) -> list[Flow]:
    limit = layout.limit_kmh / 3.6
    speeds = (0.5 * limit, 0.76 * limit)
    flows = [
        Flow(layout.main_way(k, west=west), _TOWN, speeds, 1.0) for k in range(layout.lanes) for west in (True, False)
    ]
    flows.append(Flow(layout.in_way(right=True), _TRUCKS, (6.0, 7.5), 0.5))
    flows.append(Flow(layout.in_way(right=False), {"dump_truck": 0.5, "car": 0.5}, (6.0, 7.5), 0.4))
    flows.append(Flow(layout.out_way(right=False), {"car": 0.7, "dump_truck": 0.3}, (6.0, 7.5), 0.4))
    if layout.cycle_m > 1.5:
        y = layout.lanes * layout.lane_m + layout.cycle_m / 2
        for west in (True, False):
            way = smooth_path([(150.0, y), (-150.0, y)] if west else [(-150.0, -y), (150.0, -y)])
            flows.append(Flow(way, {"motorcycle": 1.0}, (4.0, 6.5), 0.8))
    return flows


def _rules(layout: Layout) -> list[dict[str, Any]]:
    """Return the rules of a watch. Only those on attributes name classes: nobody else has a cover to look at."""
    return [
        {"name": "right-turn-without-stop", "kind": "right_turn_without_stop", "approach": "approach",
         "stop_line": "stop_line", "exit_zone": "exit_west",
         "legal": {"reference": "道路交通安全法 第三十八条", "version": "2021-04-29"}},
        {"name": "no-parking", "kind": "stopped", "zone": "no_parking", "seconds": _NO_PARKING_S,
         "legal": {"reference": "道路交通安全法 第五十六条", "version": "2021-04-29"}},
        {"name": "wrong-way", "kind": "wrong_way", "along": "lane_west", "zone": "westbound", "distance_m": 15.0,
         "legal": {"reference": "道路交通安全法 第三十五条", "version": "2021-04-29"}},
        {"name": "no-u-turn", "kind": "u_turn", "zone": "junction", "angle_deg": 135.0,
         "legal": {"reference": "道路交通安全法实施条例 第四十九条", "version": "2017-10-07"}},
        {"name": "speeding", "kind": "speeding", "limit_kmh": layout.limit_kmh, "zone": "carriageway",
         "legal": {"reference": "道路交通安全法 第四十二条", "version": "2021-04-29"}},
        {"name": "spilling", "kind": "spilling", "zone": "carriageway",
         "legal": {"reference": "道路交通安全法 第四十八条", "version": "2021-04-29"}},
        {"name": "uncovered-load", "kind": "uncovered_load", "classes": ["truck"],
         "legal": {"reference": "城市建筑垃圾管理规定 第十四条", "version": "2005-06-01"}},
        {"name": "dirty-body", "kind": "dirty_body", "classes": ["truck"],
         "legal": {"reference": "城市市容和环境卫生管理条例 第十五条", "version": "2017-03-01"}},
    ]  # fmt: skip
