"""InfoNCE: each embedding should find its own partner among those of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from annotated_types import Gt
from torch import Tensor
from torch.nn import functional

from roadstead.train.losses import Of, loss


@loss("info_nce", zh="InfoNCE 对比损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class InfoNce:
    """InfoNCE (van den Oord et al., 2018), both ways as in CLIP (Radford et al., 2021) or the first set's way only."""

    of: ClassVar[tuple[Of, ...]] = ("pairs",)

    temperature: Annotated[float, Gt(0)] = 0.07
    ways: Literal["both", "first"] = "both"

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each pair, (n,)."""
        logits = outputs.float() @ targets.float().T / self.temperature
        own = torch.arange(len(logits), device=logits.device)
        there = functional.cross_entropy(logits, own, reduction="none")
        if self.ways == "first":
            return there
        return (there + functional.cross_entropy(logits.T, own, reduction="none")) / 2
