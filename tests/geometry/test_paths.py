"""Paths: velocity, jitter, standstills and turning, at any spacing in time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.geometry import paths

GAPS = st.lists(st.floats(0.04, 3.0), min_size=2, max_size=60)
NUMBER = st.floats(-50, 50, allow_nan=False)
EPOCH = 1.77e9


@given(GAPS, NUMBER, NUMBER, st.floats(0.1, 10))
def test_a_straight_way_has_one_velocity_at_any_spacing(
    gaps: list[float], vx: float, vy: float, window_s: float
) -> None:
    t = EPOCH + np.cumsum(gaps)
    xy = np.column_stack(((t - EPOCH) * vx + 7, (t - EPOCH) * vy - 3))
    np.testing.assert_allclose(paths.velocity(t, xy, window_s), np.tile((vx, vy), (len(t), 1)), atol=1e-4)
    np.testing.assert_allclose(paths.speed(t, xy, window_s), np.hypot(vx, vy), atol=1e-4)
    if len(t) > 4:
        assert np.nan_to_num(paths.noise(t, xy, 10.0)) < 1e-4
        assert paths.noise_so_far(t, xy, 10.0).max() < 1e-4


def test_what_is_not_known() -> None:
    assert np.isnan(paths.velocity([1.0], [(0, 0)], 1.0)).all()
    assert paths.velocity([], [], 1.0).shape == (0, 2)
    assert np.isnan(paths.noise([0, 1], [(0, 0), (1, 1)], 5))
    assert np.isnan(paths.turned_deg([0, 1], [(0, 0), (1, 1)], 0, 1))
    v = paths.velocity([0, 1, 2, 3], [(0, 0), (np.nan, np.nan), (2, 0), (3, 0)], 2.0)
    np.testing.assert_allclose(v[[1, 2]], [(1, 0), (1, 0)])
    with pytest.raises(ValueError, match="2 times and 1 positions"):
        paths.velocity([0, 1], [(0, 0)], 1.0)


@pytest.mark.parametrize("fps", [2, 5, 25])
@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_jitter_is_told_from_driving(fps: int, sigma: float) -> None:
    rng = np.random.default_rng(fps)
    t = np.arange(60 * fps) / fps
    xy = np.column_stack((t * 40, t * -9)) + rng.normal(0, sigma, (len(t), 2))
    xy[7] += 400
    assert paths.noise(t, xy, 2.0) == pytest.approx(sigma, rel=0.25)
    assert paths.noise_so_far(np.delete(t, 7), np.delete(xy, 7, 0), 30.0)[-1] == pytest.approx(sigma, rel=0.3)


@given(st.integers(3, 60), st.integers(0, 5))
def test_what_follows_does_not_change_the_jitter_so_far(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t, xy = np.cumsum(rng.uniform(0.04, 1, 80)), rng.normal(0, 3, (80, 2))
    np.testing.assert_allclose(paths.noise_so_far(t[:n], xy[:n], 5.0), paths.noise_so_far(t, xy, 5.0)[:n], atol=1e-9)


def test_the_heading_is_nan_where_slow() -> None:
    found = paths.heading_deg([0, 1, 2, 3, 4], [(0, 0), (5, 0), (10, 0), (10, 0.1), (10, 0)], 1.0, floor=1.0)
    assert found[1] == 0
    assert np.isnan(found[-1])


def stop_and_go(fps: float, sigma: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Drives 10 s, stands 30 s at (100, 0), drives 10 s, stands 20 s at (200, 0)."""
    t = np.arange(int(70 * fps)) / fps
    x = np.interp(t, [0, 10, 40, 50, 70], [0, 100, 100, 200, 200])
    return t, np.column_stack((x, np.zeros(len(t)))) + np.random.default_rng(seed).normal(0, sigma, (len(t), 2))


@pytest.mark.parametrize("fps", [2, 5, 25])
@pytest.mark.parametrize("sigma", [0.0, 0.6])
def test_standstills(fps: float, sigma: float) -> None:
    t, xy = stop_and_go(fps, sigma)
    first, second = paths.standstills(t, xy, radius=3.0, min_s=10.0)
    assert first.at == pytest.approx((100, 0), abs=0.5)
    assert (first.start, first.end) == pytest.approx((10, 40), abs=0.8)
    assert second.at == pytest.approx((200, 0), abs=0.5)
    assert second.seconds == pytest.approx(20, abs=1)
    last = paths.standing(t, xy, radius=3.0, min_s=10.0)
    assert last is not None
    assert (last.start, last.end) == pytest.approx((second.start, second.end), abs=0.6)


def test_single_outliers_and_gaps_do_not_end_a_standstill() -> None:
    t, xy = stop_and_go(5, 0.3)
    xy[80], xy[120], xy[-1] = (400, 400), (-9, 50), (0, 0)
    keep = (t < 20) | (t > 23)
    first, second = paths.standstills(t[keep], xy[keep], radius=3.0, min_s=10.0)
    assert first.seconds == pytest.approx(30, abs=1)
    assert second.seconds == pytest.approx(20, abs=1)
    assert paths.standing(t[keep], xy[keep], radius=3.0, min_s=10.0) is not None


def test_who_drives_does_not_stand() -> None:
    t = np.arange(100) / 5
    xy = np.column_stack((t * 5, t))
    assert paths.standstills(t, xy, radius=3.0, min_s=5.0) == ()
    assert paths.standing(t, xy, radius=3.0, min_s=5.0) is None
    assert paths.standing(t[:3], xy[:3], radius=100.0, min_s=5.0) is None


@pytest.mark.parametrize("turn_deg", [-270, -90, 0, 45, 180, 360])
@pytest.mark.parametrize("sigma", [0.0, 0.3])
def test_turning_adds_up(turn_deg: float, sigma: float) -> None:
    angle = np.deg2rad(np.concatenate((np.zeros(30), np.linspace(0, turn_deg, 90), np.full(30, turn_deg))))
    xy = np.cumsum(np.column_stack((np.cos(angle), np.sin(angle))), axis=0)
    xy = xy + np.random.default_rng(1).normal(0, sigma, xy.shape)
    t = np.arange(len(xy)) / 5
    assert paths.turned_deg(t, xy, t[0], t[-1], step=5.0) == pytest.approx(turn_deg, abs=12)
    assert paths.turned_deg(t, xy, t[0], t[-1]) == pytest.approx(turn_deg, abs=20)


def test_standing_with_jitter_turns_nothing() -> None:
    t, xy = stop_and_go(5, 0.4)
    assert abs(paths.turned_deg(t, xy, 0, 70)) < 20
