"""Run lengths: there and back, and the same characters as the COCO API writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from roadstead.dataset import masks
from roadstead.dataset.masks import Polygons, Rle
from roadstead.errors import BadInput

_pixels = arrays.arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30)))


def small() -> masks.Pixels:
    pixels = np.zeros((9, 7), dtype=bool)
    pixels[2:5, 1:4] = pixels[6, 5] = pixels[0, 0] = True
    return pixels


def disc() -> masks.Pixels:
    y, x = np.mgrid[:60, :80]
    return np.asarray((x - 40) ** 2 + (y - 30) ** 2 < 15**2)


def wide() -> masks.Pixels:
    pixels = np.zeros((540, 960), dtype=bool)
    pixels[100:300, 200:260] = pixels[400, 900] = True
    return pixels


@pytest.mark.parametrize(
    ("pixels", "begins"),
    [
        (small(), "01:2L000=NH"),
        (disc(), "aa1;_14M2M4M2O0O2N2O0O2O00000000000000000001N101N2N101N3L3N3LU^1"),
        (wide(), "TbY3X6d:00000000"),
    ],
)
def test_as_pycocotools_2_0_11_writes_it(pixels: masks.Pixels, begins: str) -> None:
    text = masks.to_text(masks.encode(pixels).counts)
    assert text.startswith(begins)
    assert np.array_equal(masks.decode(Rle(pixels.shape[::-1], masks.from_text(text))), pixels)


@given(_pixels)
def test_pixels_come_back(pixels: masks.Pixels) -> None:
    rle = masks.encode(pixels)
    assert np.array_equal(masks.decode(rle), pixels)
    assert masks.area_px(rle) == pixels.sum()
    assert all(rle.counts[1:])


@given(st.lists(st.integers(0, 2**40), max_size=30))
def test_any_counts_come_back(counts: list[int]) -> None:
    assert masks.from_text(masks.to_text(counts)) == tuple(counts)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        counts = masks.from_text(text)
    except BadInput:
        return
    assert masks.from_text(masks.to_text(counts)) == counts


@pytest.mark.parametrize("counts", [(3,), (5, -1), (1, 1, 1, 2)])
def test_lengths_that_do_not_fit_are_refused(counts: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="do not fit a picture of 2 x 2 px"):
        Rle((2, 2), counts)


def test_polygons_are_filled() -> None:
    square = Polygons((np.array([(2, 1), (6, 1), (6, 5), (2, 5)]), np.array([(8, 8), (9, 8), (9, 8.9)])))
    pixels = masks.pixels_of(square, (10, 12))
    assert pixels.shape == (12, 10)
    assert pixels[1:5, 2:6].all()
    assert pixels.sum() == 16
    assert masks.area_px(square) == pytest.approx(16.45)
    with pytest.raises(BadInput, match="three corners"):
        Polygons((np.array([(0, 0), (1, 1)]),))


_corner = st.tuples(st.floats(-5, 35), st.floats(-5, 35))


@given(st.lists(_corner, min_size=3, max_size=3))
def test_a_triangle_holds_the_pixels_whose_middle_is_inside(corners: list[tuple[float, float]]) -> None:
    pixels = masks.pixels_of(Polygons((np.array(corners),)), (30, 24))
    y, x = np.mgrid[:24, :30] + 0.5
    sides = []
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        sides.append((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0))
    side = np.array(sides)
    clear = np.asarray((np.abs(side) > 1e-6).all(axis=0))
    inside = np.asarray((side > 0).all(axis=0) | (side < 0).all(axis=0))
    assert np.array_equal(pixels[clear], inside[clear])
