"""What may be used for which purpose: a quarter of all assets is kept for testing and never appears in training sets."""

from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np

Stock = Literal["train", "test"]
T = TypeVar("T")
_EVERY = 4


def of(options: Sequence[T], stock: Stock) -> Sequence[T]:
    """Return the options of one stock: every fourth is a test one; fewer than four serve both, for there is nothing to keep back.

    >>> of("abcdefgh", "test"), of("abcde", "train")
    (['d', 'h'], ['a', 'b', 'c', 'e'])
    """
    if len(options) < _EVERY:
        return options
    return [o for i, o in enumerate(options) if (i % _EVERY == _EVERY - 1) == (stock == "test")]


def choose(rng: np.random.Generator, options: Sequence[T], stock: Stock) -> T:
    """Return one option of a stock at random."""
    mine = of(options, stock)
    return mine[int(rng.integers(len(mine)))]
