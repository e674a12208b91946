"""A lorry with a closed box."""

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


@body("box_truck", zh="厢式货车")
@dataclass(frozen=True, slots=True, kw_only=True)
class BoxTruck:
    """A lorry of two or three axles."""

    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a box truck of the stock."""
        kit = Kit(rng, stock)
        length = kit.between(6.0, 9.5)
        kit.add(box((length - 1.7, -1.1, 0.8), (length, 1.1, 2.6)), Material(kit.pick("paint", _PAINTS)), "cab")
        kit.add(box((0, -1.2, 1.0), (length - 1.8, 1.2, 3.4)), Material((0.85, 0.85, 0.87)), "box")

        rubber = Material((0.05, 0.05, 0.05))
        for x in (1.6, length - 1.1):
            for y in (-1.0, 1.0):
                kit.add(cylinder((x, y, 0.52), 0.52, 0.4), rubber, "chassis")

        return kit.body("box_truck", "truck", attributes={"cover": "enclosed", "dirt": "clean"})
