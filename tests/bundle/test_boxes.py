"""Decoders against numbers worked out by hand, and the pruning against one that compares every pair."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from roadstead.bundle.boxes import Found, decode, fits, joined, nms
from roadstead.bundle.card import BoxOutput, Card, Input
from roadstead.errors import BadBundle
from roadstead.geometry.tiles import Tile
from roadstead.types import readonly


def card(**boxes: Any) -> Card:
    return Card(
        name="toy",
        version="1",
        task="detect",
        labels=("car", "truck"),
        sha256="0" * 64,
        licence="none",
        input=Input(width=64, height=32),
        boxes=BoxOutput(**boxes),
    )


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_a_set_takes_the_best_class_of_each_query() -> None:
    logits = np.array([[logit(0.2), logit(0.9)], [logit(0.6), logit(0.5)], [logit(0.1), logit(0.1)]], np.float32)
    boxes = np.array([[0.5, 0.5, 0.5, 0.5], [0.25, 0.5, 0.5, 1.0], [0.5, 0.5, 1.0, 1.0]], np.float32)
    found = decode(card(kind="set", outputs=("l", "b")), {"l": logits, "b": boxes}, 0.3)
    np.testing.assert_allclose(found.boxes, [[16, 8, 48, 24], [0, 0, 32, 32]], atol=1e-5)
    np.testing.assert_allclose(found.scores, [0.9, 0.6], atol=1e-6)
    assert found.classes.tolist() == [1, 0]


def test_overlapping_queries_of_a_set_all_stay() -> None:
    logits = np.full((2, 2), logit(0.8), np.float32)
    boxes = np.tile(np.array([[0.5, 0.5, 0.5, 0.5]], np.float32), (2, 1))
    assert len(decode(card(kind="set", outputs=("l", "b")), {"l": logits, "b": boxes}, 0.3).boxes) == 2


def test_dense_boxes_are_placed_on_their_grids() -> None:
    spec = card(kind="dense", outputs=("o",), strides=(16, 32), activation="none")
    rows = np.zeros((2 * 4 + 1 * 2, 7), np.float32)
    rows[5] = [0.5, 0.5, np.log(2), 0.0, 0.9, 0.0, 1.0]  # second row, second column of the grid of 16 px
    rows[9] = [0.0, 0.0, 0.0, 0.0, 0.8, 1.0, 0.0]  # second column of the grid of 32 px
    found = decode(spec, {"o": rows}, 0.5)
    np.testing.assert_allclose(found.boxes, [[8, 16, 40, 32], [16, -16, 48, 16]], atol=1e-5)
    np.testing.assert_allclose(found.scores, [0.9, 0.8], atol=1e-6)
    assert found.classes.tolist() == [1, 0]


def test_decoded_dense_boxes_are_pruned_within_a_class_only() -> None:
    spec = card(kind="dense", outputs=("o",), activation="sigmoid", nms_iou=0.5)
    sure = 20.0
    rows = np.array(
        [
            [10, 10, 8, 8, sure, logit(0.9), -sure],
            [11, 10, 8, 8, sure, logit(0.7), -sure],
            [11, 10, 8, 8, sure, -sure, logit(0.6)],
        ],
        np.float32,
    )
    found = decode(spec, {"o": rows}, 0.3)
    np.testing.assert_allclose(found.scores, [0.9, 0.6], atol=1e-5)
    assert found.classes.tolist() == [0, 1]


def test_nothing_found_is_no_rows() -> None:
    found = decode(card(kind="dense", outputs=("o",)), {"o": np.full((4, 7), -20.0, np.float32)}, 0.3)
    assert found.boxes.shape == (0, 4)
    assert found.classes.shape == (0,)


def every_pair(boxes: npt.NDArray[np.float64], classes: npt.NDArray[np.intp], most: float) -> list[int]:
    def overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
        w = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0)
        h = max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
        both = w * h
        either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
        return float(both / either) if either > 0 else 0.0

    kept: list[int] = []
    for i in range(len(boxes)):
        if all(classes[i] != classes[j] or overlap(boxes[i], boxes[j]) <= most for j in kept):
            kept.append(i)
    return kept


@settings(deadline=None)
@given(
    corners=arrays(np.float64, st.tuples(st.integers(0, 25), st.just(4)), elements=st.integers(0, 20)),
    data=st.data(),
    most=st.sampled_from([0.1, 0.45, 0.7, 1.0]),
)
def test_pruning_agrees_with_comparing_every_pair(
    corners: npt.NDArray[np.float64], data: st.DataObject, most: float
) -> None:
    boxes = np.hstack((np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:]) + 1))
    classes = data.draw(arrays(np.intp, len(boxes), elements=st.integers(0, 2)))
    assert nms(boxes, classes, most).tolist() == every_pair(boxes, classes, most)


@pytest.mark.parametrize(
    ("boxes", "shapes", "field"),
    [
        ({"kind": "set", "outputs": ("l", "b")}, {"l": (None, 300, 2), "x": (None, 300, 4)}, "boxes.outputs"),
        ({"kind": "set", "outputs": ("l", "b")}, {"l": (None, 300, 80), "b": (None, 300, 4)}, "labels"),
        ({"kind": "dense", "outputs": ("o",)}, {"o": (1, 10, 85)}, "labels"),
        ({"kind": "dense", "outputs": ("o",)}, {"o": (1, 85, 22, 22)}, "labels"),
        ({"kind": "dense", "outputs": ("o",), "strides": (16,)}, {"o": (1, 10, 7)}, "boxes.strides"),
    ],
)
def test_a_model_that_answers_otherwise_is_refused(
    boxes: dict[str, Any], shapes: dict[str, tuple[int | None, ...]], field: str
) -> None:
    with pytest.raises(BadBundle, match=field):
        fits(card(**boxes), shapes, "card.toml")


@given(boxes=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(5, 30)), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_what_the_picture_and_a_tile_found_is_said_once(boxes: list[tuple[int, int, int]]) -> None:
    rows = np.array([[x, y, x + s, y + s] for x, y, s in boxes], dtype=float)
    scores, classes = readonly(np.linspace(0.9, 0.1, len(rows))), np.zeros(len(rows), dtype=np.intp)
    size, tile = (100, 100), Tile(0, 0, 85, 85)
    whole = Found(readonly(rows, 4), scores, classes)
    again = Found(readonly(rows + 0.2, 4), readonly(scores * 0.99), classes)
    other = Found(readonly(rows, 4), scores, classes + 1)
    once = joined(whole, [], size, 0.5)
    twice = joined(whole, [(tile, again)], size, 0.5)
    assert (np.diff(once.scores) <= 0).all()
    np.testing.assert_allclose(twice.boxes, once.boxes)
    assert len(joined(whole, [(tile, other)], size, 0.5).scores) == 2 * len(once.scores)


def test_boxes_of_a_tile_are_moved_and_those_it_cuts_left_out() -> None:
    none = Found(readonly(np.empty((0, 4)), 4), readonly(np.empty(0)), np.empty(0, np.intp))
    seen = Found(readonly([[10, 10, 20, 20], [0, 10, 9, 20]], 4), readonly([0.5, 0.9]), np.zeros(2, np.intp))
    found = joined(none, [(Tile(40, 0, 100, 50), seen)], (100, 50), 0.5)
    assert found.boxes.tolist() == [[50, 10, 60, 20]]
