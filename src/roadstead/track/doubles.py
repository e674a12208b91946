"""Boxes and tracks that lie on top of each other: second boxes of one object, and objects that cannot be told apart."""

import numpy as np

from roadstead.geometry.boxes import iou
from roadstead.track.state import APART, Array, Mask, Outlook, Rows, boxes_of

_SAME_BOX = 0.65
"""Overlap from which an unmatched box is taken for a second box of the object beneath it."""
_COINCIDE = 0.8
_UNSURE = 4.0
"""Two matchings whose costs differ by less (e² : 1 in likelihood) are not told apart."""


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


def tell_apart(rows: Array, cost: Array, tracks: Rows, taken: Rows, overlap: Array) -> tuple[set[int], set[int]]:
    """Return rows of tracks that are doubles of older ones, and boxes whose tracks could as well have each other's.

    `tracks` (k,) got the boxes `taken` (k,). A track that was first seen where another one was is its double once they coincide.
    """
    doubles: set[int] = set()
    unsure: set[int] = set()
    for i, j in _coinciding(overlap, taken):
        a, b, box_a, box_b = int(tracks[i]), int(tracks[j]), int(taken[i]), int(taken[j])
        if not rows[max(a, b), APART]:
            doubles.add(max(a, b))
        elif cost[a, box_b] + cost[b, box_a] - cost[a, box_a] - cost[b, box_b] < _UNSURE:
            unsure |= {box_a, box_b}
    return doubles, unsure


def rivalled(cost: Array, tracks: Rows, taken: Rows, rivals: Rows, look: Outlook) -> set[int]:
    """Return the matched boxes that an unmatched track (a row of `rivals`) on the very same place could as well have."""
    if not len(rivals) or not len(tracks):
        return set()
    places = boxes_of(look.mean)
    close = iou(places[tracks], places[rivals]) > _COINCIDE
    cheap = cost[np.ix_(rivals, taken)].T - cost[tracks, taken][:, None] < _UNSURE
    return {int(box) for box in taken[(close & cheap).any(axis=1)]}


def _coinciding(overlap: Array, taken: Rows) -> list[tuple[int, int]]:
    close = overlap[np.ix_(taken, taken)] > _COINCIDE
    if close.sum() == len(taken):
        return []
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(close, 1))]
