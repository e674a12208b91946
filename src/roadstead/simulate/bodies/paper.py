"""A bag or a sheet of paper that the wind blows about."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, lump
from roadstead.simulate.world.body import Body, Material, Mesh
from roadstead.simulate.world.solids import heap, joined
from roadstead.simulate.world.stock import Stock

_COLOURS = {
    "white": (0.88, 0.88, 0.87),
    "red": (0.75, 0.15, 0.15),
    "kraft": (0.65, 0.5, 0.33),
    "blue": (0.4, 0.6, 0.8),
    "grey": (0.6, 0.6, 0.6),
}


@body("paper", zh="纸袋")
@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What it is: a crumpled bag with handles, or a bent sheet."""

    form: Literal["bag", "sheet"] | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a bag or sheet of the stock."""
        kit = Kit(rng, stock)
        form = self.form or ("bag" if kit.chance(0.6) else "sheet")
        surface = Material(kit.pick("paper", _COLOURS), shine=0.3, specular=0.2, emission=0.05)
        size = kit.between(0.28, 0.5)
        if form == "bag":
            kit.add(lump((0, 0, 0.36 * size), (0.5 * size, 0.4 * size, 0.36 * size), rng, 0.3), surface, "bag")
            for side in (-1, 1):
                top = (side * 0.12 * size, 0.0, 0.95 * size)
                kit.add(limb((side * 0.15 * size, 0, 0.6 * size), top, (0.08 * size, 0.03 * size), 4), surface, "bag")
        else:
            bent = 0.3 * size * np.abs(np.linspace(-1, 1, 6))[:, None] ** 2 + 0.08 * size * rng.random((6, 5))
            above = heap((-size / 2, -0.35 * size), (size / 2, 0.35 * size), 0.02, bent)
            below = Mesh(above.corners - (0, 0, 0.005), above.triangles[:, ::-1], above.uv)
            kit.add(joined([above, below]), surface, "bag")
        return kit.body("paper", "debris", attributes={"kind": "paper"})
