"""Varifocal loss: a class's score learns how well the box fits; what is no object hardly counts once it is low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt
from torch import Tensor
from torch.nn import functional

from roadstead.train.losses import Of, loss


@loss("varifocal", zh="变焦损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Varifocal:
    """Varifocal loss (Zhang et al., "VarifocalNet", 2021, equation 2), summed over classes.

    Binary cross-entropy with the quality q, weighted by q where q > 0 and by alpha p^gamma elsewhere; the weight takes no part in
    the slope.
    """

    of: ClassVar[tuple[Of, ...]] = ("scores",)

    alpha: Annotated[float, Gt(0)] = 0.75
    gamma: Annotated[float, Ge(0)] = 2.0

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,)."""
        logits, quality = outputs.float(), targets.float()
        weights = (self.alpha * logits.detach().sigmoid() ** self.gamma).where(quality <= 0, quality)
        return functional.binary_cross_entropy_with_logits(logits, quality, weights, reduction="none").sum(1)
