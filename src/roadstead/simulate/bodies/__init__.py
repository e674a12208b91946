"""What things look like: one file a sort. A plug-in's fields are what may be asked of it; None leaves it to chance."""

from typing import Protocol

import numpy as np

from roadstead.registry import Registry
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.stock import Stock


class BodyMaker(Protocol):
    """A frozen dataclass whose fields are wishes."""

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a body; the same generator state gives the same one."""


plugins: Registry[BodyMaker] = Registry("simulate.bodies", "body")
body = plugins
