"""Where everybody in a view was last: made once for a view, so that each mover finds those near it at numpy's speed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from roadstead.types import Floats, Mover, View


@dataclass(frozen=True, slots=True, eq=False)
class Lasts:
    """The movers of a view that have points, the time (n,) of each one's last and its place (n, 2) m; NaN: not known on the ground."""

    movers: Sequence[Mover]
    t: Floats
    xy_m: Floats


@lru_cache(maxsize=2)
def lasts(view: View) -> Lasts:
    """Return the last places of all tracks and paths of a view."""
    movers = [m for m in (*view.tracks, *view.paths) if len(m.t)]
    grounds = [m.points("m") for m in movers]
    xy = [(np.nan, np.nan) if ground is None else ground[-1] for ground in grounds]
    return Lasts(movers, np.array([m.t[-1] for m in movers]), np.array(xy, dtype=np.float64).reshape(-1, 2))
