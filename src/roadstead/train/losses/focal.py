"""Focal loss: cross-entropy that hardly counts what the model is sure of already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge
from torch import Tensor

from roadstead.train.losses import Of, loss
from roadstead.train.losses._classes import balanced, focal


@loss("focal", zh="焦点损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Focal:
    """Focal loss over a softmax (Lin et al., 2017): with `gamma` 0 it is cross-entropy.

    `weights` "balanced" weighs rare classes more, by `counts`: the paper's alpha.
    """

    of: ClassVar[tuple[Of, ...]] = ("classes", "pixels")

    gamma: Annotated[float, Ge(0)] = 2.0
    weights: Literal["none", "balanced"] = "none"
    counts: tuple[int, ...] = ()

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,); of pixels the mean over those that count."""
        logits = outputs.float()
        weights = logits.new_tensor(balanced(self.counts, logits.shape[1])) if self.weights == "balanced" else None
        return focal(logits, targets, self.gamma, weights)
