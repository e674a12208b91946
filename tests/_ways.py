"""Made ways of objects, and what the tracker says of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.track.tracker import Tracker
from roadstead.types import Detections, Floats, Vote

SIZE = (1920, 1080)
Way = Callable[[float], tuple[float, float] | None]
"""Where the middle of an object is t seconds after the beginning, px; None while it is hidden or away."""
BOX = (120.0, 70.0)
START = 1_700_000_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The ids that each way was given, in the order of time; None where its box got none."""

    ids: tuple[tuple[str | None, ...], ...]
    tracker: Tracker

    def only(self, way: int) -> str:
        """Return the one id that a way had; fail where it had several or none."""
        (found,) = {i for i in self.ids[way] if i is not None}
        return found


def straight(x: float, y: float, vx: float, vy: float = 0.0, *, begin: float = 0.0, end: float = 1e9) -> Way:
    return lambda t: (x + vx * (t - begin), y + vy * (t - begin)) if begin <= t < end else None


def hidden(way: Way, begin: float, end: float) -> Way:
    return lambda t: None if begin <= t < end else way(t)


def stop_and_go(x: float, y: float, v: float, stop: float, go: float) -> Way:
    return lambda t: (x + v * (min(t, stop) + max(0.0, t - go)), y)


def boxes(points: Sequence[tuple[float, float]], box: tuple[float, float] = BOX) -> Floats:
    at = np.array(points, float).reshape(-1, 2)
    half = np.array(box) / 2
    return np.concatenate((at - half, at + half), axis=1)


def seen(
    t: float,
    at: Floats,
    *,
    scores: Sequence[float] | None = None,
    labels: Sequence[str] | None = None,
    votes: Sequence[Mapping[str, Vote]] = (),
    size: tuple[int, int] = SIZE,
) -> Detections:
    n = len(at)
    return Detections(
        "gate",
        START + t,
        size,
        at,
        np.full(n, 0.9) if scores is None else np.array(scores, float),
        tuple(labels or ("truck",) * n),
        tuple(votes),
    )


def follow(ways: Sequence[Way], times: Sequence[float], *, tracker: Tracker | None = None, noise: float = 2.0) -> Told:
    """Show the ways to a tracker at the times."""
    rng = np.random.default_rng(0)
    tracker = tracker or Tracker("gate")
    ids: list[list[str | None]] = [[] for _ in ways]
    for t in times:
        there = [(k, at) for k, way in enumerate(ways) if (at := way(t)) is not None]
        jitter = rng.normal(0, noise, (len(there), 2))
        points = [(x + dx, y + dy) for (_, (x, y)), (dx, dy) in zip(there, jitter, strict=True)]
        for (k, _), i in zip(there, tracker.assign(seen(t, boxes(points))), strict=True):
            ids[k].append(i)
    return Told(tuple(map(tuple, ids)), tracker)
