"""Tiles: a picture is looked at in overlapping parts too, so that small and dense objects are shown larger.

What is cut by a tile's edge is left to the tile, or the whole picture, that shows it whole.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Image

EDGE_PX = 2.0
"""A box that comes so near to an inner edge of its tile is taken to be cut by it."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture, px: from `left`, `top` up to, not with, `right`, `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, image: Image) -> Image:
        """Return what the tile shows."""
        return image[self.top : self.bottom, self.left : self.right]

    def whole(self, boxes: Floats, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Return which boxes (n, 4) of the picture, found in this tile, no inner edge cuts; outer edges are the picture's."""
        inner = (self.left > 0, self.top > 0, self.right < size[0], self.bottom < size[1])
        near = np.abs(boxes - np.array([self.left, self.top, self.right, self.bottom])) <= EDGE_PX
        cut_off: npt.NDArray[np.bool_] = (near & np.array(inner)).any(axis=1)
        return ~cut_off


def cut(size: tuple[int, int], count: int, overlap: float) -> tuple[Tile, ...]:
    """Return `count` x `count` tiles that cover a picture of (width, height), each overlapping the next by a share of itself.

    Fewer along a side that has not so many pixels.
    """
    columns, rows = (_spans(side, min(count, side), overlap) for side in size)
    return tuple(Tile(left, top, right, bottom) for top, bottom in rows for left, right in columns)


def _spans(side: int, count: int, overlap: float) -> list[tuple[int, int]]:
    length = min(math.ceil(side / (count - (count - 1) * overlap)), side)
    return [(begin, begin + length) for begin in (round(k * (side - length) / max(count - 1, 1)) for k in range(count))]
