"""How vessels move: slowly under way and slowly out of it, wide turns with the stern swung out, swinging at anchor, drifting, rocking.

Bow waves and wakes are not made here: they follow from a body's length and width and from the speed of its motion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from roadstead.errors import BadInput
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, Stop, along_m, resampled, yaw_turn
from roadstead.types import Floats

STEP_S = 0.1
"""How far knots lie apart in time."""
GRAVITY_MPS2 = 9.81
_SLOWEST_MPS = 0.02
_SWING_S, _SWING_RAD = 660.0, 0.14
"""How a ship sheers at anchor: period and amplitude of the voyages of `simulate.reports`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What a vessel can do: gain and loss of speed, the fastest turn, and how far its corners are rounded.

    `drift` is by how much of length times curvature (rad) the bow points into a turn; `boat` planes and leans inwards.
    """

    gain_mps2: float
    brake_mps2: float
    turn_radps: float
    round_m: float
    drift: float = 0.3
    boat: bool = False


def handling(body: Body) -> Handling:
    """Return how a vessel handles, by its length: 100 m gain 0.04 m/s² and turn 1 °/s, a tug 0.14 and 3.6, a speedboat 1 and 15."""
    length = body.length_m
    boat = body.attributes.get("kind") == "small_boat"
    gain = 1.0 if boat else float(np.clip(4.0 / length, 0.02, 0.2))
    turn = float(np.radians(np.clip(100.0 / length, 0.6, 25.0)))
    return Handling(gain_mps2=gain, brake_mps2=1.5 * gain, turn_radps=turn, round_m=0.8 * length, boat=boat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sailing:
    """How a vessel goes along its path. It begins and ends with `begin_mps` and `end_mps`, None: with the speed it has there.

    `limits` are (from m, to m, m/s) along the path; `able` replaces what `handling` says of the vessel.
    """

    begin_mps: float | None = None
    end_mps: float | None = None
    limits: tuple[tuple[float, float, float], ...] = ()
    stops: tuple[Stop, ...] = ()
    able: Handling | None = None


def sail(
    path: npt.ArrayLike,
    speed_mps: float,
    start: float,
    *,
    body: Body,
    rng: np.random.Generator,
    wave_m: float = 0.15,
    how: Sailing | None = None,
) -> Motion:
    """Return the motion of a vessel along a path (n, 2) m, from `start` on, whose corners it rounds.

    It goes as fast as `speed_mps`, limits, stops, its turning rate and its inertia let it. Raises BadInput for a path
    without length.
    """
    how = how or Sailing()
    able = how.able or handling(body)
    way = rounded(path, able.round_m)
    if len(way) < 2:
        raise BadInput(f"a path of {np.size(path) // 2} points leads nowhere: give two that lie apart")
    s = along_m(way)
    course = np.unwrap(np.arctan2(np.gradient(way[:, 1], s), np.gradient(way[:, 0], s)))
    bend = np.gradient(course, s)
    marks = [stop.along_m for stop in how.stops] + [edge for limit in how.limits for edge in limit[:2]]
    grid = np.unique(np.concatenate((s, np.clip(marks, 0.0, s[-1]))))
    when, where, speed = _timetable(grid, _speeds(grid, np.interp(grid, s, bend), speed_mps, able, how), how.stops)
    curve = np.interp(where, s, bend)
    xy = np.asarray(CubicSpline(s, way)(where))
    yaw = np.interp(where, s, course) + np.clip(able.drift * curve * body.length_m, -0.21, 0.21)
    return _afloat(when + start, xy, yaw, _Running(speed, curve, able.boat), body, wave_m, rng)


def rounded(path: npt.ArrayLike, round_m: float) -> Floats:
    """Return a way (m, 2) along a path (n, 2) smoothed by a Gaussian of standard deviation `round_m`; its ends stay."""
    step = float(np.clip(round_m / 20, 0.25, 3.0))
    points = np.asarray(path, dtype=np.float64).reshape(-1, 2)
    if len(points) < 2 or not np.ptp(points, axis=0).any():
        return points[:1]
    way = resampled(points, step)
    n = min(int(3 * round_m / step), len(way) - 1)
    if n < 2:
        return way
    weight = np.exp(-0.5 * (np.arange(-n, n + 1) * step / round_m) ** 2)
    weight /= weight.sum()
    wide = np.pad(way, ((n, n), (0, 0)), mode="reflect", reflect_type="odd")
    smooth = np.column_stack([np.convolve(wide[:, i], weight, mode="valid") for i in (0, 1)])
    return smooth[np.concatenate(([True], np.hypot(*np.diff(smooth, axis=0).T) > 0.05 * step))]


def _speeds(s: Floats, bend: Floats, speed_mps: float, able: Handling, how: Sailing) -> Floats:
    """Return the greatest speed (n,) at each place (n,) of the way."""
    top = np.minimum(speed_mps, able.turn_radps / np.maximum(np.abs(bend), 1e-9))
    for low, high, limit in how.limits:
        inside = (s >= low) & (s <= high)
        top[inside] = np.minimum(top[inside], limit)
    for stop in how.stops:
        top[int(np.argmin(np.abs(s - stop.along_m)))] = 0.0
    for place, end in ((0, how.begin_mps), (-1, how.end_mps)):
        if end is not None:
            top[place] = min(top[place], end)
    v2, ds = top**2, np.diff(s)
    for i in range(1, len(s)):
        v2[i] = min(v2[i], v2[i - 1] + 2 * able.gain_mps2 * ds[i - 1])
    for i in range(len(s) - 2, -1, -1):
        v2[i] = min(v2[i], v2[i + 1] + 2 * able.brake_mps2 * ds[i])
    return np.asarray(np.sqrt(v2))


def _timetable(s: Floats, v: Floats, stops: Sequence[Stop]) -> tuple[Floats, Floats, Floats]:
    """Return times (m,), how far along they find the vessel (m,), and its speed (m,); between places the gain is constant."""
    last = np.maximum(2 * np.diff(s) / np.maximum(v[1:] + v[:-1], _SLOWEST_MPS), 1e-6)
    gain = np.append((v[1:] ** 2 - v[:-1] ** 2) / (2 * np.diff(s)), 0.0)
    t, places = np.concatenate(([0.0], np.cumsum(last))), np.arange(len(s))
    for stop in sorted(stops, key=lambda one: -one.along_m):
        k = int(np.argmin(np.abs(s - stop.along_m)))
        t = np.concatenate((t[: k + 1], t[k:] + stop.seconds))
        places = np.concatenate((places[: k + 1], places[k:]))
    when = np.append(np.arange(0.0, t[-1], STEP_S), t[-1])
    row = np.clip(np.searchsorted(t, when, side="right") - 1, 0, len(t) - 1)
    waits = np.append(places[1:] == places[:-1], True)[row]
    past, at = when - t[row], places[row]
    where = np.where(waits, s[at], s[at] + v[at] * past + gain[at] * past**2 / 2)
    return when, np.minimum(np.maximum.accumulate(where), s[-1]), np.where(waits, v[at], v[at] + gain[at] * past)


def anchored(
    t0: float,
    t1: float,
    anchor: Sequence[float],
    stream_rad: float | tuple[float, float],
    *,
    body: Body,
    rng: np.random.Generator,
    scope_m: float = 60.0,
    wave_m: float = 0.15,
) -> Motion:
    """Return a vessel at anchor from t0 to t1: downstream of its anchor (x, y), with the bow to it, sheering to both sides.

    The stream runs towards `stream_rad` (from east counterclockwise), or turns from one such angle to another.
    """
    t = _times(t0, t1)
    swing = _SWING_RAD * np.sin(2 * np.pi * t / _SWING_S + rng.uniform(0, 2 * np.pi))
    first, last = stream_rad if isinstance(stream_rad, tuple) else (stream_rad, stream_rad)
    stream = first + (last - first) * (t - t0) / max(t1 - t0, 1e-9) + swing
    sheer = 0.06 * np.sin(2 * np.pi * t / rng.uniform(120, 200) + rng.uniform(0, 2 * np.pi))
    reach = scope_m + body.length_m / 2
    xy = np.asarray(anchor, dtype=np.float64)[:2] + reach * np.column_stack((np.cos(stream), np.sin(stream)))
    return _afloat(t, xy, stream + np.pi + sheer, None, body, wave_m, rng)


def drifting(
    t0: float,
    t1: float,
    at: Sequence[float],
    current_mps: Sequence[float],
    *,
    body: Body,
    rng: np.random.Generator,
    yaw: float | None = None,
    wave_m: float = 0.15,
) -> Motion:
    """Return a vessel without power from t0 to t1: it goes with the current (east, north) from `at` on and comes to lie beam to it.

    `yaw` is where the bow points at first; None: it lies so already.
    """
    t = _times(t0, t1)
    flow = np.asarray(current_mps, dtype=np.float64)[:2]
    across = float(np.arctan2(flow[1], flow[0])) + np.pi / 2
    first = across if yaw is None else yaw
    target = first + float((across - first + np.pi / 2) % np.pi - np.pi / 2)
    lag = 1 - np.exp(-(((t - t0) / (60.0 + body.length_m)) ** 2))
    wander = 0.2 * np.sin(2 * np.pi * (t - t0) / rng.uniform(150, 300))
    heading = first + (target - first) * lag + wander
    xy = np.asarray(at, dtype=np.float64)[:2] + flow * (t - t0)[:, None]
    return _afloat(t, xy, heading, None, body, wave_m, rng)


def moored(
    t0: float,
    t1: float,
    at: Sequence[float],
    yaw: float,
    *,
    body: Body,
    rng: np.random.Generator,
    wave_m: float = 0.05,
) -> Motion:
    """Return a vessel at its berth from t0 to t1: it hardly moves in its lines."""
    t = _times(t0, t1)
    surge = 0.08 * np.sin(2 * np.pi * t / rng.uniform(25, 50) + rng.uniform(0, 2 * np.pi))
    xy = np.asarray(at, dtype=np.float64)[:2] + surge[:, None] * np.array([np.cos(yaw), np.sin(yaw)])
    return _afloat(t, xy, np.full(len(t), yaw), None, body, wave_m, rng)


def _times(t0: float, t1: float) -> Floats:
    return np.append(np.arange(t0, t1, STEP_S), t1)


@dataclass(frozen=True, slots=True)
class _Running:
    """Speeds (n,) m/s and curvatures (n,) 1/m of a vessel under way."""

    speed_mps: Floats
    curve: Floats
    boat: bool


def _afloat(
    t: Floats, xy: Floats, yaw: Floats, running: _Running | None, body: Body, wave_m: float, rng: np.random.Generator
) -> Motion:
    """Add what the waves do, and what speed and turns do to trim and heel.

    Waves of the significant height H have a period of about 1 + 3.9 √H s and a length of 1.56 T² m (deep water); a vessel
    that is long against them averages them out. A boat that planes rises about its stern, most at 5 m/s.
    """
    period = 1.0 + 3.9 * float(np.sqrt(max(wave_m, 0.0)))
    wave_length = 1.56 * period**2
    slope = np.pi * wave_m / wave_length
    along, across = 1 / (1 + (body.length_m / wave_length) ** 2), 1 / (1 + (2 * body.width_m / wave_length) ** 2)
    heave = 0.35 * wave_m * along * _waves(t, period, rng)
    pitch = 0.6 * slope * along * _waves(t, period, rng)
    roll = 0.6 * slope * across * _waves(t, max(period, 1.0 + 0.8 * body.width_m), rng)
    if running is not None:
        lateral = running.speed_mps**2 * running.curve / GRAVITY_MPS2
        roll = roll + np.clip((-0.9 if running.boat else 0.5) * lateral, -0.35, 0.35)
        if running.boat:
            x = running.speed_mps / 5.0
            trim = 0.09 * x * np.exp(1 - x)
            pitch = pitch * (1 + x) - trim
            heave = heave + 0.4 * body.length_m * trim
    return Motion(t, np.column_stack((xy, heave)), yaw_turn(yaw, pitch, roll))


def _waves(t: Floats, period_s: float, rng: np.random.Generator) -> Floats:
    """Return an irregular oscillation (n,) about a period, with an amplitude of about 1."""
    share = np.array([0.55, 0.3, 0.15])
    periods = period_s * rng.uniform((0.95, 0.7, 1.2), (1.05, 0.85, 1.5))
    phase = rng.uniform(0, 2 * np.pi, 3)
    return np.asarray(np.sin(2 * np.pi * t[:, None] / periods + phase) @ share)
