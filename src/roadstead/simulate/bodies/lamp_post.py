"""A street lamp."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, slab
from roadstead.simulate.bodies._stuff import CONCRETE
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.stock import Stock

_COLOURS = {
    "grey": (0.6, 0.62, 0.64),
    "white": (0.82, 0.83, 0.83),
    "green": (0.2, 0.32, 0.27),
    "dark": (0.2, 0.21, 0.23),
}
_GLOW = Material((0.95, 0.93, 0.85), shine=0.8, emission=0.3)


@body("lamp_post", zh="路灯")
@dataclass(frozen=True, slots=True, kw_only=True)
class LampPost:
    """Its height and how far its arm reaches ahead (x), m; the post stands at the origin."""

    height_m: float = 9.0
    arm_m: float = 2.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a lamp post of the stock."""
        kit = Kit(rng, stock)
        steel, top, out = Material(kit.pick("post", _COLOURS), shine=0.4), self.height_m, self.arm_m
        kit.add(slab((0, 0, 0.15), (0.45, 0.45, 0.3)), CONCRETE, "post")
        kit.add(limb((0, 0, 0), (0, 0, top - 0.6), (0.11, 0.06), 8), steel, "post")
        kit.add(limb((0, 0, top - 0.6), (0.35 * out, 0, top - 0.15), (0.05, 0.045), 6), steel, "arm")
        kit.add(limb((0.35 * out, 0, top - 0.15), (out, 0, top - 0.05), (0.045, 0.04), 6), steel, "arm")
        kit.add(slab((out + 0.1, 0, top - 0.05), (0.75, 0.3, 0.1)), steel, "arm")
        kit.add(slab((out + 0.12, 0, top - 0.11), (0.6, 0.24, 0.03)), _GLOW, "arm")
        return kit.body("lamp_post", "", centred=False)
