"""A wheel wash with a hut beside it; one drives through along x."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import facing, limb, panel, slab, upright, wrapped
from roadstead.simulate.bodies._skin import MUDS, dusty, grainy, muddied, plain
from roadstead.simulate.bodies._stuff import FRAME, GLASS, STEEL, WHITE
from roadstead.simulate.bodies._writing import face, written
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.stock import Stock

_COLOURS = {
    "blue": (0.15, 0.4, 0.68),
    "green": (0.14, 0.45, 0.32),
    "yellow": (0.88, 0.68, 0.12),
    "grey": (0.5, 0.53, 0.56),
}


@body("wheel_wash", zh="洗车台")
@dataclass(frozen=True, slots=True, kw_only=True)
class WheelWash:
    """Its length and the width of its way, m."""

    length_m: float = 10.0
    width_m: float = 4.2

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a wheel wash of the stock."""
        kit, long, y = Kit(rng, stock), self.length_m, self.width_m / 2
        rgb, mud = kit.pick("paint", _COLOURS), kit.pick("mud", MUDS)
        steel = muddied(rng, dusty(rng, plain(rgb, (256, 64)), mud, 0.2), mud, reach=0.5, cover=0.9)
        wall = Material(picture=steel, shine=0.3)
        for side in (-1, 1):
            at = (long / 2, side * (y + 0.2), 0.55)
            kit.add(wrapped(slab(at, (long, 0.16, 1.1))), wall, f"wall{side}")
            for x in np.linspace(0.1, long - 0.1, 6):
                kit.add(
                    limb((float(x), side * (y + 0.32), 0), (float(x), side * (y + 0.32), 1.35), (0.05, 0.05), 5),
                    STEEL,
                    f"wall{side}",
                )
            kit.add(
                limb((0.1, side * (y + 0.32), 1.32), (long - 0.1, side * (y + 0.32), 1.32), (0.05, 0.05), 6),
                STEEL,
                f"wall{side}",
            )
        wet = grainy(rng, plain((0.2, 0.18, 0.15), (128, 64)), 0.4, 8)
        grate = wet.copy()
        grate[:, ::6] = (120, 120, 118)
        kit.add(
            facing(wrapped(slab((long / 2, 0, 0.01), (long, 2 * y, 0.06))), "up", "front", "back"),
            Material(picture=grate, shine=0.8, specular=0.7),
            "floor",
        )
        _hut(kit, (0.3 * long, -(y + 2.4)), rgb)
        return kit.body("wheel_wash", "")


def _hut(kit: Kit, at: tuple[float, float], rgb: tuple[float, float, float]) -> None:
    """Put the hut with its tank and board on the wash."""
    x, y = at
    kit.add(slab((x, y, 1.25), (2.6, 1.8, 2.5)), WHITE, "hut")
    kit.add(slab((x, y, 2.57), (2.9, 2.1, 0.14)), Material(rgb, shine=0.2), "hut")
    kit.add(slab((x + 0.5, y, 1.6), (1.0, 1.83, 0.8)), GLASS, "hut")
    kit.add(slab((x - 0.75, y, 1.05), (0.75, 1.84, 2.0)), FRAME, "hut")
    sign = written(
        plain(rgb, (256, 64)),
        "车辆冲洗 净车出场",
        (0.05, 0.15, 0.95, 0.85),
        (0.96, 0.96, 0.94),
        face(kit),
    )
    kit.add(panel(upright((x, y + 0.99, 2.25), 2.5, 0.5, "left")), Material(picture=sign, shine=0.2), "hut")
    kit.add(slab((x + 2.2, y, 0.8), (1.4, 1.5, 1.6)), Material((0.35, 0.45, 0.5), shine=0.2), "tank")
