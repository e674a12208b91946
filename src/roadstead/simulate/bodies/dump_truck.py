"""A dump truck: a tipper of four axles with a roll-over cover."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box, cylinder
from roadstead.simulate.world.stock import Stock

_PAINTS = {
    "orange": (0.85, 0.4, 0.08),
    "green": (0.1, 0.4, 0.2),
    "blue": (0.1, 0.25, 0.55),
    "red": (0.65, 0.08, 0.08),
    "white": (0.85, 0.85, 0.85),
    "yellow": (0.85, 0.65, 0.1),
    "grey": (0.5, 0.5, 0.52),
    "teal": (0.1, 0.45, 0.45),
}


@body("dump_truck", zh="渣土车")
@dataclass(frozen=True, slots=True, kw_only=True)
class DumpTruck:
    """What lies on it and what covers it."""

    cover: Literal["sealed", "half", "open", "absent"] | None = None
    load: Literal["loaded", "empty"] | None = None
    dirt: Literal["clean", "dirty"] | None = None
    cover_like_load: bool = False
    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a dump truck of the stock."""
        kit = Kit(rng, stock)
        cover = self.cover or str(kit.rng.choice(["sealed", "half", "open", "absent"], p=[0.5, 0.15, 0.25, 0.1]))
        load = self.load or ("loaded" if kit.chance(0.7) else "empty")
        dirt = self.dirt or ("dirty" if kit.chance(0.35) else "clean")
        paint = Material(kit.pick("paint", _PAINTS), shine=0.5)
        kit.add(box((2.9, -1.25, 0.9), (4.9, 1.25, 3.1)), paint, "cab")
        kit.add(box((-4.9, -0.5, 0.6), (4.7, 0.5, 1.1)), Material((0.1, 0.1, 0.1)), "chassis")
        kit.add(
            box((-4.9, -1.25, 1.1), (2.7, 1.25, 2.9)), paint if dirt == "clean" else Material((0.4, 0.33, 0.25)), "bed"
        )
        top = Material((0.1, 0.3, 0.15) if cover == "sealed" and not self.cover_like_load else (0.4, 0.3, 0.2))
        kit.add(box((-4.8, -1.2, 2.9), (2.6, 1.2, 3.2)), top, "bed")

        rubber = Material((0.05, 0.05, 0.05))
        for x in (3.9, 2.1, -2.0, -3.4):
            for y in (-1.0, 1.0):
                kit.add(cylinder((x, y, 0.52), 0.52, 0.4), rubber, "chassis")

        shown = "covered" if cover == "sealed" else "uncovered" if load == "loaded" else "open_empty"
        return kit.body(
            "dump_truck", "truck", attributes={"cover": shown, "cover_form": cover, "dirt": dirt, "load": load}
        )
