"""Chance as pictures: noise that is cheap to draw again for each picture, and clouds of several sizes."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

_SPARE_PX = 64


@dataclass(frozen=True, slots=True, eq=False)
class Grain:
    """Gaussian noise (h, w, 3) of mean 0 and deviation 1, drawn once and shifted anew for each picture."""

    bank: Plane

    @classmethod
    def of(
        cls, size: tuple[int, int], rng: np.random.Generator, *, coarse: float = 0.0, colour: float = 0.5
    ) -> "Grain":
        """Draw noise for pictures of `size`; `coarse` px of softness, `colour` 0-1 how much the channels differ."""
        width, height = size[0] + _SPARE_PX, size[1] + _SPARE_PX
        own = rng.standard_normal((height, width, 3), dtype=np.float32)
        bank = np.sqrt(1 - colour) * rng.standard_normal((height, width, 1), dtype=np.float32) + np.sqrt(colour) * own
        if coarse > 0:
            bank = cv2.GaussianBlur(bank, (0, 0), coarse)
        return cls(np.asarray(bank / bank.std(), np.float32))

    def draw(self, rng: np.random.Generator) -> Plane:
        """Return a view (h, w, 3) of the noise for the next picture."""
        y, x = rng.integers(0, _SPARE_PX, 2)
        height, width = self.bank.shape[0] - _SPARE_PX, self.bank.shape[1] - _SPARE_PX
        return self.bank[y : y + height, x : x + width]


def clouds(size: tuple[int, int], rng: np.random.Generator, cell_px: float, octaves: int = 4) -> Plane:
    """Return (h, w) smooth chance from 0 to 1: value noise of cells of `cell_px`, each octave half the size and weight."""
    width, height = size
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cell = max(cell_px / 2**octave, 1.0)
        grid = rng.random((int(height / cell) + 3, int(width / cell) + 3), dtype=np.float32)
        whole = cv2.resize(grid, (int(grid.shape[1] * cell), int(grid.shape[0] * cell)), interpolation=cv2.INTER_CUBIC)
        total += np.asarray(whole, np.float32)[:height, :width] / 2**octave
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / max(high - low, 1e-6), np.float32)
