"""Shows a window of a picture: other sizes and places of what is in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.dataset.samples import Objects
from roadstead.errors import BadSettings
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import moved, size_of, window


@augmentation("crop", zh="随机裁剪")
@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A window of a share of the area and a ratio of width to height times the picture's (Szegedy et al., 2015).

    Without `size` (width, height) the window keeps its pixels: the model's own preparation scales it, so it is scaled once only.
    Windows are drawn up to `tries` times until one shows an object that counts (where the picture has any); otherwise the
    picture stays whole. An object that is outside goes; one of which less than `least_visible` shows becomes ignored, neither
    right nor wrong to find.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 1.0
    area: tuple[Annotated[float, Gt(0), Le(1)], Annotated[float, Gt(0), Le(1)]] = (0.3, 1.0)
    ratio: tuple[Annotated[float, Gt(0)], Annotated[float, Gt(0)]] = (0.75, 1.3333)
    size: tuple[Annotated[int, Gt(0)], Annotated[int, Gt(0)]] | None = None
    least_visible: Annotated[float, Ge(0), Le(1)] = 0.3
    tries: Annotated[int, Gt(0)] = 10

    def __post_init__(self) -> None:
        if self.area[0] > self.area[1] or self.ratio[0] > self.ratio[1]:
            raise BadSettings('augmentation "crop": area and ratio are from the smaller to the larger')

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return a window of the picture."""
        if rng.random() >= self.p:
            return shown
        wanted = isinstance(shown.target, Objects) and not all(shown.target.ignored)
        for _ in range(self.tries):
            new = moved(shown, window(*self._window(size_of(shown.image), rng), self.size), self.least_visible)
            if not wanted or (isinstance(new.target, Objects) and not all(new.target.ignored)):
                return new
        return shown if self.size is None else moved(shown, window((0, 0), size_of(shown.image), self.size))

    def _window(self, size: tuple[int, int], rng: np.random.Generator) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the left top corner and the size of a window in a picture of `size`."""
        share = rng.uniform(*self.area)
        ratio = math.exp(rng.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
        width, height = (
            min(max(round(side * math.sqrt(share * r)), 1), side)
            for side, r in zip(size, (ratio, 1 / ratio), strict=True)
        )
        return (int(rng.integers(size[0] - width + 1)), int(rng.integers(size[1] - height + 1))), (width, height)
