"""Where each pixel of a view looks."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from roadstead.simulate.render.light import Grey, vector
from roadstead.simulate.world.view import View

Rows = npt.NDArray[np.float32]
"""(h, w, 3)."""


def length(ways: Rows) -> Grey:
    """Return the lengths (h, w) of ways (h, w, 3)."""
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", ways, ways)), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Per pixel: the way (h, w, 3) that one metre ahead of the camera lies, and its length (h, w); and the focal length, px."""

    view: View
    ways: Rows
    lengths: Grey
    focal_px: float

    @classmethod
    def of(cls, view: View, size: tuple[int, int]) -> Self:
        """Return the rays of a view for a picture of a size (width, height), px."""
        w, h = size
        focal = view.focal_px * h / view.size[1]
        x = ((np.arange(w, dtype=np.float32) + 0.5) - w / 2) / focal
        y = (h / 2 - (np.arange(h, dtype=np.float32) + 0.5)) / focal
        right, up, back = view.axes.astype(np.float32)
        ways = x[None, :, None] * right + y[:, None, None] * up - back
        lengths = np.sqrt(1 + x[None, :] ** 2 + y[:, None] ** 2)
        return cls(view, ways.astype(np.float32), lengths.astype(np.float32), focal)

    @property
    def rise(self) -> Grey:
        """The sine of each ray's elevation."""
        return np.asarray(self.ways[..., 2] / self.lengths, np.float32)

    def towards(self, direction: tuple[float, float, float]) -> Grey:
        """Return the cosine of each ray's angle to a unit direction."""
        return np.asarray(self.ways @ vector(direction) / self.lengths, np.float32)

    def to_level(self, height_m: float) -> Grey:
        """Return how far ahead (m along the camera's axis) each ray meets a level, infinite where it does not."""
        z = self.ways[..., 2]
        drop = np.float32(height_m - self.view.at_m[2])
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = drop / z
        return np.asarray(np.where(ahead > 0, ahead, np.inf), np.float32)

    def places(self, depth: Grey) -> Rows:
        """Return the places (h, w, 3) m that lie some metres ahead of the camera."""
        return np.asarray(self.ways * depth[..., None] + vector(self.view.at_m), np.float32)

    def thinned(self, by: int) -> Self:
        """Return every so manieth ray of every so manieth row."""
        return type(self)(self.view, self.ways[::by, ::by], self.lengths[::by, ::by], self.focal_px / by)

    def rows(self, part: slice) -> Self:
        """Return some of the rows."""
        return type(self)(self.view, self.ways[part], self.lengths[part], self.focal_px)
