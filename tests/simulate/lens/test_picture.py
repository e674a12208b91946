"""The healthy camera: noise, corners, fringes, halos, bands, and an exposure that follows late."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from _lens import street
from roadstead.simulate.lens.picture import Sensor, develop, developed
from roadstead.types import Frame, Image

NONE = Sensor(noise=0, vignette=0, aberration=0, sharpen=0, adapts_s=0)


def grey(value: int) -> Image:
    return np.full((180, 320, 3), value, np.uint8)


def made(image: Image, **settings: float) -> Image:
    return develop(image, replace(NONE, **settings), np.random.default_rng(1))  # type: ignore[arg-type]


def test_without_marks_the_picture_is_as_it_was() -> None:
    assert (made(street()) == street()).all()


@pytest.mark.parametrize("noise", [2.0, 4.0])
def test_noise_is_as_strong_as_it_says_and_has_no_mean(noise: float) -> None:
    image = made(grey(90), noise=noise)
    expected = noise * np.sqrt(2) / 1.5
    assert float(image.std()) == pytest.approx(expected, rel=0.1)
    assert float(image.mean()) == pytest.approx(90, abs=0.3)


def test_corners_lose_what_the_vignette_says() -> None:
    image = made(grey(200), vignette=0.3)
    assert image[90, 160, 0] == 200
    assert image[0, 0, 0] == pytest.approx(140, abs=2)


def test_red_and_blue_part_at_the_edges_only() -> None:
    image = made(street(), aberration=0.01)
    assert (image[..., 1] == street()[..., 1]).all()
    change = np.abs(image.astype(int) - street()).mean(axis=2)
    assert change[:, :20].mean() > 4 * change[80:100, 150:170].mean()


def test_sharpening_overshoots_at_an_edge() -> None:
    image = grey(60)
    image[:, 160:] = 180
    sharp = made(image, sharpen=0.6)
    assert sharp.min() < 55
    assert sharp.max() > 185


def test_bands_are_as_deep_as_they_say() -> None:
    rows = made(grey(100), banding=0.1).mean(axis=(1, 2))
    assert rows.max() == pytest.approx(110, abs=1)
    assert rows.min() == pytest.approx(90, abs=1)


def test_exposure_follows_late() -> None:
    frames = [Frame("c", k / 10, grey(60 if k < 20 else 120)) for k in range(60)]
    sensor = Sensor(noise=0, vignette=0, aberration=0, sharpen=0, adapts_s=0.8)
    means = [float(f.image.mean()) for f in developed(frames, sensor, np.random.default_rng(1))]
    assert means[:20] == [60.0] * 20
    assert means[20] > 110
    assert 75 < means[40] < 90
    assert all(a >= b - 1 for a, b in pairwise(means[20:41]))
