"""The gate of a building site: posts, a board above, a barrier; one drives through along x."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock


@body("gate", zh="工地大门")
@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Its width, whether its barrier is up, and what is written on it."""

    width_m: float = 9.0
    open: bool = True
    title: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a gate of the stock."""
        kit = Kit(rng, stock)
        y = self.width_m / 2
        post, board = Material((0.15, 0.35, 0.6)), Material((0.1, 0.25, 0.55))
        for side in (-1, 1):
            kit.add(box((-0.4, side * (y + 0.4) - 0.4, 0), (0.4, side * (y + 0.4) + 0.4, 6.4)), post, f"post{side}")
        kit.add(box((-0.25, -y - 0.8, 5.2), (0.25, y + 0.8, 6.4)), board, "board")
        return kit.body("gate", "")
