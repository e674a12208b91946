"""A lorry with a closed box."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.simulate.bodies import _beds, _cabs, _lamps, _plates, _wheels, body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import facing, panel, slab, upright, wrapped
from roadstead.simulate.bodies._skin import MUDS, plain
from roadstead.simulate.bodies._stuff import FRAME, STEEL
from roadstead.simulate.bodies._writing import face, written
from roadstead.simulate.fonts import Font
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock
from roadstead.types import Image

_BOXES: Mapping[str, tuple[Rgb, Rgb]] = {
    "white": ((0.86, 0.87, 0.88), (0.1, 0.25, 0.55)),
    "silver": ((0.66, 0.68, 0.7), (0.7, 0.1, 0.08)),
    "blue": ((0.12, 0.27, 0.5), (0.92, 0.93, 0.94)),
    "green": ((0.1, 0.38, 0.22), (0.95, 0.9, 0.5)),
    "red": ((0.6, 0.1, 0.08), (0.95, 0.95, 0.92)),
    "yellow": ((0.9, 0.7, 0.12), (0.5, 0.1, 0.1)),
}
_LOGOS: Mapping[str, str] = {
    name: name
    for name in ("顺风达速运", "鲜生冷链", "天天快运", "百通物流", "南北货运", "华诚配送", "优达城配", "速必达")
}


@body("box_truck", zh="厢式货车")
@dataclass(frozen=True, slots=True, kw_only=True)
class BoxTruck:
    """A lorry of two or three axles."""

    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a box truck of the stock."""
        kit = Kit(rng, stock)
        grime = _cabs.grime_of(kit, kit.pick("mud", MUDS), dirty=False)
        paint, cab = kit.pick("paint", _cabs.PAINTS), kit.pick("cab", _cabs.CABS)
        plate = self.plate or _plates.number(rng, stock)
        length = kit.between(6.8, 9.6)
        axles = (length - 1.4, 2.9, 1.6) if length > 8.8 else (length - 1.4, 1.75)
        _cabs.put(kit, cab, paint, grime, length, kit.pick("company", _cabs.COMPANIES))
        colours, font = kit.pick("box", _BOXES), face(kit)
        front, top = length - cab.length_m - 0.18, kit.between(3.35, 3.8)
        shell = wrapped(box((0.05, -1.22, 1.12), (front, 1.22, top)))
        side = grime.on(rng, _side(colours, kit.pick("logo", _LOGOS), font))
        kit.add(facing(shell, "left", "right"), Material(picture=side, shine=0.3), "box")
        kit.add(facing(shell, "back"), Material(picture=grime.on(rng, _doors(colours[0])), shine=0.3), "box")
        kit.add(facing(shell, "front", "up", "down"), Material(colours[0], shine=0.3), "box")
        kit.add(box((0.2, -0.45, 0.72), (length - 0.6, 0.45, 1.1)), FRAME, "chassis")
        kit.add(slab((0.15, 0, 0.6), (0.1, 2.3, 0.16)), FRAME, "chassis")
        for out, name in ((1, "left"), (-1, "right")):
            kit.add(
                slab(((axles[0] + axles[1]) / 2, out * 1.05, 0.7), (axles[0] - axles[1] - 1.5, 0.3, 0.4)),
                STEEL,
                "chassis",
            )
            at = (front / 2, out * 1.226, 1.18)
            kit.add(panel(upright(at, front - 0.2, 0.07, name)), _beds.strip(), "box")  # type: ignore[arg-type]
        for x in axles:
            _wheels.put(kit, x, 1.2, 0.5, 0.3 if x == axles[0] else 0.54, "chassis")
        _lamps.rear(kit, 0.08, 0.95, 0.85, (0.44, 0.14), "chassis")
        _plates.fix(kit, plate, "yellow_rear", (0.03, 0.0, 0.92), "back", "chassis")
        _plates.fix(kit, plate, "yellow", (length + 0.12, 0.0, 0.58), "front", "cab")
        return kit.body("box_truck", "truck", attributes={"cover": "enclosed", "dirt": "clean"}, width_m=2.5)


def _side(colours: tuple[Rgb, Rgb], logo: str, font: Font) -> Image:
    """Return a side of the box: corrugated, with a name on it."""
    made = plain(colours[0], (512, 128))
    made[:, ::16] = (made[:, ::16] * 0.82).astype(np.uint8)
    made[:, 1::16] = (made[:, 1::16] * 0.9).astype(np.uint8)
    cv2.rectangle(made, (0, 0), (511, 127), tuple(round(150 * v) for v in colours[0]), 4)
    return written(made, logo, (0.2, 0.26, 0.8, 0.66), colours[1], font)


def _doors(rgb: Rgb) -> Image:
    """Return the rear doors with their bars."""
    made = plain(rgb, (128, 128))
    seam = tuple(round(110 * v) for v in rgb)
    cv2.rectangle(made, (2, 2), (125, 125), seam, 3)
    cv2.line(made, (64, 0), (64, 127), (30, 30, 32), 2)
    for x in (22, 50, 78, 106):
        cv2.line(made, (x, 6), (x, 122), (130, 132, 136), 3)
        cv2.line(made, (x - 6, 84), (x + 8, 84), (60, 60, 62), 3)
    return made
