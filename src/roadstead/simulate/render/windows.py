"""Lit windows: at night some rooms of every building have their light on."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.render.light import Colours, vector
from roadstead.simulate.render.noise import Field
from roadstead.simulate.render.rays import Rows, length
from roadstead.simulate.world.motion import matrices, yaw_turn
from roadstead.simulate.world.view import View
from roadstead.simulate.world.world import Fixture, World

_LIVED_IN = ("building", "skyline", "warehouse")
_MANY = ("skyline",)
"""Bodies that are many houses: their walls lie anywhere in their boxes."""
_ROOM_M, _FLOOR_M = 3.4, 3.1
_WIDE_M, _HIGH_M, _SILL_M = 1.5, 1.4, 0.9
_LIT = 0.22
_TONES = ((1.0, 0.72, 0.38), (1.0, 0.84, 0.58), (0.82, 0.92, 1.0), (1.0, 0.66, 0.30))
_ROOMS = 997


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The windows of a world's buildings: of each room (numbered) the colour (n, 3) of its light, black where it is off."""

    buildings: tuple[Fixture, ...]
    rooms: Field

    @classmethod
    def of(cls, world: World) -> "Windows":
        """Return the windows of a world's seed."""
        rng = np.random.default_rng((world.seed, 23))
        on = rng.random((_ROOMS, 1)) < _LIT
        tone = np.array(_TONES)[rng.integers(len(_TONES), size=_ROOMS)]
        buildings = tuple(f for f in world.place.fixtures if f.body.sort in _LIVED_IN and f.body.height_m > 4.0)
        return cls(buildings, vector(on * tone * rng.uniform(0.25, 1.0, (_ROOMS, 1))))

    def shine(self, picture: Colours, places: Rows, view: View) -> None:
        """Add the light of windows to a picture (h, w, 3) of places (h, w, 3) m, in place."""
        for k, building in enumerate(self.buildings):
            self._of_one(picture, places, view, building, k)

    def _of_one(self, picture: Colours, places: Rows, view: View, building: Fixture, number: int) -> None:
        body, turn = building.body, matrices(yaw_turn(building.yaw))[0]
        x, y, z = body.length_m / 2, body.width_m / 2, body.height_m
        corners = np.array([(a * x, b * y, c) for a in (-1, 1) for b in (-1, 1) for c in (0.0, z)])
        px, _ = view.project(corners @ turn.T + building.at_m)
        h, w = places.shape[:2]
        low, high = (0, 0), (w, h)
        if np.isfinite(px).all():
            low, high = np.floor(px.min(axis=0)).astype(int), np.ceil(px.max(axis=0)).astype(int) + 1
        rows, columns = slice(max(low[1], 0), min(high[1], h)), slice(max(low[0], 0), min(high[0], w))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        seen = places[rows, columns]
        local = (seen - vector(building.at_m)) @ turn.astype(np.float32)
        pixel = length(seen - vector(view.at_m)) / np.float32(view.focal_px)
        off_x, off_y = np.abs(local[..., 0]) - np.float32(x), np.abs(local[..., 1]) - np.float32(y)
        slack = 0.4 + 1.5 * pixel
        off = np.maximum(off_x, off_y)
        wall = (off < slack) & (local[..., 2] < z - 0.6) & (local[..., 2] > 0.3)
        front = off_y > off_x
        if body.sort in _MANY:
            front[:] = x > y
        else:
            wall &= off > -slack
        if not wall.any():
            return
        along = np.where(front, local[..., 0], local[..., 1])
        side = np.where(front, np.sign(local[..., 1]), 2 * np.sign(local[..., 0]))
        room, floor = np.floor(along / _ROOM_M), np.floor(local[..., 2] / _FLOOR_M)
        inside_u = _WIDE_M / 2 - np.abs(along - (room + 0.5) * _ROOM_M)
        inside_v = _HIGH_M / 2 - np.abs(local[..., 2] - floor * _FLOOR_M - _SILL_M - _HIGH_M / 2)
        cover = np.clip(inside_u / pixel + 0.5, 0, 1) * np.clip(inside_v / pixel + 0.5, 0, 1) * wall
        index = (room * 131 + floor * 71 + side * 379 + number * 53).astype(np.int64) % _ROOMS
        picture[rows, columns] += self.rooms[index] * vector(0.8 * cover)[..., None]
