"""What two outputs are compared on: the rows of logits that a task's loss counts, whatever the task."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from roadstead.errors import BadInput
from roadstead.train.tasks import Batch
from roadstead.train.vocabulary import Vocabulary

NOT = {-100, 255}
"""Labels that do not count: of classes and tokens, and of pixels."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Which rows of logits count, and how much each, so that the weights sum to the units of the batch.

    `keep` is a mask over the cells, (n,), (n, t) or (n, h, w); `weights` (m,) are of the m cells that are kept. `groups` are
    the numbers of columns that make one choice each (the values of one attribute); one group: all columns.
    """

    keep: Tensor
    weights: Tensor
    shifted: bool
    groups: tuple[int, ...]

    def rows(self, logits: Tensor) -> tuple[Tensor, ...]:
        """Return the rows that count, (m, columns) for each group."""
        if logits.ndim == 4:
            logits = logits.movedim(1, -1)
        if self.shifted:
            logits = logits[:, :-1]
        kept = logits[self.keep]
        return tuple(torch.split(kept, list(self.groups), dim=1)) if self.groups else (kept,)

    def total(self, values: Tensor) -> Tensor:
        """Return the weighted sum of one value a row, (m,), in the units of the batch."""
        return (values * self.weights).sum()


def logits(outputs: Any) -> Tensor:
    """Return the logits of what a model gave; raise BadInput where there are none that can be compared."""
    if isinstance(outputs, Tensor):
        return outputs
    if hasattr(outputs, "pred_boxes") or (isinstance(outputs, dict) and "boxes" in outputs):
        raise BadInput("method: boxes of two passes cannot be compared row by row; this method does not fit detection")
    found = outputs.get("logits") if isinstance(outputs, dict) else getattr(outputs, "logits", None)
    if found is None and isinstance(outputs, tuple | list) and outputs and isinstance(outputs[0], Tensor):
        found = outputs[0]
    if not isinstance(found, Tensor):
        raise BadInput("method: the model gives no logits that could be compared; this method does not fit the task")
    return found


def cells(given: Tensor, batch: Batch, units: float, vocabulary: Vocabulary, *, shifted: bool = False) -> Cells:
    """Return what counts of logits (n, c), (n, t, c) or (n, c, h, w) by the labels of a batch.

    Cells without a label of their own all count. `shifted`: the logits of a place speak of the next label (language models).
    """
    if given.ndim not in (2, 3, 4):
        raise BadInput(f"method: logits of {given.ndim} dimensions cannot be compared")
    shape = given.movedim(1, -1).shape[:-1] if given.ndim == 4 else given.shape[:-1]
    labels = batch.get("labels")
    shifted = shifted and given.ndim == 3
    if isinstance(labels, Tensor) and labels.shape == shape and not labels.is_floating_point():
        keep = torch.ones_like(labels, dtype=torch.bool)
        for no in NOT if given.ndim == 4 else NOT - {255}:
            keep &= labels != no
    else:
        keep = torch.ones(shape, dtype=torch.bool, device=given.device)
    if shifted:
        keep = keep[:, 1:]
    groups = tuple(len(values) for values in vocabulary.attributes.values()) if given.ndim == 2 else ()
    return Cells(keep, _weights(keep, units), shifted, groups)


def divergence(pupil: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Return KL(teacher || pupil) of each row's softmax at a temperature, times its square, (m,); Hinton et al. 2015."""
    log_p = functional.log_softmax(pupil.float() / temperature, dim=1)
    log_t = functional.log_softmax(teacher.float() / temperature, dim=1)
    return functional.kl_div(log_p, log_t, reduction="none", log_target=True).sum(1) * temperature**2


def predicts_next(module: Any) -> bool:
    """Whether the logits of a place speak of the next token."""
    can = getattr(module, "can_generate", None)
    return bool(callable(can) and can()) and not getattr(module.config, "is_encoder_decoder", False)


def _weights(keep: Tensor, units: float) -> Tensor:
    """Return a weight a cell: ones where units are cells, a share of its sample where they are samples, or equal ones."""
    count = int(keep.sum())
    if count == 0 or units == count:
        return torch.ones(count, device=keep.device)
    per = keep.flatten(1).sum(1) if keep.ndim > 1 else keep.long()
    if units == int((per > 0).sum()):
        shares = (1 / per.clamp_min(1)).reshape(-1, *([1] * (keep.ndim - 1))).expand(keep.shape)
        return shares[keep]
    return torch.full((count,), units / count, device=keep.device)
