"""What fell from a load: a lump of soil, gravel, a plank, bricks."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._beds import LOADS
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import loft, lump, ring, wrapped
from roadstead.simulate.bodies._skin import grainy, plain, soil
from roadstead.simulate.world.body import Body, Material
from roadstead.simulate.world.solids import box
from roadstead.simulate.world.stock import Stock

_FORMS = ("lump", "gravel", "plank", "brick")
_WOODS = {"pine": (0.72, 0.56, 0.36), "old": (0.45, 0.4, 0.34), "red": (0.5, 0.3, 0.2), "pale": (0.8, 0.7, 0.52)}
_BRICKS = {"red": (0.58, 0.24, 0.16), "grey": (0.5, 0.5, 0.49), "brown": (0.45, 0.28, 0.18), "pale": (0.66, 0.5, 0.38)}


@body("debris", zh="遗撒物")
@dataclass(frozen=True, slots=True, kw_only=True)
class Debris:
    """What it is, and how long, m."""

    form: Literal["lump", "gravel", "plank", "brick"] | None = None
    size_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return debris of the stock."""
        kit = Kit(rng, stock)
        form = self.form or _FORMS[int(rng.choice(4, p=(0.5, 0.25, 0.15, 0.1)))]
        size = (
            self.size_m
            or {
                "lump": kit.between(0.3, 0.7),
                "gravel": kit.between(0.6, 1.2),
                "plank": kit.between(1.0, 2.0),
                "brick": 0.35,
            }[form]
        )
        {"lump": _lump, "gravel": _gravel, "plank": _plank, "brick": _brick}[form](kit, size)
        return kit.body("debris", "debris")


def _lump(kit: Kit, size_m: float) -> None:
    """Put a clod with crumbs beside it on a body."""
    surface = Material(picture=soil(kit.rng, kit.pick("soil", LOADS), (64, 64)), shine=0.0, specular=0.0)
    r = size_m / 2
    kit.add(wrapped(lump((0, 0, 0.55 * r), (0.85 * r, 0.7 * r, 0.55 * r), kit.rng, 0.22)), surface, "lump")
    for _ in range(4):
        x, y, small = kit.between(-0.75, 0.75) * r, kit.between(-0.7, 0.7) * r, kit.between(0.12, 0.28) * r
        kit.add(
            wrapped(lump((x, y, 0.7 * small), (small, small, 0.7 * small), kit.rng, 0.25, sides=6)), surface, "lump"
        )


def _gravel(kit: Kit, size_m: float) -> None:
    """Put a small heap of gravel on a body."""
    surface = Material(picture=soil(kit.rng, kit.pick("soil", LOADS), (64, 64)), shine=0.0, specular=0.0)
    rings = []
    for share, height in ((1.0, 0.0), (0.8, 0.07), (0.5, 0.15), (0.2, 0.2), (0.02, 0.21)):
        flat = ring((0, 0, height * size_m), (share * size_m / 2, share * 0.38 * size_m), 2, 10)
        rings.append(flat * (1 + 0.15 * kit.rng.uniform(-1, 1, (10, 1))) * (1, 1, 0) + (0, 0, height * size_m))
    kit.add(wrapped(loft(rings)), surface, "lump")
    for _ in range(8):
        angle, far, small = kit.between(0, 2 * np.pi), kit.between(0.2, 0.6) * size_m, kit.between(0.025, 0.06)
        at = (far * float(np.cos(angle)), 0.8 * far * float(np.sin(angle)), small)
        kit.add(lump(at, (small, small, small), kit.rng, 0.3, sides=5), surface, "lump")


def _plank(kit: Kit, size_m: float) -> None:
    """Put a plank on a body."""
    picture = grainy(kit.rng, plain(kit.pick("wood", _WOODS), (64, 16)), 0.5, 4)
    kit.add(box((0, -0.1, 0.0), (size_m, 0.1, 0.05)), Material(picture=picture, shine=0.05), "lump")


def _brick(kit: Kit, size_m: float) -> None:
    """Put two bricks on a body."""
    picture = grainy(kit.rng, plain(kit.pick("brick", _BRICKS), (32, 32)), 0.4, 4)
    surface = Material(picture=picture, shine=0.0)
    kit.add(box((0, -0.17, 0.0), (0.7 * size_m, 0.0, 0.3 * size_m)), surface, "lump")
    kit.add(box((0.35 * size_m, 0.02, 0.0), (size_m, 0.16, 0.22 * size_m)), surface, "lump")
