"""A traffic light that is seen from ahead."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box, cylinder
from roadstead.simulate.world.stock import Stock


@body("traffic_light", zh="信号灯")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLight:
    """What burns, its height, and how far its arm reaches to the left (y)."""

    state: Literal["red", "amber", "green"] = "red"
    height_m: float = 6.0
    arm_m: float = 5.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a traffic light of the stock."""
        kit = Kit(rng, stock)
        steel = Material((0.6, 0.62, 0.64))
        kit.add(cylinder((0, 0, self.height_m / 2), 0.1, self.height_m, axis=2, sides=8), steel, "post")
        kit.add(box((-0.06, 0, self.height_m - 0.6), (0.06, self.arm_m, self.height_m - 0.48)), steel, "arm")
        kit.add(
            box((-0.1, self.arm_m - 1.2, self.height_m - 0.8), (0.14, self.arm_m, self.height_m - 0.3)),
            Material((0.05, 0.05, 0.05)),
            "head",
        )
        return kit.body("traffic_light", "", centred=False)
