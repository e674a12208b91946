"""A traffic sign that is read from ahead."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import cylinder
from roadstead.simulate.world.stock import Stock


@body("sign", zh="交通标志")
@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Its form, and what is written on it."""

    form: Literal["speed", "no_stopping", "no_entry", "direction", "gantry", "board"] | None = None
    text: str | None = None
    width_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a sign of the stock."""
        kit = Kit(rng, stock)
        kit.add(cylinder((-0.06, 0, 1.4), 0.05, 2.8, axis=2, sides=8), Material((0.6, 0.62, 0.64)), "post")
        kit.add(cylinder((0, 0, 2.5), 0.4, 0.04, axis=0), Material((0.8, 0.1, 0.1)), "face")
        return kit.body("sign", "", centred=False)
