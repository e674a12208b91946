"""Blurs a picture: out of focus, or moved while it was taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Le

from roadstead.errors import BadSettings
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import check


@augmentation("blur", zh="模糊")
@dataclass(frozen=True, slots=True, kw_only=True)
class Blur:
    """Gaussian blur of a standard deviation between the two of `sigma_px`, or by the chance `motion` blur along a line.

    The line is between the two of `length_px` long, in any direction. OpenCV takes a 23rd of torchvision's time here.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 0.3
    sigma_px: tuple[Annotated[float, Gt(0)], Annotated[float, Gt(0)]] = (0.3, 2.0)
    motion: Annotated[float, Ge(0), Le(1)] = 0.3
    length_px: tuple[Annotated[float, Ge(1)], Annotated[float, Ge(1), Le(101)]] = (3.0, 11.0)

    def __post_init__(self) -> None:
        if self.sigma_px[0] > self.sigma_px[1] or self.length_px[0] > self.length_px[1]:
            raise BadSettings('augmentation "blur": sigma_px and length_px are from the smaller to the larger')

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return the picture blurred."""
        check(shown.image)
        if rng.random() >= self.p:
            return shown
        if rng.random() < self.motion:
            kernel = line(rng.uniform(*self.length_px), rng.uniform(0, math.pi))
            new = cv2.filter2D(shown.image, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        else:
            new = cv2.GaussianBlur(shown.image, (0, 0), rng.uniform(*self.sigma_px), borderType=cv2.BORDER_REPLICATE)
        return shown.with_(image=new.reshape(shown.image.shape))


def line(length_px: float, angle: float) -> npt.NDArray[Any]:
    """Return the weights (k, k), k odd, of a line through the middle; they come to 1."""
    half = (length_px - 1) / 2
    reach = math.ceil(half)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    weights = np.clip(1 - np.abs(across), 0, 1) * np.clip(half + 1 - np.abs(along), 0, 1)
    return np.asarray(weights / weights.sum(), dtype=np.float32)
