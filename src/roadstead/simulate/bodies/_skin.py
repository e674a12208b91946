"""Pictures for surfaces: grain, soil, mud splashed from below, dust; all made by chance of a generator."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.world.body import Rgb
from roadstead.types import Image

Shares = npt.NDArray[np.floating[Any]]
"""(height, width) of shares 0-1, or (height, width, 3) of colours."""

MUDS: dict[str, Rgb] = {
    "loess": (0.52, 0.41, 0.26),
    "clay": (0.46, 0.31, 0.2),
    "silt": (0.42, 0.38, 0.31),
    "ochre": (0.55, 0.4, 0.2),
    "earth": (0.35, 0.27, 0.19),
}


def noise(rng: np.random.Generator, size: tuple[int, int], cell_px: float, octaves: int = 3) -> Shares:
    """Return smooth noise (height, width), 0-1 about 0.5, for a size (width, height) px; each octave is half as coarse."""
    width, height = size
    total, weight = np.zeros((height, width), np.float32), 0.0
    for k in range(octaves):
        cell, share = max(cell_px / 2**k, 1.0), 0.5**k
        coarse = rng.random((max(2, round(height / cell) + 1), max(2, round(width / cell) + 1)), np.float32)
        total += np.float32(share) * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        weight += share
    return np.asarray((total / np.float32(weight)).clip(0, 1))


def plain(rgb: Rgb, size: tuple[int, int]) -> Image:
    """Return a picture of one colour."""
    return np.full((size[1], size[0], 3), np.round(255 * np.asarray(rgb)), np.uint8)


def blended(picture: Image, rgb: Rgb | Shares, share: Shares) -> Image:
    """Return a picture that a colour covers by a share (height, width), 0-1."""
    colour = 255 * np.asarray(rgb, dtype=np.float32)
    over = share[..., None].astype(np.float32)
    return np.asarray((picture * (1 - over) + colour * over).clip(0, 255).astype(np.uint8))


def grainy(rng: np.random.Generator, picture: Image, strength: float, cell_px: float = 6) -> Image:
    """Return a picture made lighter and darker by grain of a strength, 0-1."""
    size = (picture.shape[1], picture.shape[0])
    grain = 1 + strength * 2 * (noise(rng, size, cell_px) - 0.5)
    return np.asarray((picture * grain[..., None]).clip(0, 255).astype(np.uint8))


def soil(rng: np.random.Generator, rgb: Rgb, size: tuple[int, int] = (128, 128)) -> Image:
    """Return soil: patches of a colour, darker and lighter clods in it."""
    base = grainy(rng, grainy(rng, plain(rgb, size), 0.4, 24), 0.7, 3)
    hollows = ((0.42 - noise(rng, size, 7, 2)) * 6).clip(0, 1)
    return blended(base, 0.3 * np.asarray(rgb), 0.5 * hollows)


def muddied(rng: np.random.Generator, picture: Image, rgb: Rgb, *, reach: float, cover: float) -> Image:
    """Return a picture with mud that was thrown up from its lower edge: `reach` is up to which share, `cover` how thick."""
    size = (picture.shape[1], picture.shape[0])
    above = np.linspace(1, 0, size[1], dtype=np.float32)[:, None]
    streaks = cv2.resize(noise(rng, (size[0], max(8, size[1] // 6)), 10), size)
    crust = ((reach - above) * 3 / max(reach, 1e-3) + 2.2 * (streaks - 0.5)).clip(0, 1)
    spots = noise(rng, size, 5, 2) > 0.55 + 0.32 * (above / max(reach, 1e-3)).clip(0, 1.3)
    share = np.maximum(cover * crust, cover * 0.9 * cv2.GaussianBlur(spots.astype(np.float32), (3, 3), 0))
    shade = 0.8 + 0.4 * noise(rng, size, 16)
    return blended(picture, np.asarray(rgb) * shade[..., None], share.clip(0, 1))


def dusty(rng: np.random.Generator, picture: Image, rgb: Rgb, cover: float) -> Image:
    """Return a picture with a thin uneven film of dust, thicker towards its lower edge."""
    size = (picture.shape[1], picture.shape[0])
    below = np.linspace(0.4, 1, size[1], dtype=np.float32)[:, None]
    return blended(picture, rgb, (cover * below * (0.4 + 1.2 * noise(rng, size, 40))).clip(0, 1))
