"""A stretch of fence along x."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import facing, limb, prism, slab, wrapped
from roadstead.simulate.bodies._skin import MUDS, dusty, grainy, muddied, plain
from roadstead.simulate.bodies._stuff import CONCRETE, STEEL
from roadstead.simulate.bodies._writing import face, written
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.solids import extruded
from roadstead.simulate.world.stock import Stock

Form = Literal["hoarding", "railing", "mesh", "concrete", "guardrail"]
_FORMS: tuple[Form, ...] = ("hoarding", "railing", "mesh", "concrete", "guardrail")
_PAINTS: Mapping[str, Rgb] = {
    "blue": (0.12, 0.35, 0.68),
    "green": (0.16, 0.45, 0.3),
    "white": (0.84, 0.85, 0.85),
    "grey": (0.56, 0.58, 0.6),
    "yellow": (0.88, 0.7, 0.12),
    "lawn": (0.28, 0.5, 0.16),
}
_SLOGANS: Mapping[str, str] = {
    name: name
    for name in (
        "安全生产",
        "文明施工 美化城市",
        "质量第一",
        "建设美丽家园",
        "绿色工地",
        "安全第一 预防为主",
        "施工重地",
        "中建宏图",
    )
}


@body("fence", zh="围挡")
@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Its form, its length and height, m: hoarding round a site, railing between lanes, wire mesh, concrete or steel barrier."""

    form: Form | None = None
    length_m: float = 6.0
    height_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a stretch of fence of the stock."""
        kit = Kit(rng, stock)
        form = self.form or _FORMS[int(rng.integers(len(_FORMS)))]
        plain_height = {"hoarding": 2.5, "railing": 1.1, "mesh": 1.8, "concrete": 0.85, "guardrail": 0.8}[form]
        high = self.height_m if self.height_m is not None else plain_height
        {"hoarding": _hoarding, "railing": _railing, "mesh": _mesh, "concrete": _concrete, "guardrail": _guardrail}[
            form
        ](kit, self.length_m, high)
        return kit.body("fence", "")


def _hoarding(kit: Kit, long: float, high: float) -> None:
    """Put sheets between posts on a plinth, with a slogan or a lawn printed on them."""
    rgb = kit.pick("paint", _PAINTS)
    made = grainy(kit.rng, plain(rgb, (256, 128)), 0.12, 30)
    made[:, ::8] = (made[:, ::8] * 0.86).astype(np.uint8)
    if kit.chance(0.5):
        ink: Rgb = (0.95, 0.95, 0.93) if sum(rgb) < 1.8 else (0.7, 0.1, 0.08)
        made = written(made, kit.pick("slogan", _SLOGANS), (0.1, 0.2, 0.9, 0.6), ink, face(kit))
    made = muddied(kit.rng, dusty(kit.rng, made, (0.5, 0.45, 0.36), 0.15), kit.pick("mud", MUDS), reach=0.12, cover=0.6)
    sheet = Material(picture=made, shine=0.2)
    panels = max(1, round(long / 6.0))
    for k in range(panels):
        shell = wrapped(
            slab(((k + 0.5) * long / panels, 0, 0.2 + (high - 0.25) / 2), (long / panels, 0.05, high - 0.3))
        )
        kit.add(shell, sheet, "fence")
    for x in np.linspace(0.04, long - 0.04, 2 * panels + 1):
        kit.add(slab((float(x), 0, high / 2), (0.08, 0.1, high)), STEEL, "fence")
    kit.add(slab((long / 2, 0, high - 0.05), (long, 0.1, 0.1)), STEEL, "fence")
    kit.add(slab((long / 2, 0, 0.1), (long, 0.24, 0.2)), CONCRETE, "fence")


def _railing(kit: Kit, long: float, high: float) -> None:
    """Put white bars between posts, with two rails, as they part the lanes of Chinese streets."""
    white, blue = Material((0.86, 0.87, 0.88), shine=0.4), Material((0.15, 0.35, 0.65), shine=0.3)
    for z in (0.2 * high, 0.88 * high):
        kit.add(slab((long / 2, 0, z), (long, 0.04, 0.06)), white, "fence")
    for x in np.linspace(0.05, long - 0.05, max(2, round(long / 0.16))):
        kit.add(
            facing(slab((float(x), 0, 0.54 * high), (0.025, 0.025, 0.68 * high)), "left", "right", "front", "back"),
            white,
            "fence",
        )
    for x in np.linspace(0.05, long - 0.05, max(2, round(long / 2.0) + 1)):
        kit.add(slab((float(x), 0, high / 2), (0.1, 0.1, high)), blue, "fence")
        kit.add(slab((float(x), 0, 0.04), (0.2, 0.4, 0.08)), CONCRETE, "fence")


def _mesh(kit: Kit, long: float, high: float) -> None:
    """Put wires between posts."""
    green = Material((0.12, 0.35, 0.22), shine=0.3)
    for x in np.linspace(0.03, long - 0.03, max(2, round(long / 2.5) + 1)):
        kit.add(limb((float(x), 0, 0), (float(x), 0, high), (0.03, 0.03), 6), green, "fence")
    for z in np.linspace(0.1, high - 0.05, 7):
        kit.add(slab((long / 2, 0, float(z)), (long, 0.012, 0.015)), green, "fence")
    for x in np.linspace(0.2, long - 0.2, max(3, round(long / 0.25))):
        kit.add(facing(slab((float(x), 0, high / 2), (0.012, 0.012, high - 0.15)), "left", "right"), green, "fence")


def _concrete(kit: Kit, long: float, high: float) -> None:
    """Put a barrier of concrete with a wide foot, painted yellow and black at times."""
    half = [
        (-0.3, 0),
        (0.3, 0),
        (0.3, 0.09 * high),
        (0.1, 0.4 * high),
        (0.08, high),
        (-0.08, high),
        (-0.1, 0.4 * high),
        (-0.3, 0.09 * high),
    ]
    made = grainy(kit.rng, plain((0.62, 0.61, 0.58), (256, 64)), 0.25, 14)
    if kit.chance(0.4):
        for k in range(-1, 8):
            x = k * 40
            cv2.fillPoly(made, [np.array([(x, 38), (x + 20, 38), (x + 40, 8), (x + 20, 8)])], (225, 180, 25))
    top = extruded(np.array([half[3], half[4], half[5], half[6]]), 0, 0.0, long)
    foot = extruded(np.array([half[0], half[1], half[2], half[7]]), 0, 0.0, long)
    slope = extruded(np.array([half[2], half[3], half[6], half[7]]), 0, 0.0, long)
    surface = Material(picture=made, shine=0.0)
    low, extent = (0.0, -0.3, 0.0), (long, 0.3, high)
    for name, piece in (("top", top), ("foot", foot), ("foot", slope)):
        kit.add(wrapped(piece, low, extent), surface, name)


def _guardrail(kit: Kit, long: float, high: float) -> None:
    """Put a rail of waved steel on posts."""
    for x in np.linspace(0.1, long - 0.1, max(2, round(long / 2.0) + 1)):
        kit.add(limb((float(x), 0, 0), (float(x), 0, high), (0.06, 0.06), 6), STEEL, "fence")
    z = high - 0.32
    for low, mid, top in ((0.0, 0.08, 0.16), (0.16, 0.24, 0.32)):
        wave = [(-0.03, z + low), (0.03, z + low), (0.1, z + mid), (0.03, z + top), (-0.03, z + top)]
        kit.add(extruded(np.array(wave), 0, 0.0, long), STEEL, "fence")
    kit.add(
        prism([(0.0, z + 0.05), (long, z + 0.05), (long, z + 0.12), (0.0, z + 0.12)], 0.09),
        Material((0.85, 0.7, 0.15)),
        "fence",
    )
