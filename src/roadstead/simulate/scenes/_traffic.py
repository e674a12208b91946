"""Traffic that does nothing wrong: who drives and walks where in the background of a scene."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from roadstead.simulate.scenes._stage import Stage
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Driving, Motion, drive
from roadstead.types import Floats

_LAWFUL: Mapping[str, Mapping[str, Any]] = {
    "dump_truck": {"cover": "sealed", "dirt": "clean"},
    "mixer": {"dirt": "clean"},
}
_BASE_M = {"dump_truck": 3.2, "mixer": 3.0, "bus": 3.3, "box_truck": 2.4, "motorcycle": 0.7, "car": 1.35}
_WALKING_MPS = (0.9, 1.6)


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A way (n, 2) m that some sorts take, as often as their weights say, at speeds between two, with halts of a kind or none."""

    way: Floats
    sorts: Mapping[str, float]
    speed_mps: tuple[float, float]
    share: float = 1.0
    limits: tuple[tuple[float, float, float], ...] = ()
    aside_m: float = 0.25
    wishes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def lawful(stage: Stage, sort: str, **wishes: Any) -> Body:
    """Return a body that no rule on attributes objects to."""
    return stage.body(sort, **{**_LAWFUL.get(sort, {}), **wishes})


def driving(body: Body, speed_mps: float, **how: Any) -> Driving:
    """Return how a body drives, by its sort."""
    heavy = body.label in ("truck", "bus")
    usual: dict[str, Any] = {
        "gain_mps2": 0.9 if heavy else 1.6,
        "brake_mps2": 1.5 if heavy else 2.2,
        "lateral_mps2": 1.3 if heavy else 2.0,
        "base_m": _BASE_M.get(body.sort, 1.4),
    }
    return Driving(speed_mps=speed_mps, **{**usual, **how})


def along(body: Body, way: Floats, speed_mps: float, **how: Any) -> Motion:
    """Return the motion of a body along a way that begins at 0 s."""
    return drive(way, driving(body, speed_mps, **how), 0.0)


def shifted(way: Floats, aside_m: float) -> Floats:
    """Return a way (n, 2) moved to its left."""
    step = np.gradient(way, axis=0)
    step /= np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    return way + aside_m * np.column_stack((-step[:, 1], step[:, 0]))


def fill(stage: Stage, flows: Sequence[Flow], many: int, *, tries: int = 4, gap_m: float = 1.2) -> int:
    """Take in up to so many movers on some flows; return how many there was room for."""
    share = np.array([f.share for f in flows])
    taken = 0
    for _ in range(many):
        flow = flows[int(stage.rng.choice(len(flows), p=share / share.sum()))]
        weights = np.array(list(flow.sorts.values()))
        sort = str(stage.rng.choice(list(flow.sorts), p=weights / weights.sum()))
        body = lawful(stage, sort, **flow.wishes.get(sort, {}))
        way = shifted(flow.way, float(stage.rng.normal(0, flow.aside_m / 2)))
        motion = along(body, way, float(stage.rng.uniform(*flow.speed_mps)), limits=flow.limits)
        starts = stage.starts(-motion.end * 0.8, stage.order.seconds - 1.0, tries)
        taken += stage.cast(body, motion, starts, gap_m=gap_m) is not None
    return taken


def walk(stage: Stage, ways: Sequence[Floats], many: int, **wishes: Any) -> int:
    """Let up to so many people walk along some ways, there or back; return how many there was room for."""
    taken = 0
    for _ in range(many):
        way = ways[int(stage.rng.integers(len(ways)))]
        way = way if stage.rng.random() < 0.5 else way[::-1]
        body = stage.body("pedestrian", **wishes)
        speed = float(stage.rng.uniform(*_WALKING_MPS))
        how = Driving(speed_mps=speed, base_m=0.2, lateral_mps2=3.0)
        motion = drive(shifted(way, float(stage.rng.uniform(-0.7, 0.7))), how, 0.0)
        starts = stage.starts(-motion.end * 0.9, stage.order.seconds - 1.0, 3)
        taken += stage.cast(body, motion, starts, gap_m=0.3) is not None
    return taken
