"""A tree or a shrub."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from roadstead.simulate.bodies import body
from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import limb, lump, wrapped
from roadstead.simulate.bodies._skin import blended, grainy, noise, plain
from roadstead.simulate.world.body import Body, Material, Mesh, Rgb
from roadstead.simulate.world.solids import joined
from roadstead.simulate.world.stock import Stock
from roadstead.types import Image

Form = Literal["broad", "slender", "palm", "shrub"]
_FORMS: tuple[Form, ...] = ("broad", "slender", "palm", "shrub")
_LEAVES: Mapping[str, Rgb] = {
    "camphor": (0.2, 0.36, 0.12),
    "plane": (0.3, 0.42, 0.16),
    "privet": (0.14, 0.3, 0.14),
    "poplar": (0.26, 0.4, 0.2),
    "ginkgo": (0.45, 0.46, 0.14),
    "cedar": (0.11, 0.25, 0.16),
}
_BARK = Material((0.32, 0.26, 0.2), shine=0.0, specular=0.0)


@body("tree", zh="树")
@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Its form and height, m; its trunk stands at the origin."""

    form: Form | None = None
    height_m: float | None = None

    def make(self, rng: np.random.Generator, stock: Stock) -> Body:
        """Return a tree of the stock."""
        kit = Kit(rng, stock)
        form = self.form or _FORMS[int(rng.choice(4, p=(0.55, 0.25, 0.08, 0.12)))]
        drawn = {"broad": (5.5, 9.0), "slender": (8.0, 13.0), "palm": (6.0, 9.0), "shrub": (0.8, 1.6)}[form]
        tall = self.height_m if self.height_m is not None else kit.between(*drawn)
        leaves = Material(picture=_foliage(rng, kit.pick("leaves", _LEAVES)), shine=0.0, specular=0.02)
        if form == "palm":
            _palm(kit, tall, leaves)
        else:
            _crown(kit, form, tall, leaves)
        return kit.body("tree", "", centred=False)


def _foliage(rng: np.random.Generator, rgb: Rgb) -> Image:
    """Return leaves: light tufts over dark depths."""
    size = (128, 128)
    made = grainy(rng, plain(rgb, size), 0.35, 30)
    deep = ((0.46 - noise(rng, size, 4, 2)) * 5).clip(0, 0.6)
    light = ((noise(rng, size, 3, 1) - 0.6) * 4).clip(0, 0.5)
    return blended(blended(made, 0.25 * np.asarray(rgb), deep), np.minimum(1, 1.6 * np.asarray(rgb)), light)


def _crown(kit: Kit, form: Form, tall_m: float, leaves: Material) -> None:
    """Put a trunk and a crown of several tufts on a tree."""
    rng = kit.rng
    low, wide, count = {"broad": (0.3, 0.3, 6), "slender": (0.2, 0.11, 5), "shrub": (0.0, 0.55, 4)}[form]
    if form != "shrub":
        kit.add(limb((0, 0, 0), (0, 0, 0.6 * tall_m), (0.022 * tall_m, 0.012 * tall_m), 7), _BARK, "trunk")
        for k in range(3):
            angle = 2.1 * k + kit.between(0, 1)
            end = (
                0.6 * wide * tall_m * float(np.cos(angle)),
                0.6 * wide * tall_m * float(np.sin(angle)),
                0.62 * tall_m,
            )
            kit.add(limb((0, 0, 0.32 * tall_m), end, (0.012 * tall_m, 0.005 * tall_m), 5), _BARK, "crown")
    for k in range(count):
        share = (k + 0.5) / count
        high = low + (1 - low) * (share if form == "slender" else 0.45 + 0.25 * kit.between(-1, 1))
        angle, out = 2.4 * k + kit.between(-0.4, 0.4), 0.0 if form == "slender" else 0.5 * wide * tall_m
        radius = wide * tall_m * (kit.between(0.5, 0.68) if form != "slender" else 1.1 - 0.75 * share)
        up = radius * (0.85 if form != "slender" else 1.5)
        z = min(max(high * tall_m, (low + 0.02) * tall_m + 0.7 * up), tall_m - up)
        at = (out * float(np.cos(angle)), out * float(np.sin(angle)), max(z, up) if form == "shrub" else z)
        kit.add(wrapped(lump(at, (radius, radius, up), rng, 0.16, sides=9)), leaves, "crown")
    if form == "broad":
        kit.add(
            wrapped(lump((0, 0, 0.8 * tall_m), (0.2 * tall_m, 0.2 * tall_m, 0.2 * tall_m), rng, 0.14, sides=9)),
            leaves,
            "crown",
        )


def _palm(kit: Kit, tall_m: float, leaves: Material) -> None:
    """Put a bare trunk with drooping fronds on a tree."""
    kit.add(limb((0, 0, 0), (0.1, 0, 0.82 * tall_m), (0.2, 0.13), 8), _BARK, "trunk")
    long = 0.3 * tall_m
    for k in range(10):
        angle = 2 * np.pi * k / 10 + kit.between(-0.15, 0.15)
        ahead, aside = np.array([np.cos(angle), np.sin(angle), 0]), np.array([-np.sin(angle), np.cos(angle), 0])
        spine = [
            np.array([0.1, 0, 0.82 * tall_m]) + s * long * ahead + (0, 0, (1.3 * s - 1.75 * s * s) * long * 0.7)
            for s in (0, 0.4, 0.75, 1.0)
        ]
        edges = np.concatenate(
            [[p - w * aside, p + w * aside] for p, w in zip(spine, (0.05, 0.32, 0.26, 0.03), strict=True)]
        )
        faces = np.array(
            [(2 * i, 2 * i + 2, 2 * i + 3) for i in range(3)] + [(2 * i, 2 * i + 3, 2 * i + 1) for i in range(3)],
            dtype=np.int32,
        )
        uv = np.column_stack((np.tile((0.0, 1.0), 4), np.repeat((0.0, 0.4, 0.75, 1.0), 2)))
        kit.add(joined([Mesh(edges, faces, uv), Mesh(edges - (0, 0, 0.02), faces[:, ::-1], uv)]), leaves, "crown")
