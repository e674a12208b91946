"""Foam that vessels leave: the churned water behind them and the two arms of the wave at the bow (Kelvin's 19.5 degrees)."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.simulate.render.light import Grey
from roadstead.simulate.render.noise import Field
from roadstead.simulate.world.motion import ahead_of
from roadstead.simulate.world.world import Actor, World
from roadstead.types import Floats

_STEP_S, _LASTS_S = 1.0, 60.0
_SEEN_M = 600.0
_MOST_PX = 1200
_FINEST_M = 0.3
_ARM = 0.354
"""The tangent of half the angle between the arms."""

Stroke = tuple[Floats, float, float]
"""Two places (2, 2) m, a width m and a strength 0-1."""


@dataclass(frozen=True, slots=True, eq=False)
class Foam:
    """How much foam (n, m) lies on the water, from a corner (x, y) m on, y upwards with the rows; `cell_m` a cell's side."""

    field: Field
    corner_m: tuple[float, float]
    cell_m: float

    def at(self, x: Grey, y: Grey) -> Grey:
        """Return the foam at places (h, w) m."""
        u = ((x - self.corner_m[0]) / self.cell_m - 0.5).astype(np.float32)
        v = ((y - self.corner_m[1]) / self.cell_m - 0.5).astype(np.float32)
        return np.asarray(cv2.remap(self.field, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)


def foam(world: World, t: float) -> Foam | None:
    """Return the foam that the vessels of a world have left by t; None where there is none."""
    eye = np.asarray(world.view.at_m[:2])
    strokes = [
        stroke
        for actor in world.actors
        if actor.body.label == "vessel" and actor.motion.there(t)
        for stroke in _strokes(actor, t)
        if np.abs(stroke[0] - eye).max() < _SEEN_M
    ]
    if not strokes:
        return None
    every = np.concatenate([s[0] for s in strokes])
    low, span = every.min(axis=0) - 15.0, np.ptp(every, axis=0) + 30.0
    cell = max(_FINEST_M, float(span.max()) / _MOST_PX)
    field = np.zeros((int(span[1] / cell) + 1, int(span[0] / cell) + 1), np.float32)
    for ends, width, strength in sorted(strokes, key=lambda s: s[2]):
        a, b = np.round((ends - low) / cell * 16).astype(int).tolist()
        cv2.line(field, a, b, strength, max(1, round(width / cell)), cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(field, (0, 0), max(0.5, 0.45 / cell))
    return Foam(np.asarray(soft, np.float32), (float(low[0]), float(low[1])), cell)


def _strokes(actor: Actor, t: float) -> Iterator[Stroke]:
    body, motion = actor.body, actor.motion
    age = np.arange(0.0, _LASTS_S, _STEP_S)
    state = motion.at(t - age)
    ahead = ahead_of(state.turn)[:, :2]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    before = np.maximum(motion.start - (t - age), 0.0)[:, None]
    middle = state.xyz_m[:, :2] - ahead * state.speed_mps[:, None] * before
    speed = np.maximum(state.speed_mps, 0.0)
    gone = age * speed
    vigour = np.clip(speed / 7.0, 0, 1) ** 0.7
    stern = middle - ahead * (0.46 * body.length_m)
    churned = 0.85 * vigour * np.exp(-gone / (2.2 * body.length_m + 25.0))
    side = np.column_stack((-ahead[:, 1], ahead[:, 0]))
    bow = middle + ahead * (0.44 * body.length_m)
    crest = 0.75 * vigour * np.exp(-gone / (0.9 * body.length_m + 8.0))
    for k in range(len(age) - 1):
        if churned[k] > 0.02:
            yield stern[k : k + 2], 0.55 * body.width_m + 0.05 * gone[k], float(churned[k])
        if crest[k] > 0.03:
            for way in (-1, 1):
                out = way * (0.12 * body.width_m + _ARM * gone[k : k + 2, None])
                yield (
                    bow[k : k + 2] + side[k : k + 2] * out,
                    0.05 * body.width_m + 0.02 * gone[k] + 0.3,
                    float(crest[k]),
                )
