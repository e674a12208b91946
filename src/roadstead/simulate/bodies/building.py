"""A building."""

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


@body("building", zh="建筑")
@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """Its form, and its size along x, along y and upwards."""

    form: Literal["flats", "office", "shops", "shed", "unfinished"] | None = None
    length_m: float | None = None
    width_m: float | None = None
    height_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a building of the stock."""
        kit = Kit(rng, stock)
        length, width = self.length_m or kit.between(18, 40), self.width_m or kit.between(12, 18)
        height = self.height_m or kit.between(9, 40)
        kit.add(box((0, -width / 2, 0), (length, width / 2, height)), Material(kit.pick("paint", _PAINTS)), "building")
        return kit.body("building", "")
