"""CTC: the likelihood of a text over every way it may be spread over the steps of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from roadstead.errors import BadInput
from roadstead.train.losses import Of, loss


@loss("ctc", zh="CTC 损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ctc:
    """Connectionist temporal classification (Graves et al., 2006), by torch; the last class is the blank.

    `too_long` says what becomes of a text that needs more steps than the model gives (a step a character, and one between two that
    are the same): refused, or left out (loss 0). `normalise` "length" divides by the number of characters.
    """

    of: ClassVar[tuple[Of, ...]] = ("sequence",)

    too_long: Literal["refuse", "leave_out"] = "refuse"
    normalise: Literal["none", "length"] = "none"

    def __call__(self, outputs: Tensor, targets: Any) -> Tensor:
        """Return the loss of each text, (n,); raise BadInput where one is too long for the steps (n, t, c) of `outputs`."""
        several: Sequence[Tensor] = targets
        n, steps, classes = outputs.shape
        if self.too_long == "refuse":
            _check(several, steps)
        if n == 0:
            return outputs.float().sum((1, 2))
        lengths = torch.tensor([len(text) for text in several])
        values = functional.ctc_loss(
            outputs.float().log_softmax(2).transpose(0, 1),
            torch.cat([text.long() for text in several]).to(outputs.device),
            torch.full((n,), steps),
            lengths,
            blank=classes - 1,
            reduction="none",
            zero_infinity=True,
        )
        return values / lengths.clamp(min=1).to(values) if self.normalise == "length" else values


def _check(texts: Sequence[Tensor], steps: int) -> None:
    for i, text in enumerate(texts):
        needed = len(text) + int((text[1:] == text[:-1]).sum())
        if needed > steps:
            raise BadInput(
                f"text {i} of the batch has {len(text)} characters and needs {needed} steps, the model gives {steps}: "
                'use wider pictures or fewer strides, or set loss.too_long = "leave_out"'
            )
