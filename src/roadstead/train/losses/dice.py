"""Dice loss: one minus twice the overlap over the sum of the two areas; small areas count as much as large ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge
from torch import Tensor

from roadstead.train.losses import Of, loss
from roadstead.train.losses._overlap import over_present, overlap

_LEAST = 1e-7


@loss("dice", zh="Dice 损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Dice:
    """Soft Dice loss (Milletari et al., "V-Net", 2016, with areas not squared), mean over the classes in the picture.

    `smooth` is added above and below the line, pixels.
    """

    of: ClassVar[tuple[Of, ...]] = ("pixels",)

    smooth: Annotated[float, Ge(0)] = 0.0

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each picture, (n,)."""
        seen = overlap(outputs, targets)
        areas = 2 * seen.hit + seen.told + seen.missed
        share = (2 * seen.hit + self.smooth) / (areas + self.smooth).clamp_min(_LEAST)
        return over_present(1 - share, seen.there)
