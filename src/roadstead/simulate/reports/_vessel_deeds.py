"""What vessels do that a rule forbids: each changes one vessel's log, and returns from when to when it was done."""

from collections.abc import Callable, Sequence

import numpy as np

from roadstead.geometry.zones import depth
from roadstead.simulate.reports._splice import Where, driven, drives, lasting, replaced
from roadstead.simulate.reports.ride import Timeline, joined, resampled, stay
from roadstead.simulate.reports.voyages import ANCHORED, ENGINE, Log
from roadstead.simulate.reports.waters import LEG_M, Waters
from roadstead.types import Floats

Done = tuple[float, float] | None
Deed = Callable[[Waters, Log, np.random.Generator, float], Done]

KN = 1852 / 3600
_NOT_UNDER_COMMAND = 2.0
_SLOW_MPS = 3.0
_HAND = {"gain_mps2": 0.03, "brake_mps2": 0.05, "lateral_mps2": 0.08, "every_m": LEG_M}
_HARD = {"gain_mps2": 0.12, "brake_mps2": 0.12, "lateral_mps2": 0.35, "every_m": 20.0}
_OFF_M = 60.0
"""A meeting's partner comes from so far aside."""


def _sail(points: Sequence[Floats], begin_s: float, top_mps: "float | Floats") -> Timeline:
    return driven(points, begin_s, top_mps, **_HAND)


def _passage(
    log: Log, rng: np.random.Generator, west: float, east: float, least_mps: float = 0.0
) -> tuple[int, int] | None:
    """Return a drive and one of its knots between two easts that it passes at some speed, at a time that is watched."""
    for k in rng.permutation(drives(log.parts)[1:]).tolist():
        part = log.parts[k]
        x = part.xy_m[:, 0]
        fits = np.flatnonzero((x > west) & (x < east) & (part.speed_mps >= least_mps))
        if len(fits) and 20 < fits[len(fits) // 2] < len(x) - 20:
            return k, int(fits[rng.integers(len(fits) // 4, max(len(fits) * 3 // 4, len(fits) // 4 + 1))])
    return None


def _outside(log: Log, rng: np.random.Generator, least_mps: float = 0.0) -> tuple[int, int] | None:
    """Return a drive and one of its knots in the fairway west or east of the port and the anchorage."""
    return _passage(log, rng, -19_500, -14_500, least_mps) or _passage(log, rng, 18_500, 22_000, least_mps)


def _visit(
    log: Log, k: int, knot: int, ways: tuple[Sequence[Floats], Sequence[Floats]]
) -> Callable[[float], list[Timeline]]:
    """Return what makes passage `k` anew: from a knot along the first way, a stay at its end, the second way, and on."""
    part = log.parts[k]
    top = max(_SLOW_MPS, float(part.speed_mps.max()))
    into, back = ways

    def made(seconds: float) -> list[Timeline]:
        out = _sail([part.xy_m[: knot + 1], *into], float(part.t[0]), min(top, 5.0))
        still = stay(float(out.t[-1]), float(out.t[-1]) + seconds, out.xy_m[-1])
        return [out, still, _sail([out.xy_m[-1:], *back, part.xy_m[knot:]], float(still.t[-1]), min(top, 5.0))]

    return made


def _done(log: Log, k: int, made: Callable[[float], list[Timeline]], where: Where, seconds: float) -> Done:
    found = lasting(made, where, seconds)
    if found is None:
        return None
    parts, begin, end = found
    replaced(log.parts, k, parts, (log.status, log.heading, log.draught))
    return begin, end


def _says(log: Log, begin: float, end: float, status: float, heading_deg: float = np.nan) -> None:
    """Let it say a status, and lie with a heading, from `begin` to `end`; then be under way again."""
    for changes, value, then in ((log.status, status, ENGINE), (log.heading, heading_deg, np.nan)):
        changes += [(begin, value), (end, then)]
        changes.sort(key=lambda change: change[0])


def anchoring(_waters: Waters, log: Log, rng: np.random.Generator, seconds: float, metres: float = 100.0) -> Done:
    """Anchor over the pipeline."""
    found = _passage(log, rng, 19_000, 20_000)
    if found is None:
        return None
    k, knot = found
    spot = log.parts[k].xy_m[knot].copy()
    done = _done(log, k, _visit(log, k, knot, ([spot], [spot])), lambda at: np.hypot(*(at - spot).T) < metres, seconds)
    if done is not None:
        _says(log, done[0] + 120, done[1] - 120, ANCHORED, float(rng.uniform(0, 360)))
    return done


def loitering(waters: Waters, log: Log, rng: np.random.Generator, seconds: float) -> Done:
    """Go in a circle over the pipeline, and lie there."""
    found = _passage(log, rng, 19_200, 19_800)
    if found is None:
        return None
    k, knot = found
    angle = np.linspace(0, 2 * np.pi, 40)
    spot = log.parts[k].xy_m[knot]
    circle = spot + 350.0 * np.column_stack((np.cos(angle) - 1, np.sin(angle)))
    zone = waters.scene.zones["pipeline"]
    return _done(log, k, _visit(log, k, knot, ([circle], [spot])), lambda at: depth(zone, at) > 0, seconds)


def no_go_vessel_area(waters: Waters, log: Log, rng: np.random.Generator, seconds: float) -> Done:
    """Go into the reserve and out again."""
    found = _passage(log, rng, -20_000, -17_000)
    if found is None:
        return None
    k, knot = found
    zone = waters.scene.zones["reserve"]
    inside = np.array([log.parts[k].xy_m[knot, 0], zone.polygon[:, 1].min() + 250.0])
    return _done(log, k, _visit(log, k, knot, ([inside], [inside])), lambda at: depth(zone, at) > 0, seconds)


def sudden_turn(_waters: Waters, log: Log, rng: np.random.Generator, degrees: float) -> Done:
    """Turn sharply, keep the new course for a kilometre and a half, and go back to the way."""
    found = _outside(log, rng, 4.5 * KN)
    if found is None:
        return None
    k, knot = found
    part = log.parts[k]
    ahead = part.xy_m[knot] - part.xy_m[knot - 3]
    turn = np.deg2rad(degrees * rng.choice([-1, 1]))
    ahead = ahead / np.hypot(*ahead)
    way = np.array(
        [ahead[0] * np.cos(turn) + ahead[1] * np.sin(turn), ahead[1] * np.cos(turn) - ahead[0] * np.sin(turn)]
    )
    far = min(len(part.xy_m) - 1, knot + 100)
    tip = part.xy_m[knot] + 1500.0 * way
    top = max(float(part.speed_mps.max()), 5.0 * KN)
    new = driven([part.xy_m[: knot + 1], tip, part.xy_m[far:]], float(part.t[0]), top, **_HARD)
    at = float(new.t[int(np.argmin(np.hypot(*(new.xy_m - part.xy_m[knot]).T)))])
    replaced(log.parts, k, [new], (log.status, log.heading, log.draught))
    return at, at


def sudden_speed(_waters: Waters, log: Log, rng: np.random.Generator, knots: float) -> Done:
    """Stop the engine at once: so much slower within a minute, and slow for ten minutes."""
    found = _outside(log, rng, (knots + 2.5) * KN)
    if found is None:
        return None
    k, knot = found
    part = log.parts[k]
    xy = resampled(part.xy_m, 20.0)
    fast = float(part.speed_mps[knot])
    begin = int(np.argmin(np.hypot(*(xy - part.xy_m[knot]).T)))
    slow = fast - knots * KN
    top = np.full(len(xy), fast)
    top[begin : begin + max(4, int(600 * slow / 20))] = slow
    new = driven([xy], float(part.t[0]), top, **_HARD)
    at = float(new.t[int(np.argmin(np.hypot(*(new.xy_m - part.xy_m[knot]).T)))])
    replaced(log.parts, k, [new], (log.status, log.heading, log.draught))
    return at - 60, at


def drifting(_waters: Waters, log: Log, rng: np.random.Generator, seconds: float, across_deg: float = 54.0) -> Done:
    """Be carried along at 1 to 2.4 kn, the bow across, with or without saying so, and then go on."""
    found = _outside(log, rng)
    if found is None:
        return None
    k, knot = found
    part = log.parts[k]
    course, speed = float(rng.uniform(0, 360)), float(rng.uniform(1.0, 2.4)) * KN
    way = np.array([np.sin(np.deg2rad(course)), np.cos(np.deg2rad(course))])
    spot = part.xy_m[knot].copy()
    out = _sail([part.xy_m[: knot + 1]], float(part.t[0]), min(5.0, float(part.speed_mps.max())))
    t = np.arange(0.0, seconds + 60, 60.0)
    carried = Timeline(
        out.t[-1] + t, spot + way * speed * t[:, None], np.full(len(t), speed), np.zeros(len(t), dtype=bool)
    )
    back = _sail([carried.xy_m[-1], part.xy_m[knot:]], float(carried.t[-1]), 5.0)
    replaced(log.parts, k, [out, carried, back], (log.status, log.heading, log.draught))
    begin, end = float(carried.t[0]), float(carried.t[-1])
    across = course + float(rng.choice([-1, 1])) * rng.uniform(across_deg, 180 - across_deg)
    _says(log, begin, end, _NOT_UNDER_COMMAND if rng.random() < 0.3 else ENGINE, across % 360)
    return begin, end


def waiting(_waters: Waters, log: Log, rng: np.random.Generator, seconds: float) -> Done:
    """Stop on the way, out in the fairway: what the first of two that meet does."""
    found = _passage(log, rng, 21_000, 22_800)
    if found is None:
        return None
    k, knot = found
    spot = log.parts[k].xy_m[knot].copy()
    return _done(log, k, _visit(log, k, knot, ([spot], [spot])), lambda at: np.hypot(*(at - spot).T) < 1.0, seconds)


def joining(log: Log, spot: Floats, begin: float, seconds: float, apart_m: float) -> Done:
    """Let this vessel do nothing else than come to a place beside another at `begin`, lie there, and go on."""
    berth = spot + np.array([0.0, apart_m])
    out = _sail([spot + np.array([9000.0, _OFF_M]), berth], 0.0, 5.0)
    still = stay(begin, begin + seconds, berth)
    late = begin - float(out.t[-1])
    came = Timeline(out.t + late, out.xy_m, out.speed_mps, out.covered)
    left = _sail([berth, spot + np.array([-9000.0, _OFF_M])], begin + seconds, 5.0)
    far = (
        stay(float(log.parts[0].t[0]), float(came.t[0]), came.xy_m[0]),
        stay(float(left.t[-1]), float(log.parts[-1].t[-1]) + 1, left.xy_m[-1]),
    )
    log.parts[:] = [joined([far[0], came, still, left, far[1]])]
    log.status[:] = [(float(far[0].t[0]), ENGINE)]
    log.heading[:] = [(float(far[0].t[0]), np.nan)]
    return begin, begin + seconds
