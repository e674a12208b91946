"""Shows a picture larger or smaller on the same canvas: things as if nearer or farther away."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.errors import BadSettings
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import moved, size_of, window


@augmentation("resize", zh="尺度抖动")
@dataclass(frozen=True, slots=True, kw_only=True)
class Resize:
    """Scale jitter on a canvas that keeps its size (Ghiasi et al., "Simple Copy-Paste", 2021, large scale jittering).

    The picture is scaled, and `stretch` times more in one direction than in the other; larger than the canvas it is cut anywhere,
    smaller it is laid anywhere on the picture's mean colour.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    p: Annotated[float, Ge(0), Le(1)] = 1.0
    scale: tuple[Annotated[float, Gt(0)], Annotated[float, Gt(0)]] = (0.6, 1.6)
    stretch: Annotated[float, Ge(1)] = 1.0
    least_visible: Annotated[float, Ge(0), Le(1)] = 0.3

    def __post_init__(self) -> None:
        if self.scale[0] > self.scale[1]:
            raise BadSettings('augmentation "resize": scale is from the smaller to the larger')

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return the picture larger or smaller."""
        if rng.random() >= self.p:
            return shown
        size = np.array(size_of(shown.image))
        scale = math.exp(rng.uniform(math.log(self.scale[0]), math.log(self.scale[1])))
        stretch = math.sqrt(self.stretch) ** rng.uniform(-1, 1)
        new = np.maximum((size * scale * (stretch, 1 / stretch)).round().astype(int), 1)
        larger = np.maximum(new - size, 0)
        # What will not be seen is not scaled: first the window of the old picture, then its place on the canvas.
        shown_size = np.maximum(np.round((new - larger) * size / new).astype(int), 1)
        corner = rng.integers(size - shown_size + 1)
        cut = moved(shown, window(corner, shown_size, new - larger), self.least_visible)
        place = -rng.integers(size - (new - larger) + 1)
        return cut if (new >= size).all() else moved(cut, window(place, size))
