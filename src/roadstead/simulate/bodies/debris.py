"""What fell from a load: a lump of soil, gravel, a plank, a brick."""

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


@body("debris", zh="遗撒物")
@dataclass(frozen=True, slots=True, kw_only=True)
class Debris:
    """What it is, and how long."""

    form: Literal["lump", "gravel", "plank", "brick"] | None = None
    size_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a debris of the stock."""
        kit = Kit(rng, stock)
        size = self.size_m or kit.between(0.3, 0.7)
        kit.add(box((0, -size / 2, 0), (size, size / 2, size * 0.6)), Material(kit.pick("paint", _PAINTS)), "lump")
        return kit.body("debris", "debris")
