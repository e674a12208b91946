"""A stretch of fence along x."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock

_PAINTS = {
    "orange": (0.85, 0.4, 0.08),
    "green": (0.1, 0.4, 0.2),
    "blue": (0.1, 0.25, 0.55),
    "red": (0.65, 0.08, 0.08),
    "white": (0.85, 0.85, 0.85),
    "yellow": (0.85, 0.65, 0.1),
    "grey": (0.5, 0.5, 0.52),
    "teal": (0.1, 0.45, 0.45),
}


@body("fence", zh="围挡")
@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Its form, length and height."""

    form: Literal["hoarding", "railing", "mesh", "concrete", "guardrail"] | None = None
    length_m: float = 6.0
    height_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a fence of the stock."""
        kit = Kit(rng, stock)
        height = self.height_m or 2.2
        kit.add(box((0, -0.04, 0), (self.length_m, 0.04, height)), Material(kit.pick("paint", _PAINTS)), "fence")
        return kit.body("fence", "")
