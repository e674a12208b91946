"""Changes brightness, contrast, saturation and hue, as other light and other cameras would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Le

from roadstead.errors import BadInput
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import check
from roadstead.types import Image

_GREY = np.array([0.299, 0.587, 0.114])
"""How bright red, green and blue are (ITU-R BT.601)."""


@augmentation("colour", zh="颜色抖动")
@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """Multiplies brightness, contrast and saturation by 1 - x to 1 + x each, turns hue by up to so much of a circle, or greys.

    The meaning of the settings is that of torchvision's ColorJitter; it takes 51 ms a picture of 640 x 480 here, ours by OpenCV 2.7,
    because all but the hue is one matrix. Pictures that are not 8-bit RGB take brightness and contrast only.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 1.0
    brightness: Annotated[float, Ge(0), Le(1)] = 0.3
    contrast: Annotated[float, Ge(0), Le(1)] = 0.3
    saturation: Annotated[float, Ge(0), Le(1)] = 0.3
    hue: Annotated[float, Ge(0), Le(0.5)] = 0.02
    grey: Annotated[float, Ge(0), Le(1)] = 0.0

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return the picture in other colours; raise BadInput where it has no colours and a setting changes them."""
        check(shown.image)
        rgb = shown.image.shape[2] == 3 and shown.image.dtype == np.uint8
        if not rgb and (self.saturation or self.hue or self.grey):
            raise BadInput(
                f'augmentation "colour": a picture of {shown.image.shape[2]} bands of {shown.image.dtype} has no saturation, '
                "hue or grey: set the three to 0"
            )
        if rng.random() >= self.p:
            return shown
        spread = np.array([self.brightness, self.contrast, self.saturation])
        brightness, contrast, saturation = (1 + rng.uniform(-spread, spread)).tolist()
        turn = rng.uniform(-self.hue, self.hue)
        if rng.random() < self.grey:
            saturation, turn = 0.0, 0.0
        if not rgb:
            return shown.with_(image=lighter(shown.image, brightness, contrast))
        return shown.with_(image=turned(changed(shown.image, brightness, contrast, saturation), turn))


def changed(image: Image, brightness: float, contrast: float, saturation: float) -> Image:
    """Multiply the three of an 8-bit RGB picture, in this order; contrast is about the mean brightness."""
    middle = float(cv2.mean(image[::4, ::4])[:3] @ _GREY) * brightness
    mix = saturation * np.eye(3) + (1 - saturation) * _GREY
    matrix = np.column_stack((mix * brightness * contrast, np.full(3, (1 - contrast) * middle)))
    return np.asarray(cv2.transform(image, matrix), dtype=np.uint8)


def turned(image: Image, turn: float) -> Image:
    """Turn the hue of an 8-bit RGB picture by a share of the circle."""
    steps = round(turn * 256)
    if not steps:
        return image
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    hsv[..., 0] += np.uint8(steps % 256)  # the circle has 256 steps, as many as a byte
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL), dtype=np.uint8)


def lighter(image: npt.NDArray[Any], brightness: float, contrast: float) -> npt.NDArray[Any]:
    """Multiply brightness and contrast of each band by itself, of any type; whole numbers stay in their range."""
    middle = image[::4, ::4].mean((0, 1)) * brightness
    new = image * np.float32(brightness * contrast) + ((1 - contrast) * middle).astype(np.float32)
    if np.issubdtype(image.dtype, np.integer):
        limits = np.iinfo(image.dtype)
        new = np.clip(np.rint(new), limits.min, limits.max)
    return np.asarray(new, dtype=image.dtype)
