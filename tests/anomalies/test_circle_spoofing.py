"""Circle spoofing."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _fleets import HOME, T0
from _vessels import KN, OTHER, SHIP, found, sail
from roadstead.anomalies.circle_spoofing import CircleSpoofing
from roadstead.geometry.geodesy import from_ground
from roadstead.positions import Position, Reports
from roadstead.track.fleet import fleet
from roadstead.types import Floats


def _way(t: Sequence[float] | Floats, xy_m: Floats, name: str = SHIP, noise_m: float = 5.0) -> list[Position]:
    xy = xy_m + np.random.default_rng(3).normal(0, noise_m, xy_m.shape)
    lat, lon = from_ground(HOME, xy)
    return [
        Position(mover=name, t=T0 + float(s), lat=float(a), lon=float(b)) for s, a, b in zip(t, lat, lon, strict=True)
    ]


def _round(
    turns: float,
    *,
    radius_m: float = 500.0,
    kn: float = 20.0,
    every_s: float = 10.0,
    name: str = SHIP,
    begin_s: float = 0.0,
    current_mps: float = 0.0,
    wobble: float = 0.0,
    noise_m: float = 5.0,
) -> list[Position]:
    """Return a way round a circle about HOME; `wobble` is a share of the speed, `current_mps` sets the centre east."""
    seconds = turns * 2 * np.pi * radius_m / (kn * KN)
    t = np.arange(0.0, seconds + 1e-6, every_s)
    angle = t * kn * KN / radius_m
    angle = angle + wobble * np.sin(angle)
    xy = radius_m * np.column_stack((np.cos(angle), np.sin(angle))) + np.column_stack((current_mps * t, 0 * t))
    return _way(begin_s + t, xy, name, noise_m)


@pytest.mark.parametrize("radius_m", [120.0, 300.0, 1000.0, 3000.0, 9000.0])
@pytest.mark.parametrize(("turns", "events"), [(2.4, 1), (1.6, 0), (6.0, 1)])
def test_more_than_two_turns_are_found_whatever_the_radius(radius_m: float, turns: float, events: int) -> None:
    hits = found(CircleSpoofing(), _round(turns, radius_m=radius_m))
    assert len(hits) == events
    for e in hits:
        assert e.measured["turns"] == pytest.approx(turns, abs=0.15)
        assert e.measured["radius_m"] == pytest.approx(radius_m, rel=0.03)
        assert e.measured["residual_m"] == pytest.approx(5.0, abs=1.5)
        assert e.measured["speed_mps"] == pytest.approx(20 * KN, rel=0.03)
        assert (e.measured["centre_lat"], e.measured["centre_lon"]) == pytest.approx(HOME, abs=1e-4 * radius_m / 300)


def test_a_circle_in_the_middle_of_a_voyage_is_found_alone() -> None:
    before, after = np.arange(0, 1800.0, 10), np.arange(0, 1800.0, 10)
    straight = _way(before, np.column_stack((0 * before + 500, 10.29 * (before - 1800))))
    circle = _round(3, begin_s=1800)
    end = (circle[-1].t or 0) - T0 + 10
    onward = _way(end + after, np.column_stack((0 * after + 500, 10.29 * (after + 10))))
    (e,) = found(CircleSpoofing(), straight, circle, onward)
    assert e.since == pytest.approx(T0 + 1800, abs=30)
    assert e.t == pytest.approx(circle[-1].t, abs=30)
    assert e.measured["turns"] == pytest.approx(3.0, abs=0.15)


@settings(max_examples=40, deadline=None)
@given(radius_m=st.floats(150, 8000), kn=st.floats(6, 30), every_s=st.sampled_from([2.0, 6.0, 10.0, 20.0]))
def test_radius_speed_and_interval_do_not_matter(radius_m: float, kn: float, every_s: float) -> None:
    every_s = min(every_s, 2 * np.pi * radius_m / (kn * KN) / 8)
    if 2.4 * 2 * np.pi * radius_m / (kn * KN) / every_s > 4000:
        every_s = 20.0
    f = fleet(Reports.of(_round(2.4, radius_m=radius_m, kn=kn, every_s=every_s)), "vessel")
    assert len(list(CircleSpoofing().find(f))) == 1


def test_vessels_round_one_place_name_one_another() -> None:
    names = (SHIP, OTHER, "414000010")
    ways = [_round(3, radius_m=500 + 20 * k, name=name, begin_s=100 * k) for k, name in enumerate(names)]
    three, two = found(CircleSpoofing(), *ways), found(CircleSpoofing(), *ways[:2])
    assert {e.subject: e.measured["others"] for e in three} == {
        name: ", ".join(sorted(set(names) - {name})) for name in names
    }
    assert [(e.measured["vessels"], e.measured["others"]) for e in two] == [(2, None), (2, None)]


def _shuttle() -> list[Position]:
    """Return a ferry between two berths 3 km apart that always turns to port."""
    corners = np.array([(0, 0), (3000, 0), (3000, 150), (0, 150)] * 8 + [(0, 0)], dtype=float)
    at = np.append(0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T)))
    t = np.arange(0, at[-1] / 8.0, 10.0)
    return _way(t, np.column_stack([np.interp(t * 8.0, at, corners[:, k]) for k in (0, 1)]))


def _swing() -> list[Position]:
    """Return two tides of a ship at anchor: once round to and fro on 150 m."""
    t = np.arange(0, 90_000.0, 180.0)
    angle = np.pi * np.sin(2 * np.pi * t / 44_700)
    return _way(t, 150 * np.column_stack((np.cos(angle), np.sin(angle))))


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(sail(seconds=7200), id="a voyage"),
        pytest.param(_shuttle(), id="a ferry"),
        pytest.param(_swing(), id="a swing at anchor"),
        pytest.param(_round(1.1, radius_m=300), id="one turn"),
        pytest.param(_round(4, radius_m=300, kn=6, current_mps=0.3), id="turns in a current"),
        pytest.param(_round(4, wobble=0.5), id="an uneven speed"),
        pytest.param(_round(4, radius_m=60), id="a small circle"),
        pytest.param(_round(4, radius_m=300, kn=2), id="a slow one"),
        pytest.param(_round(4, noise_m=40), id="no circle for noise"),
    ],
)
def test_what_ships_do_is_not_found(way: list[Position]) -> None:
    assert not found(CircleSpoofing(), way)


def test_trucks_go_round_roundabouts() -> None:
    assert not found(CircleSpoofing(), _round(4), label="truck")
