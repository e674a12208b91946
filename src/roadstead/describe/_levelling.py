"""Writing that runs up or down is set level: a reader of lines reads it much better so."""

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.types import Image

_SIZE = (96, 28)
"""A crop is looked at in this size, width and height, px."""
_DEGREES = np.arange(-14.0, 15.0)
"""The tilts that are tried, as they are in that size."""
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
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0))
    best, found = -1.0, 0.0
    for rise in np.tan(np.radians(_DEGREES)).tolist():
        shear = np.array([[1, 0, 0], [rise, 1, -rise * _SIZE[0] / 2]], np.float32)
        rows: npt.NDArray[np.float32] = np.asarray(cv2.warpAffine(edges, shear, _SIZE), np.float32).mean(axis=1)
        change = float((np.diff(rows) ** 2).sum())
        if change > best:
            best, found = change, rise
    return found * (high / _SIZE[1]) / (wide / _SIZE[0])
