"""From a mask of changed pixels to one box an object."""

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.detect._background import Mask, Plane

Boxes = npt.NDArray[np.float64]
"""(n, 4) left, top, right, bottom."""
Labels = npt.NDArray[np.int32]

_CLOSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 5))


def blobs(mask: Mask, change: Plane, least: int) -> tuple[Labels, npt.NDArray[np.intp], Boxes, npt.NDArray[np.float64]]:
    """Return connected regions of at least `least` pixels: label picture, their labels, boxes (n, 4) and mean change (n,)."""
    solid = cv2.blur(mask.astype(np.float32), (3, 3)) > 0.45
    closed = cv2.morphologyEx(solid.view(np.uint8), cv2.MORPH_CLOSE, _CLOSE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8, ltype=cv2.CV_32S)
    chosen = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= least)
    chosen = chosen[chosen > 0]
    left, top = stats[chosen, cv2.CC_STAT_LEFT], stats[chosen, cv2.CC_STAT_TOP]
    right, bottom = left + stats[chosen, cv2.CC_STAT_WIDTH], top + stats[chosen, cv2.CC_STAT_HEIGHT]
    boxes = np.column_stack((left, top, right, bottom)).astype(np.float64)
    total = np.bincount(labels.ravel(), weights=np.minimum(change, 4.0).ravel(), minlength=count)
    return np.asarray(labels, np.int32), chosen, boxes, total[chosen] / stats[chosen, cv2.CC_STAT_AREA]


def join(boxes: Boxes, gap: float) -> npt.NDArray[np.intp]:
    """Return a group number for each box: pieces of one object lie nearer than `gap` of the larger box's size.

    A piece is much smaller than the whole, or overlaps it; two cars in a queue are neither.
    """
    n = len(boxes)
    group = np.arange(n)
    if n < 2:
        return group
    size = boxes[:, 2:] - boxes[:, :2]
    area = size[:, 0] * size[:, 1]
    apart = np.maximum(boxes[:, None, :2], boxes[None, :, :2]) - np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    larger = np.where((area[:, None] >= area[None, :])[..., None], size[:, None], size[None, :])
    smaller = np.where((area[:, None] >= area[None, :])[..., None], size[None, :], size[:, None])
    close = (apart <= gap * larger).all(axis=2)
    inside = (apart <= -0.3 * smaller).all(axis=2)
    piece = np.minimum.outer(area, area) < 0.3 * np.maximum.outer(area, area)
    beside = (apart <= -0.5 * smaller).any(axis=2)
    for a, b in np.argwhere(np.triu(inside | (close & piece & beside), 1)):
        group[group == group[b]] = group[a]
    return group
