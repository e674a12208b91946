"""A port warehouse or storage silos."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._letters import aspect, board, written
from roadstead.simulate.bodies._ship import font_of
from roadstead.simulate.bodies._surfaces import banded
from roadstead.simulate.bodies._tiles import tiled
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box, extruded
from roadstead.simulate.world.stock import Stock, choose

_WALLS: tuple[Rgb, ...] = ((0.72, 0.76, 0.80), (0.45, 0.60, 0.75), (0.78, 0.74, 0.64), (0.62, 0.66, 0.62))
_SIGNS = ("港口仓库", "散货码头", "集装箱码头", "安全生产", "物流中心", "一号仓库", "堆场", "煤炭码头")


@body("warehouse", zh="仓库")
@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """A hall of sheet metal, `length_m` along x, with gates on its right side (-y) and a Chinese sign above them."""

    length_m: float = 60.0
    width_m: float = 24.0
    height_m: float = 9.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a hall of a colour, sign and font of the stock."""
        rgb = choose(rng, _WALLS, stock)
        sign = choose(rng, _SIGNS, stock)
        kit = Kit(rng, stock, [f"sign:{sign}"])
        x, y, z = self.length_m / 2, self.width_m / 2, self.height_m
        dark: Rgb = (rgb[0] * 0.86, rgb[1] * 0.86, rgb[2] * 0.86)
        kit.add(tiled(box((-x, -y, 0), (x, y, z)), (6.0, z)), banded(rgb, dark, 32, upright=True), "hall")
        kit.add(box((-x - 0.05, -y - 0.05, 0), (x + 0.05, y + 0.05, 1.2)), Material((0.5, 0.5, 0.48)), "hall")
        roof = np.array([(-y - 0.6, z), (y + 0.6, z), (0.0, z + 0.16 * self.width_m)])
        kit.add(extruded(roof, 0, -x - 0.5, x + 0.5), Material((0.40, 0.48, 0.55)), "hall")
        for k in np.arange(-x + 6, x - 5, 12.0):
            kit.add(
                box((k - 2.5, -y - 0.12, 0), (k + 2.5, -y - 0.02, 5.2)),
                banded((0.32, 0.36, 0.40), (0.27, 0.30, 0.34), 24),
                "",
            )
        surface = written(sign, font_of(rng, stock), (0.95, 0.95, 0.95), (0.12, 0.24, 0.50))
        high = 1.8
        half = high * aspect(surface) / 2
        field = np.array(
            [(-half, 0, z - 0.6), (half, 0, z - 0.6), (half, 0, z - 0.6 - high), (-half, 0, z - 0.6 - high)]
        )
        board(kit, "name", sign, field - (0, y + 0.15, 0), surface)
        return kit.body("warehouse", "", length_m=self.length_m, width_m=self.width_m, centred=False)
