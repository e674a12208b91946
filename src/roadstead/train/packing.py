"""Several texts in one row of tokens, without any seeing another.

Each row has `position_ids` that begin at 0 with every text, and a mask (n, 1, t, t) that lets a token see those before it in its
own text alone.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def rows(lengths: Sequence[int], length: int) -> list[list[int]]:
    """Return which texts go into which row: longest first, each into the first row with room (first-fit decreasing).

    A text longer than `length` has a row of its own.

    >>> rows([3, 5, 2, 4], 7)
    [[1, 2], [3, 0]]
    """
    made: list[list[int]] = []
    room: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda k: (-lengths[k], k)):
        fits = next((k for k, free in enumerate(room) if free >= lengths[place]), None)
        if fits is None:
            made.append([])
            room.append(max(length, lengths[place]))
            fits = len(made) - 1
        made[fits].append(place)
        room[fits] -= lengths[place]
    return made


def places(packed: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return position_ids (n, t) and mask (n, 1, t, t) of rows that hold texts of these lengths one after another.

    What is behind the last text of a row sees itself alone, so that no row of the mask is empty.
    """
    longest = max(sum(row) for row in packed)
    texts = torch.full((len(packed), longest), -1)
    positions = torch.zeros((len(packed), longest), dtype=torch.long)
    for k, row in enumerate(packed):
        begin = 0
        for number, length in enumerate(row):
            texts[k, begin : begin + length] = number
            positions[k, begin : begin + length] = torch.arange(length)
            begin += length
    same = (texts[:, :, None] == texts[:, None, :]) & (texts >= 0)[:, :, None]
    before = torch.ones(longest, longest, dtype=torch.bool).tril()
    mask = (same & before) | torch.eye(longest, dtype=torch.bool)
    return positions, mask[:, None]
