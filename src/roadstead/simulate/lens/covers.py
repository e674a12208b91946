"""What may hang before a lens, drawn by chance: a leaf, spray paint, a plastic bag, a hand; all far too near to be sharp."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import cv2
import numpy as np
from scipy.interpolate import CubicSpline

from roadstead.simulate.lens.grain import Plane, clouds

_HIGH_PX = 270
_STEPS = 16
_EVERY = 5
_WHOLE = 0.998


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What is seen of it: reflectance (h, w, 3) 0-1, how far it covers (h, w) 0-1, how much scattered light it lets through.

    `comes` is the side it comes from, as a step (x, y); `swings` how far it moves in the wind, of the picture's height.
    """

    colour: Plane
    cover: Plane
    through: float
    comes: tuple[float, float]
    swings: float


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where it is drawn: a grid of points with the picture's height as unit, its anchor and its turn."""

    x: Plane
    y: Plane
    anchor: tuple[float, float]
    turn: float

    def own(self, scale: float) -> tuple[Plane, Plane]:
        """Return the points in the thing's own coordinates: u along it from the anchor, v across."""
        dx, dy = (self.x - self.anchor[0]) / scale, (self.y - self.anchor[1]) / scale
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        return dx * cos + dy * sin, dy * cos - dx * sin


Field = Callable[[Plane, Plane], Plane]
"""How far a point (u, v) lies outside of the outline; inside it is negative."""


def drawn(form: str, size: tuple[int, int], share: float, rng: np.random.Generator) -> Cover:
    """Draw a cover for pictures of `size` that hides about `share` of them."""
    width = round(_HIGH_PX * size[0] / size[1])
    y, x = (np.asarray(a / _HIGH_PX, np.float32) for a in np.mgrid[0:_HIGH_PX, 0:width])
    aspect = width / _HIGH_PX
    side = float(rng.uniform(0, 2 * np.pi)) if form in ("leaf", "bag") else float(rng.uniform(0.2, 0.8) * np.pi)
    edge = (aspect / 2 * (1 + 1.05 * np.cos(side)), 0.5 * (1 + 1.05 * np.sin(side)))
    middle = (aspect * float(rng.uniform(0.35, 0.65)), float(rng.uniform(0.35, 0.65)))
    anchor = middle if form == "spray" else edge
    inward = float(np.arctan2(0.5 - anchor[1], aspect / 2 - anchor[0]) + rng.normal(0, 0.15))
    place = _Place(x, y, anchor, 0.0 if form == "spray" else inward)
    return _DRAW[form](place, share, (np.cos(side), np.sin(side)), rng)


def _fitted(place: _Place, field: Field, share: float) -> float:
    """Return the scale at which the outline holds that share of the picture."""
    low, high = 0.02, 30.0
    coarse = _Place(place.x[::_EVERY, ::_EVERY], place.y[::_EVERY, ::_EVERY], place.anchor, place.turn)
    for _ in range(_STEPS):
        scale = float(np.sqrt(low * high))
        if float((field(*coarse.own(scale)) < 0).mean()) < min(share, _WHOLE):
            low = scale
        else:
            high = scale
    return high


def _soft(field: Plane, soft: float) -> Plane:
    """Return 1 inside and 0 outside of an outline with a rim as wide as `soft`."""
    s = np.clip(0.5 - field / soft, 0, 1)
    return np.asarray(s * s * (3 - 2 * s), np.float32)


def _size(place: _Place) -> tuple[int, int]:
    return place.x.shape[1], place.x.shape[0]


def _leaf(place: _Place, share: float, comes: tuple[float, float], rng: np.random.Generator) -> Cover:
    """A leaf on its stalk with ribs, lit from behind."""
    width = float(rng.uniform(0.26, 0.36))
    bend = float(rng.uniform(-0.25, 0.25))

    def outline(u: Plane, v: Plane) -> Plane:
        along = np.clip((u + 0.12) / 1.12, 0, 1)
        half = width * np.sin(np.pi * along**0.75) ** 0.9
        beyond = np.maximum(u - 1, 0) + np.maximum(-0.12 - u, 0)
        return np.asarray(np.abs(v - bend * along**2) - half + 3 * beyond, np.float32)

    scale = _fitted(place, outline, share)
    u, v = place.own(scale)
    field = outline(u, v) * scale
    across = v - bend * np.clip((u + 0.12) / 1.12, 0, 1) ** 2
    rib = np.exp(-((across / 0.014) ** 2))
    veins = np.clip(np.cos(2 * np.pi * (u - 0.8 * np.abs(across)) * 9), 0.86, 1) - 0.86
    light = 0.72 + 0.5 * clouds(_size(place), rng, 90) + 0.55 * rib + 2.4 * veins
    tone = np.array(((0.20, 0.34, 0.07), (0.30, 0.33, 0.08), (0.38, 0.24, 0.08))[int(rng.integers(3))], np.float32)
    colour = _blurred(light[..., None] * tone, 1.6)
    return Cover(colour, _soft(field, 0.045), 0.14, comes, 0.02)


def _bag(place: _Place, share: float, comes: tuple[float, float], rng: np.random.Generator) -> Cover:
    """A plastic bag with folds that light shines through."""
    waves = rng.uniform(0, 2 * np.pi, 4)

    def outline(u: Plane, v: Plane) -> Plane:
        angle = np.arctan2(v, u - 0.35)
        uneven = sum(0.10 / k * np.sin((k + 1) * angle + waves[k - 1]) for k in range(1, 5))
        return np.asarray(np.hypot((u - 0.35) / 0.62, v / 0.5) - 1 - uneven, np.float32)

    scale = _fitted(place, outline, share)
    u, v = place.own(scale)
    warp = clouds(_size(place), rng, 120, 3)
    folds = np.zeros_like(u)
    for count, weight in ((5, 0.5), (11, 0.3), (23, 0.16)):
        phase = np.arctan2(v, u + 0.3) * count + 4 * warp + float(rng.uniform(0, 6))
        folds += np.float32(weight) * (1 - np.abs(np.sin(phase))) ** 2
    creases = np.clip(1 - 6 * np.abs(clouds(_size(place), rng, 34, 2) - 0.5), 0, 1)
    tones = ((0.86, 0.88, 0.90), (0.78, 0.18, 0.16), (0.20, 0.36, 0.66), (0.12, 0.12, 0.13))
    tone = np.array(tones[int(rng.integers(len(tones)))], np.float32)
    shade = 0.48 + 0.30 * warp + 0.42 * folds
    colour = shade[..., None] * tone + (0.30 * folds**2 + 0.05 * creases)[..., None]
    cover = _soft(outline(u, v) * scale, 0.05) * np.clip(0.92 + 0.1 * folds, 0, 0.98)
    return Cover(_blurred(colour, 1.3), np.asarray(cover, np.float32), 0.34, comes, 0.03)


def _hand(place: _Place, share: float, comes: tuple[float, float], rng: np.random.Generator) -> Cover:
    """A hand held before the lens: dark, for the light is behind it, red at its rims."""
    spread = float(rng.uniform(0.16, 0.26))
    thumb = float(rng.choice((-1, 1)))
    fingers = [
        (0.50, thumb * (0.24 - 0.16 * k), thumb * (1.5 - k) * spread, (0.36, 0.42, 0.40, 0.30)[k]) for k in range(4)
    ]
    fingers.append((0.16, thumb * 0.26, thumb * 0.85, 0.38))

    def outline(u: Plane, v: Plane) -> Plane:
        inside = np.hypot((u - 0.28) / 0.34, v / 0.29) * 0.30 - 0.30
        inside = np.minimum(inside, np.maximum(np.abs(v) - 0.19 - 0.04 * np.abs(u), u - 0.3))
        for from_u, from_v, angle, length in fingers:
            du, dv = u - from_u, v - from_v
            along = np.clip(du * np.cos(angle) + dv * np.sin(angle), 0, length)
            far = np.hypot(du - along * np.cos(angle), dv - along * np.sin(angle))
            inside = np.minimum(inside, far - 0.072 + 0.018 * along / length)
        return np.asarray(inside, np.float32)

    scale = _fitted(place, outline, share)
    field = outline(*place.own(scale))
    depth = np.clip(-field / 0.3, 0, 1) ** 0.6
    lit = (0.62 - 0.34 * depth + 0.10 * clouds(_size(place), rng, 40))[..., None]
    tone = np.array((0.80, 0.47, 0.36), np.float32)
    return Cover(_blurred(lit * tone, 2.5), _soft(field * scale, 0.06), 0.03, comes, 0.008)


def _spray(place: _Place, share: float, comes: tuple[float, float], rng: np.random.Generator) -> Cover:
    """Paint sprayed on the glass in strokes, with specks around and runs below."""
    bends = CubicSpline(np.linspace(-0.5, 0.5, 5), rng.uniform(-0.28, 0.28, 5))
    knots = np.column_stack((np.linspace(-0.5, 0.5, 25), bends(np.linspace(-0.5, 0.5, 25))))
    runs = np.column_stack((rng.uniform(-0.5, 0.5, 9), rng.uniform(0.1, 0.5, 9), rng.uniform(0.008, 0.018, 9)))

    def outline(u: Plane, v: Plane) -> Plane:
        far = np.full_like(u, 9.0)
        for (u0, v0), (u1, v1) in pairwise(knots):
            du, dv = u1 - u0, v1 - v0
            share_on = np.clip(((u - u0) * du + (v - v0) * dv) / (du * du + dv * dv), 0, 1)
            far = np.minimum(far, np.hypot(u - u0 - share_on * du, v - v0 - share_on * dv))
        far -= 0.17
        for at, length, half in runs:
            top = np.interp(at, knots[:, 0], knots[:, 1])
            far = np.minimum(far, np.hypot(u - at, v - np.clip(v, top, top + 0.15 + length)) - half)
        return np.asarray(far, np.float32)

    scale = _fitted(place, outline, share)
    field = outline(*place.own(scale)) * scale
    size = _size(place)
    mist = np.exp(-np.maximum(field, 0) / 0.07) * 0.5
    specks = (
        cv2.GaussianBlur((rng.random(field.shape, dtype=np.float32) < mist * 0.16).astype(np.float32), (0, 0), 1.1)
        * 3.2
    )
    rim = field + 0.03 * (clouds(size, rng, 24) - 0.5)
    cover = np.maximum(_soft(rim, 0.035), np.clip(specks + 0.35 * mist, 0, 1))
    tones = ((0.03, 0.03, 0.035), (0.62, 0.05, 0.05), (0.82, 0.82, 0.80), (0.07, 0.16, 0.48))
    tone = np.array(tones[int(rng.integers(len(tones)))], np.float32)
    colour = tone * (0.85 + 0.3 * clouds(size, rng, 60))[..., None]
    return Cover(
        np.asarray(colour, np.float32), np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.9), np.float32), 0.0, comes, 0.0
    )


def _blurred(colour: Plane, sigma_px: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(colour, (0, 0), sigma_px), np.float32)


_Draw = Callable[[_Place, float, tuple[float, float], np.random.Generator], Cover]
_DRAW: Mapping[str, _Draw] = MappingProxyType({"leaf": _leaf, "spray": _spray, "bag": _bag, "hand": _hand})
