"""A river bank: a slope of stones, reeds or earth, with bushes on top."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._surfaces import grainy
from roadstead.simulate.bodies._tiles import repeated
from roadstead.simulate.world.body import Body, Rgb
from roadstead.simulate.world.solids import heap
from roadstead.simulate.world.stock import Stock, choose

_SLOPES: dict[str, tuple[Rgb, ...]] = {
    "stone": ((0.50, 0.50, 0.47), (0.56, 0.53, 0.47), (0.44, 0.46, 0.46), (0.60, 0.57, 0.52)),
    "reeds": ((0.42, 0.46, 0.22), (0.52, 0.50, 0.28), (0.34, 0.42, 0.20), (0.55, 0.48, 0.30)),
    "bluff": ((0.48, 0.36, 0.24), (0.55, 0.44, 0.30), (0.42, 0.34, 0.26), (0.50, 0.40, 0.32)),
}
_GREENS: tuple[Rgb, ...] = ((0.20, 0.32, 0.14), (0.26, 0.36, 0.16), (0.16, 0.28, 0.15), (0.30, 0.38, 0.20))


@body("bank", zh="河岸")
@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """`length_m` along x; it rises from the water at y = 0 to `height_m` at y = `depth_m`, land lies to its left (+y)."""

    form: Literal["stone", "reeds", "bluff"] | None = None
    length_m: float = 300.0
    depth_m: float = 14.0
    height_m: float = 4.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a bank of colours of the stock."""
        form = self.form or str(rng.choice(list(_SLOPES)))
        kit = Kit(rng, stock)
        columns = int(np.clip(self.length_m / 6, 8, 80))
        v = np.linspace(0, 1, 5)
        rise = {"stone": v, "reeds": v**0.5, "bluff": np.clip(v * 3, 0, 1)}[form] * (self.height_m + 0.4) - 0.4
        rough = {"stone": 0.15, "reeds": 0.5, "bluff": 0.7}[form]
        heights = rise[None] + rough * rng.normal(0, 0.5, (columns, 5)) * np.sin(np.pi * v)[None]
        x = self.length_m / 2
        kit.add(
            repeated(heap((-x, 0.0), (x, self.depth_m), 0.0, heights), (self.length_m / 20, self.depth_m / 20)),
            grainy(choose(rng, _SLOPES[form], stock), rng, 0.5),
            "slope",
        )
        crown = np.abs(rng.normal(1.4, 0.8, (columns * 2, 4))) * np.array([0.3, 1.0, 1.0, 0.3])
        low = np.full_like(crown, 0.0)
        low[:, 1:3] = crown[:, 1:3]
        kit.add(
            repeated(
                heap((-x, self.depth_m - 0.5), (x, self.depth_m + 6.0), self.height_m - 0.3, low),
                (self.length_m / 12, 0.5),
            ),
            grainy(choose(rng, _GREENS, stock), rng, 0.7),
            "crown",
            smooth=True,
        )
        return kit.body("bank", "", length_m=self.length_m, width_m=2 * (self.depth_m + 6.0), centred=False)
