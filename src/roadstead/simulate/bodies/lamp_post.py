"""A street lamp."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box, cylinder
from roadstead.simulate.world.stock import Stock


@body("lamp_post", zh="路灯")
@dataclass(frozen=True, slots=True, kw_only=True)
class LampPost:
    """Its height, and how far its arm reaches ahead."""

    height_m: float = 9.0
    arm_m: float = 2.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a lamp post of the stock."""
        kit = Kit(rng, stock)
        steel = Material((0.6, 0.62, 0.64))
        kit.add(cylinder((0, 0, self.height_m / 2), 0.1, self.height_m, axis=2, sides=8), steel, "post")
        kit.add(box((0, -0.05, self.height_m - 0.1), (self.arm_m, 0.05, self.height_m)), steel, "arm")
        return kit.body("lamp_post", "", centred=False)
