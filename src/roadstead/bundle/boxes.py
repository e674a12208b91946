"""What the two families of detectors answer, as boxes: sets of queries, and dense grids that need pruning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.bundle.card import Card
from roadstead.errors import BadBundle
from roadstead.geometry.boxes import iou
from roadstead.geometry.tiles import Tile
from roadstead.types import Floats, readonly

Rows = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Boxes (n, 4) xyxy in px of the model's input (of the picture where a function says so), scores (n,) best first, and classes (n,)."""

    boxes: Floats
    scores: Floats
    classes: Indices


def decode(card: Card, outputs: Mapping[str, Rows], score: float) -> Found:
    """Return what one picture's outputs (rows, columns), by name, say from `score` on."""
    found = every(card, outputs, score)
    if card.output.kind == "set":
        return found
    keep = nms(found.boxes, found.classes, card.output.nms_iou)
    return Found(readonly(found.boxes[keep], 4), readonly(found.scores[keep]), found.classes[keep])


def every(card: Card, outputs: Mapping[str, Rows], score: float) -> Found:
    """Return the boxes of every place or query from `score` on, best first; those of dense ones overlap."""
    if card.output.kind == "set":
        logits, boxes = (outputs[name] for name in card.output.outputs)
        found = _set(card, logits, boxes, score)
    else:
        found = _dense(card, outputs[card.output.outputs[0]], score)
    order = np.argsort(-found.scores, kind="stable")
    return Found(readonly(found.boxes[order], 4), readonly(found.scores[order]), found.classes[order])


def fits(card: Card, shapes: Mapping[str, tuple[int | None, ...]], where: str) -> None:
    """Check the outputs of a model (name to shape, None for what may vary) against its card; raise BadBundle."""
    columns = [len(card.labels), 4] if card.output.kind == "set" else [5 + len(card.labels)]
    for name, wanted in zip(card.output.outputs, columns, strict=True):
        if name not in shapes:
            raise BadBundle(f"{where}: boxes.outputs: the model has no output {name!r}; it has {', '.join(shapes)}")
        shape = shapes[name]
        if len(shape) != 3 or shape[2] not in (wanted, None):
            raise BadBundle(
                f"{where}: labels: output {name!r} has shape {_text(shape)}, but {len(card.labels)} labels "
                f"need {wanted} columns"
            )
        if card.output.strides and shape[1] not in (len(_grid(card)[0]), None):
            raise BadBundle(
                f"{where}: boxes.strides: {list(card.output.strides)} make {len(_grid(card)[0])} places, "
                f"but output {name!r} has {shape[1]}"
            )


def nms(boxes: Floats, classes: Indices, most: float) -> Indices:
    """Return which boxes, given best first, stay when of two of one class that overlap more than `most` the better stays."""
    left = np.arange(len(boxes))
    keep = []
    while len(left):
        best, left = left[0], left[1:]
        keep.append(best)
        overlap = iou(boxes[best : best + 1], boxes[left])[0] if len(left) else np.empty(0)
        left = left[(overlap <= most) | (classes[left] != classes[best])]
    return np.array(keep, dtype=np.intp)


def joined(whole: Found, parts: Sequence[tuple[Tile, Found]], size: tuple[int, int], most: float) -> Found:
    """Return what a picture of (width, height) and its tiles show together, best first.

    `whole` has boxes in px of the picture, each part in px of its tile. Of two of one class that overlap more than `most` the better
    stays; what an inner edge of a tile cuts is left to the others.
    """
    found = [whole]
    for tile, part in parts:
        moved = readonly(part.boxes + np.array([tile.left, tile.top] * 2), 4)
        kept = tile.whole(moved, size)
        found.append(Found(readonly(moved[kept], 4), readonly(part.scores[kept]), part.classes[kept]))
    boxes, scores = np.concatenate([f.boxes for f in found]), np.concatenate([f.scores for f in found])
    classes = np.concatenate([f.classes for f in found])
    order = np.argsort(-scores, kind="stable")
    stay = order[nms(readonly(boxes[order], 4), classes[order], most)]
    return Found(readonly(boxes[stay], 4), readonly(scores[stay]), classes[stay])


def _set(card: Card, logits: Rows, boxes: Rows, score: float) -> Found:
    """Take each query's best class; the boxes are centre and size in shares of the input."""
    classes = logits.argmax(axis=1)
    scores = _activated(card, logits[np.arange(len(logits)), classes].astype(np.float64))
    rows = np.flatnonzero(scores >= score)
    size = np.array([card.picture.width, card.picture.height], dtype=np.float64)
    centre, extent = boxes[rows, :2] * size, boxes[rows, 2:] * size
    return Found(_corners(centre, extent), readonly(scores[rows]), classes[rows])


def _dense(card: Card, rows: Rows, score: float) -> Found:
    """Multiply objectness and best class; place the boxes on their grids where that is still to do (YOLOX, demo_utils)."""
    classes = rows[:, 5:].argmax(axis=1)
    best = rows[np.arange(len(rows)), 5 + classes].astype(np.float64)
    scores = _activated(card, best) * _activated(card, rows[:, 4].astype(np.float64))
    chosen = np.flatnonzero(scores >= score)
    centre, extent = rows[chosen, :2].astype(np.float64), rows[chosen, 2:4].astype(np.float64)
    if card.output.strides:
        places, stride = _grid(card)
        centre = (centre + places[chosen]) * stride[chosen, None]
        extent = np.exp(extent) * stride[chosen, None]
    return Found(_corners(centre, extent), readonly(scores[chosen]), classes[chosen])


def _grid(card: Card) -> tuple[Floats, Floats]:
    """Return the place (x, y) of each row of a dense output on its grid (n, 2), and the grid's stride (n,)."""
    places, strides = [], []
    for stride in card.output.strides:
        y, x = np.mgrid[: card.picture.height // stride, : card.picture.width // stride]
        places.append(np.column_stack((x.ravel(), y.ravel())))
        strides.append(np.full(x.size, stride))
    return readonly(np.concatenate(places), 2), readonly(np.concatenate(strides))


def _corners(centre: npt.NDArray[np.float64], extent: npt.NDArray[np.float64]) -> Floats:
    return readonly(np.hstack((centre - extent / 2, centre + extent / 2)), 4)


def _activated(card: Card, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-raw.clip(-60.0, 60.0))) if card.output.activation == "sigmoid" else raw


def _text(shape: tuple[int | None, ...]) -> str:
    return " x ".join("?" if side is None else str(side) for side in shape)
