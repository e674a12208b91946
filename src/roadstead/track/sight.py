"""What one picture brings, as the tracker works with it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from roadstead.geometry.boxes import iou
from roadstead.track.labels import Labels
from roadstead.track.state import Array, Rows, columns
from roadstead.types import Detections


@dataclass(frozen=True, eq=False)
class Sight:
    """The usable boxes at t, in an order of their own: boxes (m, 4), places (m, 4: centre, ln sides), scores and label numbers (m,).

    `origin` (m,) is each box's row in the detections.
    """

    t: float
    boxes: Array
    places: Array
    scores: Array
    labels: Rows
    origin: Rows

    def __len__(self) -> int:
        return len(self.boxes)

    @cached_property
    def overlap(self) -> Array:
        """The boxes' overlap with each other (m, m)."""
        return iou(self.boxes, self.boxes)


@dataclass(frozen=True, slots=True)
class Noise:
    """What was learned of a camera: the usual time between pictures, and what to multiply the variances of the noise by."""

    interval_s: float = 0.0
    scale: float = 1.0


def usable(detections: Detections, least_score: float, labels: Labels) -> tuple[Sight, int, int]:
    """Return the usable boxes, in an order that does not depend on the one they came in, and how many were bad and too weak."""
    boxes, scores = detections.boxes, detections.scores
    sides = boxes[:, 2:] - boxes[:, :2]
    numbers = labels.numbers(detections.labels)
    kept = np.isfinite(boxes.sum(axis=1) + scores) & (np.minimum(sides[:, 0], sides[:, 1]) > 0)
    well = int(np.count_nonzero(kept))
    kept &= scores >= least_score
    order = boxes[:, 0].argsort(kind="stable")
    left = boxes[order, 0]
    if np.count_nonzero(kept) < len(kept) or np.count_nonzero(left[1:] <= left[:-1]):
        rows = np.flatnonzero(kept)
        order = rows[np.lexsort((numbers[rows], scores[rows], *boxes[rows].T))]
    places, boxes = columns(len(order), 4), boxes[order]
    np.divide(boxes[:, :2] + boxes[:, 2:], 2, out=places[:, :2])
    np.log(sides[order], out=places[:, 2:])
    sight = Sight(detections.t, boxes, places, scores[order], numbers[order], order)
    return sight, len(kept) - well, well - len(order)
