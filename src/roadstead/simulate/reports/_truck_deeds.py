"""What trucks do that a rule forbids: each changes one truck's day, and returns from when to when it was done."""

from collections.abc import Callable, Sequence

import numpy as np

from roadstead.geometry.paths import distances
from roadstead.geometry.zones import depth
from roadstead.simulate.reports._splice import Where, driven, drives, lasting, replaced
from roadstead.simulate.reports.ride import Timeline, bend_mps, resampled, stay
from roadstead.simulate.reports.roads import Roads
from roadstead.simulate.reports.trucks import Day
from roadstead.types import Floats

Done = tuple[float, float] | None
Deed = Callable[[Roads, Day, np.random.Generator, float], Done]

TOWN_MPS = 11.0
_HAND = {"gain_mps2": 0.9, "brake_mps2": 1.4, "lateral_mps2": 1.5}
_CLEAR_M = 80.0
"""A place that should be in or out of a zone is so far from its edge."""


def _go(points: Sequence[Floats], begin_s: float, top_mps: "float | Floats" = TOWN_MPS) -> Timeline:
    return driven(points, begin_s, top_mps, **_HAND)


def _visit(day: Day, k: int, knot: int, target: Floats) -> Callable[[float], list[Timeline]]:
    """Return what makes drive `k` anew: from one of its knots to a target, a stay there, and back to go on."""
    part = day.parts[k]

    def made(seconds: float) -> list[Timeline]:
        out = _go([part.xy_m[: knot + 1], target], float(part.t[0]))
        still = stay(float(out.t[-1]), float(out.t[-1]) + seconds, target)
        return [out, still, _go([target, part.xy_m[knot:]], float(still.t[-1]))]

    return made


def _done(day: Day, k: int, made: Callable[[float], list[Timeline]], where: Where, seconds: float) -> Done:
    found = lasting(made, where, seconds)
    if found is None:
        return None
    parts, begin, end = found
    replaced(day.parts, k, parts, (day.load, day.ignition))
    return begin, end


def _some(day: Day, rng: np.random.Generator) -> int | None:
    """Return one of the drives, none of which is the first or the last."""
    chosen = drives(day.parts)[1:-1]
    return int(rng.choice(chosen)) if chosen else None


def zone_entry(roads: Roads, day: Day, rng: np.random.Generator, seconds: float) -> Done:
    """Drive into the closed block and stay there."""
    zone, k = roads.scene.zones["closed block"], _some(day, rng)
    if k is None:
        return None
    target = zone.polygon.mean(axis=0) + rng.uniform(-60, 60, 2)
    knot = int(np.argmin(np.hypot(*(day.parts[k].xy_m - target).T)))
    return _done(day, k, _visit(day, k, knot, target), lambda xy: depth(zone, xy) > 0, seconds)


def zone_exit(roads: Roads, day: Day, rng: np.random.Generator, seconds: float) -> Done:
    """Leave the town, and come back."""
    fence, k = roads.scene.zones["fence"], _some(day, rng)
    if k is None:
        return None
    xy = day.parts[k].xy_m
    knot = int(np.argmax(np.hypot(*xy.T)))
    outwards = xy[knot] / np.hypot(*xy[knot])
    along = np.arange(0.0, 12_000.0, 10.0)[:, None] * outwards + xy[knot]
    target = along[np.flatnonzero(depth(fence, along) < -_CLEAR_M)[0]]
    return _done(day, k, _visit(day, k, knot, target), lambda at: depth(fence, at) < 0, seconds)


def off_route(roads: Roads, day: Day, rng: np.random.Generator, seconds: float, metres: float) -> Done:
    """Leave the roads by `metres`, stay there (within a sixth of that), and come back."""
    k = _some(day, rng)
    found = None if k is None else _aside(roads, day.parts[k].xy_m, rng, metres)
    if k is None or found is None:
        return None
    knot, target = found
    return _done(day, k, _visit(day, k, knot, target), lambda at: np.hypot(*(at - target).T) < metres / 6, seconds)


def _aside(roads: Roads, xy: Floats, rng: np.random.Generator, metres: float) -> tuple[int, Floats] | None:
    """Return a knot of a way (n, 2), and a place beside it that is as far from all roads."""
    for knot in rng.permutation(np.arange(len(xy) // 5, len(xy) * 4 // 5))[:12].tolist():
        ahead = xy[min(knot + 1, len(xy) - 1)] - xy[knot - 1]
        if np.hypot(*ahead) < 1.0:
            continue
        target = xy[knot] + np.array([ahead[1], -ahead[0]]) / np.hypot(*ahead) * metres
        far = float(distances(target[None], roads.network.points)[0])
        if metres - 8 < far < metres + 8 and not _near_sites(roads, target):
            return knot, target
    return None


def _near_sites(roads: Roads, place: Floats, metres: float = 300.0) -> bool:
    return any(np.hypot(*(p.xy_m - place)) < metres for p in roads.places)


def stopped(roads: Roads, day: Day, rng: np.random.Generator, seconds: float) -> Done:
    """Stand in the busiest street."""
    zone = roads.scene.zones["busy street"]
    for k in rng.permutation(drives(day.parts)[1:-1]).tolist():
        knots = np.flatnonzero(depth(zone, day.parts[k].xy_m) > 30)
        if len(knots) > 5:
            return _stands(day, k, int(rng.choice(knots)), seconds)
    return None


def _stands(day: Day, k: int, knot: int, seconds: float) -> Done:
    spot = day.parts[k].xy_m[knot].copy()
    return _done(day, k, _visit(day, k, knot, spot), lambda at: np.hypot(*(at - spot).T) < 1.0, seconds)


def dumping(roads: Roads, day: Day, rng: np.random.Generator, seconds: float) -> Done:
    """Stand by the road with a load, far from every site, and go on without it."""
    for k in rng.permutation(drives(day.parts)).tolist():
        part = day.parts[k]
        loads = [value for t, value in sorted(day.load) if t <= part.t[0]]
        knots = [j for j in range(len(part.xy_m) // 5, len(part.xy_m) * 4 // 5) if not _near_sites(roads, part.xy_m[j])]
        if loads[-1] != 3.0 or not knots:
            continue
        done = _stands(day, k, int(rng.choice(knots)), seconds)
        if done is not None:
            day.load.append((done[1] - 40.0, 0.0))
        return done
    return None


def speeding(_roads: Roads, day: Day, rng: np.random.Generator, kmh: float) -> Done:
    """Go too fast along a straight or wide stretch."""
    fast = kmh / 3.6
    for k in rng.permutation(drives(day.parts)[1:-1]).tolist():
        xy = resampled(day.parts[k].xy_m, 10.0)
        open_ = bend_mps(xy, _HAND["lateral_mps2"]) > 1.05 * fast
        edges = np.flatnonzero(np.diff(np.concatenate(([0], open_, [0]))))
        begin, end = max(zip(edges[::2], edges[1::2], strict=True), key=lambda e: e[1] - e[0], default=(0, 0))
        if end - begin < 320:
            continue
        top = np.full(len(xy), TOWN_MPS)
        top[begin + 5 : end - 5] = fast
        part = _go([xy], float(day.parts[k].t[0]), top)
        at = np.flatnonzero(part.speed_mps > 0.97 * fast)
        replaced(day.parts, k, [part], (day.load, day.ignition))
        return float(part.t[at[0]]), float(part.t[at[-1]])
    return None


def night_operation(_roads: Roads, day: Day, rng: np.random.Generator, kmh: float, metres: float) -> Done:
    """In the night, start, go some way and back."""
    night = day.parts[0]
    begin, end = float(night.t[0]), float(night.t[-1])
    on = begin + rng.uniform(0.5, 4.0) * 3600
    spot, course = night.xy_m[0], rng.uniform(0, 2 * np.pi)
    away = spot + metres * np.array([np.sin(course), np.cos(course)])
    out = _go([spot, away], on + 60, kmh / 3.6)
    there = stay(float(out.t[-1]), float(out.t[-1]) + 120, away)
    back = _go([away, spot], float(there.t[-1]), kmh / 3.6)
    off = float(back.t[-1]) + 60
    day.parts[:1] = [stay(begin, on + 60, spot), out, there, back, stay(float(back.t[-1]), end, spot)]
    day.ignition += [(on, 1.0), (off, 0.0)]
    return float(out.t[0]), float(back.t[-1])
