"""What mixing a batch shares: torchvision mixes, its chance is that of the sample's own generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor
from torchvision.transforms.v2 import CutMix, MixUp  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixing:
    """Mixes each picture of a batch with its neighbour, and their labels by the same shares.

    `alpha` is the parameter of the Beta distribution that the shares are drawn from; `p` the chance that a batch is mixed.
    """

    level: ClassVar[Literal["sample", "batch"]] = "batch"
    mixer: ClassVar[type[MixUp | CutMix]]

    p: Annotated[float, Ge(0), Le(1)] = 1.0
    alpha: Annotated[float, Gt(0)] = 1.0

    def mix(self, images: Tensor, labels: Tensor, classes: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return images (n, c, h, w) and shares (n, classes), mixed by chance; torch's own generator is as it was afterwards."""
        if rng.random() >= self.p:
            return images, _shares(labels, classes)
        if not labels.is_floating_point() and ((labels < 0) | (labels >= classes)).any():
            raise BadInput(
                "a batch with pictures of no class cannot be mixed: leave mixup and cutmix out of this recipe"
            )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**31)))
            return self.mixer(alpha=self.alpha, num_classes=classes)(images, labels)  # type: ignore[no-any-return]  # untyped


def _shares(labels: Tensor, classes: int) -> Tensor:
    """Return labels as shares of each class, (n, classes)."""
    if labels.is_floating_point():
        return labels
    return torch.nn.functional.one_hot(labels, classes).float()
