"""A mooring bollard on a quay's edge."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import pole
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.stock import Stock, choose

_COLOURS = ((0.9, 0.7, 0.1), (0.12, 0.12, 0.12), (0.75, 0.3, 0.1), (0.5, 0.5, 0.5))


@body("bollard", zh="系船柱")
@dataclass(frozen=True, slots=True, kw_only=True)
class Bollard:
    """A cast iron post with a broad head."""

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a bollard of a colour of the stock."""
        kit, iron = Kit(rng, stock), Material(choose(rng, _COLOURS, stock))
        kit.add(pole(0, 0, 0, 0.06, 0.45, 12), iron, "post")
        kit.add(pole(0, 0, 0.06, 0.5, 0.22, 12), iron, "post", smooth=True)
        kit.add(pole(0, 0, 0.5, 0.68, 0.36, 12), iron, "post")
        return kit.body("bollard", "", length_m=0.9, width_m=0.9, centred=False)
