"""Lays each picture of a batch over its neighbour, half seen through."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt
from torchvision.transforms.v2 import CutMix, MixUp  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.train.augment import augmentation
from roadstead.train.augment._batch import Mixing


@augmentation("mixup", zh="混合增强")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mixup(Mixing):
    """Shares of a batch's pictures and of their labels (Zhang et al., "mixup", 2017), by torchvision.

    `alpha` is the parameter of the Beta distribution that the shares are drawn from; `p` the chance that a batch is mixed.
    """

    mixer: ClassVar[type[MixUp | CutMix]] = MixUp

    alpha: Annotated[float, Gt(0)] = 0.2
