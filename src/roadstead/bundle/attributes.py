"""What a model for attributes answers: a share of each value of each attribute."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from roadstead.bundle.card import Card
from roadstead.types import Floats, readonly

CANNOT_TELL = "cannot_tell"
"""The value that stands for None, "nobody could tell", where an attribute's vocabulary has it."""


def shares(card: Card, logits: npt.NDArray[np.floating]) -> Mapping[str, Floats]:
    """Return the shares of the values of each attribute, by its name; `logits` (values of all attributes,) in the card's order.

    Each attribute's logits are divided by its temperature first (Guo et al., "On Calibration of Modern Neural Networks", 2017).
    """
    ends = np.cumsum([len(values) for values in card.attributes.values()])[:-1]
    parts = np.split(np.asarray(logits, dtype=np.float64), ends)
    return {
        name: _softmax(part / card.temperatures.get(name, 1.0))
        for name, part in zip(card.attributes, parts, strict=True)
    }


def _softmax(logits: npt.NDArray[np.float64]) -> Floats:
    raised = np.exp(logits - logits.max())
    return readonly(raised / raised.sum())
