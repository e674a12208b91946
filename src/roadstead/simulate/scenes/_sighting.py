"""What a camera that misses nothing sees of one mover: its boxes, and where their lower edges lie on the ground."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.observed import LEAST_VISIBLE
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, matrices
from roadstead.simulate.world.view import NEAR_M, View
from roadstead.types import Floats

FPS = 5.0
"""How often a watch looks."""
_LEAST_PX = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """Boxes (n, 4) xyxy px at the times t (n,) s at which enough of it lies in the picture, and their foot points (n, 2) m on the ground."""

    t: Floats
    boxes: Floats
    xy_m: Floats

    @property
    def feet(self) -> Floats:
        """The middles of the boxes' lower edges (n, 2) px."""
        return np.column_stack(((self.boxes[:, 0] + self.boxes[:, 2]) / 2, self.boxes[:, 3]))

    @property
    def sides(self) -> Floats:
        """The sides (n,) px of squares as large as the boxes."""
        return np.asarray(np.sqrt(np.prod(self.boxes[:, 2:] - self.boxes[:, :2], axis=1)))


def sighted(body: Body, motion: Motion, view: View, seconds: float) -> Sighting:
    """Return what is seen of a body on its motion in the first seconds of a world, if nothing hides it."""
    t = np.arange(round(seconds * FPS)) / FPS
    t = t[(t >= motion.start) & (t <= motion.end)]
    boxes = _boxes(body, motion, view, t)
    cut = np.clip(boxes, 0.0, (*view.size, *view.size))
    whole, shown = (np.maximum(b[:, 2:] - b[:, :2], 0.0) for b in (boxes, cut))
    share = np.prod(shown, axis=1) / np.maximum(np.prod(whole, axis=1), 1e-9)
    kept = (shown.min(axis=1, initial=np.inf) >= 1) & (np.prod(shown, axis=1) >= _LEAST_PX) & (share >= LEAST_VISIBLE)
    cut = cut[kept]
    feet = np.column_stack(((cut[:, 0] + cut[:, 2]) / 2, cut[:, 3]))
    xy = view.ground(feet)
    known = np.isfinite(xy).all(axis=1)
    return Sighting(t[kept][known], cut[known], xy[known])


def _boxes(body: Body, motion: Motion, view: View, t: Floats) -> Floats:
    """Return the boxes (n, 4) px around those of a body's solids that lie wholly before the camera; empty ones where none does."""
    low, high = np.full((len(t), 2), np.inf), np.full((len(t), 2), -np.inf)
    if not len(t):
        return np.zeros((0, 4))
    state = motion.at(t)
    turn = matrices(state.turn)
    half, axes = np.asarray(view.size) / 2, view.axes.T
    for solid in body.solids:
        world = np.einsum("nij,kj->nki", turn, solid) + state.xyz_m[:, None, :]
        seen = (world - np.asarray(view.at_m)) @ axes
        depth = -seen[..., 2]
        ahead = (depth > NEAR_M).all(axis=1)
        far = np.where(ahead[:, None], depth, 1.0)[..., None]
        px = half + view.focal_px * seen[..., :2] / far * (1.0, -1.0)
        low[ahead] = np.minimum(low[ahead], px[ahead].min(axis=1))
        high[ahead] = np.maximum(high[ahead], px[ahead].max(axis=1))
    none = ~np.isfinite(low).all(axis=1)
    low[none], high[none] = -1.0, -1.0
    return np.column_stack((low, high))
