"""Driver's cabs of lorries: flat-nosed ones, as they are built in China."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.simulate.bodies import _lamps
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import facing, limb, panel, prism, slab, wrapped
from roadstead.simulate.bodies._skin import dusty, muddied, plain
from roadstead.simulate.bodies._stuff import CHROME, DARK, FRAME, GLASS
from roadstead.simulate.bodies._writing import face, written
from roadstead.simulate.world.body import Material, Rgb
from roadstead.types import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class CabForm:
    """Sizes in m: heights of the windscreen's lower and upper edge and of the roof; how far the screen leans and the nose bulges."""

    length_m: float
    sill_m: float
    top_m: float
    roof_m: float
    lean_m: float
    nose_m: float = 0.0
    half_m: float = 1.22
    roof_half_m: float = 1.12
    bars: int = 3
    dark_nose: bool = False


CABS: Mapping[str, CabForm] = {
    "flat": CabForm(length_m=2.05, sill_m=1.92, top_m=2.72, roof_m=2.95, lean_m=0.1),
    "high": CabForm(length_m=2.3, sill_m=1.95, top_m=2.85, roof_m=3.45, lean_m=0.2, bars=5, roof_half_m=1.05),
    "sloped": CabForm(length_m=2.25, sill_m=1.85, top_m=2.75, roof_m=3.05, lean_m=0.42, nose_m=0.06, bars=2),
    "boxy": CabForm(length_m=1.85, sill_m=1.88, top_m=2.62, roof_m=2.78, lean_m=0.03, roof_half_m=1.19, bars=6),
    "round": CabForm(
        length_m=2.15, sill_m=1.98, top_m=2.8, roof_m=3.1, lean_m=0.25, nose_m=0.14, bars=1, dark_nose=True
    ),
    "low": CabForm(length_m=1.95, sill_m=1.8, top_m=2.55, roof_m=2.72, lean_m=0.16, nose_m=0.05, dark_nose=True),
}
PAINTS: Mapping[str, Rgb] = {
    "orange": (0.86, 0.36, 0.05),
    "green": (0.06, 0.36, 0.2),
    "blue": (0.07, 0.2, 0.5),
    "red": (0.66, 0.06, 0.06),
    "white": (0.84, 0.84, 0.83),
    "yellow": (0.9, 0.65, 0.06),
    "grey": (0.45, 0.47, 0.5),
    "teal": (0.05, 0.42, 0.45),
    "sky": (0.35, 0.6, 0.8),
    "lime": (0.45, 0.65, 0.12),
}
COMPANIES: Mapping[str, str] = {
    name: name
    for name in (
        "宏达运输",
        "顺通渣土",
        "鑫盛物流",
        "安捷运输",
        "永泰土方",
        "华远工程",
        "中浩渣土",
        "恒信运输",
        "金城土石",
        "東方建运",
    )
}
_BOTTOM_M = 0.72


@dataclass(frozen=True, slots=True)
class Grime:
    """How dirty a vehicle is: the colour of the mud, up to which share of a side it reaches, how thick it is; a film of dust."""

    rgb: Rgb
    reach: float
    cover: float
    dust: float

    def on(self, rng: np.random.Generator, picture: Image) -> Image:
        """Return a side's picture, dirtied."""
        made = dusty(rng, picture, self.rgb, self.dust)
        return muddied(rng, made, self.rgb, reach=self.reach, cover=self.cover) if self.cover > 0 else made

    @property
    def wheels(self) -> Rgb | None:
        """The colour of muddy wheels; None where they are clean."""
        return self.rgb if self.cover > 0.5 else None


def put(kit: Kit, form: CabForm, paint: Rgb, grime: Grime, front_x_m: float, company: str) -> None:
    """Put a cab on a body so that its front lies at x."""
    back = front_x_m - form.length_m
    bulge = front_x_m + form.nose_m
    middle = (_BOTTOM_M + form.sill_m) / 2
    outline = [
        (back, _BOTTOM_M),
        (front_x_m, _BOTTOM_M),
        (bulge, middle),
        (front_x_m, form.sill_m),
        (front_x_m - form.lean_m, form.top_m),
        (front_x_m - form.lean_m - 0.3, form.roof_m),
        (back, form.roof_m - 0.05),
    ]
    if form.nose_m == 0:
        del outline[2]
    wide = [form.half_m if z <= form.sill_m else form.roof_half_m for _, z in outline]
    shell = wrapped(prism(outline, wide))
    rng = kit.rng
    side = Material(picture=grime.on(rng, _side_picture(paint, company, kit)), shine=0.5, specular=0.4)
    nose = Material(picture=grime.on(rng, _front_picture(paint, form)), shine=0.5, specular=0.4)
    plain_paint = Material(picture=dusty(rng, plain(paint, (64, 64)), grime.rgb, grime.dust), shine=0.5, specular=0.4)
    kit.add(facing(shell, "left", "right"), side, "cab")
    kit.add(facing(shell, "front"), nose, "cab")
    kit.add(facing(shell, "up", "back", "down"), plain_paint, "cab")
    _glaze(kit, form, front_x_m)
    _furnish(kit, form, front_x_m, paint)


def _half(form: CabForm, z: float) -> float:
    """Return half the cab's width at a height above the sill."""
    share = (z - form.sill_m) / (form.top_m - form.sill_m)
    return form.half_m + min(1.0, max(0.0, share)) * (form.roof_half_m - form.half_m)


def _glaze(kit: Kit, form: CabForm, front_x_m: float) -> None:
    """Put in the windscreen and the windows of the doors."""
    low, high = form.sill_m + 0.04, form.top_m - 0.03
    out = 0.015
    a, b = front_x_m - 0.05 * form.lean_m + out, front_x_m - 0.96 * form.lean_m + out
    wide, narrow = form.half_m - 0.06, _half(form, high) - 0.06
    kit.add(panel([(b, -narrow, high), (b, narrow, high), (a, wide, low), (a, -wide, low)]), GLASS, "cab")
    for y in (-1, 1):
        y_low, y_high = y * (_half(form, low) + out), y * (_half(form, high - 0.1) + out)
        x_front, x_back = front_x_m - 0.22, front_x_m - 1.2
        top_front = x_front - form.lean_m
        field = [
            (x_back, y_high, high - 0.1),
            (top_front, y_high, high - 0.1),
            (x_front, y_low, low),
            (x_back, y_low, low),
        ]
        kit.add(panel(field if y < 0 else [field[1], field[0], field[3], field[2]]), GLASS, "cab")


def _furnish(kit: Kit, form: CabForm, front_x_m: float, paint: Rgb) -> None:
    """Put on bumper, lamps, visor, mirrors and steps."""
    bumper = Material(tuple(0.75 * v for v in paint), shine=0.3) if kit.chance(0.5) else FRAME  # type: ignore[arg-type]
    kit.add(slab((front_x_m - 0.15, 0, 0.62), (0.5, 2 * form.half_m + 0.02, 0.44)), bumper, "cab")
    _lamps.front(kit, front_x_m + 0.11, 0.86, 0.68, (0.42, 0.2), "cab")
    visor = (front_x_m - form.lean_m + 0.1, 0, form.top_m + 0.04)
    kit.add(slab(visor, (0.28, 2 * form.roof_half_m - 0.1, 0.06)), DARK, "cab")
    for y in (-1, 1):
        name = f"mirror{y}"
        at = (front_x_m + 0.06, y * (form.half_m + 0.2), form.sill_m + 0.45)
        kit.add(slab(at, (0.1, 0.22, 0.5)), DARK, name)
        kit.add(
            limb(
                (front_x_m - 0.15, y * form.half_m, form.sill_m + 0.72), (at[0], at[1], at[2] + 0.22), (0.025, 0.025), 4
            ),
            DARK,
            name,
        )
        for z in (0.45, 0.78):
            kit.add(slab((front_x_m - 0.75, y * (form.half_m - 0.06), z), (0.55, 0.14, 0.06)), CHROME, "cab")


def _front_picture(paint: Rgb, form: CabForm) -> Image:
    """Return the front below and beside the windscreen; its sides are 256 px for the cab's whole height."""
    made = plain(paint, (256, 256))
    height = form.roof_m - _BOTTOM_M

    def row(z: float) -> int:
        return round(256 * (1 - (z - _BOTTOM_M) / height))

    if form.dark_nose:
        made[row(form.sill_m - 0.02) : row(1.2)] = 26
    top, bottom = row(form.sill_m - 0.3), row(0.98)
    cv2.rectangle(made, (44, top), (212, bottom), (24, 24, 26), -1)
    for k in range(form.bars):
        y = round(top + (k + 0.5) * (bottom - top) / form.bars)
        cv2.line(made, (50, y), (206, y), (120, 122, 126), max(2, 8 - form.bars))
    cv2.ellipse(made, (128, row(form.sill_m - 0.16)), (17, 8), 0, 0, 360, (205, 206, 210), -1, cv2.LINE_AA)
    cv2.rectangle(made, (0, row(0.95)), (255, 255), tuple(round(140 * v) for v in paint), -1)
    return made


def _side_picture(paint: Rgb, company: str, kit: Kit) -> Image:
    """Return a side: door, handle, wheel arch and the company's name. It is seen from both sides, so it is symmetric but for the text."""
    made = plain(paint, (256, 256))
    seam = tuple(round(120 * v) for v in paint)
    cv2.rectangle(made, (56, 30), (200, 222), seam, 2)
    cv2.line(made, (0, 130), (255, 130), seam, 1)
    cv2.rectangle(made, (118, 140), (138, 145), (30, 30, 32), -1)
    cv2.ellipse(made, (128, 268), (88, 52), 0, 180, 360, (14, 14, 15), -1, cv2.LINE_AA)
    ink: Rgb = (0.95, 0.95, 0.92) if sum(paint) < 1.7 else (0.12, 0.12, 0.3)
    font = face(kit)
    return written(made, company, (0.24, 0.59, 0.76, 0.75), ink, font)


def grime_of(kit: Kit, mud: Rgb, *, dirty: bool) -> Grime:
    """Return how dirty a lorry is that is called dirty or clean."""
    if dirty:
        return Grime(mud, reach=kit.between(0.45, 0.85), cover=kit.between(0.85, 1.0), dust=kit.between(0.2, 0.4))
    return Grime(mud, reach=kit.between(0.05, 0.12), cover=kit.between(0.0, 0.3), dust=kit.between(0.0, 0.1))
