"""Boxes and tracks that lie on top of each other: second boxes of one object, and objects that cannot be told apart."""

import numpy as np
import numpy.typing as npt

from roadstead.geometry.boxes import iou
from roadstead.track.state import Array, Rows

_SAME_BOX = 0.65
"""Overlap from which an unmatched box is taken for a second box of the object beneath it."""
_COINCIDE = 0.8
_UNSURE = 4.0
"""Two matchings whose costs differ by less (e² : 1 in likelihood) are not told apart."""

Mask = npt.NDArray[np.bool_]


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


def coinciding(overlap: Array, box_of: Rows) -> list[tuple[int, int]]:
    """Return the pairs (i < j) of places in box_of (k,) whose boxes coincide."""
    close = overlap[np.ix_(box_of, box_of)] > _COINCIDE
    if close.sum() == len(box_of):
        return []
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(close, 1))]


def unsure_pair(cost: Array, tracks: tuple[int, int], boxes: tuple[int, int]) -> bool:
    """Whether two tracks could as well have each other's boxes."""
    (a, b), (i, j) = tracks, boxes
    return bool(cost[a, j] + cost[b, i] - cost[a, i] - cost[b, j] < _UNSURE)


def rivalled(cost: Array, tracks: Rows, boxes: Rows, rivals: Rows, places: Array, places_of_rivals: Array) -> Mask:
    """Return which matched boxes (k,) an unmatched track could as well have, where it should be on the very place of the matched one.

    `places` (k, 4) and `places_of_rivals` (r, 4) are the boxes where the tracks should be.
    """
    if not len(rivals) or not len(tracks):
        return np.zeros(len(tracks), np.bool_)
    close = iou(places, places_of_rivals) > _COINCIDE
    cheap = cost[np.ix_(rivals, boxes)].T - cost[tracks, boxes][:, None] < _UNSURE
    return np.asarray((close & cheap).any(axis=1))
