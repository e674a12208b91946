"""Station outage."""

from dataclasses import replace

import pytest

from _fleets import T0
from _terminals import bare, crowd, edited, extra, found, ride, without
from _vessels import sail
from roadstead.anomalies.gap import Gap
from roadstead.anomalies.going_dark import GoingDark
from roadstead.anomalies.station_outage import StationOutage
from roadstead.positions import Position

DOWN_S = 1000.0


def _stations(seconds: float, n: int = 6) -> list[Position]:
    """Return ships heard by two stations, of which the first brings nothing for so long."""
    ships = [sail(f"41200000{k}", seconds=5 * 3600, every_s=20, north_m=200.0 * k, seed=k) for k in range(2 * n)]
    heard = [without(way, DOWN_S, DOWN_S + seconds) if k < n else way for k, way in enumerate(ships)]
    return [replace(p, peer="north" if k < n else "south") for k, way in enumerate(heard) for p in way]


def test_a_receiver_that_is_down_is_one_outage_and_nobody_goes_dark() -> None:
    way = _stations(7200)
    (e,) = found(StationOutage(), way, "vessel")
    assert (e.subject, e.since, e.t) == ("north", T0 + DOWN_S, T0 + DOWN_S + 7200)
    assert (e.measured["movers"], e.measured["scope"], e.measured["cause"]) == (6, "peer", "station")
    assert not found(GoingDark(), way, "vessel")


@pytest.mark.parametrize(("seconds", "n", "count"), [(160.0, 6, 1), (100.0, 6, 0), (600.0, 5, 1), (600.0, 4, 0)])
def test_the_limits_are_two_minutes_and_five_movers(seconds: float, n: int, count: int) -> None:
    assert len(found(StationOutage(), _stations(seconds, n), "vessel")) == count


def _area(n: int, others: int = 0, begin: float = 1000.0) -> list[Position]:
    """Return trucks in one place of which some fall silent for ten minutes; far away goes another, who is heard."""
    trucks = crowd(n + others, seconds=3600)
    silent = {f"other {k}" for k in range(n)}
    heard = [p for p in trucks if p.mover not in silent or not begin < (p.t or 0) - T0 < begin + 600]
    return [*heard, *ride("far", north_m=50_000, seconds=3600)]


def test_an_area_where_all_fall_silent_is_one_outage_and_no_gaps() -> None:
    way = _area(6)
    (e,) = found(StationOutage(), way)
    assert (e.since, e.t, e.measured["movers"], e.measured["scope"]) == (T0 + 1000, T0 + 1600, 6, "area")
    assert e.subject.startswith("area 31.201,121.51")  # 1,000 m east and 75 m north of home
    assert not found(Gap(), way)


def test_where_others_are_heard_there_is_no_outage() -> None:
    assert not found(StationOutage(), _area(5, others=3))


def test_a_feed_that_stops_is_one_outage() -> None:
    whole = [p for p in crowd(6) if not 1000 < (p.t or 0) - T0 < 1600]
    (e,) = found(StationOutage(), whole)
    assert (e.subject, e.since, e.t) == ("feed", T0 + 1000, T0 + 1600)
    open_ = [p for p in crowd(6) if (p.t or 0) - T0 <= 1000]
    (e,) = found(StationOutage(), open_, now_s=3600)
    assert (e.since, e.t) == (T0 + 1000, T0 + 3600)
    assert not found(Gap(), open_, now_s=3600)


def test_silences_one_after_the_other_and_trucks_switched_off_are_none() -> None:
    apart = [p for p in crowd(6) if not 60 < (p.t or 0) - T0 - 300 * int(p.mover[-1]) < 400]
    assert not found(StationOutage(), apart)
    parked = edited(crowd(6), 900, 3600, lambda _, p: extra(p, ignition=0.0))
    assert not found(StationOutage(), [p for p in parked if (p.t or 0) - T0 <= 1000], now_s=3600)
    assert not found(StationOutage(), bare(crowd(6)))


@pytest.mark.parametrize(("strays", "until"), [(1, 5040.0), (2, 3000.0)])
def test_a_receiver_that_brings_hardly_anybody_is_still_down(strays: int, until: float) -> None:
    """Of 30 ships one is heard once (3 %): still down; two (7 %): up again."""
    ships = [sail(f"4120000{k:02d}", seconds=7200, every_s=60, north_m=500.0 * k, seed=k) for k in range(30)]
    heard = [without(without(way, 1000, 3000 if k < strays else 5000), 3000, 5000) for k, way in enumerate(ships)]
    way = [replace(p, peer="north") for ship in heard for p in ship]
    (outage,) = found(StationOutage(), way, "vessel")
    assert (outage.since, outage.t) == (T0 + 960, T0 + until)


@pytest.mark.parametrize(("before_s", "dark"), [(1000.0, 0), (2200.0, 1)])
def test_time_in_which_nobody_could_be_heard_is_no_silence(before_s: float, dark: int) -> None:
    """A ship falls silent before its receiver does: half an hour must be missing besides the outage."""
    ships = [sail(f"4120000{k:02d}", seconds=5 * 3600, every_s=20, north_m=200.0 * k, seed=k) for k in range(8)]
    heard = [without(way, 4000 - before_s * (k == 0), 11_200) for k, way in enumerate(ships)]
    way = [replace(p, peer="north") for ship in heard for p in ship]
    assert len(found(GoingDark(), way, "vessel")) == dark
