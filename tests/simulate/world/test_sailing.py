"""Vessels keep to what they can do, never jump, and are the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.errors import BadInput
from roadstead.simulate.world.body import Body, box_corners
from roadstead.simulate.world.motion import Motion, Stop, ahead_of
from roadstead.simulate.world.sailing import Sailing, anchored, drifting, handling, moored, rounded, sail
from roadstead.types import Floats


def vessel(length_m: float, kind: str = "cargo") -> Body:
    width = length_m * 0.2
    return Body(
        sort="box",
        label="vessel",
        length_m=length_m,
        width_m=width,
        height_m=5.0,
        parts=(),
        solids=(box_corners(length_m, width, 5.0),),
        attributes={"kind": kind},
    )


FLEET = [vessel(100), vessel(28, "tug"), vessel(22, "fishing"), vessel(6.5, "small_boat")]
CORNER = [(0.0, 0.0), (400.0, 0.0), (400.0, 400.0)]


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def headings(motion: Motion) -> Floats:
    ahead = ahead_of(motion.turn)
    return np.unwrap(np.arctan2(ahead[:, 1], ahead[:, 0]))


def speeds(motion: Motion) -> Floats:
    return np.asarray(np.hypot(*np.diff(motion.xyz_m[:, :2], axis=0).T) / np.diff(motion.t))


@pytest.mark.parametrize("body", FLEET, ids=lambda b: f"{b.length_m:.0f} m")
def test_speed_turns_and_gain_stay_within_what_the_vessel_can(body: Body) -> None:
    able = handling(body)
    motion = sail(CORNER, 6.0, 10.0, body=body, rng=rng(), wave_m=0.0, how=Sailing(begin_mps=0.0))
    v = speeds(motion)[:-1]
    assert v.max() <= 6.0 * 1.01
    gain = (v[10:] - v[:-10]) / (motion.t[10:-2] - motion.t[:-12])
    assert gain.max() <= able.gain_mps2 * 1.1
    assert gain.min() >= -able.brake_mps2 * 1.1
    step = np.diff(motion.xyz_m[:, :2], axis=0)[:-1]
    moving = v > 0.2
    course = np.unwrap(np.arctan2(step[moving][:, 1], step[moving][:, 0]))
    rate = np.abs(course[20:] - course[:-20]) / (motion.t[:-2][moving][20:] - motion.t[:-2][moving][:-20])
    assert rate.max() <= able.turn_radps * 1.05
    assert np.abs(np.diff(headings(motion)) / np.diff(motion.t)).max() <= able.turn_radps * 1.8


@pytest.mark.parametrize("body", FLEET, ids=lambda b: f"{b.length_m:.0f} m")
def test_nothing_jumps(body: Body) -> None:
    r = rng()
    for motion in (
        sail(CORNER, 5.0, 0.0, body=body, rng=r, wave_m=0.6),
        anchored(0.0, 120.0, (10.0, 20.0), 0.4, body=body, rng=r, wave_m=0.6),
        drifting(0.0, 120.0, (0.0, 0.0), (0.4, -0.3), body=body, rng=r, yaw=1.0),
        moored(0.0, 60.0, (5.0, 5.0), 0.3, body=body, rng=r),
    ):
        assert (np.diff(motion.t) > 0).all()
        assert np.linalg.norm(np.diff(motion.xyz_m, axis=0), axis=1).max() < 0.9
        assert np.abs(1 - (motion.turn[1:] * motion.turn[:-1]).sum(axis=1)).max() < 1e-3


def test_it_begins_and_ends_where_the_path_does() -> None:
    motion = sail(CORNER, 5.0, 7.0, body=vessel(60), rng=rng())
    assert motion.start == 7.0
    assert motion.xyz_m[0, :2] == pytest.approx((0.0, 0.0), abs=1e-6)
    assert motion.xyz_m[-1, :2] == pytest.approx((400.0, 400.0), abs=1e-6)


def test_the_bow_points_into_the_turn() -> None:
    body = vessel(100)
    motion = sail(CORNER, 4.0, 0.0, body=body, rng=rng(), wave_m=0.0)
    step = np.diff(motion.xyz_m[:, :2], axis=0)
    course = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    aside = headings(motion)[:-1] - course
    assert 0.05 < aside.max() < 0.25
    assert aside.min() > -0.05


def test_a_stop_lasts_as_long_as_asked() -> None:
    motion = sail(
        [(0, 0), (300, 0)],
        4.0,
        0.0,
        body=vessel(28, "tug"),
        rng=rng(),
        how=Sailing(stops=(Stop(along_m=150, seconds=30),)),
    )
    still = np.hypot(motion.xyz_m[:, 0] - 150, motion.xyz_m[:, 1]) < 0.05
    assert motion.t[still][-1] - motion.t[still][0] == pytest.approx(30.0, abs=2.0)


def test_a_limit_holds() -> None:
    body = vessel(6.5, "small_boat")
    motion = sail([(0, 0), (600, 0)], 12.0, 0.0, body=body, rng=rng(), how=Sailing(limits=((200, 400, 3.0),)))
    v = speeds(motion)
    inside = (motion.xyz_m[1:, 0] > 202) & (motion.xyz_m[1:, 0] < 398)
    assert v[inside].max() < 3.1
    assert v.max() > 11.5


def test_a_speedboat_lifts_its_bow_and_leans_into_the_turn() -> None:
    body = vessel(6.5, "small_boat")
    motion = sail([(0, 0), (150, 0), (150, 150)], 8.0, 0.0, body=body, rng=rng(), wave_m=0.0)
    assert ahead_of(motion.turn)[20:-20, 2].min() > 0.02
    left = np.cross((0.0, 0.0, 1.0), ahead_of(motion.turn))
    w, x, y, z = motion.turn.T
    tops = np.column_stack((2 * (x * z + w * y), 2 * (y * z - w * x)))
    lean = (tops * left[:, :2]).sum(axis=1)
    assert lean.max() > 0.05


def test_a_ship_at_anchor_keeps_its_distance_and_points_to_the_anchor() -> None:
    body = vessel(80)
    motion = anchored(0.0, 700.0, (100.0, 50.0), 1.0, body=body, rng=rng(), scope_m=60.0)
    back = motion.xyz_m[:, :2] - (100.0, 50.0)
    assert np.hypot(*back.T) == pytest.approx(100.0, abs=1e-6)
    toward = np.arctan2(-back[:, 1], -back[:, 0])
    off = (headings(motion) - toward + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(off).max() < 0.1
    assert speeds(motion).max() < 0.3
    assert np.ptp(np.unwrap(np.arctan2(back[:, 1], back[:, 0]))) > 0.2


def test_a_drifter_goes_with_the_current_and_comes_beam_to_it() -> None:
    motion = drifting(0.0, 400.0, (0.0, 0.0), (0.5, 0.0), body=vessel(60), rng=rng(), yaw=0.2, wave_m=0.0)
    assert motion.xyz_m[-1, 0] == pytest.approx(200.0)
    assert abs(np.cos(headings(motion)[-1])) < 0.3
    assert headings(motion)[0] == pytest.approx(0.2, abs=0.05)


def test_small_vessels_rock_more_than_large_ones() -> None:
    def rocking(body: Body) -> float:
        return float(np.std(moored(0.0, 60.0, (0, 0), 0.0, body=body, rng=rng(), wave_m=0.5).xyz_m[:, 2]))

    assert rocking(vessel(6.5, "small_boat")) > 5 * rocking(vessel(100))


@settings(max_examples=25, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=2, max_size=6, unique=True),
    length=st.sampled_from([6.5, 25.0, 90.0]),
)
def test_any_path_can_be_sailed(points: list[tuple[float, float]], length: float) -> None:
    way = np.array(points)
    if np.hypot(*np.diff(way, axis=0).T).min() < 1.0:
        return
    motion = sail(way, 5.0, 0.0, body=vessel(length), rng=rng())
    assert np.isfinite(motion.xyz_m).all()
    assert np.isfinite(motion.turn).all()
    assert motion.xyz_m[-1, :2] == pytest.approx(way[-1], abs=0.01)
    assert speeds(motion)[:-1].max() < 5.1


def test_the_same_seed_gives_the_same_motion() -> None:
    one, other = (sail(CORNER, 5.0, 0.0, body=vessel(60), rng=rng(), wave_m=0.4) for _ in range(2))
    assert np.array_equal(one.turn, other.turn)
    assert np.array_equal(one.xyz_m, other.xyz_m)


def test_rounding_keeps_the_ends_and_a_straight_way() -> None:
    way = rounded([(0, 0), (100, 50)], 20.0)
    assert way[0] == pytest.approx((0, 0), abs=1e-9)
    assert way[-1] == pytest.approx((100, 50), abs=1e-9)
    assert np.abs(way[:, 1] - way[:, 0] / 2).max() < 1e-9


def test_a_path_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(BadInput, match="leads nowhere"):
        sail([(1.0, 1.0), (1.0, 1.0)], 5.0, 0.0, body=vessel(60), rng=rng())
