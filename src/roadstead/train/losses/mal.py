"""Matchability-aware loss: a poor match is learned too, where the varifocal loss all but leaves it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt
from torch import Tensor
from torch.nn import functional

from roadstead.train.losses import Of, loss


@loss("mal", zh="匹配感知损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mal:
    """Matchability-aware loss (Huang et al., "DEIM", 2025, equation 2), summed over classes.

    Binary cross-entropy with q^gamma, weighted by 1 where q > 0 and by alpha p^gamma elsewhere; the weight takes no part in the
    slope. A match of quality 0 cannot be told from no match.
    """

    of: ClassVar[tuple[Of, ...]] = ("scores",)

    gamma: Annotated[float, Gt(0)] = 1.5
    alpha: Annotated[float, Gt(0)] = 1.0

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,)."""
        logits, quality = outputs.float(), targets.float()
        weights = (self.alpha * logits.detach().sigmoid() ** self.gamma).where(quality <= 0, 1.0)
        wanted = quality**self.gamma
        return functional.binary_cross_entropy_with_logits(logits, wanted, weights, reduction="none").sum(1)
