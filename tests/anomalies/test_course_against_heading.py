"""Course against heading."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from _fleets import T0
from _vessels import changed, found, sail, silent_without
from roadstead.anomalies.course_against_heading import CourseAgainstHeading
from roadstead.positions import Position


def _turned(by_deg: float) -> Callable[[Position], Position]:
    return lambda p: replace(p, heading_deg=((p.course_deg or 0.0) + by_deg) % 360)


@pytest.mark.parametrize(
    ("by_deg", "off", "form"), [(72, 72, "off"), (-72, 72, "off"), (120, 120, "off"), (180, 180, "reversed")]
)
def test_a_bow_that_keeps_pointing_elsewhere_is_found(by_deg: float, off: float, form: str) -> None:
    (e,) = found(CourseAgainstHeading(), changed(sail(), 1000, 1600, _turned(by_deg)))
    assert (e.since, e.t) == (T0 + 1000, T0 + 1600)
    assert e.measured["off_deg"] == pytest.approx(off, abs=0.1)
    assert e.measured["form"] == form
    assert e.measured["speed_mps"] == pytest.approx(10 * 1852 / 3600, rel=0.005)


@pytest.mark.parametrize(("seconds", "events"), [(360, 1), (240, 0)])
def test_it_has_to_last(seconds: float, events: int) -> None:
    assert len(found(CourseAgainstHeading(), changed(sail(), 1000, 1000 + seconds, _turned(90)))) == events


@pytest.mark.parametrize("by_deg", [0, 48, -48])
def test_a_bow_ahead_or_held_into_the_current_is_not_found(by_deg: float) -> None:
    assert not found(CourseAgainstHeading(), changed(sail(), 1000, 1600, _turned(by_deg)))


def test_a_slow_ship_is_set_by_the_current_anywhere() -> None:
    assert not found(CourseAgainstHeading(), changed(sail(kn=4.0), 1000, 1600, _turned(90)))


def test_a_heading_that_stays_while_the_ship_turns_is_stuck() -> None:
    way = [
        replace(p, course_deg=90 + ((p.t or T0) - T0) / 60 * 3, heading_deg=330.0)
        for p in sail(seconds=1500)
        if p.t is not None
    ]
    (e,) = found(CourseAgainstHeading(), way)
    assert e.measured["form"] == "stuck"


def test_without_heading_course_or_speed_nothing_is_found() -> None:
    way = changed(sail(), 1000, 1600, _turned(180))
    for field in ("heading_deg", "course_deg", "speed_mps"):
        assert silent_without(CourseAgainstHeading(), way, field)


def test_one_report_without_a_heading_does_not_part_a_finding() -> None:
    way = changed(sail(), 1000, 1600, _turned(180))
    way = changed(way, 1300, 1300, lambda p: replace(p, heading_deg=None))
    assert len(found(CourseAgainstHeading(), way)) == 1


def test_slow_reports_between_part_it() -> None:
    way = changed(sail(), 1000, 2000, _turned(180))
    way = changed(way, 1450, 1550, lambda p: replace(p, speed_mps=1.0))
    assert len(found(CourseAgainstHeading(), way)) == 2
