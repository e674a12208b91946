"""Overlap, centres and foot points of boxes."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from roadstead.geometry.boxes import areas, centres, feet, iou

SIDE = st.floats(0.5, 500)
PLACE = st.floats(-1000, 1000)
BOX = st.tuples(PLACE, PLACE, SIDE, SIDE).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


@given(st.lists(BOX, max_size=6), st.lists(BOX, max_size=6))
def test_iou_is_that_of_shapely(a: list[tuple[float, ...]], b: list[tuple[float, ...]]) -> None:
    first, second = np.array(a).reshape(-1, 4), np.array(b).reshape(-1, 4)
    found = iou(first, second)
    assert found.shape == (len(a), len(b))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            p, q = (shapely.box(x0, y0, x1, y1) for x0, y0, x1, y1 in (one, other))
            assert found[i, j] == pytest.approx(p.intersection(q).area / p.union(q).area, abs=1e-6)


def test_an_empty_box_overlaps_nothing() -> None:
    boxes = np.array([[0.0, 0.0, 0.0, 5.0], [0.0, 0.0, 4.0, 4.0], [4.0, 4.0, 1.0, 1.0]])
    assert iou(boxes, boxes).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert areas(boxes).tolist() == [0, 16, 0]


@given(st.lists(BOX, min_size=1, max_size=6))
def test_the_foot_is_below_the_centre_on_the_lower_edge(boxes: list[tuple[float, ...]]) -> None:
    array = np.array(boxes)
    np.testing.assert_allclose(feet(array)[:, 0], centres(array)[:, 0])
    np.testing.assert_allclose(feet(array)[:, 1] - centres(array)[:, 1], (array[:, 3] - array[:, 1]) / 2, atol=1e-9)


def test_what_is_returned_is_read_only() -> None:
    boxes = np.array([[0.0, 0.0, 2.0, 4.0]])
    for array in (iou(boxes, boxes), areas(boxes), centres(boxes), feet(boxes)):
        assert not array.flags.writeable
    assert boxes.flags.writeable
