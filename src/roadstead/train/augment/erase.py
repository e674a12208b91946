"""Covers a part of a picture: things are found by the rest of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.dataset.classes import IGNORED, pixel_values
from roadstead.dataset.samples import Objects, Pixels, Target
from roadstead.errors import BadSettings
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import check, fill_of, size_of

Window = tuple[int, int, int, int]


@augmentation("erase", zh="随机擦除")
@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    """Covers a window of a share of the area with the picture's mean (Zhong et al., "Random Erasing", 2017).

    An object of which less than `least_visible` still shows becomes ignored; covered pixels do not count; masks stay.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 0.5
    area: tuple[Annotated[float, Gt(0), Le(1)], Annotated[float, Gt(0), Le(1)]] = (0.02, 0.2)
    ratio: tuple[Annotated[float, Gt(0)], Annotated[float, Gt(0)]] = (0.3, 3.3)
    least_visible: Annotated[float, Ge(0), Le(1)] = 0.3

    def __post_init__(self) -> None:
        if self.area[0] > self.area[1] or self.ratio[0] > self.ratio[1]:
            raise BadSettings('augmentation "erase": area and ratio are from the smaller to the larger')

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return the picture with a part covered."""
        check(shown.image)
        if rng.random() >= self.p:
            return shown
        left, top, right, bottom = covered = self._window(size_of(shown.image), rng)
        image = shown.image.copy()
        image[top:bottom, left:right] = fill_of(shown.image)
        return Shown(image, self._target(shown.target, covered))

    def _window(self, size: tuple[int, int], rng: np.random.Generator) -> Window:
        pixels = size[0] * size[1] * rng.uniform(*self.area)
        ratio = math.exp(rng.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
        width = min(max(round(math.sqrt(pixels * ratio)), 1), size[0])
        height = min(max(round(math.sqrt(pixels / ratio)), 1), size[1])
        left, top = int(rng.integers(size[0] - width + 1)), int(rng.integers(size[1] - height + 1))
        return left, top, left + width, top + height

    def _target(self, target: Target | None, covered: Window) -> Target | None:
        left, top, right, bottom = covered
        if isinstance(target, Pixels):
            values = pixel_values(target).copy()
            values[top:bottom, left:right] = IGNORED
            return Pixels(target.labels, values=values)
        if isinstance(target, Objects):
            shared = np.minimum(target.boxes[:, 2:], (right, bottom)) - np.maximum(target.boxes[:, :2], (left, top))
            areas = np.maximum((target.boxes[:, 2:] - target.boxes[:, :2]).prod(1), 1e-9)
            shows = 1 - np.clip(shared, 0, None).prod(1) / areas
            ignored = tuple(out or bool(s < self.least_visible) for out, s in zip(target.ignored, shows, strict=True))
            return replace(target, ignored=ignored, visible=target.visible * shows)
        return target
