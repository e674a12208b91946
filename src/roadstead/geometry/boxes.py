"""Boxes on a picture: (n, 4) left, top, right, bottom, px."""

import numpy as np

from roadstead.types import Floats, readonly


def iou(a: Floats, b: Floats) -> Floats:
    """Return the overlap of every box of a (n, 4) with every box of b (m, 4), as (n, m) in 0 to 1; 0 for empty boxes.

    >>> import numpy as np
    >>> iou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0], [5.0, 5.0, 6.0, 6.0]])).round(3).tolist()
    [[0.333, 0.0]]
    """
    width = np.minimum(a[:, 2, None], b[:, 2]) - np.maximum(a[:, 0, None], b[:, 0])
    height = np.minimum(a[:, 3, None], b[:, 3]) - np.maximum(a[:, 1, None], b[:, 1])
    both = np.maximum(width, 0) * np.maximum(height, 0)
    either = areas(a)[:, None] + areas(b) - both
    both /= np.maximum(either, 1e-300)
    both.flags.writeable = False
    return np.asarray(both)


def areas(boxes: Floats) -> Floats:
    """Return each box's area, px²; 0 where right is left of left or bottom above top."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return readonly(sides[:, 0] * sides[:, 1])


def centres(boxes: Floats) -> Floats:
    """Return the middle of each box (n, 2)."""
    return readonly((boxes[:, :2] + boxes[:, 2:]) / 2)


def feet(boxes: Floats) -> Floats:
    """Return the middle of each box's lower edge (n, 2): where the object stands on the ground."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    middle[:, 1] = boxes[:, 3]
    return readonly(middle)
