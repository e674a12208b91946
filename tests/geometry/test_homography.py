"""Picture to ground: exact, over-determined and impossible pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.geometry.homography import fit, metres_per_px, to_ground, to_image
from roadstead.types import Homography


def camera(height_m: float, pitch_deg: float, focal_px: float) -> Homography:
    """A camera that looks north and down, 1920 x 1080."""
    c, s = np.cos(np.deg2rad(pitch_deg)), np.sin(np.deg2rad(pitch_deg))
    picture = np.array(
        [
            [focal_px, 960 * c, 960 * height_m * s],
            [0, 540 * c - focal_px * s, 540 * height_m * s + focal_px * height_m * c],
            [0, c, height_m * s],
        ]
    )
    matrix = np.linalg.inv(picture)
    return Homography(matrix / (matrix[2] @ (960, 1080, 1)), 0.0)


CAMERAS = st.builds(camera, st.floats(4, 40), st.floats(15, 60), st.floats(600, 3000))
GROUND = np.array([(-8.0, 25), (8, 25), (8, 60), (-8, 60), (0, 40), (-4, 33), (5, 51)])


@given(CAMERAS)
def test_exact_pairs_give_the_camera_back(true: Homography) -> None:
    found = fit(to_image(true, GROUND[:4]), GROUND[:4])
    assert found.residual_m < 1e-5
    np.testing.assert_allclose(to_ground(found, to_image(true, GROUND)), GROUND, atol=1e-4)
    np.testing.assert_allclose(to_image(found, GROUND), to_image(true, GROUND), atol=1e-2)


@given(CAMERAS)
def test_the_local_scale_is_that_of_a_small_square(true: Homography) -> None:
    at = to_image(true, GROUND)
    corners = [to_ground(true, at + offset) for offset in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]
    across, down = corners[2] - corners[0], corners[3] - corners[1]
    square = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]) / 2
    np.testing.assert_allclose(metres_per_px(true, at), np.sqrt(square), rtol=1e-3)


def test_more_pairs_than_needed_share_the_error() -> None:
    true = camera(10, 25, 1400)
    rng = np.random.default_rng(0)
    ground = rng.uniform((-15, 15), (15, 60), (30, 2))
    measured = ground + rng.normal(0, 0.2, ground.shape)
    found = fit(to_image(true, ground), measured)
    assert found.residual_m == pytest.approx(0.2 * np.sqrt(2), rel=0.25)
    off = np.hypot(*(to_ground(found, to_image(true, GROUND)) - GROUND).T)
    assert off.max() < 0.4


def test_beyond_the_horizon_nothing_is_known() -> None:
    true = camera(10, 25, 1400)
    horizon = 540 - 1400 * np.tan(np.deg2rad(25))
    sky, road = [(960, horizon - 1)], [(960, horizon + 200)]
    assert np.isnan(to_ground(true, sky)).all()
    assert np.isnan(metres_per_px(true, sky)).all()
    assert np.isfinite(to_ground(true, road)).all()
    assert np.isnan(to_image(true, [(0, -100)])).all()


@pytest.mark.parametrize(
    ("image", "ground", "says"),
    [
        ([(0, 0), (1, 0), (1, 1)], [(0, 0), (1, 0), (1, 1)], "at least 4 point pairs, not 3"),
        ([(0, 0), (1, 0), (1, 1), (0, 1)], [(0, 0), (1, 0), (1, 1)], "do not make pairs"),
        ([(0, 0), (1, 1), (2, 2), (3, 3)], [(0, 0), (1, 0), (1, 1), (0, 1)], "on one line"),
        ([(0, 0), (1, 0), (2, 0), (0, 9)], [(0, 0), (1, 0), (2, 0), (0, 9)], "on one line"),
        ([(0, 0), (1, 0), (1, 1), (0, 1)], [(0, 0), (1, 1), (2, 2), (3, 3)], "on one line"),
        ([(5, 5)] * 4, [(0, 0), (1, 0), (1, 1), (0, 1)], "all lie at one place"),
        ([(0, 0), (1, 0), (1, 1), (0, np.nan)], [(0, 0), (1, 0), (1, 1), (0, 1)], "finite numbers"),
        ([(0, 0), (10, 0), (10, 10), (0, 10)], [(0, 0), (10, 0), (0, 10), (10, 10)], "beyond the horizon"),
    ],
)
def test_impossible_pairs_are_refused(
    image: list[tuple[float, float]], ground: list[tuple[float, float]], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        fit(image, ground)
