"""Where a plate may be on the picture of a vehicle: fields of one of the plates' colours, or with many upright edges side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.geometry.boxes import iou
from roadstead.types import Floats, Image, readonly

_WIDE_PX = 480
"""Pictures are searched at this width at most: a plate that cannot be seen there has less than 8 px a sign."""
_RATIO = (1.4, 6.5)
"""Width over height of a field: two rows seen from the side to one row seen from below."""
_LEAST_HIGH_PX, _FILLED = 8.0, 0.45
_GROUNDS: Sequence[tuple[tuple[int, int, int], tuple[int, int, int]]] = (
    ((95, 70, 35), (135, 255, 255)),
    ((12, 80, 60), (35, 255, 255)),
    ((36, 40, 60), (92, 255, 255)),
)
"""Hue, saturation and value of blue, yellow and green grounds, from and to (OpenCV: hue in half degrees)."""
_OVERLAP = 0.5

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Corners (4, 2) px from the top left one clockwise, and how much it looks like a plate, 0 to 1: half for its colour, half for its signs."""

    corners: Floats
    score: float


def fields(image: Image, at_most: int) -> tuple[Field, ...]:
    """Return the fields of a vehicle's picture (H, W, 3) RGB that look most like plates, best first."""
    scale = min(_WIDE_PX / image.shape[1], 1.0)
    small = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    edges = np.asarray(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) / 4, np.float32)
    found = [
        Field(readonly(corners / scale), (_filled(edges, corners) + coloured) / 2)
        for mask, coloured in _masks(small, edges)
        for corners in _quadrilaterals(mask)
    ]
    kept: list[Field] = []
    for one in sorted(found, key=lambda one: -one.score):
        if len(kept) < at_most and not any(_same(one, other) for other in kept):
            kept.append(one)
    return tuple(kept)


def cut(image: Image, corners: Floats) -> Image:
    """Return the upright box around a quadrilateral (4, 2) of a picture.

    The reader sets it level. To straighten the quadrilateral itself reads worse: a corner that was found a few px off slants every sign.
    """
    (left, top), (right, below) = np.maximum(corners.min(axis=0), 0), corners.max(axis=0)
    return image[int(top) : int(below) + 1, int(left) : int(right) + 1]


def _masks(image: npt.NDArray[np.uint8], edges: npt.NDArray[np.float32]) -> Iterator[tuple[Mask, bool]]:
    """Yield where a ground's colour is, and where upright edges lie close to one another; and which of the two it is."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    near = cv2.getStructuringElement(cv2.MORPH_RECT, (9, 5))
    for low, high in _GROUNDS:
        yield np.asarray(cv2.morphologyEx(cv2.inRange(hsv, low, high), cv2.MORPH_CLOSE, near), np.uint8), True
    strong = (edges > max(24.0, float(np.percentile(edges, 90)))).astype(np.uint8) * 255
    for wide in (11, 21):
        beside = cv2.getStructuringElement(cv2.MORPH_RECT, (wide, 3))
        closed = cv2.morphologyEx(strong, cv2.MORPH_CLOSE, beside)
        yield np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, near), np.uint8), False


def _quadrilaterals(mask: Mask) -> Iterator[Floats]:
    """Yield the corners (4, 2) of the pieces of a mask that have the shape of a plate."""
    pieces, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for piece in pieces:
        if len(piece) < 4:
            continue
        corners = _corners(cv2.convexHull(piece).reshape(-1, 2).astype(np.float64))
        wide = float(np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
        high = float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
        if high < _LEAST_HIGH_PX or not _RATIO[0] <= wide / high <= _RATIO[1]:
            continue
        if cv2.contourArea(piece) >= _FILLED * wide * high:
            yield corners


def _corners(hull: Floats) -> Floats:
    """Return of a hull (n, 2) the points farthest out to each corner, from the top left one clockwise."""
    low, high = hull.min(axis=0), hull.max(axis=0)
    within = (hull - low) / np.maximum(high - low, 1.0)
    down, up = within.sum(axis=1), within[:, 0] - within[:, 1]
    return readonly(hull[[int(down.argmin()), int(up.argmax()), int(down.argmax()), int(up.argmin())]])


def _filled(edges: npt.NDArray[np.float32], corners: Floats) -> float:
    """Return how evenly upright edges fill a field: the share of its columns that hold a strong one."""
    turn = cv2.getPerspectiveTransform(
        corners.astype(np.float32), np.array([[0, 0], [64, 0], [64, 16], [0, 16]], np.float32)
    )
    inside = cv2.warpPerspective(edges, turn, (64, 16))[3:13]
    columns = inside.max(axis=0)
    strong = columns > 0.35 * max(float(np.percentile(inside, 98)), 24.0)
    return float(strong.mean())


def _same(one: Field, other: Field) -> bool:
    boxes = [readonly(np.concatenate([f.corners.min(axis=0), f.corners.max(axis=0)]), 4) for f in (one, other)]
    return float(iou(*boxes)[0, 0]) > _OVERLAP
