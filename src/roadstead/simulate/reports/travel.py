"""The true way of one mover in time, as a picture gives it, and how it came there and goes on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.geometry.geodesy import turn_deg
from roadstead.simulate.reports.ride import Driver, Sight, Timeline, joined, ride, route, stay
from roadstead.types import Floats, Way, readonly

Class = Literal["truck", "vessel"]
_STEP_S = 0.5
_KNOT_M = 8.0
_STILL_MPS = 0.3
_DRIVER = Driver(gain_mps2=0.9, brake_mps2=1.4, hard=0.0, congested=0.0)
_BACKWARDS = Driver(gain_mps2=1.4, brake_mps2=0.9, hard=0.0, congested=0.0)
_HELM = Driver(gain_mps2=0.03, brake_mps2=0.05, congested=0.0)
_LIGHTS_M = 1500.0
_SETTLES_M = {"truck": 300.0, "vessel": 2000.0}
"""Within which way a speed beyond the usual one is given up."""
_BENDS = {
    "truck": ((0.5, 3000.0, 5000.0), (0.15, 700.0, 1300.0)),
    "vessel": ((0.15, 6000.0, 10_000.0), (0.04, 2000.0, 4000.0)),
}
"""Of what a way bends: swing of the course, rad, and the shortest and longest period, m."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Travel:
    """Where a mover truly is: `t` (n >= 2,) ascending UTC epoch s, `xy_m` (n, 2) metres east and north of `origin` (lat, lon).

    Speeds m/s, courses degrees from north, clockwise, also while it stands; `heading_deg` None: the bow points along the course.
    Steps of 0.05 to 1 s are fine enough.
    """

    origin: tuple[float, float]
    t: Floats
    xy_m: Floats
    speed_mps: Floats
    course_deg: Floats
    heading_deg: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "xy_m", readonly(self.xy_m, 2))
        for name in ("t", "speed_mps", "course_deg", "heading_deg"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, readonly(getattr(self, name)))
        columns = (self.xy_m, self.speed_mps, self.course_deg, self.headings)
        if len(self.t) < 2 or (np.diff(self.t) <= 0).any() or {len(c) for c in columns} != {len(self.t)}:
            raise ValueError("a travel needs two ascending times or more, and a place, speed and course for each")

    @property
    def headings(self) -> Floats:
        """Where the bow points (n,)."""
        return self.course_deg if self.heading_deg is None else self.heading_deg

    def at(self, t: Floats) -> Sight:
        """Return what is true at times (m,) within the travel."""
        gone = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(self.xy_m, axis=0).T))))
        return Sight(
            xy_m=np.column_stack([np.interp(t, self.t, self.xy_m[:, i]) for i in (0, 1)]),
            speed_mps=np.interp(t, self.t, self.speed_mps),
            course_deg=_turned(t, self.t, self.course_deg),
            gone_m=np.interp(t, self.t, gone),
            covered=np.zeros(len(t), dtype=bool),
        )

    def bow(self, t: Floats) -> Floats:
        """Return where the bow points at times (m,)."""
        return _turned(t, self.t, self.headings)

    def way(self, name: str) -> Way:
        """Return the road or lane that was gone, for a map."""
        legs = np.hypot(*np.diff(self.xy_m, axis=0).T)
        along = np.concatenate(([0.0], np.cumsum(legs)))
        at = np.linspace(0.0, along[-1], max(2, int(along[-1] / 15)))
        return Way(name, np.column_stack([np.interp(at, along, self.xy_m[:, i]) for i in (0, 1)]))


def extended(shown: Travel, kind: Class, *, before_s: float, after_s: float, seed: int) -> Travel:
    """Return a longer travel that holds the one shown, with place, speed and course unbroken at the joints.

    A truck drives on along a road of gentle bends, waits at lights, and every ten minutes or so stands for a quarter of
    an hour to be loaded or emptied; before, it came in the same way. A vessel goes on with small turns at nearly its
    speed; one that lies where the picture begins or ends lay there before or stays.
    """
    after = _onwards(_Pose.of(shown, -1), kind, after_s, np.random.default_rng((seed, 11)))
    before = _onwards(_Pose.of(shown, 0), kind, before_s, np.random.default_rng((seed, 12)))
    return Travel(
        origin=shown.origin,
        t=np.concatenate((shown.t[0] - before.t[::-1], shown.t, shown.t[-1] + after.t)),
        xy_m=np.concatenate((before.xy_m[::-1], shown.xy_m, after.xy_m)),
        speed_mps=np.concatenate((before.speed_mps[::-1], shown.speed_mps, after.speed_mps)),
        course_deg=np.concatenate((before.course_deg[::-1], shown.course_deg, after.course_deg)),
        heading_deg=np.concatenate((before.bow_deg[::-1], shown.headings, after.bow_deg)),
    )


def _turned(t: Floats, at: Floats, course_deg: Floats) -> Floats:
    return np.asarray(np.interp(t, at, np.unwrap(course_deg, period=360.0)) % 360.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Pose:
    """How a mover is at an end of what was shown; `back`: at the beginning, from where its way is followed backwards."""

    xy_m: Floats
    speed_mps: float
    course_rad: float
    bow_deg: float
    back: bool

    @classmethod
    def of(cls, shown: Travel, end: int) -> "_Pose":
        """Return the first (0) or the last (-1); `course_rad` is the way that is followed."""
        course_deg = float(shown.course_deg[end])
        bow = float(turn_deg(course_deg, shown.headings[end]))
        towards = np.deg2rad(course_deg + (180.0 if end == 0 else 0.0))
        return cls(shown.xy_m[end], float(shown.speed_mps[end]), float(towards), bow, end == 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Onwards:
    """What comes after (or came before) an end of what was shown: `t` (m,) is how long after, or before."""

    t: Floats
    xy_m: Floats
    speed_mps: Floats
    course_deg: Floats
    bow_deg: Floats


@dataclass(slots=True)
class _Log:
    """What is being gone: its parts, how far the knots of its roads lie along all of them, their places and courses."""

    parts: list[Timeline]
    along_m: list[Floats]
    xy_m: list[Floats]
    course_rad: list[Floats]
    t: float = 0.0

    def lie(self, seconds: float, xy_m: Floats) -> None:
        self.parts.append(stay(self.t, self.t + seconds, xy_m))
        self.t += seconds

    def go(self, road: tuple[Floats, Floats], line: Timeline, along_m: Floats) -> None:
        begin = float(self.along_m[-1][-1])
        self.parts.append(line)
        self.along_m.append(begin + along_m)
        self.xy_m.append(road[0])
        self.course_rad.append(road[1])
        self.t = float(line.t[-1])


def _onwards(pose: _Pose, kind: Class, seconds: float, rng: np.random.Generator) -> _Onwards:
    t = np.arange(_STEP_S, seconds, _STEP_S)
    log = _Log([], [np.zeros(1)], [pose.xy_m[None]], [np.array([pose.course_rad])])
    (_drives if kind == "truck" else _sails)(log, pose, seconds, rng)
    line = joined(log.parts)
    gone, along = _gone_m(line, t), np.concatenate(log.along_m)
    xy, way = np.concatenate(log.xy_m), np.interp(gone, along, np.concatenate(log.course_rad))
    course = (np.rad2deg(way) + (180.0 if pose.back else 0.0)) % 360.0
    return _Onwards(
        t=t,
        xy_m=np.column_stack([np.interp(gone, along, xy[:, i]) for i in (0, 1)]),
        speed_mps=line.speeds(t),
        course_deg=course,
        bow_deg=(course + pose.bow_deg * np.exp(-t / 60.0)) % 360.0,
    )


def _gone_m(line: Timeline, t: Floats) -> Floats:
    """Return how far it is gone at times (n,), with the acceleration even from knot to knot."""
    k, share = line.knots(t)
    length = np.hypot(*np.diff(line.xy_m, axis=0).T)
    first, last = line.speed_mps[k], line.speed_mps[k + 1]
    even = (first * share + (last - first) * share**2 / 2) / np.maximum((first + last) / 2, 1e-9)
    return np.asarray(np.concatenate(([0.0], np.cumsum(length)))[k] + length[k] * even)


def _drives(log: _Log, pose: _Pose, seconds: float, rng: np.random.Generator) -> None:
    xy, course, mps = pose.xy_m, pose.course_rad, pose.speed_mps
    hand, minutes = _BACKWARDS if pose.back else _DRIVER, float(rng.uniform(4, 12))
    if mps < _STILL_MPS:
        log.lie(rng.uniform(5, 40), xy)
        mps = 0.0
    while log.t <= seconds:
        cruise = float(np.clip(mps if mps > 5 else rng.uniform(9, 14), 8, 22) * rng.uniform(0.9, 1.05))
        road = _road(xy, course, cruise * minutes * 50, "truck", rng)
        lights = np.arange(400.0, len(road[0]) * _KNOT_M - 200, _LIGHTS_M) // _KNOT_M
        _gone(log, road, mps, cruise, "truck", hand, rng, lights)
        log.lie(rng.uniform(12, 15) * 60, road[0][-1])
        xy, course, mps, minutes = road[0][-1], float(road[1][-1]), 0.0, float(rng.uniform(7, 12))


def _sails(log: _Log, pose: _Pose, seconds: float, rng: np.random.Generator) -> None:
    mps = pose.speed_mps
    if mps < _STILL_MPS:
        log.lie(seconds + 1, pose.xy_m)
        return
    cruise = mps * rng.uniform(0.95, 1.05)
    road = _road(pose.xy_m, pose.course_rad, seconds * max(mps, cruise) + 3000, "vessel", rng)
    _gone(log, road, mps, cruise, "vessel", _HELM, rng, np.zeros(0))


def _gone(
    log: _Log,
    road: tuple[Floats, Floats],
    first_mps: float,
    cruise_mps: float,
    kind: Class,
    hand: Driver,
    rng: np.random.Generator,
    lights: Floats,
) -> None:
    along = np.arange(len(road[0])) * _KNOT_M
    top = cruise_mps + max(first_mps - cruise_mps, 0.0) * np.exp(-along / _SETTLES_M[kind])
    way = route(road[0], top, lateral_mps2=2.0, lights=lights.astype(np.int64))
    log.go(road, ride(way, log.t, hand, rng, first_mps=first_mps), way.along_m)


def _road(
    xy_m: Floats, course_rad: float, metres: float, kind: Class, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the knots of a road (n, 2) that begins at a place with a course, rad, and bends gently about it, and its courses (n,)."""
    along = np.arange(0.0, metres + 20 * _KNOT_M, _KNOT_M)
    bends = np.zeros(len(along))
    for swing, shortest, longest in _BENDS[kind]:
        phase = rng.uniform(0, 2 * np.pi)
        bends += swing * (np.sin(2 * np.pi * along / rng.uniform(shortest, longest) + phase) - np.sin(phase))
    courses = course_rad + bends * (1 - np.exp(-along / 100.0))
    middle = (courses[1:] + courses[:-1]) / 2
    step = _KNOT_M * np.column_stack((np.sin(middle), np.cos(middle)))
    return np.concatenate((xy_m[None], xy_m + np.cumsum(step, axis=0))), courses
