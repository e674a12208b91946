"""The soft dark where a vehicle or a person touches the ground: the sky's light does not get there."""

import cv2
import numpy as np

from roadstead.simulate.render.light import Colours
from roadstead.simulate.render.rays import Rows
from roadstead.simulate.world.motion import matrices
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import World

_REACH_M = 1.4
_LOW_M = 0.14
_FARTHEST_M = 160.0


def darken(picture: Colours, places: Rows, world: World, t: float, view: View, strength: float) -> None:
    """Take light from a picture (h, w, 3), in place, under and beside who stands on the ground at t."""
    h, w = picture.shape[:2]
    for actor in world.actors:
        body = actor.body
        if body.label in ("vessel", "") or not actor.motion.there(t):
            continue
        state = actor.motion.at(t)
        at, turn = state.xyz_m[0], matrices(state.turn)[0]
        far = float(np.linalg.norm(at - np.asarray(view.at_m)))
        if far > _FARTHEST_M:
            continue
        x, y = body.length_m / 2, body.width_m / 2
        corners = np.array([(a * (x + _REACH_M), b * (y + _REACH_M), 0.0) for a in (-1, 1) for b in (-1, 1)])
        px, _ = view.project(corners @ turn.T + at)
        if not np.isfinite(px).all():
            continue
        low, high = np.floor(px.min(axis=0)).astype(int), np.ceil(px.max(axis=0)).astype(int) + 1
        rows, columns = slice(max(low[1], 0), min(high[1], h)), slice(max(low[0], 0), min(high[0], w))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            continue
        local = (places[rows, columns] - np.float32(at)) @ turn.astype(np.float32)
        out_x = np.maximum(np.abs(local[..., 0]) - np.float32(0.92 * x), 0)
        out_y = np.maximum(np.abs(local[..., 1]) - np.float32(0.85 * y), 0)
        low_down = np.clip((_LOW_M + far / view.focal_px - local[..., 2]) * 20.0, 0, 1)
        soft = 0.45 * min(1.0, body.height_m)
        missing = strength * low_down * np.exp(-(out_x**2 + out_y**2) / np.float32(2 * soft**2))
        missing = cv2.dilate(missing, np.ones((3, 3), np.uint8))
        picture[rows, columns] *= (1 - missing)[..., None]
