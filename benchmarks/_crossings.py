"""Made sequences of one object at a line, with the number of true crossings known, and how ours counts them.

Lines lie at any angle. The picture rate is 2, 5 or 25 a second; boxes jitter by 1 to 5 % of their size, up to 15 % of them
are missed. `jitter`: it comes to the line and stands there with its foot point at the line or a little short of it, or has
always stood there, and half of those that came go back. `true`: it drives over, at any angle from 20° on, at 0.3 to 6 box
sizes a second. `wait`: it comes, stands on the line for 5 to 60 s, and goes on.
"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from roadstead.behaviours.line_crossing import LineCrossing
from roadstead.geometry.lines import LineCounter
from roadstead.types import Floats, Line, Scene, Track, View

EXPECTED = {"jitter": 0, "true": 1, "wait": 1}
MARGIN_BOXES = 0.25
"""What a LineCounter is given, in box sizes: it keeps no history to take the jitter from."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """One object: the times (n,) of all pictures, its boxes (n, 4) px, in which it was seen (n,), and the line."""

    t: Floats
    boxes: Floats
    seen: np.typing.NDArray[np.bool_]
    line: Line


def make(kind: str, seed: int) -> Crossings:
    """Return a sequence of one kind; the same seed makes the same."""
    rng = np.random.default_rng((seed, *kind.encode()))
    size = rng.uniform(50, 150)
    jitter = rng.uniform(0.01, 0.05) * size
    way = {"jitter": _jittering, "true": _crossing, "wait": _waiting}[kind](rng, size, jitter)
    when, along, across = np.array(way).T
    fps = rng.choice([2.0, 5.0, 25.0])
    t = rng.uniform(0, 1 / fps) + np.arange(int(when[-1] * fps)) / fps
    angle, side = rng.uniform(0, 2 * np.pi), rng.choice([-1.0, 1.0])
    u, v = np.array((np.cos(angle), np.sin(angle))), side * np.array((-np.sin(angle), np.cos(angle)))
    feet = (960, 540) + np.interp(t, when, along)[:, None] * u + np.interp(t, when, across)[:, None] * v
    feet += rng.normal(0, jitter, feet.shape)
    w, h = size * 1.15, size / 1.15
    breath = rng.normal(0, jitter / 3, (len(t), 2))
    boxes = np.column_stack((feet[:, 0] - w / 2, feet[:, 1] - h, feet[:, 0] + w / 2, feet[:, 1]))
    boxes[:, :2] -= breath
    seen = rng.random(len(t)) >= rng.uniform(0, 0.15)
    (ax, ay), (bx, by) = ((960, 540) - 450 * u).tolist(), ((960, 540) + 450 * u).tolist()
    return Crossings(t, boxes, seen, Line("line", (ax, ay), (bx, by)))


Way = list[tuple[float, float, float]]
"""Times, px along the line from its middle, px across it."""


def _jittering(rng: np.random.Generator, size: float, jitter: float) -> Way:
    stand_s, near = rng.uniform(10, 60), -abs(rng.normal(0, jitter)) * rng.integers(0, 2)
    along = rng.uniform(-200, 200)
    if rng.random() < 0.3:
        return [(0, along, near), (stand_s, along, near)]
    come_s = 4 * size / (size * rng.uniform(0.3, 3))
    way = [(0, along + rng.uniform(-150, 150), -4 * size), (come_s, along, near), (come_s + stand_s, along, near)]
    if rng.random() < 0.5:
        way.append((2 * come_s + stand_s, along + rng.uniform(-150, 150), -4 * size))
    return way


def _crossing(rng: np.random.Generator, size: float, jitter: float) -> Way:
    speed, angle = size * rng.uniform(0.3, 6), np.deg2rad(rng.uniform(20, 160))
    reach = (
        max(3.0, 2.5 * speed / size) * size
    )  # at 2 pictures a second it is seen on both sides, even if one is missed
    seconds = 2 * reach / (speed * np.sin(angle))
    along, drift = rng.uniform(-200, 200), reach / np.tan(angle)
    middle = np.clip(along, -440, 440)
    return [(0, middle - drift, -reach), (seconds, middle + drift, reach)]


def _waiting(rng: np.random.Generator, size: float, jitter: float) -> Way:
    come_s, stand_s, go_s = 4 / rng.uniform(0.3, 3), rng.uniform(5, 60), 4 / rng.uniform(0.3, 3)
    along, at = rng.uniform(-200, 200), rng.normal(0, jitter)
    arrived, left = come_s, come_s + stand_s
    return [(0, along, -4 * size), (arrived, along, at), (left, along, at), (left + go_s, along, 4 * size)]


def feet(boxes: Floats) -> Floats:
    """Return the middle of each lower edge."""
    return np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]))


def margins(boxes: Floats) -> Floats:
    """Return the margin of each box for a LineCounter."""
    return MARGIN_BOXES * np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def by_rule(made: Crossings) -> int:
    """Count as a watch does: the rule is asked twice a second of the track so far, and one instant is one act."""
    rule, scene = LineCrossing(line="line"), Scene("cam", lines={"line": made.line})
    t, boxes = made.t[made.seen], made.boxes[made.seen]
    ones = np.ones(len(t))
    acts: set[float] = set()
    for now in np.arange(made.t[0], made.t[-1] + 2, 0.5):
        n = int(np.searchsorted(t, now, "right"))
        if n == 0:
            continue
        track = Track("cam/1", "cam", "truck", float(t[0]), t[:n], boxes[:n], ones[:n])
        found = rule.check(track, View(float(now), (track,), scene))
        if found is not None:
            acts.add(found.t)
    return len(acts)


def by_counter(made: Crossings) -> int:
    """Count picture by picture."""
    counter = LineCounter(made.line)
    who: list[Hashable] = [1]
    for t, box, seen in zip(made.t, made.boxes[:, None], made.seen, strict=True):
        counter.update(float(t), who if seen else [], feet(box) if seen else box[:0, :2], margins(box[: int(seen)]))
    counter.update(float(made.t[-1]) + 2, [], made.boxes[:0, :2], made.boxes[:0, 0])
    return counter.forward + counter.backward
