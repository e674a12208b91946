"""Stacked containers on a yard."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._boxes import stack, wall_of
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.stock import Stock

_LONG_M, _WIDE_M, _HIGH_M, _GAP_M = 12.2, 2.44, 2.6, 0.25


@body("container", zh="集装箱")
@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """`bays` along x, `rows` along y, up to `tiers` high."""

    bays: int = 2
    rows: int = 4
    tiers: int = 4

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a block of containers of the stock's colours."""
        kit, wall = Kit(rng, stock), wall_of(rng, stock)
        long, wide = self.bays * (_LONG_M + 0.4), self.rows * (_WIDE_M + _GAP_M)
        for i in range(self.bays):
            for j in range(self.rows):
                tiers = max(1, self.tiers - int(rng.integers(0, 3)))
                low = (i * (_LONG_M + 0.4) - long / 2, j * (_WIDE_M + _GAP_M) - wide / 2, 0.0)
                kit.add(stack(low, (_LONG_M, _WIDE_M, _HIGH_M * tiers), tiers, rng), wall, f"{i}:{j}")
        return kit.body("container", "", length_m=long, width_m=wide, centred=False)
