"""A motorcycle or electric bicycle with its rider."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box, cylinder
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


@body("motorcycle", zh="两轮车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Motorcycle:
    """What is ridden."""

    form: Literal["motorcycle", "scooter", "e_bike", "delivery"] | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a motorcycle of the stock."""
        kit = Kit(rng, stock)
        kit.add(box((-0.85, -0.12, 0.3), (0.85, 0.12, 0.75)), Material(kit.pick("paint", _PAINTS)), "bike")
        for x in (-0.6, 0.6):
            kit.add(cylinder((x, 0.0, 0.3), 0.3, 0.12), Material((0.05, 0.05, 0.05)), "bike")
        kit.add(box((-0.3, -0.24, 0.7), (0.1, 0.24, 1.4)), Material((0.2, 0.25, 0.4)), "rider")
        kit.add(box((-0.2, -0.12, 1.4), (0.05, 0.12, 1.66)), Material((0.8, 0.7, 0.1)), "rider")
        return kit.body("motorcycle", "motorcycle")
