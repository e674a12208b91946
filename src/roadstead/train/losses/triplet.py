"""Triplet loss: a partner should be nearer than any other of the batch, by a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from annotated_types import Gt
from torch import Tensor

from roadstead.train.losses import Of, loss


@loss("triplet", zh="三元组损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Triplet:
    """Triplet loss over cosine distance (1 - cosine), mean of both ways; a pair alone in its batch has no loss.

    `negatives`: the hardest other of the batch (VSE++, Faghri et al., 2018), the mean over all others, or the hardest of those
    further off than the partner (semi-hard: FaceNet, Schroff et al., 2015; where there is none, no loss).
    """

    of: ClassVar[tuple[Of, ...]] = ("pairs",)

    margin: Annotated[float, Gt(0)] = 0.2
    negatives: Literal["hardest", "semi_hard", "all"] = "hardest"

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each pair, (n,)."""
        alike = outputs.float() @ targets.float().T
        return (self._one_way(alike) + self._one_way(alike.T)) / 2

    def _one_way(self, alike: Tensor) -> Tensor:
        own = alike.diagonal().unsqueeze(1)
        values = (self.margin + alike - own).clamp_min(0)
        others = ~torch.eye(len(alike), dtype=torch.bool, device=alike.device)
        if self.negatives == "all":
            return (values * others).sum(1) / max(len(alike) - 1, 1)
        if self.negatives == "semi_hard":
            others = others & (alike < own)
        return torch.cat((values * others, values.new_zeros(len(alike), 1)), dim=1).amax(1)
