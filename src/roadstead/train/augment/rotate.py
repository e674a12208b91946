"""Turns a picture a little, as a camera that hangs askew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import cv2
import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import Move, moved, size_of
from roadstead.types import readonly


@augmentation("rotate", zh="旋转")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate:
    """Turns about the middle by up to `degrees` either way; the picture keeps its size, what was not there is of its mean colour.

    A box becomes the upright box around the turned one; where the object has a mask, around the turned mask. OpenCV takes a
    third of torchvision's time here (benchmarks/augment.py).
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 1.0
    degrees: Annotated[float, Gt(0), Le(180)] = 8.0
    least_visible: Annotated[float, Ge(0), Le(1)] = 0.3

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return the picture turned."""
        if rng.random() >= self.p:
            return shown
        width, height = size_of(shown.image)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-self.degrees, self.degrees), 1.0)
        return moved(shown, Move(readonly(matrix, 3), (width, height)), self.least_visible)
