"""Focal loss over a sigmoid a class: what dense detectors learn with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Lt
from torch import Tensor
from torchvision.ops import sigmoid_focal_loss  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.train.losses import Of, loss


@loss("sigmoid_focal", zh="二元焦点损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidFocal:
    """Focal loss of every class by itself (Lin et al., 2017, equation 5); `alpha` is the weight of what is there."""

    of: ClassVar[tuple[Of, ...]] = ("scores",)

    alpha: Annotated[float, Gt(0), Lt(1)] = 0.25
    gamma: Annotated[float, Ge(0)] = 2.0

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,), the sum over its classes."""
        values: Tensor = sigmoid_focal_loss(outputs.float(), targets.float(), self.alpha, self.gamma, reduction="none")
        return values.sum(1)
