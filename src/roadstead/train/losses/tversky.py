"""Tversky loss: overlap in which what was missed may weigh more than what was told too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt
from torch import Tensor

from roadstead.train.losses import Of, loss
from roadstead.train.losses._overlap import over_present, overlap

_LEAST = 1e-7


@loss("tversky", zh="Tversky 损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Tversky:
    """Tversky loss (Salehi et al., 2017), mean over the classes in the picture: 1 - hit / (hit + alpha told + beta missed).

    `gamma` other than 1 makes it the focal Tversky loss (Abraham and Khan, 2018), (1 - index)^gamma. alpha = beta = 0.5 is Dice.
    """

    of: ClassVar[tuple[Of, ...]] = ("pixels",)

    alpha: Annotated[float, Ge(0)] = 0.3
    beta: Annotated[float, Ge(0)] = 0.7
    gamma: Annotated[float, Gt(0)] = 1.0
    smooth: Annotated[float, Ge(0)] = 0.0

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each picture, (n,)."""
        seen = overlap(outputs, targets)
        below = seen.hit + self.alpha * seen.told + self.beta * seen.missed
        index = (seen.hit + self.smooth) / (below + self.smooth).clamp_min(_LEAST)
        away = (1 - index).clamp_min(_LEAST)
        return over_present(away**self.gamma, seen.there)
