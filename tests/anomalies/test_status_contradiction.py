"""Status contradiction."""

from dataclasses import replace

import pytest

from _fleets import T0
from _vessels import KN, changed, found, lie, sail, silent_without
from roadstead.anomalies.status_contradiction import StatusContradiction
from roadstead.positions import Position


def _says(way: list[Position], status: float) -> list[Position]:
    return [replace(p, extra={**p.extra, "nav_status": status}) for p in way]


@pytest.mark.parametrize("status", [1, 5, 6])
@pytest.mark.parametrize(("kn", "events"), [(3.6, 1), (2.4, 0), (12.0, 1)])
def test_a_ship_that_says_it_lies_and_goes_is_found(status: int, kn: float, events: int) -> None:
    hits = found(StatusContradiction(), _says(sail(kn=kn, seconds=600), status))
    assert len(hits) == events
    for e in hits:
        assert (e.since, e.t) == (T0, T0 + 600)
        assert e.measured["nav_status"] == status
        assert e.measured["speed_mps"] == pytest.approx(kn * KN, rel=0.01)


@pytest.mark.parametrize(("seconds", "events"), [(360, 1), (240, 0)])
def test_crews_have_some_minutes_to_switch(seconds: float, events: int) -> None:
    way = changed(sail(seconds=1800), 600, 600 + seconds, lambda p: replace(p, extra={**p.extra, "nav_status": 5.0}))
    hits = found(StatusContradiction(), way)
    assert len(hits) == events
    assert all((e.since, e.t) == (T0 + 600, T0 + 600 + seconds) for e in hits)


@pytest.mark.parametrize(("hours", "events"), [(14.4, 1), (9.6, 0)])
def test_a_ship_under_way_that_lies_is_found_after_half_a_day(hours: float, events: int) -> None:
    hits = found(StatusContradiction(), _says(lie(seconds=hours * 3600), 0))
    assert len(hits) == events
    assert all(e.measured["duration_s"] == hours * 3600 and e.since == T0 for e in hits)


def test_half_a_day_with_a_long_silence_in_it_is_not_known_to_be_one() -> None:
    way = [p for p in _says(lie(seconds=14.4 * 3600), 0) if not 20_000 < (p.t or 0) - T0 < 30_000]
    assert not found(StatusContradiction(), way)


def test_what_fits_is_not_found() -> None:
    assert not found(StatusContradiction(), sail(seconds=3600))
    assert not found(StatusContradiction(), _says(lie(seconds=86_400), 5))
    assert not found(StatusContradiction(), _says(sail(kn=2.0, seconds=3600), 1))


def test_without_status_or_speed_nothing_is_found() -> None:
    assert silent_without(StatusContradiction(), _says(sail(), 5), "nav_status")
    assert silent_without(StatusContradiction(), _says(sail(), 5), "speed_mps")


def test_trucks_have_no_status() -> None:
    assert not found(StatusContradiction(), _says(sail(), 5), label="truck")
