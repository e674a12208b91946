"""A buoy of the fairway (IALA region A, as in China): red can to port, green cone to starboard, yellow special mark."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._letters import board, written
from roadstead.simulate.bodies._shapes import bar, pole
from roadstead.simulate.bodies._ship import font_of
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box, cylinder, extruded
from roadstead.simulate.world.stock import Stock

_RGB: dict[str, Rgb] = {"port": (0.80, 0.10, 0.08), "starboard": (0.06, 0.48, 0.22), "special": (0.93, 0.77, 0.08)}


@body("buoy", zh="浮标")
@dataclass(frozen=True, slots=True, kw_only=True)
class Buoy:
    """About 2.4 m across and 5 m above the water; origin at the waterline."""

    form: Literal["port", "starboard", "special"] | None = None
    number: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a buoy with a number in a font of the stock."""
        form = self.form or str(rng.choice(list(_RGB)))
        number = self.number or str(int(rng.integers(1, 60)))
        rgb = _RGB[form]
        kit, paint = Kit(rng, stock), Material(rgb)
        kit.add(pole(0, 0, -0.5, 0.75, 1.2, 16), paint, "float", smooth=True)
        for x, y in ((0.7, 0.0), (-0.35, 0.6), (-0.35, -0.6)):
            kit.add(bar((x, y, 0.7), (0.35 * x, 0.35 * y, 3.6), 0.16), paint, "tower")
        for z in (1.6, 2.6):
            kit.add(cylinder((0, 0, z), 0.72 - 0.13 * z, 0.12, axis=2, sides=12), paint, "tower")
        kit.add(box((-0.45, -0.45, 2.0), (0.45, 0.45, 3.2), taper=(0.15, 0.15, 0.15, 0.15)), paint, "tower")
        kit.add(pole(0, 0, 3.6, 4.0, 0.16), Material((0.85, 0.85, 0.8), emission=0.2), "lamp")
        surface = written(number, font_of(rng, stock), (0.97, 0.97, 0.95), rgb)
        for side in (1, -1):
            x = 0.47 * side
            field = np.array(
                [(x, -0.42 * side, 3.0), (x, 0.42 * side, 3.0), (x, 0.42 * side, 2.2), (x, -0.42 * side, 2.2)]
            )
            board(kit, "number", number, field, surface)
        if form == "port":
            kit.add(pole(0, 0, 4.1, 5.0, 0.42, 12), paint, "top")
        elif form == "starboard":
            kit.add(extruded(np.array([(-0.5, 4.1), (0.5, 4.1), (0.0, 5.1)]), 1, -0.28, 0.28), paint, "top")
            kit.add(extruded(np.array([(-0.5, 4.1), (0.5, 4.1), (0.0, 5.1)]), 0, -0.28, 0.28), paint, "top")
        else:
            for tilt in (1, -1):
                kit.add(bar((-0.4, -0.4 * tilt, 4.2), (0.4, 0.4 * tilt, 5.0), 0.2), paint, "top")
                kit.add(bar((-0.4 * tilt, 0.4, 4.2), (0.4 * tilt, -0.4, 5.0), 0.2), paint, "top")
        return kit.body("buoy", "", length_m=2.4, width_m=2.4, centred=False)
