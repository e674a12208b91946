"""How a deed gets into what a mover does: a drive is interrupted, led elsewhere and gone on with, and all that follows comes later."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from roadstead.positions import Bools
from roadstead.simulate.reports.ride import Driver, Timeline, joined, resampled, ride, route
from roadstead.types import Floats

Changes = list[tuple[float, float]]
Where = Callable[[Floats], Bools]
"""Tells at which places (n, 2), m, the deed is being done."""

SHORTEST_M = 400.0
"""A drive that is shorter is not interrupted."""
_STEPS = 6
"""So often a stay is corrected until the deed lasts as long as it should."""


def drives(parts: Sequence[Timeline]) -> list[int]:
    """Return which parts go somewhere."""
    return [k for k, part in enumerate(parts) if np.hypot(*np.diff(part.xy_m, axis=0).T).sum() > SHORTEST_M]


def driven(
    points: Sequence[npt.ArrayLike],
    begin_s: float,
    top_mps: npt.ArrayLike,
    *,
    gain_mps2: float,
    brake_mps2: float,
    lateral_mps2: float,
    every_m: float = 10.0,
) -> Timeline:
    """Return a drive through points from standstill to standstill, without lights or congestion.

    `top_mps` is one speed, or one for each of the points evenly along the way.
    """
    xy = resampled(np.concatenate([np.atleast_2d(np.asarray(p, dtype=np.float64)) for p in points]), every_m)
    top = np.asarray(top_mps, dtype=np.float64)
    top = np.interp(np.linspace(0, 1, len(xy)), np.linspace(0, 1, top.size), top.ravel())
    hand = Driver(gain_mps2=gain_mps2, brake_mps2=brake_mps2, red=0.0, hard=0.0, congested=0.0)
    return ride(route(xy, top, lateral_mps2=lateral_mps2), begin_s, hand, np.random.default_rng(0))


def replaced(parts: list[Timeline], k: int, new: Sequence[Timeline], events: Sequence[Changes]) -> None:
    """Put other parts in the place of part `k`; the later parts, and the events after its end, come as much later."""
    old, end = float(parts[k].t[-1]), float(new[-1].t[-1])
    late = end - old
    after = [Timeline(p.t + late, p.xy_m, p.speed_mps, p.covered) for p in parts[k + 1 :]]
    parts[k:] = [*new, *after]
    for changes in events:
        changes[:] = [(t + late if t >= old else t, value) for t, value in changes]


def lasting(
    made: Callable[[float], Sequence[Timeline]], where: Where, seconds: float
) -> tuple[list[Timeline], float, float] | None:
    """Return the parts made with such a stay that the deed is done for `seconds`, and when it begins and ends.

    `made` takes the stay in s. None where the way there and back alone takes longer.
    """
    stay = seconds
    for _ in range(_STEPS):
        parts = list(made(max(stay, 1.0)))
        begin, end = _when(parts, where)
        if abs(end - begin - seconds) < 2.0:
            return parts, begin, end
        stay += seconds - (end - begin)
        if stay < 0:
            return None
    return None


def _when(parts: Sequence[Timeline], where: Where) -> tuple[float, float]:
    """Return from when to when the deed is being done, to the second."""
    line = joined(parts)
    t = np.arange(line.t[0], line.t[-1], 1.0)
    doing = np.flatnonzero(where(line.at(t).xy_m))
    return (float(t[doing[0]]), float(t[doing[-1]])) if len(doing) else (float(t[0]), float(t[0]))
