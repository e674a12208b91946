"""Lays each picture of a batch over its neighbour, half seen through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from torch import Tensor
from torchvision.transforms.v2 import MixUp  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.train.augment import augmentation
from roadstead.train.augment._batch import mixed, seed, shares


@augmentation("mixup", zh="混合增强")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mixup:
    """Shares of a batch's pictures and of their labels (Zhang et al., "mixup", 2017), by torchvision.

    `alpha` is the parameter of the Beta distribution that the shares are drawn from; `p` the chance that a batch is mixed.
    """

    level: ClassVar[Literal["sample", "batch"]] = "batch"

    p: Annotated[float, Ge(0), Le(1)] = 1.0
    alpha: Annotated[float, Gt(0)] = 0.2

    def mix(self, images: Tensor, labels: Tensor, classes: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return images (n, c, h, w) and shares (n, classes), mixed by chance."""
        if rng.random() >= self.p:
            return images, shares(labels, classes)
        return mixed(MixUp, self.alpha, images, labels, classes, seed(rng))
