"""A building."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._facades import FACADES
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import Side, facing, slab, wrapped
from roadstead.simulate.bodies._stuff import CONCRETE, STEEL
from roadstead.simulate.bodies._writing import face
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock

Form = Literal["flats", "office", "shops", "shed", "unfinished"]
_FORMS: tuple[Form, ...] = ("flats", "office", "shops", "shed", "unfinished")
_SIZES_M: Mapping[Form, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "flats": ((24, 48), (12, 15), (18, 54)),
    "office": ((20, 36), (16, 26), (24, 70)),
    "shops": ((20, 45), (10, 14), (7, 14)),
    "shed": ((11, 22), (5, 6), (5.6, 6.2)),
    "unfinished": ((20, 40), (14, 20), (15, 48)),
}
"""From the least to the greatest length, width and height."""
_WALLS: Mapping[str, Rgb] = {
    "cream": (0.78, 0.72, 0.6),
    "white": (0.82, 0.82, 0.8),
    "brick": (0.55, 0.36, 0.3),
    "grey": (0.6, 0.61, 0.62),
    "ochre": (0.75, 0.62, 0.42),
    "pink": (0.75, 0.62, 0.57),
    "blue": (0.2, 0.38, 0.62),
    "stone": (0.66, 0.63, 0.57),
}


@body("building", zh="建筑")
@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """Its form, and its size along x, along y and upwards, m."""

    form: Form | None = None
    length_m: float | None = None
    width_m: float | None = None
    height_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a building of the stock."""
        kit = Kit(rng, stock)
        form = self.form or _FORMS[int(rng.integers(len(_FORMS)))]
        drawn = [kit.between(low, high) for low, high in _SIZES_M[form]]
        wished = (self.length_m, self.width_m, self.height_m)
        length, width, height = (w if w is not None else d for w, d in zip(wished, drawn, strict=True))
        colour, font = kit.pick("wall", _WALLS), face(kit)
        shell = wrapped(box((0, -width / 2, 0), (length, width / 2, height)))
        pairs: tuple[tuple[tuple[Side, Side], float], ...] = ((("left", "right"), length), (("front", "back"), width))
        for sides, across in pairs:
            picture = FACADES[form](rng, (across, height), colour, font)
            glossy = 0.6 if form == "office" else 0.05
            kit.add(facing(shell, *sides), Material(picture=picture, shine=glossy, specular=glossy), "building")
        kit.add(facing(shell, "up"), CONCRETE, "building")
        _roof(kit, form, (length, width, height), colour)
        return kit.body("building", "")


def _roof(kit: Kit, form: Form, size_m: tuple[float, float, float], colour: Rgb) -> None:
    """Put what stands on the roof on a building: a parapet, stair houses and tanks, or steel."""
    length, width, height = size_m
    if form == "shed":
        plate = slab((length / 2, 0, height + 0.1), (length + 0.6, width + 0.8, 0.2))
        kit.add(plate, Material(colour, shine=0.2), "building")
        return
    if form == "unfinished":
        for x in np.linspace(0.5, length - 0.5, max(3, round(length / 5))):
            for y in (-width / 2 + 0.5, width / 2 - 0.5):
                kit.add(slab((float(x), y, height + 0.7), (0.4, 0.4, 1.4)), CONCRETE, "top")
        return
    wall = Material(tuple(0.85 * v for v in colour))  # type: ignore[arg-type]
    for side in (-1, 1):
        kit.add(slab((length / 2, side * (width / 2 - 0.1), height + 0.45), (length, 0.2, 0.9)), wall, "building")
        kit.add(slab((length / 2 + side * (length / 2 - 0.1), 0, height + 0.45), (0.2, width, 0.9)), wall, "building")
    for share in (0.25, 0.72):
        kit.add(slab((share * length, 0, height + 1.5), (4.0, 4.5, 3.0)), wall, f"top{share}")
        kit.add(slab((share * length + 4.0, 1.0, height + 0.7), (1.6, 1.6, 1.4)), STEEL, f"top{share}")
