"""A bridge over a river: girders on piers, or hung from two pylons."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._letters import aspect, board, written
from roadstead.simulate.bodies._shapes import bar
from roadstead.simulate.bodies._ship import font_of
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock, choose

_CONCRETE: tuple[Rgb, ...] = ((0.66, 0.66, 0.63), (0.74, 0.73, 0.68), (0.58, 0.60, 0.60), (0.70, 0.66, 0.60))
_NAMES = ("大江大桥", "运河大桥", "新港大桥", "江心洲大桥", "二桥", "临江大桥", "湖口大桥", "沙洲大桥")


@body("bridge", zh="桥梁")
@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """`length_m` along x, the deck `clear_m` above the water at its underside, a pier every `span_m` beginning half a span off the middle."""

    form: Literal["girder", "stayed"] | None = None
    length_m: float = 400.0
    width_m: float = 16.0
    clear_m: float = 14.0
    span_m: float = 80.0

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a bridge of a colour and name of the stock."""
        rgb, name = choose(rng, _CONCRETE, stock), choose(rng, _NAMES, stock)
        form = self.form or str(rng.choice(["girder", "stayed"]))
        kit, stone = Kit(rng, stock, [f"bridge:{name}"]), Material(rgb)
        x, y, z = self.length_m / 2, self.width_m / 2, self.clear_m
        kit.add(
            box((-x, -y * 0.55, z), (x, y * 0.55, z + 2.0)),
            Material((rgb[0] * 0.8, rgb[1] * 0.8, rgb[2] * 0.8)),
            "deck",
        )
        kit.add(box((-x, -y, z + 2.0), (x, y, z + 2.5)), stone, "deck")
        for side in (-y, y - 0.3):
            kit.add(box((-x, side, z + 2.5), (x, side + 0.3, z + 3.5)), Material((0.80, 0.80, 0.78)), "deck")
        count = int(self.length_m / self.span_m)
        for at in (np.arange(count) - (count - 1) / 2) * self.span_m:
            self._pier(kit, stone, float(at))
        if form == "stayed":
            for at in (
                -self.span_m / 2 if count % 2 == 0 else -self.span_m,
                self.span_m / 2 if count % 2 == 0 else self.span_m,
            ):
                self._pylon(kit, float(at))
        surface = written(name, font_of(rng, stock), (0.95, 0.95, 0.93), (0.12, 0.26, 0.48))
        half = 1.6 * aspect(surface) / 2
        for side in (1, -1):
            field = np.array([(-half, 0, z + 2.3), (half, 0, z + 2.3), (half, 0, z + 0.7), (-half, 0, z + 0.7)])
            board(kit, "name", name, field * (-side, 1, 1) + (0, side * (y + 0.06), 0), surface)
        return kit.body("bridge", "", length_m=self.length_m, width_m=self.width_m, centred=False)

    def _pier(self, kit: Kit, stone: Material, x: float) -> None:
        y, z = self.width_m / 2, self.clear_m
        kit.add(box((x - 2.2, -y * 0.9, -1), (x + 2.2, y * 0.9, 1.6)), stone, f"pier:{x}")
        for side in (-0.45 * y, 0.45 * y):
            kit.add(box((x - 1.1, side - 1.1, 1.6), (x + 1.1, side + 1.1, z - 1)), stone, f"pier:{x}")
        kit.add(box((x - 1.4, -y * 0.8, z - 1.4), (x + 1.4, y * 0.8, z)), stone, f"cap:{x}")

    def _pylon(self, kit: Kit, x: float) -> None:
        y, z = self.width_m / 2, self.clear_m
        high, pale = z + 0.5 * self.span_m, Material((0.80, 0.80, 0.77))
        for side in (-1.0, 1.0):
            kit.add(bar((x, side * y * 1.1, 0), (x, side * y * 0.35, high), 2.0), pale, f"pylon:{x}")
            for k in range(1, 8):
                for way in (-1, 1):
                    foot = (x + way * k * self.span_m * 0.065, side * y, z + 2.6)
                    if abs(foot[0]) < self.length_m / 2:
                        kit.add(bar(foot, (x, side * y * 0.4, high - 1 - (7 - k) * 1.6), 0.22), pale, f"stays:{x}")
        kit.add(bar((x, -y * 0.7, high * 0.72), (x, y * 0.7, high * 0.72), 1.4), pale, f"pylon:{x}")
