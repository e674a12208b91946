"""Sigmoid pair loss: every pair of the batch is asked by itself whether it belongs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from annotated_types import Gt
from torch import Tensor
from torch.nn import functional

from roadstead.train.losses import Of, loss


@loss("sigmoid", zh="成对 Sigmoid 损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid:
    """Sigmoid loss of SigLIP (Zhai et al., 2023, algorithm 1): its mean is theirs. `scale` and `bias` are where they start."""

    of: ClassVar[tuple[Of, ...]] = ("pairs",)

    scale: Annotated[float, Gt(0)] = 10.0
    bias: float = -10.0

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each pair, (n,): its own term and those of its row with all others."""
        logits = outputs.float() @ targets.float().T * self.scale + self.bias
        signs = 2 * torch.eye(len(logits), device=logits.device) - 1
        return -functional.logsigmoid(signs * logits).sum(1)
