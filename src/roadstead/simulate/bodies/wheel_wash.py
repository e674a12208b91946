"""A wheel wash with a hut beside it; one drives through along x."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock


@body("wheel_wash", zh="洗车台")
@dataclass(frozen=True, slots=True, kw_only=True)
class WheelWash:
    """Its length and the width of its way."""

    length_m: float = 10.0
    width_m: float = 4.2

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a wheel wash of the stock."""
        kit = Kit(rng, stock)
        y = self.width_m / 2
        for side in (-1, 1):
            kit.add(
                box((0, side * (y + 0.3) - 0.2, 0), (self.length_m, side * (y + 0.3) + 0.2, 1.2)),
                Material((0.2, 0.4, 0.6)),
                f"wall{side}",
            )
        kit.add(box((2, -y - 4.0, 0), (5, -y - 1.4, 2.7)), Material((0.8, 0.8, 0.8)), "hut")
        return kit.body("wheel_wash", "")
