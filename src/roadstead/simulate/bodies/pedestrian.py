"""Somebody on foot."""

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


@body("pedestrian", zh="行人")
@dataclass(frozen=True, slots=True, kw_only=True)
class Pedestrian:
    """Who it is; workers wear a vest and a helmet."""

    role: Literal["passer_by", "worker", "guard"] | None = None
    umbrella: bool | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a pedestrian of the stock."""
        kit = Kit(rng, stock)
        tall = kit.between(1.55, 1.85)
        kit.add(box((-0.15, -0.18, 0), (0.15, 0.18, 0.85)), Material((0.15, 0.15, 0.25)), "person")
        kit.add(box((-0.14, -0.24, 0.85), (0.14, 0.24, tall - 0.25)), Material(kit.pick("paint", _PAINTS)), "person")
        kit.add(box((-0.1, -0.09, tall - 0.25), (0.1, 0.09, tall)), Material((0.6, 0.45, 0.35)), "person")
        return kit.body("pedestrian", "person")
