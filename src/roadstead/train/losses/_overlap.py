"""What losses of overlap share: how much of each class is hit, told too much and missed in each picture."""

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional

from roadstead.train.losses._classes import NO_PIXEL


class Overlap(NamedTuple):
    """Sums over the pixels that count, by picture and class (n, c): pixels right, told where not, missed, and truly there."""

    hit: Tensor
    told: Tensor
    missed: Tensor
    there: Tensor


def overlap(logits: Tensor, targets: Tensor) -> Overlap:
    """Compare shares of a softmax over logits (n, c, h, w) with class indices (n, h, w)."""
    classes = logits.shape[1]
    counts = targets != NO_PIXEL
    shares = logits.float().softmax(dim=1) * counts.unsqueeze(1)
    truth = functional.one_hot(targets.where(counts, 0), classes).movedim(-1, 1) * counts.unsqueeze(1)
    hit = (shares * truth).flatten(2).sum(2)
    there = truth.flatten(2).sum(2).to(hit.dtype)
    told = shares.flatten(2).sum(2)
    return Overlap(hit, told - hit, there - hit, there)


def over_present(values: Tensor, there: Tensor) -> Tensor:
    """Return the mean (n,) of values (n, c) over the classes that are in the picture, 0 where none is."""
    present = there > 0
    return (values * present).sum(1) / present.sum(1).clamp(min=1)
