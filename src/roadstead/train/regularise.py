"""Losses beside the task's that ask the same model twice."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from roadstead.errors import BadSettings
from roadstead.train.methods import Guide, _cells
from roadstead.train.tasks import Batch, Learner, Losses


@dataclass(frozen=True, slots=True)
class Plain:
    """The task's own loss as a guide."""

    learner: Learner

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:  # noqa: ARG002 - the protocol's
        """Return the task's loss."""
        return self.learner.loss(model, batch)


@dataclass(frozen=True, slots=True)
class RDrop:
    """Two passes with other dropout must agree (R-Drop, Liang et al. 2021).

    The mean of both losses plus `weight` times (KL(p || q) + KL(q || p)) / 2 over what counts. It doubles the time of a step
    and needs dropout in the model.
    """

    guide: Guide
    learner: Learner
    weight: float

    def __post_init__(self) -> None:
        if getattr(self.learner, "mix", ()):
            raise BadSettings("R-drop compares two passes over one batch: remove the augmentations that mix batches")

    def loss(self, model: nn.Module, batch: Batch, step: int) -> Losses:
        """Return the loss in the learner's units; raise BadInput where the task gives no logits."""
        one, two = self.guide.loss(model, batch, step), self.guide.loss(model, batch, step)
        p, q = _cells.logits(one.outputs), _cells.logits(two.outputs)
        inner = getattr(model, "module", model)
        counted = _cells.cells(p, batch, one.units, self.learner.vocabulary, shifted=_cells.predicts_next(inner))
        apart = self.weight * counted.total(_both_ways(counted.rows(p), counted.rows(q)))
        parts = {**one.parts, "r_drop": float(apart.detach())}
        return Losses((one.total + two.total) / 2 + apart, one.units, parts, one.outputs)


def r_drop(learner: Learner, guide: Guide | None, weight: float) -> Guide:
    """Return a guide with R-drop around another guide, or around the task's own loss."""
    return RDrop(guide or Plain(learner), learner, weight)


def _both_ways(ps: tuple[Tensor, ...], qs: tuple[Tensor, ...]) -> Tensor:
    """Return the mean of both divergences of each row, over its groups, (m,)."""
    rows = [(_cells.divergence(p, q) + _cells.divergence(q, p)) / 2 for p, q in zip(ps, qs, strict=True)]
    return torch.stack(rows).mean(0)
