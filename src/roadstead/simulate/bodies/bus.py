"""A city bus."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from roadstead.simulate.bodies import _lamps, _plates, _wheels, body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import facing, limb, panel, prism, slab, upright, wrapped
from roadstead.simulate.bodies._skin import dusty, plain
from roadstead.simulate.bodies._stuff import DARK, GLASS, WHITE
from roadstead.simulate.bodies._writing import face, gothic, written
from roadstead.simulate.fonts import Font
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.stock import Stock
from roadstead.types import Image

Livery = tuple[Rgb, Rgb, str]
_LIVERIES: Mapping[str, Livery] = {
    "green_white": ((0.1, 0.5, 0.25), (0.88, 0.9, 0.88), "sweep"),
    "blue_white": ((0.08, 0.3, 0.65), (0.88, 0.9, 0.92), "band"),
    "red_cream": ((0.68, 0.08, 0.08), (0.9, 0.86, 0.74), "low"),
    "orange_white": ((0.9, 0.42, 0.06), (0.9, 0.9, 0.88), "sweep"),
    "sky_silver": ((0.25, 0.6, 0.82), (0.75, 0.77, 0.8), "low"),
    "yellow_green": ((0.9, 0.75, 0.1), (0.15, 0.5, 0.25), "band"),
    "lime_white": ((0.5, 0.75, 0.15), (0.9, 0.91, 0.9), "low"),
    "purple_white": ((0.4, 0.15, 0.5), (0.9, 0.9, 0.92), "sweep"),
}
_ROUTES: Mapping[str, str] = {
    name: name
    for name in (
        "26路 人民广场",
        "101路 火车站",
        "8路 滨江公园",
        "快线3 机场",
        "57路 大学城",
        "315路 码头",
        "72路 体育馆",
        "游2 古镇",
    )
}
_LOW_M = 0.34


@body("bus", zh="公交车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """A bus of 8.5 to 12 m; most are electric and have a large green plate."""

    plate: str | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a bus of the stock."""
        kit = Kit(rng, stock)
        length = (8.5, 10.5, 12.0)[int(rng.choice(3, p=(0.25, 0.45, 0.3)))] + kit.between(-0.1, 0.1)
        tall, half = kit.between(2.95, 3.1), 1.25
        livery = kit.pick("livery", _LIVERIES)
        nose = kit.between(0.06, 0.3)
        outline = [
            (0, _LOW_M),
            (length, _LOW_M),
            (length, 1.15),
            (length - nose, tall - 0.12),
            (length - nose - 0.15, tall),
            (0.12, tall),
            (0, tall - 0.15),
        ]
        shell = wrapped(prism(outline, half))
        for side in ("left", "right"):
            picture = _side(livery, round(length * 42), doors=side == "right", company=face(kit))
            kit.add(
                facing(shell, side),
                Material(picture=dusty(rng, picture, (0.5, 0.45, 0.4), 0.08), shine=0.7, specular=0.4),
                "body",
            )
        ends = Material(picture=_end(livery), shine=0.5, specular=0.4)
        kit.add(facing(shell, "front", "back"), ends, "body")
        kit.add(facing(shell, "up", "down"), Material(livery[1], shine=0.3), "body")
        _front_and_rear(kit, length, tall, nose, kit.pick("route", _ROUTES))
        kit.add(slab((0.38 * length, 0, tall + 0.1), (2.4, 1.7, 0.2)), WHITE, "roof")
        kit.add(slab((0.7 * length, 0, tall + 0.06), (1.6, 1.5, 0.12)), WHITE, "roof")
        for x in (length - 2.55, 2.9 if length > 9 else 2.3):
            _wheels.put(kit, x, half + 0.01, 0.48, 0.3, "body", rim="bright")
        number = self.plate or _plates.number(rng, stock, electric=kit.chance(0.7))
        form: _plates.PlateForm = "green_large" if len(number.partition("·")[2]) == 6 else "yellow"
        _plates.fix(kit, number, form, (-0.015, 0.0, 0.75), "back", "body")
        _plates.fix(kit, number, form, (length + 0.015, 0.0, 0.55), "front", "body")
        return kit.body("bus", "bus", width_m=2.52)


def _front_and_rear(kit: Kit, length_m: float, tall_m: float, nose_m: float, route: str) -> None:
    """Put windscreen, rear window, lamps, route signs and mirrors on a bus."""

    def at(z: float) -> float:
        return length_m + 0.015 - nose_m * (z - 1.15) / (tall_m - 1.27)

    low, high = 1.2, tall_m - 0.42
    kit.add(
        panel([(at(high), -1.1, high), (at(high), 1.1, high), (at(low), 1.16, low), (at(low), -1.16, low)]),
        GLASS,
        "body",
    )
    kit.add(panel(upright((-0.012, 0, tall_m - 0.85), 1.9, 0.8, "back")), GLASS, "body")
    sign = written(plain((0.03, 0.03, 0.03), (256, 32)), route, (0.03, 0.08, 0.97, 0.92), (1.0, 0.6, 0.1), gothic(kit))
    lit = Material(picture=sign, emission=0.5, shine=0.2)
    top, base = tall_m - 0.13, tall_m - 0.4
    kit.add(
        panel(
            [
                (at(top) + 0.01, -0.95, top),
                (at(top) + 0.01, 0.95, top),
                (at(base) + 0.01, 0.95, base),
                (at(base) + 0.01, -0.95, base),
            ]
        ),
        lit,
        "body",
    )
    kit.add(panel(upright((-0.014, 0, tall_m - 0.32), 1.3, 0.2, "back")), lit, "body")
    _lamps.front(kit, length_m, 0.92, 0.78, (0.4, 0.18), "body")
    _lamps.rear(kit, 0.0, 1.0, 1.0, (0.36, 0.3), "body")
    for side in (-1, 1):
        base_at = (length_m - nose_m - 0.1, side * 1.15, tall_m - 0.2)
        hang = (length_m + 0.22, side * 1.32, tall_m - 0.5)
        kit.add(limb(base_at, (hang[0], hang[1], hang[2] + 0.2), (0.03, 0.03), 4), DARK, f"mirror{side}")
        kit.add(slab(hang, (0.1, 0.2, 0.42)), DARK, f"mirror{side}")


@lru_cache(maxsize=32)
def _end(livery: Livery) -> Image:
    """Return the front and the back of a bus."""
    made = plain(livery[1], (128, 128))
    made[88:] = np.round(255 * np.asarray(livery[0]))
    cv2.rectangle(made, (0, 116), (127, 127), (40, 40, 42), -1)
    made.flags.writeable = False
    return made


def _side(livery: Livery, width_px: int, *, doors: bool, company: Font) -> Image:
    """Return a side as wide as told: 42 px a metre; windows with pillars, wheel arches, doors on the right."""
    main, second, pattern = livery
    width, height = width_px, 128
    made = plain(second, (width, height))
    colour = tuple(round(255 * v) for v in main)
    if pattern == "low":
        made[72:] = colour
    elif pattern == "band":
        made[66:92] = colour
        made[:14] = colour
    else:
        cv2.fillPoly(made, [np.array([(0, 128), (0, 40), (width // 3, 60), (width // 2, 128)])], colour)
        made[:12] = colour
    step = 58
    for x in range(14, width - 70, step):
        cv2.rectangle(made, (x, 20), (min(x + step - 5, width - 20), 62), (22, 27, 31), -1)
        cv2.line(made, (x + 4, 24), (x + 20, 58), (52, 60, 66), 3, cv2.LINE_AA)
    cv2.rectangle(made, (width - 62, 22), (width - 14, 66), (22, 27, 31), -1)
    if doors:
        for x in (width - 62, round(0.5 * width) - 26):
            cv2.rectangle(made, (x, 18), (x + 52, 120), (18, 22, 25), -1)
            cv2.rectangle(made, (x, 18), (x + 52, 120), (150, 152, 155), 2)
            cv2.line(made, (x + 26, 18), (x + 26, 120), (150, 152, 155), 2)
    for x in (width - round(2.55 * 42), round((2.9 if width > 380 else 2.3) * 42)):
        cv2.circle(made, (x, 122), 24, (15, 15, 16), -1, cv2.LINE_AA)
    cv2.line(made, (0, 124), (width, 124), (40, 40, 42), 6)
    ink: Rgb = (0.95, 0.95, 0.92) if pattern == "low" else main
    return written(made, "城市公交", (0.28, 0.62, 0.44, 0.84), ink, company)
