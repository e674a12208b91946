"""Picture to tensor and back: the two ways round must agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.bundle.card import Input
from roadstead.bundle.prepare import prepare

SIDES = st.integers(min_value=2, max_value=300)


@given(w=SIDES, h=SIDES, resize=st.sampled_from(["letterbox", "stretch"]), pad_at=st.sampled_from(["end", "centre"]))
def test_boxes_come_back_to_where_they_were(w: int, h: int, resize: str, pad_at: str) -> None:
    spec = Input(width=96, height=64, resize=resize, pad_at=pad_at)  # type: ignore[arg-type]  # drawn from the allowed words
    tensor, fit = prepare(np.zeros((h, w, 3), np.uint8), spec)
    assert tensor.shape == (3, 64, 96)
    boxes = np.array([[0.0, 0.0, w, h], [w * 0.25, h * 0.5, w * 0.75, h * 0.75]])
    there = boxes * np.array(fit.scale * 2) + np.array(fit.offset * 2)
    assert (there >= -1e-9).all()
    assert (there[:, [0, 2]] <= 96 + 1e-9).all()
    assert (there[:, [1, 3]] <= 64 + 1e-9).all()
    np.testing.assert_allclose(fit.back(there), boxes, atol=1e-6)
    outside = fit.back(np.array([[-50.0, -50.0, 500.0, 500.0]]))
    np.testing.assert_allclose(outside, [[0, 0, w, h]])


@pytest.mark.parametrize(
    ("spec", "pixel", "pad"),
    [
        (Input(width=8, height=8, resize="letterbox", pad_at="end", channels="bgr", scale=255), (30, 20, 10), 114.0),
        (Input(width=8, height=8, resize="letterbox", pad_at="centre"), (10 / 255, 20 / 255, 30 / 255), 114 / 255),
        (
            Input(width=8, height=8, mean=(0.5, 0.5, 0.5), std=(0.5, 0.25, 0.5), resize="letterbox", pad_at="end"),
            ((10 / 255 - 0.5) / 0.5, (20 / 255 - 0.5) / 0.25, (30 / 255 - 0.5) / 0.5),
            (114 / 255 - 0.5) / 0.5,
        ),
    ],
)
def test_values_channels_and_padding(spec: Input, pixel: tuple[float, float, float], pad: float) -> None:
    image = np.empty((4, 8, 3), np.uint8)
    image[:] = (10, 20, 30)
    tensor, fit = prepare(image, spec)
    top = int(fit.offset[1])
    np.testing.assert_allclose(tensor[:, top, 0], pixel, rtol=1e-5)
    assert tensor[0, 7, 7] == pytest.approx(pad, rel=1e-5)


def test_a_stretched_picture_fills_the_input() -> None:
    image = np.full((4, 40, 3), 255, np.uint8)
    tensor, fit = prepare(image, Input(width=8, height=8))
    assert tensor.min() == 1.0
    assert fit.scale == (0.2, 2.0)
