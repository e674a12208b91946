"""From a mask of changed pixels to one box an object."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.detect._background import Mask, Plane, Planes, edges
from roadstead.types import Floats

Boxes = npt.NDArray[np.float64]
"""(n, 4) left, top, right, bottom."""

_SQUARE = np.ones((3, 3), np.uint8)
_WIDE = np.ones((5, 5), np.uint8)
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_NEIGHBOURS = np.ones((7, 7), np.uint8)
_TOUCH = 1.0
_GAP = 0.25
_COMPACT = 1.05
_CRUMB = 0.12
_FULL = np.float32(4.0)
_HALO = (0.3 * np.arange(256)).astype(np.uint8)
_LEVELS = np.float32(60.0)
_GHOST_STEADY = 0.7
_GHOST_EDGE = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Blobs:
    """Connected regions: the label picture (h, w), the labels that count, their boxes (n, 4), areas and mean change (n,).

    `at` are the flat places of all labelled pixels, `of` the label of each.
    """

    labels: npt.NDArray[np.int32]
    at: npt.NDArray[np.intp]
    of: npt.NDArray[np.int32]
    chosen: npt.NDArray[np.intp]
    boxes: Boxes
    area: npt.NDArray[np.float64]
    strength: npt.NDArray[np.float64]

    def mask(self, rows: npt.NDArray[np.bool_] | None = None) -> Mask:
        """Return where the blobs are, or only those of some rows."""
        counts = np.zeros(int(self.of.max(initial=0)) + 1, dtype=bool)
        counts[self.chosen if rows is None else self.chosen[rows]] = True
        mask = np.zeros(self.labels.size, dtype=bool)
        mask[self.at] = counts[self.of]
        return mask.reshape(self.labels.shape)

    def mean(self, plane: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
        """Return the mean of a plane (h, w) over each blob (n,)."""
        total = np.bincount(self.of, weights=plane.ravel()[self.at])
        return np.asarray((total / np.maximum(np.bincount(self.of), 1))[self.chosen])

    def where(self, rows: npt.NDArray[np.bool_]) -> "Blobs":
        """Return the chosen rows."""
        return replace(
            self, chosen=self.chosen[rows], boxes=self.boxes[rows], area=self.area[rows], strength=self.strength[rows]
        )


def blobs(mask: Mask, change: Plane, least: float) -> Blobs:
    """Return the connected regions of at least `least` pixels; two that only touch by a narrow neck are two."""
    level = (np.minimum(change, _FULL) * _LEVELS).astype(np.uint8)
    clear = mask & (level >= cv2.LUT(cv2.dilate(level, _NEIGHBOURS), _HALO))
    solid = (cv2.blur(clear.view(np.uint8) * np.uint8(90), (3, 3)) > 45).view(np.uint8)
    core = np.asarray(cv2.erode(solid, _CROSS), np.uint8)
    thin = solid.view(np.bool_) & (cv2.dilate(core, _WIDE) == 0)
    pieces = core | thin.view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(pieces, 8, cv2.CV_32S, cv2.CCL_BBDT)
    rim = np.zeros(len(stats), np.int32)
    rim[labels.ravel()[np.flatnonzero(core.view(np.bool_))]] = 1
    left, top, width, height, pixels = stats.T
    area = (pixels + rim * 2 * (width + height + 2)).astype(np.float64)
    chosen = np.flatnonzero(area >= least)
    chosen = chosen[chosen > 0]
    boxes = np.column_stack((left - rim, top - rim, left + width + rim, top + height + rim))[chosen].astype(np.float64)
    at = np.flatnonzero(pieces.view(np.bool_))
    labels = np.asarray(labels, np.int32)
    found = Blobs(labels, at, labels.ravel()[at], chosen, boxes, area[chosen], np.zeros(len(chosen)))
    return replace(found, strength=found.mean(np.minimum(change, _FULL)))


def ghosts(found: Blobs, small: Planes, look: Planes, steady: Mask) -> npt.NDArray[np.bool_]:
    """Return which blobs (n,) are where something left: they stand still, and their outline is in the background, not in the picture."""
    ghost = np.zeros(len(found.chosen), dtype=bool)
    if not len(ghost) or not steady.any():
        return ghost
    still = found.mean(steady) > _GHOST_STEADY
    for row in np.flatnonzero(still):
        x0, y0, x1, y1 = found.boxes[row].astype(int)
        part = (slice(max(y0 - 3, 0), y1 + 3), slice(max(x0 - 3, 0), x1 + 3))
        own = (found.labels[part] == found.chosen[row]).view(np.uint8)
        outline = cv2.dilate(own, _SQUARE) > cv2.erode(own, _SQUARE, borderType=cv2.BORDER_CONSTANT, borderValue=1)
        now = float(edges(np.ascontiguousarray(small[0][part]))[outline].mean())
        before = float(edges(np.ascontiguousarray(look[0][part]))[outline].mean())
        ghost[row] = now < _GHOST_EDGE * before
    return ghost


def join(boxes: Boxes) -> npt.NDArray[np.intp]:
    """Return a group number for each box, pieces of one object sharing it; -1 for a crumb beside something much larger.

    A piece lies over the other, or beside it with the box around both hardly larger than they are; and either it is a
    fragment, or the two together have the shape of one vehicle. Two cars in a queue have not.
    """
    n = len(boxes)
    group = np.arange(n)
    if n < 2:
        return group
    low, high = boxes[:, :2], boxes[:, 2:]
    size = high - low
    area = size.prod(axis=1)
    reach = np.maximum(_GAP * size.min(axis=1), _TOUCH)
    apart = np.maximum(low[:, None], low[None]) - np.minimum(high[:, None], high[None])
    larger = (area[:, None] > area[None]) | ((area[:, None] == area[None]) & np.tri(n, k=-1, dtype=bool))
    first, second = np.nonzero((apart.max(axis=2) <= reach[:, None]) & larger)
    apart = apart[first, second]
    around = np.maximum(high[first], high[second]) - np.minimum(low[first], low[second])
    large, small = area[first], area[second]
    shared = (-apart).clip(min=0).prod(axis=1)
    shape = around[:, 0] / around[:, 1]
    one = (small < 0.3 * large) | ((shape > 0.55) & (shape < 2.4))
    compact = around.prod(axis=1) < _COMPACT * (small + large - shared)
    same = (shared > 0.6 * small) | (compact & one)
    for a, b in zip(first[same], second[same], strict=True):
        group[group == group[b]] = group[a]
    crumbs = second[~same & (small < _CRUMB * large)]
    alone = np.bincount(group, minlength=n)[group[crumbs]] == 1
    group[crumbs[alone]] = -1
    return group


def whole(found: Blobs, side: float) -> tuple[Boxes, Floats]:
    """Join the pieces of an object and score each: the more contrast and the larger, the surer."""
    if not len(found.chosen):
        return found.boxes, np.empty(0)
    group = join(found.boxes)
    order = np.argsort(group, kind="stable")
    order = order[group[order] >= 0]
    at = np.flatnonzero(np.diff(group[order], prepend=-1))
    boxes, area = found.boxes[order], found.area[order]
    low, high = np.minimum.reduceat(boxes[:, :2], at), np.maximum.reduceat(boxes[:, 2:], at)
    total = np.add.reduceat(area, at)
    contrast = np.add.reduceat(found.strength[order] * area, at) / total
    scores = (1.0 - np.exp(-contrast / 1.2)) * (1.0 - 0.6 * np.exp(-total / (8.0 * side * side)))
    return np.hstack((low, high)), scores
