"""Vehicles keep limits, halts and their way; a motion has no leaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.simulate.world.motion import (
    Driving,
    Motion,
    Stop,
    ahead_of,
    drive,
    joined,
    matrices,
    smooth_path,
    standing,
    yaw_turn,
)

ANGLE = st.floats(-3.1, 3.1)


@given(
    speed=st.floats(2, 30),
    gain=st.floats(0.4, 3),
    brake=st.floats(0.5, 4),
    turn=st.floats(-2.0, 2.0),
    radius=st.floats(4, 30),
)
def test_a_drive_keeps_its_limits(speed: float, gain: float, brake: float, turn: float, radius: float) -> None:
    path = smooth_path([(0, 0), (60, 0), (60 + 60 * np.cos(turn), 60 * np.sin(turn))], radius)
    motion = drive(path, Driving(speed_mps=speed, gain_mps2=gain, brake_mps2=brake), 5.0)
    state = motion.at(np.arange(motion.start, motion.end, 0.1))
    assert motion.start == 5.0
    assert state.speed_mps.max() <= speed * 1.05 + 0.1
    step = np.hypot(*np.diff(motion.xyz_m[:, :2], axis=0).T)
    assert step.max() <= (speed + 0.5) * 0.05 * 1.3 + 1e-6, "it leaps"
    change = np.diff(state.speed_mps) / 0.1
    assert change.max() <= gain * 1.3 + 0.6
    assert -change.min() <= brake * 1.3 + 0.6
    assert np.allclose(np.linalg.norm(motion.turn, axis=1), 1.0)


@pytest.mark.parametrize(("seconds", "along"), [(0.5, 40.0), (4.0, 40.0), (12.0, 20.0)])
def test_a_halt_lasts_as_long_as_asked_and_where(seconds: float, along: float) -> None:
    how = Driving(speed_mps=10, stops=(Stop(along_m=along, seconds=seconds),))
    motion = drive(smooth_path([(0, 0), (100, 0)]), how, 0.0)
    t = np.arange(0, motion.end, 0.02)
    state = motion.at(t)
    still = t[state.speed_mps < 0.02]
    assert still[-1] - still[0] == pytest.approx(seconds, abs=0.6)
    assert np.abs(state.xyz_m[state.speed_mps < 0.02, 0] - along).max() < 0.3


def test_limits_hold_on_their_stretch() -> None:
    motion = drive(smooth_path([(0, 0), (200, 0)]), Driving(speed_mps=20, limits=((80, 120, 5.0),)), 0.0)
    state = motion.at(np.arange(0, motion.end, 0.1))
    inside = (state.xyz_m[:, 0] > 81) & (state.xyz_m[:, 0] < 119)
    assert state.speed_mps[inside].max() <= 5.2
    assert state.speed_mps.max() > 12


def test_course_and_heading_agree_with_the_way() -> None:
    motion = drive(smooth_path([(0, 0), (0, 100)]), Driving(speed_mps=10), 0.0)
    state = motion.at(motion.end / 2)
    assert state.course_deg[0] == pytest.approx(0.0, abs=0.5)
    assert ahead_of(state.turn)[0] == pytest.approx((0, 1, 0), abs=0.02)


@given(ANGLE, st.floats(-1.4, 1.4), ANGLE)
def test_rotations_are_rotations(yaw: float, pitch: float, roll: float) -> None:
    matrix = matrices(yaw_turn(yaw, pitch, roll))[0]
    assert np.allclose(matrix @ matrix.T, np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    assert matrix[2, 0] == pytest.approx(-np.sin(pitch), abs=1e-9), "nose down is positive"


def test_joined_motions_hold_between_them() -> None:
    first = standing(0, 4, (1, 2), 0.0)
    then = Motion(np.array([6.0, 8.0]), np.array([[1, 2, 0], [5, 2, 0]], float), yaw_turn([0.0, 0.0]))
    both = joined(first, then)
    assert both.at(5.0).xyz_m[0] == pytest.approx((1, 2, 0))
    assert (both.start, both.end) == (0, 8)
    assert both.delayed(3).start == 3
    assert not both.there(8.1)
