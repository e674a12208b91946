"""Overexposed: the exposure control fails or the sun stands in the lens, and bright parts run over."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.lens.fault import CameraFault, dice, during
from roadstead.types import Frame, Image

_GAIN = 5.0
_BLOOM = 0.4
_SHRINK = 4


def overexposed(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Open the iris ("white"), or let a light shine into the lens from a corner ("glare"); what clips blooms."""
    rng = dice(fault, seed)
    at = (float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.05, 0.3)))

    def change(image: Image, t: float) -> Image:
        level = fault.level(t)
        height, width = image.shape[:2]
        small = np.asarray(
            cv2.resize(image, (width // _SHRINK, height // _SHRINK), interpolation=cv2.INTER_AREA), np.float32
        )
        veil = np.full((1, 1, 1), 30 * level**2, np.float32)
        if fault.form == "glare":
            veil = np.asarray(cv2.resize(_glare(small.shape, at), (width, height)), np.float32)[..., None] * (
                260 * level
            )
        gain = np.float32(_GAIN**level if fault.form == "white" else 1 + 0.4 * level)
        over = np.clip(small * gain - 200, 0, 400)
        blooms = [cv2.GaussianBlur(over, (0, 0), width / part) for part in (400, 100, 30)]
        bloom = np.asarray(cv2.resize(np.mean(blooms, axis=0), (width, height)), np.float32)
        return np.asarray(np.clip(image * gain + bloom * np.float32(_BLOOM * level) + veil, 0, 255), np.uint8)

    return during(pictures, fault, change)


def _glare(shape: tuple[int, ...], at: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Return the light (h, w) of a source within the picture: a core, a halo and a weak streak."""
    height, width = shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = x / width - at[0], (y / height - at[1]) * height / width
    r = np.hypot(dx, dy)
    streak = np.exp(-(((dx * 0.35 - dy) / 0.012) ** 2)) * np.exp(-r / 0.3) * 0.25
    return np.asarray(np.exp(-((r / 0.09) ** 2)) + 0.4 * np.exp(-r / 0.16) + streak, np.float32)
