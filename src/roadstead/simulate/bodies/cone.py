"""A traffic cone."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock


@body("cone", zh="锥桶")
@dataclass(frozen=True, slots=True, kw_only=True)
class Cone:
    """Its height."""

    height_m: float = 0.75

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a cone of the stock."""
        kit = Kit(rng, stock)
        tall = self.height_m
        kit.add(box((-0.2, -0.2, 0), (0.2, 0.2, 0.04)), Material((0.1, 0.1, 0.1)), "cone")
        red = Material((0.85, 0.25, 0.05))
        kit.add(box((-0.14, -0.14, 0.04), (0.14, 0.14, tall), taper=(0.11, 0.11, 0.11, 0.11)), red, "cone")
        return kit.body("cone", "")
