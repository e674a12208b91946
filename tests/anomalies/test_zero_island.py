"""0, 0 is no place: found once, and only where it is."""

from collections.abc import Mapping

import pytest

from _altered import altered, found
from _fleets import T0, drive

CLEAN = drive("a")


@pytest.mark.parametrize(
    "place", [{"lat": 0.0, "lon": 0.0}, {"lat": 0.0}, {"lon": 0.0}, {"lat": 0.00005, "lon": -0.00005}]
)
def test_a_default_is_found_from_its_first_to_its_last_report(place: Mapping[str, float]) -> None:
    (said,) = found("zero_island", altered(CLEAN, (5, 6, 7), **place) + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 50, T0 + 70)
    assert (said.measured["reports"], said.measured["first_report"], said.measured["last_report"]) == (3, 5, 7)
    assert said.outcome == "violation"


def test_two_faults_apart_are_two_findings() -> None:
    said = found("zero_island", altered(altered(CLEAN, (5,), lat=0.0, lon=0.0), (20,), lat=0.0, lon=0.0))
    assert [e.since for e in said] == [T0 + 50, T0 + 200]


@pytest.mark.parametrize(
    "place", [{}, {"lat": None, "lon": None}, {"lat": 0.001, "lon": 0.001}, {"lat": float("nan"), "lon": 0.0}]
)
def test_what_is_a_place_or_none_at_all_is_no_default(place: Mapping[str, float | None]) -> None:
    assert found("zero_island", altered(CLEAN, (5, 6, 7), **place)) == []


def test_fewer_than_asked_are_let_pass() -> None:
    assert found("zero_island", altered(CLEAN, (5, 6), lat=0.0, lon=0.0), least=3) == []
