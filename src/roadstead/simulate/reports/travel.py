"""The true way of one mover in time, as a picture gives it, and how it came there and goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.reports.ride import Driver, Sight, joined, ride, route, stay
from roadstead.types import Floats, Way, readonly

Kind = Literal["truck", "vessel"]
_STEP_S = 0.5
_KNOT_M = 8.0
_STILL_MPS = 0.3
_DRIVER = Driver(gain_mps2=0.9, brake_mps2=1.4, hard=0.0, congested=0.0)
_BACKWARDS = Driver(gain_mps2=1.4, brake_mps2=0.9, hard=0.0, congested=0.0)
_HELM = Driver(gain_mps2=0.03, brake_mps2=0.05, congested=0.0)
_LIGHTS_M = 1500.0
_BENDS = {"truck": ((0.5, 3000.0, 5000.0), (0.15, 700.0, 1300.0)), "vessel": ((0.15, 6000.0, 10_000.0), (0.04, 2000.0, 4000.0))}
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


def extended(shown: Travel, kind: Kind, *, before_s: float, after_s: float, seed: int) -> Travel:
    """Return a longer travel that holds the one shown, with place, speed and course unbroken at the joints.

    A truck drives on along a road of gentle bends, waits at lights, and every ten minutes or so stands for a quarter of
    an hour to be loaded or emptied; before, it came in the same way. A vessel goes on with small turns at nearly its
    speed; one that lies where the picture begins or ends lay there before or stays.
    """
    after = _onwards(shown, -1, kind, after_s, np.random.default_rng((seed, 11)), _HELM if kind == "vessel" else _DRIVER)
    before = _onwards(shown, 0, kind, before_s, np.random.default_rng((seed, 12)), _HELM if kind == "vessel" else _BACKWARDS)
    return Travel(
        origin=shown.origin,
        t=np.concatenate((shown.t[0] - before.t[::-1], shown.t, shown.t[-1] + after.t)),
        xy_m=np.concatenate((before.xy_m[::-1], shown.xy_m, after.xy_m)),
        speed_mps=np.concatenate((before.speed_mps[::-1], shown.speed_mps, after.speed_mps)),
        course_deg=np.concatenate((before.course_deg[::-1], shown.course_deg, after.course_deg)),
        heading_deg=np.concatenate((before.bow_deg[::-1], shown.headings, after.bow_deg)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Onwards:
    """What comes after (or came before) an end of what was shown: `t` (m,) is how long after, or before."""

    t: Floats
    xy_m: Floats
    speed_mps: Floats
    course_deg: Floats
    bow_deg: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Leg:
    """What is gone or stood: a drive with its knots' courses, rad, or a stay."""

    line: "object"


def _onwards(shown: Travel, end: int, kind: Kind, seconds: float, rng: np.random.Generator, hand: Driver) -> _Onwards:
    ...
