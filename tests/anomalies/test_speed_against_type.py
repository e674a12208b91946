"""Speed against type."""

from dataclasses import replace

import pytest

from _fleets import T0
from _vessels import KN, found, sail, says, silent_without
from roadstead.anomalies.speed_against_type import SpeedAgainstType
from roadstead.positions import Position, Static


def _ship(kn: float, kind: int | None, *, length_m: float | None = 40.0, seconds: float = 600.0) -> list[Position]:
    static = Static(name="A", kind=kind, length_m=length_m)
    return sail(kn=kn, seconds=seconds) + says(static, at=(5, 365))


@pytest.mark.parametrize(
    ("kind", "limit_kn"), [(70, 28), (79, 28), (80, 22), (52, 20), (31, 20), (32, 20), (33, 20), (30, 24)]
)
def test_a_fifth_above_the_limit_of_the_type_is_found_and_a_fifth_below_is_not(kind: int, limit_kn: float) -> None:
    (e,) = found(SpeedAgainstType(), _ship(1.2 * limit_kn, kind))
    assert e.since is not None
    assert e.since - T0 == pytest.approx(10, abs=30)
    assert e.t - T0 == pytest.approx(600, abs=30)
    assert e.measured["kind"] == kind
    assert e.measured["limit_mps"] == pytest.approx(limit_kn * KN, abs=0.01)
    assert e.measured["speed_mps"] == pytest.approx(1.2 * limit_kn * KN, abs=0.5)
    assert not found(SpeedAgainstType(), _ship(0.8 * limit_kn, kind))


@pytest.mark.parametrize("kind", [None, 0, 36, 37, 40, 60, 255])
def test_types_without_a_limit_are_not_found(kind: int | None) -> None:
    assert not found(SpeedAgainstType(), _ship(45.0, kind))


@pytest.mark.parametrize("length_m", [9.0, None])
def test_small_tugs_may_plane(length_m: float | None) -> None:
    assert not found(SpeedAgainstType(), _ship(26.0, 52, length_m=length_m))


@pytest.mark.parametrize(("seconds", "events"), [(144, 1), (96, 0)])
def test_it_has_to_last(seconds: float, events: int) -> None:
    static = says(Static(kind=70), at=(5,))
    way = sail(kn=40.0, seconds=seconds + 10)
    assert len(found(SpeedAgainstType(), way, static)) == events


def test_a_speed_that_the_places_do_not_show_is_not_blamed_on_the_type() -> None:
    way = [replace(p, speed_mps=40 * KN) for p in sail(kn=10.0)] + says(Static(kind=70), at=(5,))
    assert not found(SpeedAgainstType(), way)


def test_without_speed_or_static_data_nothing_is_found() -> None:
    assert silent_without(SpeedAgainstType(), _ship(40.0, 70), "speed_mps")
    assert silent_without(SpeedAgainstType(), _ship(40.0, 70), "static")
