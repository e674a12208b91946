"""Lines that run up or down are set level."""

import cv2
import numpy as np
import pytest

from roadstead.describe._levelling import levelled, slope
from roadstead.types import Image


def line(rise: float) -> Image:
    """Seven bars on a line that falls by `rise` px a px."""
    image = np.full((96, 376, 3), 60, np.uint8)
    for k in range(7):
        cv2.rectangle(image, (20 + 50 * k, 24), (40 + 50 * k, 72), (230, 230, 230), 4)
    shear = np.array([[1, 0, 0], [rise, 1, -rise * 188]], np.float32)
    return np.asarray(cv2.warpAffine(image, shear, (376, 96), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("rise", [-0.12, -0.06, 0.0, 0.05, 0.1])
def test_a_line_is_set_level(rise: float) -> None:
    assert slope(line(rise)) == pytest.approx(-rise, abs=0.025)
    level = levelled(line(rise))
    assert abs(slope(level)) < 0.025
    assert level.shape[1] == 376
    assert level.shape[0] <= 96
    assert (level.shape[0] < 80) == (abs(rise) >= 0.06)


def test_a_picture_of_nothing_stays() -> None:
    flat = np.zeros((24, 94, 3), np.uint8)
    assert levelled(flat).shape[1] == 94
    tiny = np.zeros((2, 2, 3), np.uint8)
    assert levelled(tiny) is tiny
