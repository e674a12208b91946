"""Writing that runs up or down is set level: a reader of lines reads it much better so."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.types import Image

_SIZE = (96, 28)
"""A crop is looked at in this size, width and height, px."""
_DEGREES, _FINER = tuple(float(d) for d in range(-14, 15, 2)), (-1.0, 0.0, 1.0)
"""The tilts that are tried, as they are in that size, and then around the best."""
_LEAST, _TRIMMED, _MOST_TRIMMED = 0.02, 0.4, 0.25
"""Slopes below the first are left; of the rise of a steeper one so much is cut off above and below, at most a quarter of the height."""


def levelled(crop: Image) -> Image:
    """Return a crop (H, W, 3) with its line of writing level, the slanted surroundings above and below cut off."""
    high, wide = crop.shape[:2]
    if high < 4 or wide < 4:
        return crop
    rise = slope(crop)
    if abs(rise) < _LEAST:
        return crop
    shear = np.array([[1, 0, 0], [rise, 1, -rise * wide / 2]], np.float32)
    level = cv2.warpAffine(crop, shear, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cut = min(int(abs(rise) * wide * _TRIMMED), int(high * _MOST_TRIMMED))
    return np.ascontiguousarray(level[cut : high - cut], np.uint8)


def slope(crop: Image) -> float:
    """Return by how much a line of writing has to be sheared down for each px to the right to be level.

    It is the one of the tilts tried that makes the rows differ most in upright edges: where signs stand in a row they begin and end
    together.
    """
    high, wide = crop.shape[:2]
    grey = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), _SIZE).astype(np.float32)
    edges = np.asarray(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.float32)
    coarse = max(_DEGREES, key=lambda degrees: _change(edges, degrees))
    found = max((coarse + more for more in _FINER), key=lambda degrees: _change(edges, degrees))
    return float(math.tan(math.radians(found)) * (high / _SIZE[1]) / (wide / _SIZE[0]))


def _change(edges: npt.NDArray[np.float32], degrees: float) -> float:
    """Return how much the rows of a tilted picture differ from one to the next."""
    rise = math.tan(math.radians(degrees))
    shear = np.array([[1, 0, 0], [rise, 1, -rise * _SIZE[0] / 2]], np.float32)
    rows: npt.NDArray[np.float32] = np.asarray(cv2.warpAffine(edges, shear, _SIZE), np.float32).mean(axis=1)
    return float((np.diff(rows) ** 2).sum())
