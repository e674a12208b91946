"""The form of a ship's hull above water: a surface between its waterline and its rim, with the deck inside."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from roadstead.simulate.bodies._kit import SOLID_BELOW_M
from roadstead.simulate.world.body import Mesh
from roadstead.types import Floats, readonly

BELOW_M = 0.6
"""How far the skin goes on below the waterline: what waves may show of it."""
_STRIP_ROWS = 4
_SHIFT = 0.02
"""Over which share of the length the rim rises to a forecastle or poop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hull:
    """A hull by its main measures. Shares are of the length; `s` runs from 0 at the stern to 1 at the bow.

    The rim lies `freeboard_m` above the water amidships and rises by `bow_m` and `stern_m` towards the ends (sheer), and by
    `forecastle_m` and `poop_m` at once where these begin. `entrance` is where the bow narrows, `run` where the stern does;
    `transom` is how broad the stern still is. At the waterline the hull is shorter by `rake_m` at the bow and `counter_m`
    at the stern, and finer: `flare` 0-1. `bluff` is how full the rim is at the bow (2 is round, 4 nearly square).
    """

    length_m: float
    beam_m: float
    freeboard_m: float
    bow_m: float = 1.0
    stern_m: float = 0.3
    forecastle: tuple[float, float] = (0.0, 0.0)
    poop: tuple[float, float] = (0.0, 0.0)
    entrance: float = 0.25
    run: float = 0.15
    transom: float = 0.8
    rake_m: float = 3.0
    counter_m: float = 1.0
    flare: float = 0.5
    bluff: float = 2.2
    bulwark_m: float = 0.9

    def sheer(self, s: npt.ArrayLike) -> Floats:
        """Return how high (n,) m above the water the rim would be without forecastle and poop; above it sides are upright."""
        at = np.asarray(s, dtype=np.float64)
        ahead, behind = np.clip(at - 0.5, 0, None) * 2, np.clip(0.5 - at, 0, None) * 2
        return np.asarray(self.freeboard_m + self.bow_m * ahead**2.2 + self.stern_m * behind**2)

    def rim(self, s: npt.ArrayLike) -> Floats:
        """Return the height of the rim (n,) m above the water."""
        at = np.asarray(s, dtype=np.float64)
        rise = self.sheer(at) + self.forecastle[1] * _step(at - (1 - self.forecastle[0]))
        return np.asarray(rise + self.poop[1] * _step(self.poop[0] - at))

    def breadth(self, s: npt.ArrayLike, high: npt.ArrayLike) -> Floats:
        """Return half the breadth (n,) m at s, `high` 0 at the waterline to 1 at the sheer."""
        at, h = np.asarray(s, dtype=np.float64), np.asarray(high, dtype=np.float64)
        fore = np.clip((at - 1 + self.entrance) / self.entrance, 0, 1)
        aft = np.clip((self.run - at) / self.run, 0, 1)
        rim = (1 - fore**self.bluff) * (1 - (1 - self.transom) * aft**2)
        fine = self.bluff * (1 - 0.45 * self.flare)
        water = (1 - fore**fine) * (1 - self.flare * 0.25 * np.sqrt(fore)) * (1 - (1 - self.transom * 0.8) * aft**1.6)
        return np.asarray(self.beam_m / 2 * (water + (rim - water) * h))

    def point(self, s: npt.ArrayLike, z: npt.ArrayLike, side: float = 1.0) -> Floats:
        """Return the skin's points (n, 3) at s and heights z, on the left (side 1) or right (-1)."""
        at, up = np.broadcast_arrays(np.asarray(s, dtype=np.float64), np.asarray(z, dtype=np.float64))
        h = np.clip(up / self.sheer(at), 0, 1)
        lean = 1 - h
        x = -self.length_m / 2 + self.counter_m * lean + at * (self.length_m - (self.rake_m + self.counter_m) * lean)
        return np.stack((x, side * self.breadth(at, h), up), axis=-1)

    def share(self, x: npt.ArrayLike, z: npt.ArrayLike) -> Floats:
        """Return the s (n,) at which the skin reaches x at height z."""
        at = np.asarray(x, dtype=np.float64) / self.length_m + 0.5
        for _ in range(4):
            lean = 1 - np.clip(np.asarray(z) / self.sheer(np.clip(at, 0, 1)), 0, 1)
            at = (np.asarray(x) + self.length_m / 2 - self.counter_m * lean) / (
                self.length_m - (self.rake_m + self.counter_m) * lean
            )
        return np.clip(at, 0, 1)

    @property
    def stations(self) -> Floats:
        """The shares at which the skin has corners: denser at the bow and where the rim steps."""
        fore = 1 - self.entrance * np.linspace(1, 0, 10) ** 1.5
        aft = np.linspace(0, self.run, 5)
        middle = np.linspace(self.run, 1 - self.entrance, 5)
        steps = [1 - self.forecastle[0] + d * _SHIFT for d in (-0.5, 0.5)] if self.forecastle[1] else []
        steps += [self.poop[0] + d * _SHIFT for d in (-0.5, 0.5)] if self.poop[1] else []
        return np.unique(np.concatenate((aft, middle, fore, steps)).round(5))

    def deck(self, s: npt.ArrayLike) -> Floats:
        """Return the height of the deck (n,) m."""
        return self.rim(s) - self.bulwark_m


def _step(past: Floats) -> Floats:
    q = np.clip(past / _SHIFT + 0.5, 0, 1)
    return np.asarray(q * q * (3 - 2 * q))


def skin(hull: Hull, low: Floats, high: Floats, *, rows: int = 3, inside: bool = False) -> Mesh:
    """Return the skin of both sides and of the stern between two heights at each station (n,), with `rows` up to the sheer.

    The texture goes once along the length and from the waterline (v = 0) to 8 m above it (v = 1).
    """
    s = hull.stations
    bend = np.clip(hull.sheer(s), low, high)
    z = low + (bend - low) * np.linspace(0, 1, rows)[:, None]
    if (high > bend + 0.05).any():
        z, rows = np.vstack((z, np.maximum(high, bend + 0.01))), rows + 1
    share = np.broadcast_to(s, z.shape)
    corners, triangles, places = [], [], []
    count = 0
    for side in (1.0, -1.0):
        grid = hull.point(share, z, side)
        if inside:
            grid = grid * (0.997, 0.985, 1.0)
        flip = (side > 0) != inside
        triangles.append(_faces(*z.shape, flip=flip) + count)
        corners.append(grid.reshape(-1, 3))
        places.append(np.column_stack((share.ravel(), z.ravel() / 8)))
        count += z.size
    left, right = hull.point(s[:1], z[:, 0], 1.0), hull.point(s[:1], z[:, 0], -1.0)
    stern = np.stack((left, right), axis=1)
    triangles.append(_faces(rows, 2, flip=inside) + count)
    corners.append(stern.reshape(-1, 3))
    across = np.column_stack((np.tile([0.0, hull.beam_m / hull.length_m], rows), np.repeat(z[:, 0] / 8, 2)))
    places.append(across)
    return Mesh(np.concatenate(corners), np.concatenate(triangles), np.concatenate(places))


def decking(hull: Hull, heights: Floats, *, first: float = 0.0) -> Mesh:
    """Return the deck at a height for each station (n,), from the share `first` on to the bow."""
    s = hull.stations
    s, heights = s[s >= first], heights[s >= first]
    left, right = hull.point(s, heights, 1.0), hull.point(s, heights, -1.0)
    grid = np.stack((right, left))
    u = np.column_stack((np.tile(s, 2), np.repeat([0.0, 1.0], len(s))))
    return Mesh(grid.reshape(-1, 3), _faces(2, len(s), flip=False), u)


def rim_cap(hull: Hull, width_m: float = 0.25, thick_m: float = 0.12) -> Mesh:
    """Return the rail on top of the rim, a band that goes all around and stands out a little."""
    s = hull.stations
    rim = hull.rim(s)
    corners, triangles = [], []
    for k, side in enumerate((1.0, -1.0)):
        edge = hull.point(s, rim, side)
        out = np.array([0.0, side, 0.0])
        rings = [
            edge + out * 0.06 - (0, 0, thick_m),
            edge + out * 0.06 + (0, 0, 0.03),
            edge - out * width_m + (0, 0, 0.03),
        ]
        rings[2][:, 1] = np.where(rings[2][:, 1] * side > 0, rings[2][:, 1], 0.0)
        corners.append(np.concatenate(rings))
        triangles.append(_faces(3, len(s), flip=side > 0) + k * 3 * len(s))
    both = np.concatenate(corners)
    return Mesh(both, np.concatenate(triangles), np.zeros((len(both), 2)))


def strip(
    hull: Hull, side: float, middle_x: float, below_rim_m: float, size_m: tuple[float, float]
) -> tuple[Mesh, Floats]:
    """Return a level field on the skin, for lettering, and its corners (4, 3) from the top left clockwise.

    `below_rim_m` is how far its upper edge lies below the lowest rim above it; `size_m` its width and height.
    """
    width, height = size_m
    x = middle_x + width * np.linspace(0.5, -0.5, 9) * side
    top = np.full(9, float(hull.rim(hull.share(x, 1e9)).min()) - below_rim_m)
    levels = np.linspace(0.0, 1.0, _STRIP_ROWS)
    grid = np.stack([_on_skin(hull, x, top - height * (1 - up), side) for up in levels])
    u, v = np.meshgrid(np.linspace(0, 1, 9), levels)
    mesh = Mesh(grid.reshape(-1, 3), _faces(_STRIP_ROWS, 9, flip=False), np.column_stack((u.ravel(), v.ravel())))
    return mesh, readonly([grid[-1, 0], grid[-1, -1], grid[0, -1], grid[0, 0]])


def _on_skin(hull: Hull, x: Floats, z: Floats, side: float, off_m: float = 0.05) -> Floats:
    """Return points (n, 3) a little off the skin at x (n,) and z (n,)."""
    here = hull.point(hull.share(x, z), z, 1.0)[:, 1]
    along = (hull.point(hull.share(x + 0.1, z), z, 1.0)[:, 1] - here) / 0.1
    up = (hull.point(hull.share(x, z + 0.1), z + 0.1, 1.0)[:, 1] - here) / 0.1
    normal = np.column_stack((-along, np.ones(len(x)), -up))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return (np.column_stack((x, here, z)) + off_m * normal) * (1.0, side, 1.0)


def _faces(rows: int, columns: int, *, flip: bool) -> npt.NDArray[np.int32]:
    """Return the triangles of a grid of corners whose rows go up and whose columns go to the right as seen from outside."""
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    made = np.concatenate((np.stack((a, b, c), -1).reshape(-1, 3), np.stack((a, c, d), -1).reshape(-1, 3)))
    return np.ascontiguousarray(made[:, ::-1] if flip else made, dtype=np.int32)


def hull_solids(hull: Hull, pieces: int = 5) -> tuple[Floats, ...]:
    """Return convex point sets that cover the hull above water, cut along its length where the rim bends."""
    s = hull.stations
    steps = [1 - hull.forecastle[0]] if hull.forecastle[1] else []
    steps += [hull.poop[0]] if hull.poop[1] else []
    cuts = np.unique(np.concatenate(([0.0, 1.0], np.linspace(0, 1, pieces + 1), steps)))
    made = []
    for a, b in pairwise(cuts.tolist()):
        mine = np.concatenate(([a], s[(s > a) & (s < b)], [b]))
        points = [
            hull.point(mine, level, side)
            for side in (1.0, -1.0)
            for level in (np.full(len(mine), -SOLID_BELOW_M), hull.rim(mine) + 0.03)
        ]
        made.append(readonly(np.concatenate(points)))
    return tuple(made)
