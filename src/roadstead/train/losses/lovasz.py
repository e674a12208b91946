"""Lovász-Softmax loss: what mIoU itself loses, made smooth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from roadstead.train.losses import Of, loss
from roadstead.train.losses._classes import NO_PIXEL
from roadstead.train.losses._overlap import over_present


@loss("lovasz", zh="Lovász 损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Lovasz:
    """Lovász-Softmax (Berman et al., 2018, algorithm 1) of each picture, mean over the classes in it."""

    of: ClassVar[tuple[Of, ...]] = ("pixels",)

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each picture, (n,)."""
        classes = outputs.shape[1]
        shares = outputs.float().softmax(dim=1).flatten(2)
        truth = targets.flatten(1)
        counts = (truth != NO_PIXEL).unsqueeze(1)
        index = torch.arange(classes, device=truth.device).view(1, -1, 1)
        there = ((truth.unsqueeze(1) == index) & counts).to(shares.dtype)
        # A pixel that does not count has no error, so it is sorted to the end, and weighs nothing there.
        errors = (there - shares).abs() * counts
        order = errors.detach().argsort(dim=2, descending=True)
        weights = _steps(there.gather(2, order))
        values = (errors.gather(2, order) * weights).sum(2)
        return over_present(values, there.sum(2))


def _steps(there: Tensor) -> Tensor:
    """Return by how much the Jaccard loss grows with each pixel that is wrong, (n, c, p), worst pixel first."""
    area = there.sum(2, keepdim=True)
    hit = area - there.cumsum(2)
    union = area + (1 - there).cumsum(2)
    lost = 1 - hit / union
    return torch.cat((lost[..., :1], lost[..., 1:] - lost[..., :-1]), dim=2)
