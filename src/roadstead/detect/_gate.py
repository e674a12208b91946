"""What has changed in a picture since the model last looked, pixel by pixel of a small copy.

Not since the picture before: what moves slowly adds up until it is seen. What changed where the model looked and found
nothing (waves, leaves, a flickering lamp, coding) raises what has to change there, slowly.
"""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.types import Floats, Image

cv2.setNumThreads(1)

Mask = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.uint8]

_HALVINGS = 2
"""The small copy is the picture halved so often (twice is faster than a fourth), less often where that is small."""
_LEAST_SIDE = 80
_LEARN_S = 60.0
"""What changes without being anything is learned with this time constant."""
_MOST = 24.0
"""However restless a place is, a change of so many grey levels above what is usual there is seen."""
_SPECK = 2
"""Fewer changed pixels of the small copy than this, touching each other, are nothing."""
_NEAR = (5, 5)


@dataclass(slots=True, eq=False)
class Gate:
    """The mutable state of one camera: `looked` (h, w, 3) is the small copy as the model last saw each pixel.

    `contrast` is how many grey levels of any colour a pixel has to change, after a blur of 3 x 3; `tolerance` how many times the usual
    change of a place counts as usual (0: nothing is learned).
    """

    contrast: float
    tolerance: float
    step: int = 1
    looked: Levels | None = None
    size: tuple[int, int] = (0, 0)
    _usual: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    _least: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def small(self, image: Image) -> Levels:
        """Return the small copy (h, w, 3) of a picture."""
        small, self.step = image, 1
        for _ in range(_HALVINGS):
            height, width = small.shape[0] // 2, small.shape[1] // 2
            if min(height, width) < _LEAST_SIDE:
                break
            small, self.step = (
                np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_AREA), np.uint8),
                2 * self.step,
            )
        return small

    def restart(self, small: Levels, size: tuple[int, int]) -> None:
        """Begin anew with a picture that the model sees whole."""
        self.looked, self.size = small, size
        self._usual = np.zeros(small.shape[:2], np.float32)
        self._least = self._usual + np.float32(self.contrast)

    def changed(self, small: Levels) -> tuple[Mask, Levels]:
        """Return where something is new (h, w), and by how much each pixel differs; the state is left as it is."""
        assert self.looked is not None
        red, green, blue = cv2.split(cv2.blur(cv2.absdiff(small, self.looked), (3, 3)))
        away = np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
        return _without_specks(away > self._least), away

    def saw(self, small: Levels, away: Levels, where: Floats | None, boxes: Floats, dt: float) -> None:
        """Note that the model saw the picture, whole or only `where` (4,) px, and which boxes (n, 4) px are or were there."""
        assert self.looked is not None
        rows = self.rows(np.asarray(where)) if where is not None else (slice(None), slice(None))
        if self.tolerance > 0:
            free = ~self.mask(boxes)[rows]
            weight = np.float32(1.0 - np.exp(-dt / _LEARN_S)) * free
            self._usual[rows] += (away[rows] - self._usual[rows]) * weight
            self._least = np.float32(self.contrast) + np.minimum(
                np.float32(self.tolerance) * self._usual, np.float32(_MOST)
            )
        if where is None:
            self.looked = small
            return
        self.looked = self.looked.copy()
        self.looked[rows] = small[rows]

    def rows(self, box: npt.NDArray[Any]) -> tuple[slice, slice]:
        """Return the pixels of the small copy that a box (4,) px covers, one more on each side."""
        left, top, right, bottom = box / self.step
        return (
            slice(max(int(top) - 1, 0), int(np.ceil(bottom)) + 1),
            slice(max(int(left) - 1, 0), int(np.ceil(right)) + 1),
        )

    def mask(self, boxes: Floats) -> Mask:
        """Return the pixels of the small copy that boxes (n, 4) px cover."""
        assert self.looked is not None
        covered = np.zeros(self.looked.shape[:2], np.bool_)
        for box in boxes:
            covered[self.rows(box)] = True
        return covered

    def touched(self, changed: Mask, boxes: Floats) -> Mask:
        """Return which boxes (n, 4) px hold a changed pixel (n,)."""
        return np.array([changed[self.rows(box)].any() for box in boxes], np.bool_)

    def around(self, changed: Mask, boxes: Floats) -> Floats:
        """Return the smallest box (4,) px around all changed pixels and some boxes (n, 4) px."""
        down, across = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        ends: list[npt.NDArray[Any]] = [*boxes]
        if len(down):
            ends.append(np.array([across[0], down[0], across[-1] + 1, down[-1] + 1], np.float64) * self.step)
        low, high = np.min(ends, axis=0)[:2], np.max(ends, axis=0)[2:]
        return np.concatenate((low, high))


def _without_specks(changed: Mask) -> Mask:
    """Return a mask without what is too small to be anything."""
    if not changed.any():
        return changed
    near = cv2.boxFilter(changed.view(np.uint8), -1, _NEAR, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(changed & (near >= _SPECK))
