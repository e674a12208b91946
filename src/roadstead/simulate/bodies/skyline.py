"""A far skyline: towers of a city, or chimneys and tanks of a works, along the other shore."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import pole
from roadstead.simulate.bodies._surfaces import banded, grainy
from roadstead.simulate.bodies._tiles import tiled
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box, heap
from roadstead.simulate.world.stock import Stock, choose

_WALLS: tuple[Rgb, ...] = (
    (0.66, 0.68, 0.70), (0.74, 0.70, 0.64), (0.52, 0.57, 0.63), (0.62, 0.56, 0.52),
    (0.78, 0.78, 0.76), (0.45, 0.50, 0.55), (0.70, 0.62, 0.54), (0.58, 0.62, 0.64),
)  # fmt: skip


@body("skyline", zh="天际线")
@dataclass(frozen=True, slots=True, kw_only=True)
class Skyline:
    """`length_m` along x on a low green shore; made to be seen from 300 m and more."""

    form: Literal["city", "works"] | None = None
    length_m: float = 800.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a skyline of colours of the stock."""
        form = self.form or str(rng.choice(["city", "works"]))
        kit, x = Kit(rng, stock), self.length_m / 2
        shore = np.abs(rng.normal(3.0, 1.5, (int(self.length_m / 10), 4))) * np.array([0.0, 1.0, 1.6, 0.3])
        kit.add(heap((-x, -30), (x, 20), 0.0, shore), grainy((0.24, 0.33, 0.19), rng, 0.5), "shore", smooth=True)
        walls = [
            banded(rgb, (rgb[0] * 0.55, rgb[1] * 0.58, rgb[2] * 0.62), 2)
            for rgb in (choose(rng, _WALLS, stock) for _ in range(4))
        ]
        at = -x + 10
        while at < x - 30:
            wide = float(rng.uniform(14, 34))
            high = float(rng.uniform(18, 45) if rng.random() < 0.6 else rng.uniform(50, 110))
            y = float(rng.uniform(0, 60))
            wall = walls[int(rng.integers(len(walls)))]
            if form == "works" and rng.random() < 0.6:
                _works(kit, at, y, rng)
            else:
                high = high if form == "city" else high * 0.4
                kit.add(tiled(box((at, y, 0), (at + wide, y + 18, high)), (wide, 3.2)), wall, f"tower:{at:.0f}")
            at += wide + float(rng.uniform(2, 22))
        return kit.body("skyline", "", length_m=self.length_m, width_m=160.0, centred=False)


def _works(kit: Kit, x: float, y: float, rng: np.random.Generator) -> None:
    """Build a chimney or a row of tanks."""
    if rng.random() < 0.35:
        kit.add(
            pole(x + 4, y, 0, float(rng.uniform(60, 110)), 2.6, 12),
            banded((0.8, 0.8, 0.78), (0.72, 0.2, 0.15), 8),
            f"chimney:{x:.0f}",
        )
        return
    for k in range(2):
        kit.add(
            pole(x + 7 + 15 * k, y, 0, float(rng.uniform(12, 20)), 6.5, 16),
            Material((0.80, 0.81, 0.80)),
            f"tank:{x:.0f}:{k}",
            smooth=True,
        )
