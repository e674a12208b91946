"""Colour cast: the filter before the sensor sticks, or the white balance is lost."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from roadstead.simulate.lens.fault import CameraFault, during
from roadstead.types import Frame, Image

_MATRICES = {
    "magenta": ((1.05, 0.25, 0.10), (0.05, 0.62, 0.05), (0.20, 0.25, 0.85)),
    "green": ((0.55, 0.05, 0.0), (0.12, 1.10, 0.12), (0.0, 0.10, 0.55)),
    "blue": ((0.45, 0.05, 0.0), (0.0, 0.72, 0.05), (0.15, 0.25, 1.10)),
    "yellow": ((1.10, 0.12, 0.0), (0.05, 1.00, 0.0), (0.05, 0.10, 0.28)),
}
"""What becomes of red, green and blue; magenta is daylight without the infrared filter."""


def colour_cast(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Mix the channels wrongly: by form magenta, green, blue, yellow."""
    del seed
    cast = np.array(_MATRICES[fault.form])

    def change(image: Image, t: float) -> Image:
        level = fault.level(t)
        return np.asarray(cv2.transform(image, np.eye(3) * (1 - level) + cast * level), np.uint8)

    return during(pictures, fault, change)
