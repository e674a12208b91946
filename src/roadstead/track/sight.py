"""What one picture brings, as the tracker works with it."""

from dataclasses import dataclass

import numpy as np

from roadstead.geometry.boxes import iou
from roadstead.track.labels import Labels
from roadstead.track.state import Array, Rows
from roadstead.types import Detections


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The usable boxes at t, in an order of their own: boxes (m, 4), places (m, 4: centre, ln sides), scores and label numbers (m,).

    `origin` (m,) is each box's row in the detections, `overlap` (m, m) the boxes' overlap with each other.
    """

    t: float
    boxes: Array
    places: Array
    scores: Array
    labels: Rows
    origin: Rows
    overlap: Array

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True)
class Noise:
    """What was learned of a camera: the usual time between pictures, and what to multiply the variances of the noise by."""

    interval_s: float = 0.0
    scale: float = 1.0


def usable(detections: Detections, least_score: float, labels: Labels) -> tuple[Sight, int, int]:
    """Return the usable boxes, in an order that does not depend on the one they came in, and how many were bad and too weak."""
    boxes, scores = detections.boxes, detections.scores
    good = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1) & np.isfinite(scores)
    rows = np.flatnonzero(good & (scores >= least_score))
    numbers = labels.numbers([detections.labels[i] for i in rows.tolist()])
    order = np.lexsort((numbers, scores[rows], *boxes[rows].T))
    rows, numbers = rows[order], numbers[order]
    boxes, bad = boxes[rows], int(len(good) - good.sum())
    places = np.empty_like(boxes)
    places[:, :2] = (boxes[:, :2] + boxes[:, 2:]) / 2
    places[:, 2:] = np.log(boxes[:, 2:] - boxes[:, :2])
    overlap = iou(boxes, boxes) if len(boxes) > 1 else np.ones((len(boxes), len(boxes)))
    sight = Sight(detections.t, boxes, places, scores[rows], numbers, rows, overlap)
    return sight, bad, int(good.sum()) - len(rows)
