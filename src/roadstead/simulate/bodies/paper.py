"""A bag or a sheet of paper that the wind blows about."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock


@body("paper", zh="纸袋")
@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What it is."""

    form: Literal["bag", "sheet"] | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a paper of the stock."""
        kit = Kit(rng, stock)
        size = kit.between(0.25, 0.45)
        kit.add(box((0, -size / 2, 0), (size, size / 2, size * 0.8)), Material((0.9, 0.9, 0.9)), "bag")
        return kit.body("paper", "debris", attributes={"kind": "paper"})
