"""What a watch that misses nothing sees of one vessel: its boxes, and where their lower edges lie on the water."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.observed import LEAST_VISIBLE
from roadstead.simulate.scenes._look import Look, whole_boxes
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion
from roadstead.simulate.world.view import View
from roadstead.types import Floats

FPS = 5.0
"""How often a watch looks."""
_LEAST_PX = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Sighting(Look):
    """Only of the times at which enough of it lies in the picture, with the foot points (n, 2) m on the ground."""

    xy_m: Floats


def sighted(body: Body, motion: Motion, view: View, seconds: float) -> Sighting:
    """Return what is seen of a body on its motion in the first seconds of a world, if nothing hides it."""
    t = np.arange(round(seconds * FPS)) / FPS
    t = t[(t >= motion.start) & (t <= motion.end)]
    if not len(t):
        return Sighting(t, np.zeros((0, 4)), np.zeros((0, 2)))
    boxes, _ = whole_boxes(body, motion.at(t), view)
    cut = np.clip(boxes, 0.0, (*view.size, *view.size))
    whole, shown = (np.maximum(b[:, 2:] - b[:, :2], 0.0) for b in (boxes, cut))
    share = np.prod(shown, axis=1) / np.maximum(np.prod(whole, axis=1), 1e-9)
    kept = (shown.min(axis=1) >= 1) & (np.prod(shown, axis=1) >= _LEAST_PX) & (share >= LEAST_VISIBLE)
    look = Look(t[kept], cut[kept])
    xy = view.ground(look.feet)
    known = np.isfinite(xy).all(axis=1)
    return Sighting(look.t[known], look.box[known], xy[known])
