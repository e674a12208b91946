"""What one picture brings, as the tracker works with it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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

    def touched(self, boxes: Rows) -> bool:
        """Whether any of the boxes (k,) may overlap another."""
        middle = self.places[:, :2]
        away = np.abs(middle[boxes, None] - middle)
        near = np.maximum(away[..., 0], away[..., 1]) < np.exp(self.places[:, 2:].max())
        return int(np.count_nonzero(near)) > len(boxes)


class Noise(NamedTuple):
    """What was learned of a camera: the usual time between pictures, and what to multiply the variances of the noise by."""

    interval_s: float = 0.0
    scale: float = 1.0


def usable(detections: Detections, least_score: float, labels: Labels) -> tuple[Sight, int, int]:
    """Return the usable boxes, in an order that does not depend on the one they came in, and how many were bad and too weak."""
    boxes, scores = detections.boxes, detections.scores
    sides = boxes[:, 2:] - boxes[:, :2]
    numbers, well = labels.numbers(detections.labels), len(boxes)
    order = boxes[:, 0].argsort(kind="stable")
    left = boxes[order, 0]
    plain = sides.min(initial=np.inf) > 0 and scores.min(initial=1.0) >= least_score and math.isfinite(boxes.sum())
    if not plain or np.count_nonzero(left[1:] <= left[:-1]) or not math.isfinite(scores.sum()):
        kept = np.isfinite(boxes.sum(axis=1) + scores) & (sides > 0).all(axis=1)
        well = int(np.count_nonzero(kept))
        rows = np.flatnonzero(kept & (scores >= least_score))
        order = rows[np.lexsort((numbers[rows], scores[rows], *boxes[rows].T))]
    places, kept_boxes = columns(len(order), 4), boxes.take(order, 0)
    np.divide(kept_boxes[:, :2] + kept_boxes[:, 2:], 2, out=places[:, :2])
    np.log(sides.take(order, 0), out=places[:, 2:])
    sight = Sight(detections.t, kept_boxes, places, scores[order], numbers[order], order)
    return sight, len(boxes) - well, well - len(order)
