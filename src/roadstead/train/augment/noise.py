"""Adds noise, as a camera at night does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, ClassVar, Literal

import cv2
import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Le
from scipy.special import ndtri

from roadstead.errors import BadSettings
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import check

_STEPS = 65536


@augmentation("noise", zh="高斯噪声")
@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Adds Gaussian noise of a standard deviation between the two of `sigma`, shares of the picture's own range.

    The range is 255 for 8 bits, else from the picture's least value to its greatest. Noise is looked up from random 16-bit
    numbers (up to 4.3 sigma): torchvision's takes 8 times as long (benchmarks/augment.py).
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 0.5
    sigma: tuple[Annotated[float, Ge(0), Le(1)], Annotated[float, Gt(0), Le(1)]] = (0.005, 0.04)

    def __post_init__(self) -> None:
        if self.sigma[0] > self.sigma[1]:
            raise BadSettings('augmentation "noise": sigma is from the smaller to the larger')

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return the picture with noise."""
        check(shown.image)
        if rng.random() >= self.p:
            return shown
        image, share = shown.image, rng.uniform(*self.sigma)
        span = 255.0 if image.dtype == np.uint8 else float(image.max()) - float(image.min())
        lot = np.frombuffer(rng.bytes(image.size * 2), np.uint16).reshape(image.shape)
        if image.dtype == np.uint8:
            table = np.rint(_normal() * (share * span)).astype(np.int16)
            return shown.with_(image=cv2.add(image, table[lot], dtype=cv2.CV_8U).reshape(image.shape))
        new = image + _normal()[lot] * np.float32(share * span)
        if np.issubdtype(image.dtype, np.integer):
            limits = np.iinfo(image.dtype)
            new = np.clip(np.rint(new), limits.min, limits.max)
        return shown.with_(image=new.astype(image.dtype))


@cache
def _normal() -> npt.NDArray[np.float32]:
    """Return the standard normal's quantiles at the middles of equal shares, (65536,)."""
    return np.asarray(ndtri((np.arange(_STEPS) + 0.5) / _STEPS), dtype=np.float32)
