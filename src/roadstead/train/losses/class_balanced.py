"""Class-balanced loss: classes weigh by how much more one more sample of them would tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Lt
from torch import Tensor

from roadstead.train.losses import Of, loss
from roadstead.train.losses._classes import check, cross_entropy, focal


@loss("class_balanced", zh="类别均衡损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class ClassBalanced:
    """Cross-entropy or focal loss weighted by effective numbers (Cui et al., "Class-Balanced Loss", 2019).

    n samples of a class count as (1 - beta^n) / (1 - beta); weights are the inverse and come to 1 on average over classes.
    A class that does not occur weighs as one that occurs once.
    """

    of: ClassVar[tuple[Of, ...]] = ("classes", "pixels")

    beta: Annotated[float, Ge(0), Lt(1)] = 0.999
    inner: Literal["cross_entropy", "focal"] = "cross_entropy"
    gamma: Annotated[float, Ge(0)] = 2.0
    label_smoothing: Annotated[float, Ge(0), Lt(1)] = 0.0
    counts: tuple[int, ...] = ()

    def weights(self, classes: int) -> list[float]:
        """Return the weight of each class; raise BadInput where there is not one count a class."""
        check(self.counts, classes, "the class-balanced loss")
        inverse = [(1 - self.beta) / (1 - self.beta ** max(n, 1)) for n in self.counts]
        return [w * classes / sum(inverse) for w in inverse]

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each case, (n,); of pixels the mean over those that count."""
        logits = outputs.float()
        weights = logits.new_tensor(self.weights(logits.shape[1]))
        if self.inner == "focal":
            return focal(logits, targets, self.gamma, weights)
        return cross_entropy(logits, targets, self.label_smoothing, weights)
