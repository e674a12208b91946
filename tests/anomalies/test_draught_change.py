"""Draught change."""

import pytest

from _fleets import T0, drive
from _vessels import SHIP, found, sail, says, silent_without
from roadstead.anomalies.draught_change import DraughtChange
from roadstead.positions import Position, Static


def _draughts(was: float, now: float, at: int) -> list[Position]:
    """Return static messages every six minutes over three hours; the second draught is said from `at` on."""
    seconds = range(0, 10_800, 360)
    return says(Static(draught_m=was), at=[s for s in seconds if s < at]) + says(
        Static(draught_m=now), at=[s for s in seconds if s >= at]
    )


def _with_stop(begin: float, stop_s: float) -> list[Position]:
    """Return three hours at 5 m/s with a stop."""
    end = 10_800.0
    way = ((0.0, 0.0, 0.0), (begin, 5 * begin, 0.0), (begin + stop_s, 5 * begin, 0.0), (end, 5 * (end - stop_s), 0.0))
    return drive(SHIP, way, every_s=30.0)


@pytest.mark.parametrize(("was", "now", "events"), [(8.0, 9.2, 1), (9.2, 8.0, 1), (8.0, 8.8, 0), (8.0, 9.0, 0)])
def test_more_than_the_limit_under_way_is_found_where_it_is_said(was: float, now: float, events: int) -> None:
    hits = found(DraughtChange(), sail(seconds=10_800, every_s=30), _draughts(was, now, 7200))
    assert len(hits) == events
    for e in hits:
        assert (e.since, e.t) == (T0 + 7200, T0 + 7200)
        assert (e.measured["was_m"], e.measured["now_m"]) == (was, now)
        assert e.measured["change_m"] == pytest.approx(now - was)


@pytest.mark.parametrize(
    ("begin", "stop_s", "at", "events"),
    [
        (3600, 2160, 6480, 0),  # soon after a call
        (3600, 1440, 6480, 1),  # the stop was too short to be one
        (6000, 2160, 6120, 0),  # said at the beginning of a call that goes on
        (8000, 2160, 6480, 1),  # said before the call
        (400, 2160, 10_440, 1),  # long after it
    ],
)
def test_a_call_explains_it(begin: float, stop_s: float, at: int, events: int) -> None:
    assert len(found(DraughtChange(), _with_stop(begin, stop_s), _draughts(8.0, 9.2, at))) == events


def test_a_call_may_have_been_in_a_long_silence() -> None:
    way = [p for p in sail(seconds=10_800, every_s=30) if not 4000 < (p.t or 0) - T0 < 7000]
    assert not found(DraughtChange(), way, _draughts(8.0, 9.2, 7200))


def test_a_ship_that_lay_when_the_reports_began_may_have_lain_for_long() -> None:
    assert not found(DraughtChange(), _with_stop(0, 1200), _draughts(8.0, 9.2, 1080))


def test_a_change_that_is_taken_back_is_two_findings() -> None:
    ways = says(Static(draught_m=8.0), at=(0, 7200)), says(Static(draught_m=12.0), at=(3600,))
    hits = found(DraughtChange(), sail(seconds=10_800, every_s=30), *ways)
    assert [e.measured["change_m"] for e in hits] == [4.0, -4.0]


def test_no_draught_is_no_change() -> None:
    ways = says(Static(draught_m=8.0), at=(0, 7200)), says(Static(draught_m=0.0), at=(3600,))
    assert not found(DraughtChange(), sail(seconds=10_800, every_s=30), *ways)


def test_without_static_data_or_places_nothing_is_found() -> None:
    way = sail(seconds=10_800, every_s=30) + _draughts(8.0, 9.2, 7200)
    assert silent_without(DraughtChange(), way, "static")
    assert silent_without(DraughtChange(), way, "lat", "lon")
