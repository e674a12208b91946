"""Shows a small window of a large picture with every pixel: small objects stay as large as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.dataset.samples import Objects
from roadstead.train.augment import Shown, augmentation
from roadstead.train.augment._move import moved, size_of, window


@augmentation("tile", zh="原始分辨率切片")
@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A window of `size` (width, height), px, at native resolution; a smaller picture keeps what it has.

    By the chance `on_object` the window is laid over an object that counts, otherwise anywhere (so that empty ground is seen too).
    An object that is outside goes; one of which less than `least_visible` shows becomes ignored.
    """

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    size: tuple[Annotated[int, Gt(0)], Annotated[int, Gt(0)]] = (640, 640)
    on_object: Annotated[float, Ge(0), Le(1)] = 0.7
    least_visible: Annotated[float, Ge(0), Le(1)] = 0.3

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:  # noqa: ARG002  # one picture
        """Return a window of the picture."""
        whole = np.array(size_of(shown.image))
        size = np.minimum(whole, self.size)
        corner = rng.integers(whole - size + 1)
        target = shown.target
        if isinstance(target, Objects) and not all(target.ignored) and rng.random() < self.on_object:
            box = target.boxes[rng.choice(np.flatnonzero(~np.array(target.ignored)))]
            middle = (box[:2] + box[2:]) / 2 - size * rng.uniform(0.2, 0.8, 2)
            corner = np.clip(middle.round().astype(int), 0, whole - size)
        return moved(shown, window(corner, size), self.least_visible)
