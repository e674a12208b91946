"""A city bus."""

from dataclasses import dataclass

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


@body("bus", zh="公交车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """A bus of 10 to 12 m."""

    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a bus of the stock."""
        kit = Kit(rng, stock)
        length = kit.between(10.2, 12.0)
        kit.add(box((0, -1.25, 0.4), (length, 1.25, 3.0)), Material(kit.pick("paint", _PAINTS)), "body")

        rubber = Material((0.05, 0.05, 0.05))
        for x in (2.4, length - 2.6):
            for y in (-1.0, 1.0):
                kit.add(cylinder((x, y, 0.52), 0.52, 0.4), rubber, "chassis")

        return kit.body("bus", "bus")
