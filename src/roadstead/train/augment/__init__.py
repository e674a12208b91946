"""Changes to samples that leave their meaning: one file an augmentation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from roadstead.dataset.samples import Target
from roadstead.registry import Registry
from roadstead.types import Image


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A decoded picture, (H, W, 3) uint8 RGB (or (H, W, bands) of any type), and what is in it; pixel classes as `values`."""

    image: Image
    target: Target | None

    def with_(self, **changes: Any) -> "Shown":
        """Return a copy with other fields."""
        return replace(self, **changes)


class Augmentation(Protocol):
    """A frozen dataclass whose fields are its settings.

    `level` says what it works on: "sample" has `apply`, "batch" has `mix`.
    """

    level: ClassVar[Literal["sample", "batch"]]


class OfSample(Augmentation, Protocol):
    """Changes one picture."""

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:
        """Return the changed picture with its target moved along; `other` draws another sample of the training set."""


class OfBatch(Augmentation, Protocol):
    """Mixes pictures of a batch."""

    def mix(self, images: Any, labels: Any, classes: int, rng: np.random.Generator) -> tuple[Any, Any]:
        """Return images (n, 3, h, w) and labels (n, classes), shares, made of images and labels (n,) int64 or (n, classes)."""


plugins: Registry[Augmentation] = Registry("train.augment", "augmentation")
augmentation = plugins
