"""Cross-entropy: minus the log of the share that the model gives the true class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Lt
from torch import Tensor

from roadstead.train.losses import Of, loss
from roadstead.train.losses._classes import balanced, cross_entropy


@loss("cross_entropy", zh="交叉熵")
@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEntropy:
    """Cross-entropy over a softmax.

    `weights` "balanced" weighs rare classes more, by `counts`; `label_smoothing` gives so much of the truth to all classes alike
    (Szegedy et al., 2016).
    """

    of: ClassVar[tuple[Of, ...]] = ("classes", "pixels")

    weights: Literal["none", "balanced"] = "none"
    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0
    counts: tuple[int, ...] = ()

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,); of pixels the mean over those that count."""
        logits = outputs.float()
        weights = logits.new_tensor(balanced(self.counts, logits.shape[1])) if self.weights == "balanced" else None
        return cross_entropy(logits, targets, self.label_smoothing, weights)
