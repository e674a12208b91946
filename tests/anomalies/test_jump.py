"""A stray fix or a short excursion: found, and nothing else with it."""

from dataclasses import replace

import pytest

from _altered import found, made, shifted
from _fleets import T0, drive
from roadstead.positions import MOTIONS, Position

CLEAN = drive("a", jitter_m=0.0)
"""10 m/s to the east, a report every 10 s."""
REACH_M = MOTIONS["truck"].max_mps * 10 + 4 * MOTIONS["truck"].sigma_m
"""474 m: as far as a truck may come in 10 s."""


@pytest.mark.parametrize("rows", [(0,), (20,), (20, 21), tuple(range(20, 26)), (60,)])
def test_an_excursion_flags_only_itself(rows: tuple[int, ...]) -> None:
    some = shifted(CLEAN, rows, 0.0, 5000.0)
    (said,) = found("jump", some + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 10 * rows[0], T0 + 10 * rows[-1])
    assert said.measured["reports"] == len(rows)
    assert said.measured["away_m"] == pytest.approx(5001, rel=0.01)  # 5 km to the north and 100 m on
    assert said.measured["limit_mps"] == pytest.approx(160 / 3.6)
    assert found("teleport", some) == []


@pytest.mark.parametrize("east_m", [0.0, 1.0, -1.0])
def test_a_fifth_beyond_reach_is_found_wherever_it_lies(east_m: float) -> None:
    """A stray to the rear or ahead can be reached on one of its sides; it is told from a teleport all the same."""
    north_m = 0.0 if east_m else 1.2 * REACH_M
    some = shifted(CLEAN, (20,), east_m * 1.2 * REACH_M, north_m)
    (said,) = found("jump", some)
    assert (said.since, said.t, said.measured["reports"]) == (T0 + 200, T0 + 200, 1)
    assert found("teleport", some) == []


def test_a_fifth_short_of_it_is_none() -> None:
    assert found("jump", shifted(CLEAN, (20,), 0.0, 0.8 * REACH_M)) == []


def test_speeds_into_and_back_are_measured() -> None:
    (said,) = found("jump", shifted(CLEAN, (20,), 0.0, 10_000.0))
    assert said.measured["into_mps"] == pytest.approx(1000, rel=0.01)
    assert said.measured["back_mps"] == pytest.approx(1000, rel=0.01)
    (first,) = found("jump", shifted(CLEAN, (0,), 0.0, 10_000.0))
    assert first.measured["into_mps"] is None


def test_another_mover_under_the_same_identity_is_none() -> None:
    other = [replace(p, t=(p.t or 0) + 5, raw=-1) for p in drive("a", ((0, 0, 50000), (600, 6000, 50000)))]
    assert not made(CLEAN + other).trusted.all()
    assert found("jump", CLEAN + other) == []


def test_a_place_held_for_a_while_makes_no_jump() -> None:
    held = [replace(p, lat=CLEAN[10].lat, lon=CLEAN[10].lon) if 10 <= i < 60 else p for i, p in enumerate(CLEAN)]
    assert found("jump", held) == []
    assert found("teleport", held) == []


def test_a_vessel_is_held_to_its_own_speed() -> None:
    reach_m = 50 * 1852 / 3600 * 10 + 40
    (said,) = found("jump", shifted(CLEAN, (20,), 0.0, 1.2 * reach_m), "vessel")
    assert said.since == T0 + 200
    assert found("jump", shifted(CLEAN, (20,), 0.0, 1.2 * reach_m)) == []


FAST = drive("a", ((0, 0, 0), (3000, 75_000, 0)), every_s=60.0, jitter_m=0.0, speeds=False)
"""25 m/s, a report a minute: 2.7 km are possible in it."""


def _lagging(i: int, seconds: float) -> list[Position]:
    return shifted(FAST, (i,), -25.0 * seconds, 0.0)


def test_a_fix_that_lags_makes_no_jump_where_the_way_goes_on_at_its_speed() -> None:
    """As taxis of Wuxi do on motorways: one place is most of a minute old, and 115 s of way follow in 60 s."""
    some = _lagging(20, 55.0)
    assert not made(some).trusted.all() or len(made(some).segments) > 1
    assert found("jump", some) == []
    assert found("teleport", some) == []


def test_a_leap_is_no_lag_where_the_way_would_be_faster_than_before() -> None:
    on = [p for i, p in enumerate(shifted(FAST, range(21, 51), 1.2 * 2697 - 1500, 0.0)) if i != 10]
    assert [(e.since, e.t) for e in found("teleport", on)] == [(T0 + 1200, T0 + 1260)]


def _held(way: list[Position], rows: range) -> list[Position]:
    """Return reports of which some give the place of the first of them."""
    first = way[rows[0]]
    return [replace(p, lat=first.lat, lon=first.lon) if i in rows else p for i, p in enumerate(way)]


def test_a_tunnel_out_and_back_makes_no_jump() -> None:
    way = drive("a", ((0, 0, 0), (600, 6000, 0), (1200, 0, 0)), jitter_m=0.0)
    some = _held(_held(way, range(20, 27)), range(93, 101))
    assert not made(some).trusted.all()
    assert found("jump", some) == []
    assert found("teleport", some) == []


def test_an_excursion_of_a_truck_that_stands_is_found_though_its_places_do_not_change() -> None:
    stands = drive("a", ((0, 0, 0), (600, 0, 0)), jitter_m=0.0)
    (said,) = found("jump", shifted(stands, range(20, 30), 0.0, 5000.0))
    assert (said.since, said.t) == (T0 + 200, T0 + 290)
