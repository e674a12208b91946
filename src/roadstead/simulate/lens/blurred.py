"""Blurred: the lens is out of focus, or fogged on the inside."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from roadstead.simulate.lens.fault import CameraFault, during
from roadstead.types import Frame, Image

_WIDEST = 0.022
"""Radius of the circle of confusion at full strength, of the picture's width."""
_VEIL = 0.55


def blurred(pictures: Iterable[Frame], fault: CameraFault, seed: int) -> Iterator[Frame]:
    """Spread each point to a disc ("defocus"), or to a glow with a grey veil over it ("fogged")."""
    del seed

    def change(image: Image, t: float) -> Image:
        radius = _WIDEST * fault.level(t) * image.shape[1]
        if fault.form == "defocus":
            return defocused(image, radius)
        soft = np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.3, radius * 0.6)), np.float32)
        veil = _VEIL * fault.level(t)
        light = np.asarray(cv2.GaussianBlur(cv2.resize(image, (32, 18), interpolation=cv2.INTER_AREA), (0, 0), 6))
        glow = np.asarray(cv2.resize(light, (image.shape[1], image.shape[0])), np.float32) * 0.8 + 40
        return np.asarray(np.clip(soft * (1 - veil) + glow * veil, 0, 255), np.uint8)

    return during(pictures, fault, change)


def defocused(image: Image, radius_px: float) -> Image:
    """Return the picture with each point spread evenly over a disc; large discs are reckoned on a smaller picture."""
    if radius_px < 0.5:
        return image
    height, width = image.shape[:2]
    shrink = max(1, int(radius_px // 6))
    small = (
        image if shrink == 1 else cv2.resize(image, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA)
    )
    spread = cv2.filter2D(small, -1, _disc(radius_px / shrink), borderType=cv2.BORDER_REFLECT)
    return np.asarray(
        spread if shrink == 1 else cv2.resize(spread, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8
    )


def _disc(radius_px: float) -> npt.NDArray[np.float32]:
    """Return a disc with soft rim that sums to 1."""
    reach = int(np.ceil(radius_px))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius_px + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)
