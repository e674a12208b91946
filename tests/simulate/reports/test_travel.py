"""What comes before and after a picture joins it without a break, and is a drive or voyage that is possible."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _travels import SHOWN_S, shown
from roadstead.geometry.geodesy import turn_deg
from roadstead.simulate.reports.travel import Class, Travel, extended


def _steps(travel: Travel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the speed of the places, the change of speed, m/s², and of course, degrees, from each time to the next."""
    dt = np.diff(travel.t)
    gone = np.hypot(*np.diff(travel.xy_m, axis=0).T)
    return gone / dt, np.diff(travel.speed_mps) / dt, turn_deg(travel.course_deg[:-1], travel.course_deg[1:])


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["truck", "vessel"]),
    number=st.integers(0, 500),
    seed=st.integers(0, 2**31),
    around_s=st.floats(0, 3000),
)
def test_nothing_breaks_at_the_joints(kind: Class, number: int, seed: int, around_s: float) -> None:
    picture = shown(kind, number)
    whole = extended(picture, kind, before_s=around_s, after_s=around_s, seed=seed)
    first = int(np.searchsorted(whole.t, picture.t[0]))
    inside = slice(first, first + len(picture.t))
    for name in ("t", "xy_m", "speed_mps", "course_deg"):
        np.testing.assert_array_equal(getattr(whole, name)[inside], getattr(picture, name))
    mps, gain, turn = _steps(whole)
    outside = np.ones(len(mps), dtype=bool)
    outside[first : first + len(picture.t) - 1] = False
    mean = (whole.speed_mps[1:] + whole.speed_mps[:-1]) / 2
    assert np.abs(mps - mean)[outside].max(initial=0) < 0.6
    assert np.abs(gain)[outside].max(initial=0) < (1.6 if kind == "truck" else 0.1)
    assert np.abs(turn)[outside].max(initial=0) < (4.0 if kind == "truck" else 0.5)
    assert whole.t[0] >= picture.t[0] - around_s
    assert whole.t[-1] <= picture.t[-1] + around_s


def test_an_hour_of_a_truck_has_stops_and_the_picture() -> None:
    whole = extended(shown("truck", 1), "truck", before_s=1800, after_s=1800, seed=5)
    assert whole.t[-1] - whole.t[0] == pytest.approx(3600 + SHOWN_S, abs=2)
    even = whole.at(np.arange(whole.t[0], whole.t[-1], 1.0))
    assert 0.2 < (even.speed_mps < 0.1).mean() < 0.8
    assert 8 < even.speed_mps.max() < 25
    assert even.gone_m[-1] > 8000


def test_a_vessel_that_lies_stays_and_one_under_way_goes_on() -> None:
    lies, goes = (extended(shown("vessel", k), "vessel", before_s=600, after_s=600, seed=1) for k in (0, 1))
    assert np.ptp(lies.xy_m, axis=0).max() == 0
    assert goes.speed_mps.min() > 2


def test_a_bow_that_points_aside_comes_back_to_the_course() -> None:
    picture = shown("vessel", 1)
    aside = replace(picture, heading_deg=picture.course_deg + 10)
    whole = extended(aside, "vessel", before_s=0, after_s=600, seed=1)
    off = turn_deg(whole.course_deg, whole.headings)
    assert off[: len(picture.t)] == pytest.approx(10, abs=1e-6)
    assert abs(off[-1]) < 0.01


def test_the_same_seed_is_the_same_way() -> None:
    one, same, other = (extended(shown("truck", 2), "truck", before_s=300, after_s=300, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.xy_m, same.xy_m)
    assert not np.array_equal(one.xy_m, other.xy_m)


@pytest.mark.parametrize("t", [[0.0], [0.0, 0.0], [1.0, 0.0]])
def test_times_must_ascend(t: list[float]) -> None:
    n = len(t)
    with pytest.raises(ValueError, match="ascending"):
        Travel(
            origin=(31.0, 121.0),
            t=np.array(t),
            xy_m=np.zeros((n, 2)),
            speed_mps=np.zeros(n),
            course_deg=np.zeros(n),
        )
