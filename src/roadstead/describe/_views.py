"""How good a view of something tracked is, and what it shows."""

from dataclasses import dataclass

import cv2
import numpy as np

from roadstead.types import Floats, Frame, Image

_EDGE_PX = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture cut around a box, and how good it is: the box's shorter side, px, times how sharp it is."""

    quality: float
    image: Image


def view(frame: Frame, box: Floats, margin: float, min_px: float) -> View | None:
    """Return what a box (4,) shows with `margin` of its sides around it; None where it is small or the picture's edge cuts it."""
    width, height = frame.size
    left, top, right, bottom = (float(v) for v in box)
    side = min(right - left, bottom - top)
    inside = left > _EDGE_PX and top > _EDGE_PX and right < width - _EDGE_PX and bottom < height - _EDGE_PX
    if side < min_px or not inside:
        return None
    x, y = margin * (right - left), margin * (bottom - top)
    rows = slice(max(round(top - y), 0), min(round(bottom + y), height))
    columns = slice(max(round(left - x), 0), min(round(right + x), width))
    image = frame.image[rows, columns]
    return View(side * sharpness(image), image)


def sharpness(image: Image) -> float:
    """Return how much finer than smooth a picture is, 0.05 (blurred) to 1: the spread of its second derivative against its own."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = float(cv2.Laplacian(small, cv2.CV_32F).std())
    return float(np.clip(fine / max(float(small.std()), 1.0), 0.05, 1.0))
