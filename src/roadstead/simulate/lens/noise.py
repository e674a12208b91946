"""Noise: snow of a bad analogue line, the grain of too much gain, or single wrong pixels."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from roadstead.simulate.lens.fault import CameraFault, dice, during
from roadstead.simulate.lens.grain import Grain
from roadstead.types import Frame, Image

_SNOW = 95.0
_GRAIN = 48.0


def noise(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Lay noise over the picture: "snow" (bright, along the lines), "grain" (coloured) or "speckle" (black and white points)."""
    rng = dice(fault, seed)
    banks: dict[tuple[int, int], Grain] = {}

    def change(image: Image, t: float) -> Image:
        level = fault.level(t)
        size = (image.shape[1], image.shape[0])
        if size not in banks:
            banks[size] = Grain.of(
                size, rng, coarse=0.8 if fault.form == "grain" else 0.0, colour=0.6 if fault.form == "grain" else 0.02
            )
        drawn = banks[size].draw(rng)
        if fault.form == "grain":
            return np.asarray(np.clip(image + drawn * (_GRAIN * level), 0, 255), np.uint8)
        if fault.form == "speckle":
            limit = 2.9 - 1.4 * level
            plane = drawn[..., :1]
            return np.where(plane > limit, np.uint8(255), np.where(plane < -limit, np.uint8(0), image))
        return _snow(image, drawn, level, rng)

    return during(pictures, fault, change)


def _snow(image: Image, drawn: npt.NDArray[np.float32], level: float, rng: np.random.Generator) -> Image:
    """Return the picture under snow: noise drawn out along the lines, with lines that are worse than others."""
    along = (drawn + np.roll(drawn, 1, axis=1) + np.roll(drawn, 2, axis=1)) * 0.58
    lines = rng.gamma(2.0, 0.5, (image.shape[0], 1, 1)).astype(np.float32)
    grey = image.mean(axis=2, keepdims=True, dtype=np.float32)
    faded = image + (grey - image) * np.float32(0.7 * level)
    strong = np.abs(along) * lines * np.float32(_SNOW * level) + along * np.float32(35 * level)
    return np.asarray(np.clip(faded * np.float32(1 - 0.45 * level) + strong, 0, 255), np.uint8)
