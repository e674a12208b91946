"""A truck that loses part of its load, and paper that the wind blows across the road."""

import numpy as np

from roadstead.geometry.zones import depth
from roadstead.simulate.scenes._by_motion import Truth
from roadstead.simulate.scenes._course import hidden
from roadstead.simulate.scenes._stage import Stage
from roadstead.simulate.world.falling import Drop, dropped
from roadstead.simulate.world.motion import Motion, matrices, yaw_turn
from roadstead.simulate.world.world import Actor
from roadstead.types import Floats

_HIGH_M = (1.6, 2.1)
"""From how high it falls over the tail."""
_LONGEST_ROLL_S = 1.8
_CLEAR_S = 4.0
"""For so long before the fall nobody else passes over the place, as the camera sees it."""
_ASTRAY = 1.3
"""A vehicle passes over a place on the picture where its box, made wider by so much, holds it."""


def spill(stage: Stage, truck: Actor, *, rule: str = "spilling", many: int = 2, tries: int = 30) -> bool:
    """Let a truck lose some lumps while it is in sight; what has to be found is added to its truth."""
    course = stage.courses[truck.id]
    table = next(r for r in stage.rules if r["name"] == rule)
    stay_s = float(table.get("min_stay_s", 3.0))
    usable = course.t[course.seen & (course.t < stage.order.seconds - stay_s - 5.0)]
    for _ in range(tries):
        if not len(usable):
            return False
        first = float(stage.rng.choice(usable))
        times = first + np.cumsum(np.concatenate(([0.0], stage.rng.uniform(0.15, 0.5, many - 1))))
        drops = [_drop(stage, truck, float(t)) for t in times]
        falls = dropped(drops, stage.order.seconds)
        known = [
            _known_s(stage, truck, drop, fall.motion, fall.landed, fall.rested)
            for drop, fall in zip(drops, falls, strict=True)
        ]
        if any(k is None for k in known):
            continue
        for drop, fall in zip(drops, falls, strict=True):
            lump = stage.admit(drop.body, fall.motion, stage.course(drop.body, fall.motion), ())
            stage.guard(lump.id, fall.landed, max(k for k in known if k is not None) + stay_s + 2.5)
        due = min(k for k in known if k is not None) + stay_s
        note = f"lost {many} lumps" if many > 1 else "lost a lump"
        found = Truth(rule, "spilling", "event", min(f.landed for f in falls), due, due, note)
        stage.truths[truck.id] = (*stage.truths[truck.id], found)
        stage.guard(truck.id, first - 3.0, first + 3.0)
        return True
    return False


def _drop(stage: Stage, truck: Actor, t: float) -> Drop:
    """Return a lump that goes over a truck's tail."""
    rng, state = stage.rng, truck.motion.at(t)
    body = stage.body("debris", form=str(rng.choice(["lump", "lump", "brick"])), size_m=float(rng.uniform(0.45, 0.75)))
    ahead, left, _ = matrices(state.turn)[0].T
    tail = state.xyz_m[0] - ahead * (truck.body.length_m / 2 + 0.4) + left * rng.uniform(-0.7, 0.7)
    velocity = ahead * float(state.speed_mps[0]) * rng.uniform(0.75, 0.92) + left * rng.uniform(-0.3, 0.3)
    return Drop(
        body=body,
        t=t,
        at_m=(float(tail[0]), float(tail[1]), float(rng.uniform(*_HIGH_M))),
        velocity_mps=(float(velocity[0]), float(velocity[1]), float(rng.uniform(-0.3, 0.3))),
        yaw=float(rng.uniform(0, 2 * np.pi)),
        spin=(float(rng.normal(0, 1)), float(rng.normal(0, 2)), float(rng.normal(0, 1))),
    )


def _known_s(stage: Stage, truck: Actor, drop: Drop, motion: Motion, landed: float, rested: float) -> float | None:
    """Return when a lump lies in sight; None where it would not be a fair question whose it is, or whether it stays."""
    course = stage.course(drop.body, motion)
    if rested - landed > _LONGEST_ROLL_S or not len(course.t) or not course.seen[-1] or course.side_px[-1] < 6.0:
        return None
    own = stage.courses[truck.id]
    at = course.feet[-1]
    zone = next((r.get("zone") for r in stage.rules if r["kind"] == "spilling"), None)
    deep = np.inf if zone is None else _deep(stage, zone, at)
    if deep < 1.5 * course.side_px[-1] or not stage.harmless(drop.body, course):
        return None
    free = course.t[(hidden(own, course) < 0.3) & (course.t >= landed)]
    if not len(free) or free[0] > rested + 2.0:
        return None
    seen = max(float(free[0]), rested)
    for other, theirs in stage.courses.items():
        if other != truck.id and _over(theirs.within(drop.t - _CLEAR_S, seen + 5.5).box, at):
            return None
    row = int(np.searchsorted(own.t, landed))
    size = own.side_px[min(row, len(own.t) - 1)]
    if course.side_px[-1] > 0.3 * size:
        return None
    return seen if stage.script.fits(drop.body, motion, gap_m=0.3, beside=(truck.id, *_lumps(stage))) else None


def _lumps(stage: Stage) -> tuple[str, ...]:
    return tuple(a.id for a in stage.script.actors if a.body.label == "debris")


def _deep(stage: Stage, zone: str, at: Floats) -> float:
    return float(depth(stage.scene.zones[zone], at[None])[0])


def _over(boxes: Floats, at: Floats) -> bool:
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2 * _ASTRAY
    return bool((np.abs(at - middle) <= half).all(axis=1).any())


def blow(stage: Stage, start_m: Floats, end_m: Floats, starts: Floats) -> Actor | None:
    """Let the wind blow a bag or a sheet of paper over the ground from a place to another, in hops."""
    rng = stage.rng
    body = stage.body("paper")
    way, speed = np.subtract(end_m, start_m), float(rng.uniform(1.6, 3.2))
    seconds = float(np.hypot(*way)) / speed
    t = np.arange(0.0, seconds, 0.05)
    share = t / seconds + 0.02 * np.sin(2 * np.pi * t / rng.uniform(3.0, 5.0)) * np.minimum(1, (seconds - t) / 2)
    aside = np.array((-way[1], way[0])) / np.hypot(*way)
    sway = rng.uniform(0.2, 0.5) * np.sin(2 * np.pi * t / rng.uniform(3, 6))
    place = np.asarray(start_m) + share[:, None] * way + sway[:, None] * aside
    high = 0.35 * np.abs(np.sin(2 * np.pi * t / rng.uniform(1.4, 2.6)))
    turn = yaw_turn(rng.uniform(0.5, 2.0) * t, 0.8 * np.sin(1.7 * t), 0.6 * np.sin(2.3 * t))
    motion = Motion(t, np.column_stack((place, high)), turn)
    everyone = tuple(a.id for a in stage.script.actors)
    actor = stage.cast(body, motion, starts, beside=everyone)
    if actor is not None:
        stage.script.innocent("spilling", actor.id, actor.motion.start, actor.motion.end, "paper that the wind blows")
    return actor
