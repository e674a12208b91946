"""Somebody on foot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._figure import HELMETS, TROUSERS, Clothes, arm, dressed, head, leg, torso
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, slab, turned_on_axis
from roadstead.simulate.bodies._stuff import STEEL
from roadstead.simulate.world.body import Body, Material, Rgb
from roadstead.simulate.world.stock import Stock

_VESTS: Mapping[str, Rgb] = {
    "orange": (0.95, 0.35, 0.03),
    "lime": (0.7, 0.95, 0.08),
    "red": (0.85, 0.12, 0.05),
    "yellow": (0.95, 0.85, 0.05),
}
_UMBRELLAS: Mapping[str, Rgb] = {
    "black": (0.07, 0.07, 0.08),
    "red": (0.65, 0.08, 0.1),
    "blue": (0.12, 0.25, 0.6),
    "sky": (0.5, 0.7, 0.85),
    "green": (0.15, 0.45, 0.3),
    "pink": (0.85, 0.5, 0.6),
}


@body("pedestrian", zh="行人")
@dataclass(frozen=True, slots=True, kw_only=True)
class Pedestrian:
    """Who it is: workers wear a vest and a helmet, guards a dark uniform. `stride` False makes one who stands still."""

    role: Literal["passer_by", "worker", "guard"] | None = None
    umbrella: bool | None = None
    stride: bool = True

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return somebody of the stock."""
        kit = Kit(rng, stock)
        role = self.role or ("passer_by", "worker", "guard")[int(rng.choice(3, p=(0.8, 0.15, 0.05)))]
        clothes = _clothes(kit, role)
        tall = kit.between(1.52, 1.84)
        neck, hip = tall - (0.29 if clothes.helmet else 0.27), 0.5 * tall
        step = kit.between(0.2, 0.34) if self.stride else 0.02
        for side, ahead in ((1, 1), (-1, -1)):
            knee = (ahead * step * 0.6 + 0.06 * self.stride, side * 0.1, 0.28 * tall)
            foot = (ahead * step, side * 0.1, 0.045 + 0.05 * self.stride * (ahead < 0))
            leg(kit, (0, side * 0.09, hip), knee, foot, clothes, f"leg{side}")
        torso(kit, (0, 0, hip - 0.04), (0.02, 0, neck), clothes, "trunk")
        head(kit, (0.02, 0, neck), clothes, "head")
        shoulder = neck - 0.08
        covered = self.umbrella if self.umbrella is not None else role == "passer_by" and kit.chance(0.1)
        for side, ahead in ((1, -1), (-1, 1)):
            swing = ahead * step * 0.7
            elbow, hand = (
                (swing * 0.4 - 0.03, side * 0.25, shoulder - 0.28),
                (swing + 0.04, side * 0.24, shoulder - 0.5),
            )
            if covered and side < 0:
                elbow, hand = (0.1, -0.22, shoulder - 0.26), (0.26, -0.14, shoulder - 0.08)
            arm(kit, (0.0, side * 0.2, shoulder), elbow, hand, clothes, f"arm{side}")
        if covered:
            _umbrella(kit, (0.26, -0.14, shoulder - 0.1))
        elif role == "passer_by" and kit.chance(0.4):
            kit.add(slab((-0.2, 0, shoulder - 0.2), (0.16, 0.28, 0.4)), Material(kit.pick("bag", TROUSERS)), "trunk")
        return kit.body("pedestrian", "person")


def _clothes(kit: Kit, role: str) -> Clothes:
    """Return what somebody of a role wears."""
    if role == "worker":
        return Clothes(
            top=Material(kit.pick("vest", _VESTS), shine=0.1, emission=0.08),
            trousers=Material(kit.pick("trousers", TROUSERS), shine=0.05),
            helmet=Material(kit.pick("helmet", HELMETS), shine=0.6, specular=0.5),
            band=True,
        )
    if role == "guard":
        navy = Material((0.06, 0.08, 0.16), shine=0.05)
        return Clothes(top=navy, trousers=navy, helmet=Material((0.05, 0.06, 0.1), shine=0.3), band=kit.chance(0.5))
    return dressed(kit)


def _umbrella(kit: Kit, hand: tuple[float, float, float]) -> None:
    """Put an open umbrella in a hand."""
    x, y, z = hand
    kit.add(limb(hand, (x - 0.08, y, z + 0.85), (0.012, 0.012), 4), STEEL, "umbrella")
    surface = Material(kit.pick("umbrella", _UMBRELLAS), shine=0.3)
    kit.add(
        turned_on_axis([(0.0, 0.56), (0.1, 0.42), (0.18, 0.2), (0.21, 0.01)], (x - 0.08, y, z + 0.66), 2, 8),
        surface,
        "umbrella",
    )
