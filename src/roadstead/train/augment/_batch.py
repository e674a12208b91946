"""What mixing a batch shares: torchvision mixes, its chance is that of the sample's own generator."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import CutMix, MixUp  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.errors import BadInput


def mixed(
    mixer: type[MixUp | CutMix], alpha: float, images: Tensor, labels: Tensor, classes: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Mix each picture of a batch with its neighbour; torch's own generator is as it was afterwards."""
    if not labels.is_floating_point() and ((labels < 0) | (labels >= classes)).any():
        raise BadInput("a batch with pictures of no class cannot be mixed: leave mixup and cutmix out of this recipe")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return mixer(alpha=alpha, num_classes=classes)(images, labels)  # type: ignore[no-any-return]  # untyped


def shares(labels: Tensor, classes: int) -> Tensor:
    """Return labels as shares of each class, (n, classes)."""
    if labels.is_floating_point():
        return labels
    return torch.nn.functional.one_hot(labels, classes).float()


def seed(rng: np.random.Generator) -> int:
    """Draw a seed for torch."""
    return int(rng.integers(2**31))
