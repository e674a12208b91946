"""Puts a window of a picture into its neighbour in the batch."""

from dataclasses import dataclass
from typing import ClassVar

from torchvision.transforms.v2 import CutMix, MixUp  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.train.augment import augmentation
from roadstead.train.augment._batch import Mixing


@augmentation("cutmix", zh="裁剪混合增强")
@dataclass(frozen=True, slots=True, kw_only=True)
class Cutmix(Mixing):
    """Labels weigh by the area each picture keeps (Yun et al., "CutMix", 2019), by torchvision.

    `alpha` is the parameter of the Beta distribution that the shares are drawn from; `p` the chance that a batch is mixed.
    """

    mixer: ClassVar[type[MixUp | CutMix]] = CutMix
