"""Colours, noise and blur against torchvision's and their own figures."""

import math
from typing import Any

import numpy as np
import pytest

from roadstead.errors import BadInput
from roadstead.train.augment import Shown
from roadstead.train.augment.blur import Blur, line
from roadstead.train.augment.colour import Colour, changed, lighter, turned
from roadstead.train.augment.noise import Noise


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def picture() -> Any:
    """A picture of soft colours: differences of one level after each step stay differences of one level."""
    y, x = np.mgrid[:40, :60]
    return np.dstack([60 + 2 * x, 220 - 3 * y, 100 + x + y]).astype(np.uint8)


def never() -> Shown:
    raise AssertionError


@pytest.mark.torch
@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
@pytest.mark.parametrize("kind", ["brightness", "contrast", "saturation"])
def test_each_factor_is_that_of_torchvision(kind: str, factor: float) -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchvision.transforms.v2.functional")
    theirs = getattr(functional, f"adjust_{kind}")(torch.from_numpy(picture()).movedim(-1, 0), factor)
    ours = changed(picture(), *(factor if k == kind else 1.0 for k in ("brightness", "contrast", "saturation")))
    np.testing.assert_allclose(ours.astype(int), theirs.movedim(0, -1).numpy().astype(int), atol=2)


@pytest.mark.torch
@pytest.mark.parametrize("turn", [-0.3, 0.02, 0.25])
def test_the_hue_is_that_of_torchvision(turn: float) -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchvision.transforms.v2.functional")
    theirs = functional.adjust_hue(torch.from_numpy(picture()).movedim(-1, 0), turn).movedim(0, -1).numpy()
    apart = np.abs(turned(picture(), turn).astype(int) - theirs.astype(int))
    assert apart.max() <= 8  # a byte holds the hue in steps of 1.4 degrees
    assert apart.mean() < 2.5


def test_grey_has_one_value_a_pixel() -> None:
    new = Colour(grey=1, brightness=0, contrast=0).apply(Shown(picture(), None), rng(), never).image.astype(int)
    assert (np.ptp(new, axis=2) <= 1).all()
    np.testing.assert_allclose(new[..., 0], picture() @ [0.299, 0.587, 0.114], atol=1)


def test_no_settings_change_nothing() -> None:
    new = Colour(brightness=0, contrast=0, saturation=0, hue=0).apply(Shown(picture(), None), rng(), never)
    assert np.array_equal(new.image, picture())


def test_other_bands_take_brightness_and_contrast() -> None:
    bands = np.stack([picture()[..., 0].astype(np.uint16) * k for k in range(1, 6)], axis=2)
    np.testing.assert_allclose(lighter(bands, 0.5, 1.0), bands / 2, atol=1)
    flat = lighter(bands, 1.0, 0.0).reshape(-1, 5)
    np.testing.assert_allclose(flat, np.broadcast_to(bands[::4, ::4].mean((0, 1)), flat.shape), atol=1)
    assert lighter(np.full((2, 2, 1), 60000, np.uint16), 1.9, 1.0).max() == 65535
    with pytest.raises(BadInput, match="5 bands of uint16 has no saturation"):
        Colour().apply(Shown(bands, None), rng(), never)


@pytest.mark.parametrize(("kind", "span"), [("uint8", 255), ("uint16", 4000), ("float32", 0.5)])
def test_noise_is_a_share_of_the_pictures_own_range(kind: str, span: float) -> None:
    image = np.full((80, 80, 2), 0.5 * span).astype(kind)
    image[0, 0], image[0, 1] = 0, span
    new = Noise(p=1, sigma=(0.05, 0.05)).apply(Shown(image, None), rng(), never).image[1:].astype(float)
    added = new - image[1:]
    assert added.std() == pytest.approx(0.05 * span, rel=0.03)
    assert abs(added.mean()) < 0.002 * span
    kurtosis = ((added - added.mean()) ** 4).mean() / added.var() ** 2
    assert kurtosis == pytest.approx(3, abs=0.2)


def test_noise_stays_in_the_range_of_its_type() -> None:
    white = np.full((20, 20, 1), 255, dtype=np.uint8)
    new = Noise(p=1, sigma=(0.2, 0.2)).apply(Shown(white, None), rng(), never).image
    assert new.dtype == np.uint8
    assert new.mean() > 200  # not wrapped to the dark end


@pytest.mark.torch
def test_the_gaussian_is_that_of_torchvision() -> None:
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchvision.transforms.v2.functional")
    noisy = rng().integers(0, 256, (40, 50, 3)).astype(np.uint8)
    ours = Blur(p=1, motion=0, sigma_px=(1.5, 1.5)).apply(Shown(noisy, None), rng(), never).image
    theirs = functional.gaussian_blur(torch.from_numpy(noisy).movedim(-1, 0), [13, 13], [1.5, 1.5]).movedim(0, -1)
    inner = np.s_[7:-7, 7:-7]
    np.testing.assert_allclose(ours[inner].astype(int), theirs.numpy()[inner].astype(int), atol=2)


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2, 2.8])
@pytest.mark.parametrize("length", [1.0, 4.5, 11.0])
def test_motion_is_a_line_of_its_length(length: float, angle: float) -> None:
    kernel = line(length, angle)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    reach = len(kernel) // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    assert (kernel * x).sum() == pytest.approx(0, abs=1e-5)
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    assert (kernel * across**2).sum() < 0.35  # about a pixel wide
    assert (kernel * along**2).sum() == pytest.approx((length**2 - 1) / 12, rel=0.05, abs=0.3)
