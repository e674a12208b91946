"""The gate of a building site: pillars, a board above, a barrier and a guard's hut; one drives through along x."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._beds import strip
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import Side, facing, limb, panel, slab, upright, wrapped
from roadstead.simulate.bodies._skin import grainy, plain
from roadstead.simulate.bodies._stuff import FRAME, GLASS, WHITE
from roadstead.simulate.bodies._writing import face, written
from roadstead.simulate.fonts import Font
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.stock import Stock
from roadstead.types import Image

_COLOURS: Mapping[str, tuple[Rgb, Rgb]] = {
    "blue": ((0.1, 0.28, 0.62), (0.95, 0.95, 0.93)),
    "red": ((0.62, 0.08, 0.07), (0.98, 0.88, 0.3)),
    "green": ((0.1, 0.4, 0.24), (0.95, 0.95, 0.93)),
    "white": ((0.84, 0.85, 0.85), (0.65, 0.08, 0.07)),
    "yellow": ((0.88, 0.7, 0.15), (0.15, 0.15, 0.3)),
}
_TITLES: Mapping[str, str] = {
    name: name
    for name in (
        "滨江新城建设工程",
        "地铁五号线土建项目",
        "中宏建设集团",
        "东湖花园二期工程",
        "市政道路改造工程",
        "港城大道项目部",
        "第三建筑工程公司",
        "科技园区基坑工程",
    )
}
_FACES: tuple[tuple[Side, float], ...] = (("front", 0.21), ("back", -0.21))


@body("gate", zh="工地大门")
@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The width of its way, m, whether its barrier is up, and what is written above it; its middle is at the origin."""

    width_m: float = 9.0
    open: bool = True
    title: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a gate of the stock."""
        kit = Kit(rng, stock)
        ground, ink = kit.pick("gate", _COLOURS)
        font, title = face(kit), self.title or kit.pick("title", _TITLES)
        y = self.width_m / 2
        pillar = Material(picture=grainy(rng, _pillar(ground, ink, "安全文明", font), 0.1, 20), shine=0.1)
        for side in (-1, 1):
            shell = wrapped(slab((0, side * (y + 0.5), 3.2), (0.9, 0.9, 6.4)))
            kit.add(shell, pillar, f"pillar{side}")
            kit.add(slab((0, side * (y + 0.5), 6.5), (1.1, 1.1, 0.2)), WHITE, f"pillar{side}")
        board = written(plain(ground, (512, 64)), title, (0.06, 0.14, 0.94, 0.86), ink, font)
        shell = wrapped(slab((0, 0, 5.7), (0.4, self.width_m + 0.1, 1.2)))
        kit.add(facing(shell, "front", "back"), Material(picture=board, shine=0.2), "board")
        kit.add(facing(shell, "up", "down"), FRAME, "board")
        _barrier(kit, self.width_m, up=self.open)
        _hut(kit, y, ground)
        for read_from, x in _FACES:
            kit.write("name", title, np.asarray(upright((x, 0, 5.7), self.width_m + 0.1, 1.2, read_from)))
        return kit.body("gate", "", centred=False)


def _pillar(ground: Rgb, ink: Rgb, text: str, font: Font) -> Image:
    """Return a pillar with characters one below the other."""
    made = plain(ground, (64, 256))
    for k, sign in enumerate(text):
        top = 0.22 + 0.16 * k
        made = written(made, sign, (0.14, top, 0.86, top + 0.13), ink, font)
    return made


def _barrier(kit: Kit, width_m: float, *, up: bool) -> None:
    """Put the barrier's box and its boom on the gate, behind the pillars."""
    x, y = -1.6, width_m / 2 + 0.2
    kit.add(slab((x, y, 0.55), (0.4, 0.35, 1.1)), Material((0.9, 0.65, 0.1), shine=0.4), "box")
    long = width_m - 0.4
    if up:
        kit.add(
            panel(upright((x + 0.03, y - 0.1, 1.0 + long / 2), 0.1, long, "front")), Material((0.8, 0.1, 0.08)), "boom"
        )
        kit.add(slab((x, y - 0.1, 1.0 + long / 2), (0.05, 0.1, long)), Material((0.85, 0.85, 0.85)), "boom")
    else:
        kit.add(slab((x, y - long / 2, 1.0), (0.05, long, 0.1)), FRAME, "boom")
        kit.add(panel(upright((x + 0.03, y - long / 2, 1.0), long, 0.1, "front")), strip(), "boom")
        kit.add(panel(upright((x - 0.03, y - long / 2, 1.0), long, 0.1, "back")), strip(), "boom")


def _hut(kit: Kit, y_m: float, colour: Rgb) -> None:
    """Put the guard's hut beside the way."""
    x, y = -2.6, -(y_m + 1.6)
    kit.add(slab((x, y, 1.25), (2.0, 1.8, 2.5)), WHITE, "hut")
    kit.add(slab((x, y, 2.58), (2.4, 2.2, 0.16)), Material(colour, shine=0.2), "hut")
    kit.add(slab((x, y, 1.6), (2.03, 1.4, 0.9)), GLASS, "hut")
    kit.add(slab((x, y, 1.6), (1.5, 1.83, 0.9)), GLASS, "hut")
    kit.add(limb((x + 0.8, y + 1.2, 0), (x + 0.8, y + 1.2, 3.2), (0.05, 0.05), 6), FRAME, "camera")
    kit.add(slab((x + 0.95, y + 1.2, 3.2), (0.35, 0.12, 0.12)), WHITE, "camera")
