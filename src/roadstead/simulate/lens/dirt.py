"""Dirt: dust and mud, drops of rain, or a greasy smear on the glass before the lens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.simulate.lens.fault import CameraFault, dice, during
from roadstead.simulate.lens.grain import Plane, clouds
from roadstead.types import Frame, Image

_MUD = np.array((0.42, 0.36, 0.28), np.float32)
_INVERTED = 3.2
"""A drop shows the scene upside down and smaller by this factor."""


@dataclass(frozen=True, slots=True, eq=False)
class _Glass:
    """What lies on the glass: how far it covers (h, w, 1), where it takes each point from (h, w) px twice, its own light (h, w, 1)."""

    cover: Plane
    from_x: Plane
    from_y: Plane
    light: Plane


def dirt(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Soil the glass: "dust" hides, "drops" show the scene upside down, a "smear" draws it out."""
    rng = dice(fault, seed)
    known: dict[tuple[int, int], _Glass] = {}

    def change(image: Image, t: float) -> Image:
        size = (image.shape[1], image.shape[0])
        if size not in known:
            known[size] = {"dust": _dust, "drops": _drops, "smear": _smear}[fault.form](size, fault.strength, rng)
        glass, there = known[size], np.float32(fault.level(t) / fault.strength)
        if fault.form == "dust":
            seen = _MUD * np.float32(image[::8, ::8].mean() * 1.5 + 4) * glass.light
        else:
            moved = cv2.remap(image, glass.from_x, glass.from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            soft = cv2.GaussianBlur(moved, (0, 0), size[0] / (500 if fault.form == "drops" else 160))
            seen = np.asarray(soft, np.float32) * glass.light + (12 if fault.form == "smear" else 0)
        return np.asarray(np.clip(image + (seen - image) * (glass.cover * there), 0, 255), np.uint8)

    return during(pictures, fault, change)


def _still(size: tuple[int, int]) -> tuple[Plane, Plane]:
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _dust(size: tuple[int, int], strength: float, rng: np.random.Generator) -> _Glass:
    """Splashes of mud, out of focus, in a veil of dust that is thicker below."""
    x, y = _still(size)
    spots = np.zeros((size[1], size[0]), np.float32)
    for _ in range(int(25 + 130 * strength)):
        centre = (int(rng.integers(size[0])), int(size[1] * rng.beta(1.6, 1.1)))
        radius = size[0] * (0.003 + 0.022 * float(rng.random()) ** 3)
        axes = (max(1, round(radius * rng.uniform(0.7, 1.3))), max(1, round(radius)))
        cv2.ellipse(spots, centre, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0.45, 1)), -1)
    uneven = [(clouds(size, rng, size[0] / 40, 3) - 0.5) * np.float32(size[0] / 28) for _ in range(2)]
    spots = np.asarray(cv2.remap(spots, x + uneven[0], y + uneven[1], cv2.INTER_LINEAR), np.float32)
    spots = np.asarray(cv2.GaussianBlur(spots, (0, 0), size[0] / 240), np.float32)
    veil = (0.15 + 0.85 * clouds(size, rng, size[0] / 5)) * (0.35 + 0.65 * y / size[1])
    cover = np.clip(spots * 0.95 + veil * 0.95 * strength, 0, 0.96)
    light = 0.85 + 0.3 * clouds(size, rng, size[0] / 30)
    return _Glass(np.asarray(cover, np.float32)[..., None], x, y, np.asarray(light, np.float32)[..., None])


def _drops(size: tuple[int, int], strength: float, rng: np.random.Generator) -> _Glass:
    """Drops, each a small lens with a dark upper rim and a bright lower one (the sky stands on its head)."""
    x, y = _still(size)
    from_x, from_y = x.copy(), y.copy()
    cover, light = np.zeros_like(x), np.ones_like(x)
    for _ in range(int(12 + 110 * strength)):
        cx, cy = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        r = size[0] * (0.007 + 0.035 * strength**0.5 * float(rng.random()) ** 2.2)
        box = (
            slice(max(0, int(cy - 1.5 * r)), int(cy + 1.5 * r) + 2),
            slice(max(0, int(cx - 1.4 * r)), int(cx + 1.4 * r) + 2),
        )
        u, v = (x[box] - cx) / r, (y[box] - cy) / (r * 1.15)
        angle, phase = np.arctan2(v, u), rng.uniform(0, 2 * np.pi, 2)
        reach = np.hypot(u, v) / (1 + 0.13 * np.sin(2 * angle + phase[0]) + 0.07 * np.sin(3 * angle + phase[1]))
        inside = np.clip((1.02 - reach) * r / 2.5, 0, 1).astype(np.float32)
        won = inside > 0
        from_x[box][won] = (cx - u * r * _INVERTED * (1 + reach**2))[won]
        from_y[box][won] = (cy - v * r * _INVERTED * (1 + reach**2))[won]
        rim = 1 - 0.55 * np.clip(reach, 0, 1) ** 6 + 0.28 * np.exp(-(((u * 0.7) ** 2 + (v - 0.62) ** 2) / 0.05))
        light[box][won] = rim.astype(np.float32)[won]
        cover[box] = np.maximum(cover[box], inside)
    return _Glass(cover[..., None], from_x, from_y, light[..., None])


def _smear(size: tuple[int, int], strength: float, rng: np.random.Generator) -> _Glass:
    """Grease wiped over the glass in an arc: the scene is drawn out along fine streaks."""
    x, y = _still(size)
    centre = (size[0] * rng.uniform(0.2, 0.8), size[1] * rng.uniform(1.1, 1.6))
    radius = np.hypot(x - centre[0], y - centre[1])
    streaks = clouds((2048, 8), rng, 3, 2)[4]
    along = np.interp(radius / size[0] * 900, np.arange(2048), streaks).astype(np.float32)
    patch = np.clip((clouds(size, rng, size[0] / 2.5, 2) - 0.62 + 0.6 * strength) * 4, 0, 1)
    cover = patch * np.clip(0.35 + 0.75 * along, 0, 1) * (0.55 + 0.4 * strength)
    step = (along - 0.5) * size[0] / 40
    from_x = x + step * (x - centre[0]) / radius
    from_y = y + step * (y - centre[1]) / radius
    light = 0.86 + 0.3 * along
    return _Glass(*(np.asarray(a, np.float32) for a in (cover[..., None], from_x, from_y, light[..., None])))
