"""The pinhole camera: picture and ground agree, turns turn the right way, shapes stay in the picture."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from roadstead.geometry import homography
from roadstead.simulate.lens import turning
from roadstead.simulate.world.view import View, tidied

VIEW = View(at_m=(3, -20, 8), aim_m=(0, 10, 0), fov_deg=45)


@given(st.floats(-15, 15), st.floats(-5, 120))
def test_ground_points_come_back(x: float, y: float) -> None:
    px, depth = VIEW.project([(x, y, 0.0)])
    assume(depth[0] > 1)
    assert VIEW.ground(px)[0] == pytest.approx((x, y), abs=1e-6 * (1 + abs(y)))


def test_what_is_behind_or_above_the_horizon_has_no_place() -> None:
    assert np.isnan(VIEW.project([(0, -60, 0)])[0]).all()
    assert np.isnan(VIEW.ground([(480, 0)])).all()


def test_right_is_right_and_up_is_up() -> None:
    (left, right, high), _ = VIEW.project([(-5, 20, 0), (5, 20, 0), (-5, 20, 3)])
    assert left[0] < right[0]
    assert high[1] < left[1]


@pytest.mark.parametrize("angles", [(3.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 4.0), (-5.0, 1.5, -3.0)])
def test_a_turned_camera_sees_what_the_warp_of_a_turn_shows(angles: tuple[float, float, float]) -> None:
    wide = 2 * np.degrees(np.arctan(VIEW.size[0] / 2 / VIEW.focal_px))
    points = [(2, 15, 0), (-4, 40, 1), (6, 80, 0)]
    px, _ = VIEW.project(points)
    warped = np.column_stack((px, np.ones(len(px)))) @ turning.homography(angles, VIEW.size, wide).T
    turned, _ = VIEW.turned(*angles).project(points)
    assert np.abs(turned - warped[:, :2] / warped[:, 2:]).max() < 0.2


def test_drawn_shapes_lie_in_the_picture_and_on_the_ground() -> None:
    shape = VIEW.drawn([(-200, 5), (200, 5), (200, 30), (-200, 30)])
    px = np.array(shape)
    assert len(shape) >= 4
    assert (px >= 0).all()
    assert (px <= VIEW.size).all()
    assert ((VIEW.ground(px)[:, 1] > 4.5) & (VIEW.ground(px)[:, 1] < 31)).all()


def test_a_calibration_finds_the_ground_again() -> None:
    pairs = VIEW.calibration([(x, y) for x in (-8, 0, 8) for y in (5, 20, 60)])
    assert len(pairs["image_px"]) >= 6
    found = homography.fit(pairs["image_px"], pairs["ground_m"])
    assert found.residual_m < 0.2


def test_corners_that_fall_together_are_one() -> None:
    view = View(at_m=(0.0, -20.0, 8.0), aim_m=(0.0, 10.0, 0.0), fov_deg=45)
    drawn = view.drawn([(-3.0, 5.0), (3.0, 5.0), (3.0, 12.0), (-3.0, 12.0), (-3.0001, 12.0001)])
    assert len(drawn) == 4


def test_a_drawn_shape_never_crosses_itself() -> None:
    bow = [[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [49.0, -0.1], [51.0, -0.1], [0.0, 50.0]]
    assert not shapely.Polygon(bow).is_valid
    mended = shapely.Polygon(tidied(bow))
    assert mended.is_valid
    assert mended.area > 0.4 * shapely.make_valid(shapely.Polygon(bow)).area
    square = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]
    assert tidied(square) == square
