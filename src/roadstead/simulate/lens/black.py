"""Black: the cap is on the lens, or the sensor is off."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from roadstead.simulate.lens.fault import CameraFault, dice, during
from roadstead.simulate.lens.grain import Grain
from roadstead.types import Frame, Image

_NOISE = 2.6
_COLUMNS = 0.8
_FLOOR = 2.0


def black(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Darken to the noise of a sensor without light at full gain ("cap") or to nothing ("off")."""
    rng = dice(fault, seed)
    grains: dict[tuple[int, ...], tuple[Grain, Image]] = {}

    def change(image: Image, t: float) -> Image:
        left = 1 - fault.level(t)
        dark = np.zeros_like(image) if left <= 0 else cv2.convertScaleAbs(image, alpha=left)
        if fault.form == "off":
            return np.asarray(dark, np.uint8)
        size = (image.shape[1], image.shape[0])
        if size not in grains:
            columns = rng.normal(_FLOOR, _COLUMNS, (1, size[0], 1))
            hot = (rng.random((size[1], size[0], 1)) > 0.99998) * 90.0
            grains[size] = Grain.of(size, rng, coarse=0.7, colour=0.4), np.asarray(columns + hot, np.float32)
        grain, floor = grains[size]
        noise = grain.draw(rng) * (_NOISE * (1 - left)) + floor * (1 - left)
        return np.asarray(np.clip(dark + noise, 0, 255), np.uint8)

    return during(pictures, fault, change)
