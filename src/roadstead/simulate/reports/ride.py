"""Rides: along a route in time, with what a driver does (lights, congestion, braking); and the timeline of a whole watch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.positions import Bools, Ints
from roadstead.types import Floats

KNOT_M = 10.0
"""How far the knots of a route of a truck lie apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A way as knots (n,): metres east and north (n, 2), how long it is up to there, the speed that it allows.

    `covered` tells where no satellite is seen, `lights` the knots that a driver may have to stop at.
    """

    xy_m: Floats
    along_m: Floats
    top_mps: Floats
    covered: Bools
    lights: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """How somebody drives: share of the allowed speed, acceleration and braking, chance of a red light and how long it is."""

    share: float = 1.0
    gain_mps2: float = 0.9
    brake_mps2: float = 1.4
    red: float = 0.35
    wait_s: tuple[float, float] = (5.0, 60.0)
    hard: float = 0.02
    congested: float = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Where something is at which time, as knots (n,): between them it goes straight, its speed changes evenly."""

    t: Floats
    xy_m: Floats
    speed_mps: Floats
    covered: Bools

    def at(self, t: Floats) -> "Sight":
        """Return what is true at times (m,) within the timeline."""
        k, share = self.knots(t)
        leg, length = _legs(self.xy_m)
        moving = np.maximum.accumulate(np.where(length > 0.01, np.arange(len(leg)), 0))[k]
        gone = np.concatenate(([0.0], np.cumsum(length)))
        return Sight(
            xy_m=self.xy_m[k] + leg[k] * share[:, None],
            speed_mps=self.speed_mps[k] * (1 - share) + self.speed_mps[k + 1] * share,
            course_deg=np.rad2deg(np.arctan2(leg[moving, 0], leg[moving, 1])) % 360.0,
            gone_m=gone[k] + length[k] * share,
            covered=self.covered[k],
        )

    def places(self, t: Floats) -> Floats:
        """Return where it is at times (m,): (m, 2)."""
        k, share = self.knots(t)
        return np.asarray(self.xy_m[k] + (self.xy_m[k + 1] - self.xy_m[k]) * share[:, None])

    def speeds(self, t: Floats) -> Floats:
        """Return how fast it is at times (m,)."""
        k, share = self.knots(t)
        return np.asarray(self.speed_mps[k] * (1 - share) + self.speed_mps[k + 1] * share)

    def knots(self, t: Floats) -> tuple[Ints, Floats]:
        """Return the knot before each time (m,), and which share of the way to the next is over."""
        k = np.clip(np.searchsorted(self.t, t, side="right") - 1, 0, len(self.t) - 2)
        step = self.t[k + 1] - self.t[k]
        return k, np.clip((t - self.t[k]) / np.maximum(step, 1e-9), 0.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The truth at some times (m,)."""

    xy_m: Floats
    speed_mps: Floats
    course_deg: Floats
    gone_m: Floats
    covered: Bools


def _legs(xy_m: Floats) -> tuple[Floats, Floats]:
    """Return the legs between points (n - 1, 2), and how long they are."""
    leg = xy_m[1:] - xy_m[:-1]
    return leg, np.hypot(leg[:, 0], leg[:, 1])


def resampled(xy_m: Floats, every_m: float) -> Floats:
    """Return points (m, 2) evenly along a polyline, its ends among them."""
    _, leg = _legs(xy_m)
    keep = np.concatenate(([True], leg > 1e-6))
    xy_m = xy_m[keep]
    along = np.concatenate(([0.0], np.cumsum(leg[keep[1:]])))
    n = max(2, round(along[-1] / every_m) + 1)
    at = np.linspace(0.0, along[-1], n)
    return np.column_stack((np.interp(at, along, xy_m[:, 0]), np.interp(at, along, xy_m[:, 1])))


def smoothed(xy_m: Floats, width: int) -> Floats:
    """Return points with their corners rounded by a moving mean of 2 `width` + 1 points; the ends stay."""
    if width < 1 or len(xy_m) < 3:
        return xy_m
    kernel = np.full(2 * width + 1, 1.0 / (2 * width + 1))
    padded = np.concatenate((2 * xy_m[:1] - xy_m[width:0:-1], xy_m, 2 * xy_m[-1:] - xy_m[-2 : -width - 2 : -1]))
    if len(padded) != len(xy_m) + 2 * width:
        return xy_m
    return np.column_stack([np.convolve(padded[:, i], kernel, mode="valid") for i in (0, 1)])


def bend_mps(xy_m: Floats, lateral_mps2: float) -> Floats:
    """Return how fast each point (n,) of a way can be driven so that its bend asks for no more than a lateral acceleration."""
    leg, length = _legs(xy_m)
    length = np.maximum(length, 1e-6)
    course = np.arctan2(leg[:, 0], leg[:, 1])
    turn = np.abs(course[1:] - course[:-1])
    bend = np.minimum(turn, 2 * np.pi - turn) / ((length[1:] + length[:-1]) / 2)
    top = np.full(len(xy_m), 1e3)
    top[1:-1] = np.sqrt(lateral_mps2 / np.maximum(bend, 1e-6))
    least = top.copy()
    np.minimum(least[1:], top[:-1], out=least[1:])
    np.minimum(least[:-1], top[1:], out=least[:-1])
    return np.asarray(np.maximum(least, 1.5))


def route(
    xy_m: Floats,
    top_mps: npt.ArrayLike,
    *,
    lateral_mps2: float = 1.5,
    covered: Bools | None = None,
    lights: Ints | None = None,
) -> Route:
    """Return a route through points (n, 2) with a speed limit for each, or for all."""
    along = np.concatenate(([0.0], np.cumsum(_legs(xy_m)[1])))
    return Route(
        xy_m=xy_m,
        along_m=along,
        top_mps=np.minimum(
            np.broadcast_to(np.asarray(top_mps, dtype=np.float64), (len(xy_m),)), bend_mps(xy_m, lateral_mps2)
        ),
        covered=np.zeros(len(xy_m), dtype=bool) if covered is None else covered,
        lights=np.zeros(0, dtype=np.int64) if lights is None else lights,
    )


def extended(way: Route, before: Floats, after: Floats, top_mps: float) -> Route:
    """Return a route with points before its beginning (n, 2) and after its end (m, 2), which are driven slowly."""
    xy = np.concatenate((before, way.xy_m, after))
    a, b, n = len(before), len(after), len(xy)
    along, top, covered = np.empty(n), np.empty(n), np.zeros(n, dtype=bool)
    along[0] = 0.0
    along[1 : a + 1] = np.cumsum(_legs(xy[: a + 1])[1])
    along[a:-b] = along[a] + way.along_m
    along[-b:] = along[-b - 1] + np.cumsum(_legs(xy[-b - 1 :])[1])
    top[:a] = top[-b:] = top_mps
    top[a:-b] = way.top_mps
    covered[a:-b] = way.covered
    return Route(xy, along, top, covered, way.lights + a)


def ride(way: Route, begin_s: float, driver: Driver, rng: np.random.Generator, *, first_mps: float = 0.0) -> Timeline:
    """Return a drive from standstill (or `first_mps`) to standstill along a route.

    The square of the speed is the largest one below what the route allows that neither grows faster than twice the
    acceleration times the way nor falls faster than the braking lets it.
    """
    square = np.square(way.top_mps * driver.share)
    step = way.along_m[1:] - way.along_m[:-1]
    brake = np.full(len(step), driver.brake_mps2)
    waits = np.zeros(len(square))
    stops = way.lights[rng.random(len(way.lights)) < driver.red]
    for stop in stops.tolist():
        square[stop], waits[stop] = 0.0, rng.uniform(*driver.wait_s)
        if rng.random() < driver.hard:
            brake[max(0, stop - 4) : stop] = rng.uniform(5.0, 7.5)
    if rng.random() < driver.congested and len(square) > 20:
        a = int(rng.integers(0, len(square) - 10))
        b = a + int(rng.integers(10, max(11, len(square) // 3)))
        square[a:b] = np.minimum(square[a:b], rng.uniform(2.0, 6.0) ** 2)
    square[0], square[-1] = first_mps**2, 0.0
    up = 2 * driver.gain_mps2 * way.along_m
    square = np.minimum.accumulate(square - up) + up
    down = np.zeros(len(square))
    np.cumsum(2 * brake * step, out=down[1:])
    square = np.minimum.accumulate((square + down)[::-1])[::-1] - down
    speed = np.sqrt(np.maximum(square, 0.0))
    reached = np.zeros(len(square))
    np.cumsum(2 * step / np.maximum(speed[1:] + speed[:-1], 0.5) + waits[:-1], out=reached[1:])
    if not len(stops):
        return Timeline(begin_s + reached, way.xy_m, speed, way.covered)
    knots = np.ones(len(square), dtype=np.int64)
    knots[stops] = 2
    at = np.repeat(np.arange(len(square)), knots)
    t = begin_s + reached[at]
    t[stops + np.arange(1, len(stops) + 1)] += waits[stops]
    return Timeline(t, way.xy_m.take(at, axis=0), speed[at], way.covered[at])


def stay(begin_s: float, end_s: float, xy_m: npt.ArrayLike) -> Timeline:
    """Return a standstill."""
    place = np.asarray(xy_m, dtype=np.float64)
    return Timeline(np.array([begin_s, end_s]), np.stack((place, place)), np.zeros(2), np.zeros(2, dtype=bool))


def joined(parts: Sequence[Timeline]) -> Timeline:
    """Join timelines that follow one another."""
    return Timeline(
        np.concatenate([p.t for p in parts]),
        np.concatenate([p.xy_m for p in parts]),
        np.concatenate([p.speed_mps for p in parts]),
        np.concatenate([p.covered for p in parts]),
    )
