"""A traffic cone."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import slab, turned_on_axis
from roadstead.simulate.bodies._stuff import RUBBER, WHITE
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.stock import Stock

_RED = Material((0.9, 0.25, 0.04), shine=0.3, emission=0.05)


@body("cone", zh="锥桶")
@dataclass(frozen=True, slots=True, kw_only=True)
class Cone:
    """Its height, m."""

    height_m: float = 0.75

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a cone."""
        kit, tall = Kit(rng, stock), self.height_m
        kit.add(slab((0, 0, 0.02), (0.54 * tall, 0.54 * tall, 0.04)), RUBBER, "cone")

        def radius(z: float) -> float:
            return 0.21 * tall * (1 - z / tall) + 0.03 * tall

        cuts = (0.04 / tall, 0.34, 0.52, 0.68, 0.84, 1.0)
        for k, (low, high) in enumerate(pairwise(cuts)):
            piece = [(low * tall, radius(low * tall)), (high * tall, radius(high * tall))]
            kit.add(turned_on_axis(piece, (0, 0, 0), 2, 10), WHITE if k % 2 else _RED, "cone")
        return kit.body("cone", "")
