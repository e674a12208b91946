"""A river mouth for vessels: a fairway with two lanes, berths, an anchorage, a ferry crossing, fishing grounds, two receivers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from roadstead.simulate.reports.ride import Route, resampled, route, smoothed
from roadstead.types import Floats, Scene, Way, Zone

ORIGIN = (31.38, 121.7)
LEG_M = 40.0
"""How far the knots of a vessel's route lie apart."""
END_M = 46_000.0
"""The fairway ends so far east and west, beyond what the receivers hear."""

_AREAS = {
    "port": (-13_000.0, 8_000.0, -4_500.0, 6_000.0),
    "approach": (8_000.0, 18_000.0, -5_500.0, 2_500.0),
    "fishing grounds": (23_000.0, 36_000.0, -11_000.0, 1_500.0),
    "trawling grounds": (12_000.0, 42_000.0, -18_000.0, -2_600.0),
    "pipeline": (18_500.0, 20_500.0, -4_000.0, 4_000.0),
    "reserve": (-20_000.0, -17_000.0, 2_200.0, 4_500.0),
}
"""What rules are about: west, east, south and north edge. In the first four vessels are slow, turn and brake; they may not stop over
the pipeline; the reserve is closed, and no fairway leads through it."""


def _box(west: float, east: float, south: float, north: float) -> Floats:
    return np.array([[west, south], [east, south], [east, north], [west, north]])


@dataclass(frozen=True, eq=False)
class Waters:
    """A harbour; metres east and north of `origin`."""

    origin: tuple[float, float]
    berths: Floats
    anchorages: Floats
    ferry: tuple[Floats, Floats]
    grounds: Floats
    home: Floats
    receivers: Floats
    range_m: float

    @cached_property
    def scene(self) -> Scene:
        """What an authority would know of these waters."""
        x, y = self.anchorages.T
        corner = np.array([[x.min(), y.min()], [x.max(), y.min()], [x.max(), y.max()], [x.min(), y.max()]])
        around = np.array([[-500, -500], [500, -500], [500, 500], [-500, 500]], dtype=np.float64)
        zones = {"anchorage": Zone("anchorage", corner + around, "m")}
        zones |= {name: Zone(name, _box(*sides), "m") for name, sides in _AREAS.items()}
        ways = {f"fairway {side}": Way(f"fairway {side}", lane(-END_M, END_M, side)) for side in ("east", "west")}
        return Scene("harbour", zones=zones, origin=self.origin, ways=ways)


def _middle(x: Floats) -> Floats:
    return np.asarray(1500 * np.sin(2 * np.pi * x / 34_000) + 500 * np.sin(2 * np.pi * x / 15_000 + 1.0))


def lane(start_x: float, end_x: float, side: str) -> Floats:
    """Return a stretch of the fairway (n, 2): vessels keep to the right, so the one bound east lies to the south."""
    x = np.linspace(start_x, end_x, max(3, int(abs(end_x - start_x) / 200)))
    return np.column_stack((x, _middle(x) + (-250.0 if side == "east" else 250.0)))


def passage(points: Sequence[Floats], top_mps: float, *, slow_mps: float = 2.0, slow_m: float = 800.0) -> Route:
    """Return the way of a vessel through points, with wide bends; its ends are gone slowly."""
    xy = smoothed(resampled(np.concatenate([np.atleast_2d(p) for p in points]), LEG_M), 8)
    made = route(xy, top_mps, lateral_mps2=0.08)
    left = np.minimum(made.along_m, made.along_m[-1] - made.along_m)
    limit = np.where(left < slow_m, np.maximum(slow_mps, top_mps * left / slow_m), top_mps)
    return Route(made.xy_m, made.along_m, np.minimum(made.top_mps, limit), made.covered, made.lights)


def through_fairway(start: Floats, end: Floats) -> list[Floats]:
    """Return points that lead from one place to another along the fairway."""
    ahead = 900.0 if end[0] > start[0] else -900.0
    if abs(end[0] - start[0]) < 4000:
        return [start, (start + end) / 2 + np.array([0.0, 150.0]), end]
    return [start, lane(start[0] + ahead, end[0] - ahead, "east" if ahead > 0 else "west"), end]


@lru_cache(maxsize=4)
def harbour(seed: int = 0, origin: tuple[float, float] = ORIGIN) -> Waters:
    """Return a harbour; the same seed, the same harbour."""
    rng = np.random.default_rng((seed, 129))
    x = np.arange(-9000.0, -1000.0, 320.0)
    berths = np.column_stack((x, _middle(x) + 1900.0))
    grid = np.array([(a, b) for a in np.arange(9000.0, 17000.0, 1100.0) for b in (-4400.0, -3200.0, -2000.0)])
    crossing = float(_middle(np.array([5000.0]))[0])
    return Waters(
        origin=origin,
        berths=berths,
        anchorages=grid + rng.uniform(-150, 150, grid.shape),
        ferry=(np.array([5000.0, crossing - 1500.0]), np.array([5300.0, crossing + 1600.0])),
        grounds=np.array([[24_000.0, -6500.0], [30_000.0, -3500.0]]),
        home=np.array([1500.0, float(_middle(np.array([1500.0]))[0]) + 2000.0]),
        receivers=np.array([[-8000.0, 3500.0], [14_000.0, 4200.0]]),
        range_m=26_000.0,
    )
