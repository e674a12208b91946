"""A body: what a thing looks like and is, in its own frame (x ahead, y to the left, z up; metres; origin on the ground below its middle)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Image, readonly

Triangles = npt.NDArray[np.int32]
"""(m, 3) indices of corners, counterclockwise seen from outside."""
Rgb = tuple[float, float, float]
"""Red, green, blue, 0-1."""
Lamp = Literal["head", "tail", "brake", "left", "right", "beacon"]

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Corners (n, 3) m, triangles (m, 3), and where each corner lies on the texture, uv (n, 2) 0-1 with v upwards, or None."""

    corners: Floats
    triangles: Triangles
    uv: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "corners", readonly(self.corners, 3))
        if self.uv is not None:
            object.__setattr__(self, "uv", readonly(self.uv, 2))
            if len(self.uv) != len(self.corners):
                raise ValueError(f"{len(self.corners)} corners and {len(self.uv)} places on the texture do not fit")


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """How a surface answers light. `picture` (h, w, 3) is multiplied with `rgb`; `emission` is light of its own, 0-1.

    `alpha` below 1 lets see through. Materials that are the same object are shared by the renderer.
    """

    rgb: Rgb = (1.0, 1.0, 1.0)
    picture: Image | None = None
    shine: float = 0.2
    specular: float = 0.2
    emission: float = 0.0
    alpha: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A piece of a body: its mesh and material; `lamp` names the light that it is, which is lit at times."""

    mesh: Mesh
    material: Material
    lamp: Lamp | None = None
    smooth: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Lettering:
    """Something written on a body: what ("plate", "name", "port", "number"), and the corners (4, 3) of its field.

    The corners go from the top left one clockwise, as somebody reads it.
    """

    kind: str
    text: str
    corners: Floats
    size_px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Body:
    """A thing: its class `label`, its `sort` (file name of what makes it), its size, and what is true of it.

    `solids` are convex point sets (k, 3) that together cover it: who hides whom is reckoned with them. `label` is "" for
    scenery that no detector is asked about. `tags` say of which assets it was made, for the separation of stocks.
    """

    sort: str
    label: str
    length_m: float
    width_m: float
    height_m: float
    parts: tuple[Part, ...]
    solids: tuple[Floats, ...]
    attributes: Mapping[str, str] = field(default_factory=lambda: _NONE)
    letterings: tuple[Lettering, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def texts(self) -> Mapping[str, str]:
        """What is written on it, by kind: of several of a kind the first."""
        return {one.kind: one.text for one in reversed(self.letterings)}


def box_corners(length_m: float, width_m: float, height_m: float, *, above_m: float = 0.0) -> Floats:
    """Return the corners (8, 3) of a box around the origin's axis: the plainest solid."""
    x, y = length_m / 2, width_m / 2
    z0, z1 = above_m, above_m + height_m
    return readonly([(sx * x, sy * y, z) for z in (z0, z1) for sx in (-1, 1) for sy in (-1, 1)])
