"""A motorcycle, scooter or electric bicycle with its rider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import _wheels, body
from roadstead.simulate.bodies._figure import Clothes, arm, dressed, head, leg, torso
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import facing, limb, loft, ring, slab, wrapped
from roadstead.simulate.bodies._skin import plain
from roadstead.simulate.bodies._stuff import CHROME, DARK, FRAME, HEAD, RUBBER, STEEL, TAIL
from roadstead.simulate.bodies._writing import face, written
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.stock import Stock

Form = Literal["motorcycle", "scooter", "e_bike", "delivery"]
_FORMS: tuple[Form, ...] = ("motorcycle", "scooter", "e_bike", "delivery")
_PAINTS: Mapping[str, Rgb] = {
    "red": (0.65, 0.07, 0.07),
    "blue": (0.1, 0.22, 0.55),
    "white": (0.86, 0.86, 0.86),
    "black": (0.06, 0.06, 0.07),
    "mint": (0.45, 0.72, 0.62),
    "pink": (0.82, 0.5, 0.55),
    "silver": (0.62, 0.64, 0.66),
    "orange": (0.85, 0.4, 0.08),
}
_BRANDS: Mapping[str, tuple[Rgb, str]] = {
    "yellow": ((0.95, 0.78, 0.05), "快送"),
    "blue": ((0.05, 0.45, 0.9), "即达"),
    "red": ((0.8, 0.1, 0.1), "跑腿"),
    "green": ((0.1, 0.6, 0.3), "鲜到"),
    "orange": ((0.95, 0.45, 0.05), "闪送"),
}


@body("motorcycle", zh="两轮车")
@dataclass(frozen=True, slots=True, kw_only=True)
class Motorcycle:
    """What is ridden; a delivery rider has a box behind and a coat of its colour."""

    form: Form | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a two-wheeler of the stock with its rider."""
        kit = Kit(rng, stock)
        form = self.form or _FORMS[int(rng.choice(4, p=(0.2, 0.25, 0.3, 0.25)))]
        paint = Material(kit.pick("paint", _PAINTS), shine=0.7, specular=0.5)
        clothes = dressed(kit, helmet=form != "e_bike" or kit.chance(0.7))
        if form == "delivery":
            colour, brand = kit.pick("brand", _BRANDS)
            clothes = Clothes(
                top=Material(colour, shine=0.1), trousers=clothes.trousers, helmet=Material(colour, shine=0.6)
            )
            _box(kit, colour, brand)
        if form == "motorcycle":
            _motorcycle(kit, paint)
            _rider(kit, clothes, (-0.22, 0.82), (0.4, 0.28), knee=(0.22, 0.2), foot=(0.0, 0.33))
        else:
            _scooter(kit, paint, slim=form == "e_bike")
            _rider(kit, clothes, (-0.3, 0.8), (0.33, 0.24), knee=(0.12, 0.14), foot=(0.12, 0.34))
        return kit.body("motorcycle", "motorcycle")


def _rider(
    kit: Kit,
    clothes: Clothes,
    hip: tuple[float, float],
    hands: tuple[float, float],
    *,
    knee: tuple[float, float],
    foot: tuple[float, float],
) -> None:
    """Put a rider on a body: the hip (x, z), the hands (x, half their distance), knees (x, y) and feet (x, z)."""
    neck = (hip[0] + 0.16, 0.0, hip[1] + 0.56)
    torso(kit, (hip[0], 0, hip[1]), neck, clothes, "rider")
    head(kit, neck, clothes, "head")
    for side in (-1, 1):
        leg(
            kit,
            (hip[0], side * 0.1, hip[1]),
            (knee[0], side * knee[1], hip[1] - 0.06),
            (foot[0], side * knee[1], foot[1]),
            clothes,
            f"leg{side}",
        )
        elbow = ((neck[0] + hands[0]) / 2, side * 0.3, neck[2] - 0.26)
        arm(
            kit,
            (neck[0] - 0.02, side * 0.19, neck[2] - 0.08),
            elbow,
            (hands[0], side * hands[1], 1.03),
            clothes,
            f"arm{side}",
        )


def _bars(kit: Kit, x_m: float, half_m: float, wheel_x_m: float, radius_m: float) -> None:
    """Put fork, handlebar, mirrors and head lamp on a body."""
    for side in (-1, 1):
        kit.add(
            limb((wheel_x_m, side * 0.08, radius_m), (x_m - 0.03, side * 0.06, 0.95), (0.025, 0.025), 5), STEEL, "fork"
        )
        kit.add(
            limb((x_m, side * half_m * 0.7, 1.03), (x_m - 0.06, side * (half_m + 0.02), 1.22), (0.012, 0.012), 4),
            DARK,
            "bars",
        )
        kit.add(slab((x_m - 0.06, side * (half_m + 0.03), 1.24), (0.03, 0.12, 0.08)), DARK, "bars")
    kit.add(limb((x_m - 0.03, -half_m - 0.05, 1.03), (x_m - 0.03, half_m + 0.05, 1.03), (0.02, 0.02), 5), DARK, "bars")
    kit.add(slab((x_m + 0.08, 0, 0.92), (0.1, 0.16, 0.14)), HEAD, "bars", lamp="head")


def _motorcycle(kit: Kit, paint: Material) -> None:
    """Put a motorcycle on a body."""
    for x in (-0.68, 0.68):
        _wheels.single(kit, x, 0.31, 0.12, "fork" if x > 0 else "rear wheel")
    tank = [
        ring((x, 0, z), (w, h), 0, 8)
        for x, z, w, h in (
            (-0.12, 0.78, 0.07, 0.05),
            (0.05, 0.84, 0.14, 0.11),
            (0.25, 0.84, 0.13, 0.1),
            (0.34, 0.82, 0.05, 0.04),
        )
    ]
    kit.add(loft(tank), paint, "bike", smooth=True)
    kit.add(slab((-0.36, 0, 0.78), (0.55, 0.24, 0.1)), RUBBER, "bike")
    kit.add(slab((0.06, 0, 0.48), (0.42, 0.26, 0.36)), FRAME, "engine")
    kit.add(limb((-0.1, -0.17, 0.35), (-0.8, -0.18, 0.45), (0.045, 0.055), 6), CHROME, "engine")
    kit.add(limb((0.4, 0, 0.9), (-0.1, 0, 0.45), (0.04, 0.04), 5), FRAME, "engine")
    kit.add(limb((-0.2, 0.1, 0.4), (-0.68, 0.1, 0.31), (0.035, 0.03), 5), FRAME, "engine")
    kit.add(slab((0.68, 0, 0.65), (0.4, 0.14, 0.03)), paint, "fork")
    kit.add(slab((-0.74, 0, 0.72), (0.34, 0.2, 0.12)), paint, "bike")
    kit.add(slab((-0.93, 0, 0.7), (0.05, 0.16, 0.08)), TAIL, "bike", lamp="brake")
    _bars(kit, 0.42, 0.34, 0.68, 0.31)


def _scooter(kit: Kit, paint: Material, *, slim: bool) -> None:
    """Put a scooter, or the slimmer electric bicycle, on a body."""
    wide, radius = (0.16, 0.22) if slim else (0.28, 0.24)
    for x in (-0.58, 0.6):
        _wheels.single(kit, x, radius, 0.1, "fork" if x > 0 else "rear wheel")
    rear = [
        ring((x, 0, z), (w, h), 0, 8)
        for x, z, w, h in (
            (-0.85, 0.62, 0.06, 0.05),
            (-0.6, 0.58, wide / 2, 0.14),
            (-0.2, 0.5, wide / 2, 0.2),
            (-0.02, 0.42, wide / 3, 0.12),
        )
    ]
    kit.add(loft(rear), paint, "bike", smooth=True)
    kit.add(slab((-0.34, 0, 0.74), (0.6, 0.24, 0.1)), RUBBER, "bike")
    kit.add(slab((0.12, 0, 0.27), (0.42, wide, 0.1)), FRAME, "floor")
    shield = [
        ring((x, 0, z), (0.05, w), 2, 8)
        for x, z, w in ((0.38, 0.25, wide / 2), (0.42, 0.6, wide / 1.7), (0.36, 0.98, wide / 3))
    ]
    kit.add(loft(shield), paint, "shield", smooth=True)
    kit.add(slab((0.6, 0, 0.48), (0.36, 0.12, 0.03)), paint, "fork")
    kit.add(slab((-0.87, 0, 0.62), (0.05, 0.14, 0.07)), TAIL, "bike", lamp="brake")
    if slim:
        kit.add(slab((0.52, 0, 0.82), (0.24, 0.3, 0.2)), DARK, "basket")
    _bars(kit, 0.36, 0.3, 0.6, radius)


def _box(kit: Kit, colour: Rgb, brand: str) -> None:
    """Put a delivery box behind the seat."""
    shell = wrapped(slab((-0.82, 0, 1.04), (0.44, 0.46, 0.46)))
    ink: Rgb = (0.1, 0.1, 0.1) if sum(colour) > 1.6 else (0.95, 0.95, 0.95)
    picture = written(plain(colour, (64, 64)), brand, (0.1, 0.25, 0.9, 0.75), ink, face(kit))
    kit.add(facing(shell, "left", "right", "back"), Material(picture=picture, shine=0.2), "box")
    kit.add(facing(shell, "up", "down", "front"), Material(colour, shine=0.2), "box")
    kit.add(slab((-0.76, 0, 0.78), (0.4, 0.2, 0.06)), FRAME, "box")
