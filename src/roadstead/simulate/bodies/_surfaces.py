"""Surfaces of ships: weathered plates, walls with windows, stacks of containers, heaps."""

import cv2
import numpy as np

from roadstead.simulate.world.body import Material, Rgb
from roadstead.types import Floats, Image

GLASS: Rgb = (0.10, 0.14, 0.17)
WHITE: Rgb = (0.90, 0.90, 0.87)
STEEL = Material((0.45, 0.46, 0.47))
DARK = Material((0.12, 0.12, 0.13))
RUBBER = Material((0.06, 0.06, 0.06), shine=0.05, specular=0.05)
LIT = Material((0.96, 0.84, 0.58), emission=0.3)
"""A window with a curtain and a light behind it."""
TYRE = Material((0.15, 0.15, 0.15), shine=0.05, specular=0.05)
ORANGE = Material((0.95, 0.42, 0.08))
FLAG = Material((0.86, 0.08, 0.08), emission=0.1)
RED_LEAD: Rgb = (0.50, 0.13, 0.11)


def weathered(rgb: Rgb, rng: np.random.Generator, wear: float) -> Material:
    """Return painted plates with seams, faded patches and rust that runs down; `wear` 0-1 says how much of it."""
    h, w = 128, 512
    grey = np.full((h, w), 1.0)
    for x in range(0, w, 32):
        grey[:, x] -= 0.06
    grey[:: h // 4] -= 0.06
    patches = cv2.resize(rng.random((6, 24)), (w, h), interpolation=cv2.INTER_CUBIC)
    grey -= 0.10 * wear * patches
    colour = np.asarray(rgb) * grey[:, :, None]
    rust = np.zeros((h, w))
    for _ in range(int(70 * wear)):
        x, top, long = int(rng.integers(w)), int(rng.integers(h)), int(rng.integers(10, 60))
        rust[top : top + long, x : x + int(rng.integers(1, 4))] += rng.uniform(0.2, 0.8)
    runs = np.clip(cv2.GaussianBlur(rust, (3, 9), 0), 0, 0.85)[:, :, None]
    return Material(
        picture=_picture(colour * (1 - runs) + np.array([0.38, 0.20, 0.10]) * runs), shine=0.3, specular=0.2
    )


def windows(rgb: Rgb, form: str) -> Material:
    """Return a wall of which one tile shows one window: "round", "square", "wide" (a wheelhouse's) or "door"."""
    tile = np.empty((64, 64, 3))
    tile[:] = rgb
    tile[:3] = np.asarray(rgb) * 0.72
    glass = np.asarray(GLASS)
    if form == "round":
        cv2.circle(tile, (32, 30), 9, (glass * 1.2).tolist(), -1)
        cv2.circle(tile, (32, 30), 10, [0.4, 0.4, 0.4], 2)
    elif form == "square":
        tile[18:44, 18:46] = np.asarray(rgb) * 0.6
        tile[20:42, 20:44] = glass
        tile[20:26, 20:44] = glass * 2.2
    elif form == "wide":
        tile[12:44, 4:60] = glass
        tile[12:20, 4:60] = glass * 2.4
    else:
        tile[12:, 20:44] = np.asarray(rgb) * 0.55
        tile[14:, 22:42] = np.array([0.35, 0.25, 0.18])
    return Material(picture=_picture(tile), shine=0.5, specular=0.4)


def containers(rng: np.random.Generator, colours: list[Rgb]) -> Material:
    """Return a wall of containers seen from the side, 8 across and 8 high, ribbed, each of a colour."""
    h, w = 256, 512
    wall = np.zeros((h, w, 3))
    ribs = 0.86 + 0.14 * (np.arange(64) % 4 < 2)
    for i in range(8):
        for j in range(8):
            rgb = np.asarray(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.8, 1.05)
            cell = rgb * ribs[None, :, None] * np.ones((32, 1, 1))
            cell[[0, 31]] *= 0.5
            cell[:, [0, 63]] *= 0.5
            if rng.random() < 0.5:
                cell[8:14, 10 : 10 + int(rng.integers(12, 36))] = 0.85
            wall[i * 32 : i * 32 + 32, j * 64 : j * 64 + 64] = cell
    return Material(picture=_picture(wall), shine=0.1, specular=0.1)


def grainy(rgb: Rgb, rng: np.random.Generator, contrast: float = 0.25) -> Material:
    """Return sand, coal, earth, netting: a colour with grain of several sizes."""
    field = sum(cv2.resize(rng.random((n, n)), (256, 256), interpolation=cv2.INTER_CUBIC) for n in (4, 16, 64, 256))
    grain = 1 + contrast * (np.asarray(field) / 4 - 0.5) * 2
    return Material(picture=_picture(np.asarray(rgb) * grain[:, :, None]), shine=0.02, specular=0.02)


def load_line(ink: Rgb, ground: Rgb) -> Material:
    """Return a load line mark: a ring with a line through it, and the ladder of lines beside it."""
    tile = np.empty((128, 256, 3))
    tile[:] = ground
    cv2.circle(tile, (80, 64), 42, list(ink), 8)
    cv2.line(tile, (16, 64), (144, 64), list(ink), 9)
    cv2.line(tile, (200, 20), (200, 108), list(ink), 7)
    for y in (20, 42, 64, 86, 108):
        cv2.line(tile, (200, y), (240, y), list(ink), 7)
    return Material(picture=_picture(tile), shine=0.1, specular=0.1)


def banded(rgb: Rgb, other: Rgb, bands: int, *, upright: bool = False) -> Material:
    """Return stripes of two colours across the texture, or upright ones."""
    rows = np.where(np.arange(128) * bands // 128 % 2 == 0, 0, 1)
    stripe = np.asarray([rgb, other])[rows]
    picture = np.repeat(stripe[:, None], 128, axis=1)
    return Material(picture=_picture(picture.transpose(1, 0, 2) if upright else picture), shine=0.2, specular=0.2)


def _picture(values: Floats) -> Image:
    return np.clip(np.round(values * 255), 0, 255).astype(np.uint8)
