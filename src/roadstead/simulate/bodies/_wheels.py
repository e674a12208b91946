"""Wheels: a tyre with a picture of its side on it."""

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from roadstead.simulate.bodies._kit import Kit
from roadstead.simulate.bodies._shapes import ring, turned_on_axis
from roadstead.simulate.bodies._skin import blended, noise, plain
from roadstead.simulate.bodies._stuff import RUBBER
from roadstead.simulate.world.body import Material, Mesh, Rgb
from roadstead.types import Floats, Image

_LARGE_M = 0.4
RimForm = Literal["steel", "alloy", "bright", "cap"]


def _side(rim: RimForm, mud: Rgb | None) -> Image:
    """Return a picture of a wheel seen from aside."""
    rng = np.random.default_rng((17, len(rim), mud is not None))
    made = plain((0.08, 0.08, 0.08), (128, 128))
    tone = {"steel": (120, 122, 125), "alloy": (175, 178, 182), "bright": (205, 207, 210), "cap": (190, 30, 25)}[rim]
    cv2.circle(made, (64, 64), 42, (45, 45, 46), -1, cv2.LINE_AA)
    cv2.circle(made, (64, 64), 39, tone, -1, cv2.LINE_AA)
    dark = tuple(round(0.35 * v) for v in tone)
    spokes = 5 if rim == "alloy" else 10
    for k in range(spokes):
        angle = 2 * np.pi * k / spokes
        at = (round(64 + 27 * np.cos(angle)), round(64 + 27 * np.sin(angle)))
        cv2.circle(made, at, 9 if rim == "alloy" else 5, dark, -1, cv2.LINE_AA)
    cv2.circle(made, (64, 64), 14, tuple(round(0.7 * v) for v in tone), -1, cv2.LINE_AA)
    cv2.circle(made, (64, 64), 9, dark if rim != "cap" else (220, 180, 40), -1, cv2.LINE_AA)
    if mud is not None:
        made = blended(made, mud, (0.55 + 0.9 * (noise(rng, (128, 128), 14) - 0.4)).clip(0, 0.95))
    return made


@lru_cache(maxsize=64)
def _surface(rim: RimForm, mud: Rgb | None) -> tuple[Material, Material]:
    """Return the tread and the side of a wheel."""
    tread = RUBBER if mud is None else Material(tuple(0.6 * v for v in mud), shine=0.0, specular=0.0)  # type: ignore[arg-type]
    return tread, Material(picture=_side(rim, mud), shine=0.2, specular=0.2)


def _disc(middle: tuple[float, float, float], radius_m: float, out: int, sides: int) -> Mesh:
    """Return a disc that faces the left (out = 1) or the right (-1)."""
    edge: Floats = ring(middle, (radius_m, radius_m), 1, sides)
    fan = np.array([(0, i, i + 1) for i in range(1, sides - 1)], dtype=np.int32)
    share = (edge - middle) / (2 * radius_m) + 0.5
    return Mesh(edge, fan if out > 0 else fan[:, ::-1], np.column_stack((share[:, 0], share[:, 2])))


def put(
    kit: Kit,
    x_m: float,
    half_track_m: float,
    radius_m: float,
    width_m: float,
    hull: str,
    *,
    rim: RimForm = "steel",
    mud: Rgb | None = None,
) -> None:
    """Put the two wheels of an axle on a body; `half_track_m` is from the middle to a wheel's outer side."""
    tread, face = _surface(rim, mud)
    sides = 14 if radius_m > _LARGE_M else 12
    for out in (1, -1):
        low, high = sorted((out * half_track_m, out * (half_track_m - width_m)))
        kit.add(turned_on_axis([(low, radius_m), (high, radius_m)], (x_m, 0, radius_m), 1, sides), tread, hull)
        kit.add(_disc((x_m, out * (half_track_m + 0.004), radius_m), radius_m, out, sides), face, hull)


def single(kit: Kit, x_m: float, radius_m: float, width_m: float, hull: str) -> None:
    """Put the wheel of a two-wheeler on a body."""
    tread, face = _surface("alloy", None)
    middle = (x_m, 0.0, radius_m)
    kit.add(turned_on_axis([(-width_m / 2, radius_m), (width_m / 2, radius_m)], middle, 1, 12), tread, hull)
    for out in (1, -1):
        kit.add(_disc((x_m, out * (width_m / 2 + 0.003), radius_m), radius_m, out, 12), face, hull)
