"""Puts a window of a picture into its neighbour in the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from torch import Tensor
from torchvision.transforms.v2 import CutMix  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.train.augment import augmentation
from roadstead.train.augment._batch import mixed, seed, shares


@augmentation("cutmix", zh="裁剪混合增强")
@dataclass(frozen=True, slots=True, kw_only=True)
class Cutmix:
    """Labels weigh by the area each picture keeps (Yun et al., "CutMix", 2019), by torchvision.

    `alpha` is the parameter of the Beta distribution that the shares are drawn from; `p` the chance that a batch is mixed.
    """

    level: ClassVar[Literal["sample", "batch"]] = "batch"

    p: Annotated[float, Ge(0), Le(1)] = 1.0
    alpha: Annotated[float, Gt(0)] = 1.0

    def mix(self, images: Tensor, labels: Tensor, classes: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return images (n, c, h, w) and shares (n, classes), mixed by chance."""
        if rng.random() >= self.p:
            return images, shares(labels, classes)
        return mixed(CutMix, self.alpha, images, labels, classes, seed(rng))
