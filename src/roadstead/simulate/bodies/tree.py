"""A tree or a shrub."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import cylinder
from roadstead.simulate.world.stock import Stock


@body("tree", zh="树")
@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Its form and height."""

    form: Literal["broad", "slender", "palm", "shrub"] | None = None
    height_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a tree of the stock."""
        kit = Kit(rng, stock)
        tall = self.height_m or kit.between(5, 9)
        kit.add(cylinder((0, 0, tall / 4), 0.15, tall / 2, axis=2, sides=8), Material((0.3, 0.22, 0.15)), "trunk")
        kit.add(cylinder((0, 0, tall * 0.7), tall * 0.25, tall * 0.6, axis=2), Material((0.15, 0.35, 0.12)), "crown")
        return kit.body("tree", "")
