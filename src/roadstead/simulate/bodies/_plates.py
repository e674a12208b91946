"""Number plates after GA 36-2018: what stands on them, and how they look."""

from typing import Literal

import cv2
import numpy as np

from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import Point, Side, panel, upright
from roadstead.simulate.bodies._skin import plain
from roadstead.simulate.bodies._writing import gothic, written
from roadstead.simulate.fonts import Font
from roadstead.simulate.world.body import Material, Rgb
from roadstead.simulate.world.stock import Stock, of
from roadstead.types import Image

PlateForm = Literal["yellow_rear", "yellow", "blue", "green", "green_large"]
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_SIZES_M: dict[PlateForm, tuple[float, float]] = {
    "yellow_rear": (0.44, 0.22),
    "yellow": (0.44, 0.14),
    "blue": (0.44, 0.14),
    "green": (0.48, 0.14),
    "green_large": (0.48, 0.14),
}
_GROUNDS: dict[PlateForm, tuple[Rgb, Rgb]] = {
    "yellow_rear": ((0.95, 0.72, 0.08), (0.05, 0.05, 0.05)),
    "yellow": ((0.95, 0.72, 0.08), (0.05, 0.05, 0.05)),
    "blue": ((0.05, 0.2, 0.65), (0.96, 0.96, 0.96)),
    "green": ((0.45, 0.82, 0.55), (0.05, 0.05, 0.05)),
    "green_large": ((0.45, 0.82, 0.55), (0.05, 0.05, 0.05)),
}


def number(rng: np.random.Generator, stock: Stock, *, electric: bool = False) -> str:
    """Return a plate number: province, letter of the city, and five characters (six of electric cars), as 沪A·12345.

    The provinces of the stocks differ, so that no plate of one occurs in the other.
    """
    provinces = of(_PROVINCES, stock)
    signs = [str(rng.integers(10)) for _ in range(5)]
    for place in rng.choice(5, size=int(rng.choice(3, p=(0.4, 0.4, 0.2))), replace=False):
        signs[int(place)] = _LETTERS[int(rng.integers(len(_LETTERS)))]
    kind = ("D" if rng.random() < 0.8 else "F") if electric else ""
    province = provinces[int(rng.integers(len(provinces)))]
    return f"{province}{_LETTERS[int(rng.integers(len(_LETTERS)))]}·{kind}{''.join(signs)}"


def drawn(text: str, form: PlateForm, font: Font) -> Image:
    """Return a picture of a plate with a number such as 沪A·12345."""
    ground, ink = _GROUNDS[form]
    size = (256, 128) if form == "yellow_rear" else (256, 80)
    made = plain(ground, size)
    if form == "green":
        fade = np.linspace(0, 0.75, size[1])[::-1, None, None]
        made = (made * (1 - fade) + 250 * fade).astype(np.uint8)
    if form == "green_large":
        made[:, :72] = np.round(255 * np.array((0.95, 0.78, 0.1)))
    edge = tuple(round(255 * v) for v in ink)
    cv2.rectangle(made, (3, 3), (size[0] - 4, size[1] - 4), edge, 2)
    city, _, rest = text.partition("·")
    if form == "yellow_rear":
        made = written(made, "·".join(city), (0.26, 0.08, 0.74, 0.4), ink, font)
        return written(made, rest, (0.06, 0.46, 0.94, 0.92), ink, font, stretched=True)
    made = written(made, city, (0.05, 0.16, 0.3, 0.84), ink, font, stretched=True)
    cv2.circle(made, (round(0.335 * size[0]), size[1] // 2), 4, edge, -1)
    return written(made, rest, (0.37, 0.16, 0.95, 0.84), ink, font, stretched=True)


def fix(kit: Kit, text: str, form: PlateForm, middle: Point, side: Side, hull: str, *, dim: float = 1.0) -> None:
    """Put a plate on a body: its middle, the side from which it is read; `dim` below 1 darkens it, as dirt does."""
    width, height = _SIZES_M[form]
    corners = upright(middle, width, height, side)
    surface = Material((dim, dim, dim * 0.95), drawn(text, form, gothic(kit)), shine=0.1, specular=0.1)
    kit.add(panel(corners), surface, hull)
    kit.write("plate", text, np.asarray(corners))
