"""What losses over classes share: weights of classes, and one value a case whether a case is a row or a picture."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from roadstead.errors import BadInput

NO_CLASS = -100
"""The index of a row that does not count."""
NO_PIXEL = 255
"""The index of a pixel that does not count."""
_LEAST = 1e-8
"""Below this 1 - p is taken as constant: a power of less than one has no finite slope at 0."""


def is_pixels(logits: Tensor) -> bool:
    """Whether these are logits (n, c, h, w) of pixels, not (n, c) of cases."""
    return logits.dim() == 4


def unused(logits: Tensor) -> int:
    """Return the class index that does not count."""
    return NO_PIXEL if is_pixels(logits) else NO_CLASS


def a_case(values: Tensor, logits: Tensor, targets: Tensor) -> Tensor:
    """Return one value a case, (n,): of pixels (n, h, w) the mean over those that count, 0 where none does."""
    if not is_pixels(logits):
        return values
    counts = (targets != NO_PIXEL).flatten(1).sum(1)
    return values.flatten(1).sum(1) / counts.clamp(min=1)


def balanced(counts: Sequence[int], classes: int) -> list[float]:
    """Return weights against the share of each class, total / (classes that occur x count); 1 where a class does not occur.

    They are those of scikit-learn's `class_weight="balanced"`: over the training samples they come to 1 on average.
    """
    check(counts, classes, 'weights = "balanced"')
    occurring = sum(1 for n in counts if n)
    return [sum(counts) / (occurring * n) if n else 1.0 for n in counts]


def check(counts: Sequence[int], classes: int, what: str) -> None:
    """Raise BadInput where there is not one count a class."""
    if len(counts) != classes:
        raise BadInput(
            f"{what} needs to know how often each of the {classes} classes occurs, and has {len(counts)} counts: "
            "use it with a task of closed classes, or set counts"
        )


def focal(logits: Tensor, targets: Tensor, gamma: float, weights: Tensor | None) -> Tensor:
    """Return the focal loss of each case, (n,), over a softmax: -w (1 - p)^gamma log p of the true class.

    After Lin et al., "Focal Loss for Dense Object Detection", 2017, equation 4, with a softmax for the sigmoid. Shares weigh
    the terms of their classes.
    """
    log_p = functional.log_softmax(logits.float(), dim=1)
    away = (-torch.expm1(log_p)).clamp_min(_LEAST)
    terms = -(away**gamma) * log_p
    if weights is not None:
        terms = terms * weights.view(1, -1, *[1] * (logits.dim() - 2))
    if targets.is_floating_point():
        return (terms * targets.float()).sum(1)
    counts = targets != unused(logits)
    picked = terms.gather(1, targets.where(counts, 0).unsqueeze(1)).squeeze(1)
    return a_case(picked * counts, logits, targets)


def cross_entropy(logits: Tensor, targets: Tensor, smoothing: float, weights: Tensor | None) -> Tensor:
    """Return the cross-entropy of each case, (n,); targets are indices or, of rows, shares."""
    shares = targets.is_floating_point()
    values = functional.cross_entropy(
        logits.float(),
        targets.float() if shares else targets,
        weight=weights,
        ignore_index=unused(logits),
        reduction="none",
        label_smoothing=smoothing,
    )
    return a_case(values, logits, targets)
