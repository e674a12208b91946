"""A concrete mixer."""

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


@body("mixer", zh="搅拌车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mixer:
    """A mixer of four axles."""

    dirt: Literal["clean", "dirty"] | None = None
    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a mixer of the stock."""
        kit = Kit(rng, stock)
        dirt = self.dirt or ("dirty" if kit.chance(0.25) else "clean")
        kit.add(box((2.9, -1.25, 0.9), (4.8, 1.25, 3.1)), Material(kit.pick("paint", _PAINTS)), "cab")
        kit.add(cylinder((-0.8, 0.0, 2.5), 1.2, 6.0, axis=0), Material((0.8, 0.8, 0.8)), "drum")
        kit.add(box((-4.7, -0.5, 0.6), (4.7, 0.5, 1.2)), Material((0.1, 0.1, 0.1)), "chassis")

        rubber = Material((0.05, 0.05, 0.05))
        for x in (3.9, 2.1, -2.0, -3.4):
            for y in (-1.0, 1.0):
                kit.add(cylinder((x, y, 0.52), 0.52, 0.4), rubber, "chassis")

        return kit.body("mixer", "truck", attributes={"cover": "enclosed", "dirt": dirt})
