"""Ways as rows of numbers: how fast, how it turns and how that changes, at places equally far apart in time."""

import numpy as np

from roadstead.errors import BadInput
from roadstead.types import Floats, readonly

FEATURES = ("speed", "acceleration", "turn", "straightness", "away", "step")
"""What stands in each row of `features`."""
_LEAST_M = 0.5
"""A move shorter than this has no heading: a standing receiver wanders so far."""


def features(way: Floats, points: int) -> Floats:
    """Return what moves along a way looks like, (6, points), whatever its place, heading and length.

    `way` (n, 3) is t (s), x, y (m), in any order of time; n >= 1. It is drawn at `points` + 1 times equally far apart. Rows: log(1 +
    speed in m/s); acceleration, m/s2, of at most 5; turn between two moves, shares of a half circle; how straight the last five moves
    are, 0 to 1; log(1 + distance from the first place in m); log(1 + time step in s). A way of one point stands still.
    """
    if len(way) == 0 or way.shape[1] != 3 or not np.isfinite(way).all():
        raise BadInput("a way needs rows of t, x and y, all of them finite")
    t, first = np.unique(way[:, 0], return_index=True)
    when = np.linspace(t[0], t[-1], points + 1)
    places = np.stack([np.interp(when, t, way[first, k]) for k in (1, 2)], axis=1)
    step = float(when[-1] - when[0]) / points
    moves = np.diff(places, axis=0)
    far = np.hypot(*moves.T)
    speed = far / step if step > 0 else np.zeros(points)
    change = np.diff(speed, prepend=speed[:1]) / step if step > 0 else np.zeros(points)
    away = np.hypot(*(places[1:] - places[0]).T)
    rows = (np.log1p(speed), np.clip(change, -5, 5), _turns(moves, far), _straight(places, far), np.log1p(away))
    return readonly(np.stack([*rows, np.full(points, np.log1p(step))]))


def _turns(moves: Floats, far: Floats) -> Floats:
    """Return by how much each move turns from the one before, shares of a half circle; 0 where either has no heading."""
    heading = np.arctan2(moves[:, 1], moves[:, 0])
    turned = np.diff(heading, prepend=heading[:1])
    turned = (turned + np.pi) % (2 * np.pi) - np.pi
    known = (far >= _LEAST_M) & (np.concatenate((far[:1], far[:-1])) >= _LEAST_M)
    return np.where(known, turned / np.pi, 0.0)


def _straight(places: Floats, far: Floats, window: int = 5) -> Floats:
    """Return by how far the last `window` moves led away, as a share of how long they were; 0 where nothing moved."""
    walked = np.concatenate(([0.0], np.cumsum(far)))
    end = np.arange(1, len(places))
    begin = np.maximum(end - window, 0)
    length = walked[end] - walked[begin]
    led = np.hypot(*(places[end] - places[begin]).T)
    share: Floats = np.divide(led, length, out=np.zeros(len(far)), where=length > 1e-9)
    return share
