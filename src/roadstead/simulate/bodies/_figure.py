"""People: limbs, clothes, helmets."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import Point, limb, loft, lump, ring
from roadstead.simulate.world.body import Material, Rgb

SKIN = Material((0.72, 0.53, 0.42), shine=0.1, specular=0.1)
HAIR = Material((0.07, 0.06, 0.05), shine=0.2, specular=0.1)
SHOES = Material((0.1, 0.09, 0.09), shine=0.2)
BAND = Material((0.9, 0.9, 0.86), shine=0.6, emission=0.12)
TOPS: Mapping[str, Rgb] = {
    "red": (0.6, 0.1, 0.1),
    "blue": (0.12, 0.25, 0.55),
    "white": (0.85, 0.85, 0.84),
    "black": (0.08, 0.08, 0.09),
    "yellow": (0.85, 0.7, 0.15),
    "green": (0.15, 0.4, 0.22),
    "pink": (0.8, 0.5, 0.55),
    "grey": (0.45, 0.46, 0.48),
    "khaki": (0.55, 0.48, 0.34),
    "purple": (0.4, 0.2, 0.45),
}
TROUSERS: Mapping[str, Rgb] = {
    "jeans": (0.14, 0.19, 0.33),
    "black": (0.07, 0.07, 0.08),
    "khaki": (0.5, 0.43, 0.3),
    "grey": (0.3, 0.31, 0.33),
    "navy": (0.08, 0.1, 0.2),
}
HELMETS: Mapping[str, Rgb] = {
    "yellow": (0.9, 0.72, 0.05),
    "red": (0.75, 0.08, 0.06),
    "white": (0.9, 0.9, 0.9),
    "blue": (0.1, 0.25, 0.65),
    "orange": (0.9, 0.4, 0.05),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clothes:
    """What somebody wears; `band` puts reflecting bands around the body."""

    top: Material
    trousers: Material
    helmet: Material | None = None
    band: bool = False


def torso(kit: Kit, hip: Point, neck: Point, clothes: Clothes, hull: str) -> None:
    """Put a trunk between hip and neck on a body."""
    a, b = np.asarray(hip), np.asarray(neck)
    rings = []
    for share, deep, wide in (
        (0.0, 0.12, 0.17),
        (0.35, 0.11, 0.16),
        (0.75, 0.13, 0.21),
        (0.95, 0.1, 0.19),
        (1.0, 0.05, 0.07),
    ):
        rings.append(ring((0, 0, 0), (deep, wide), 2, 8) + a + share * (b - a))
    kit.add(loft(rings), clothes.top, hull, smooth=True)
    if clothes.band:
        for share in (0.3, 0.55):
            low, high = (ring((0, 0, 0), (0.137, 0.205), 2, 8) + a + v * (b - a) for v in (share, share + 0.09))
            kit.add(loft([low, high], closed=False), BAND, hull)


def head(kit: Kit, neck: Point, clothes: Clothes, hull: str) -> None:
    """Put a head, with hair or a helmet, over a neck; its top is 0.27 m above the neck, with a helmet 0.29 m."""
    x, y, z = neck
    kit.add(limb((x, y, z - 0.02), (x + 0.01, y, z + 0.08), (0.055, 0.05)), SKIN, hull)
    kit.add(lump((x + 0.02, y, z + 0.15), (0.1, 0.08, 0.12)), SKIN, hull, smooth=True)
    if clothes.helmet is None:
        kit.add(lump((x - 0.005, y, z + 0.175), (0.1, 0.088, 0.1)), HAIR, hull, smooth=True)
    else:
        kit.add(lump((x + 0.01, y, z + 0.185), (0.135, 0.115, 0.115)), clothes.helmet, hull, smooth=True)


def leg(kit: Kit, hip: Point, knee: Point, foot: Point, clothes: Clothes, hull: str) -> None:
    """Put a leg with a shoe on a body; thigh and shank are hulls of their own."""
    kit.add(limb(hip, knee, (0.095, 0.07)), clothes.trousers, f"{hull}:thigh")
    kit.add(limb(knee, foot, (0.07, 0.05)), clothes.trousers, hull)
    x, y, z = foot
    kit.add(limb((x - 0.05, y, z), (x + 0.16, y, z - 0.01), (0.045, 0.035)), SHOES, hull)


def arm(kit: Kit, shoulder: Point, elbow: Point, hand: Point, clothes: Clothes, hull: str) -> None:
    """Put an arm with its hand on a body."""
    kit.add(limb(shoulder, elbow, (0.06, 0.047)), clothes.top, hull)
    kit.add(limb(elbow, hand, (0.047, 0.038)), clothes.top, hull)
    kit.add(lump(hand, (0.05, 0.04, 0.05), sides=6), SKIN, hull)


def dressed(kit: Kit, *, helmet: bool = False) -> Clothes:
    """Return somebody's clothes by chance of the stock."""
    return Clothes(
        top=Material(kit.pick("top", TOPS), shine=0.05, specular=0.05),
        trousers=Material(kit.pick("trousers", TROUSERS), shine=0.05, specular=0.05),
        helmet=Material(kit.pick("helmet", HELMETS), shine=0.7, specular=0.5) if helmet else None,
    )
