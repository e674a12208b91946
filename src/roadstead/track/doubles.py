"""Boxes and tracks that lie on top of each other: second boxes of one object, and tracks of them."""

import numpy as np

from roadstead.track.sight import Sight
from roadstead.track.state import APART, Array, Mask, Rows

_SAME_BOX = 0.65
"""Overlap from which an unmatched box is taken for a second box of the object beneath it."""
_COINCIDE = 0.8


def second_boxes(overlap: Array, taken: Mask, order: Rows) -> Mask:
    """Return which of the boxes `order` (best first) lie on a box that is taken or on a better one of them.

    `overlap` (m, m) is the overlap of all boxes with each other, `taken` (m,) those that belong to a track.
    """
    kept = taken.copy()
    second = np.zeros(len(order), np.bool_)
    for place, box in enumerate(order):
        second[place] = bool((overlap[box, kept] > _SAME_BOX).any())
        kept[box] = not second[place]
    return second


def doubles(rows: Array, tracks: Rows, taken: Rows, sight: Sight) -> list[int]:
    """Return the rows of tracks that are doubles: first seen where another one was, and now on the same box as another.

    `tracks` (k,) got the boxes `taken` (k,).
    """
    found = set()
    for place in (rows[tracks, APART] == 0).nonzero()[0].tolist():
        on_it = tracks[sight.overlap[taken[place], taken] > _COINCIDE]
        if on_it.min() < tracks[place]:
            found.add(int(tracks[place]))
    return sorted(found)
