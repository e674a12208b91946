"""Aid misuse."""

from dataclasses import replace

import pytest

from _fleets import T0
from _vessels import changed, found, lie, sail, silent_without
from roadstead.anomalies.aid_misuse import AidMisuse
from roadstead.positions import Position

AID, BASE, MOBILE = "994131001", "004132001", "994138001"


def _fixed(name: str, message: float) -> list[Position]:
    return [replace(p, extra={"message": message}) for p in lie(name, seconds=7200)]


@pytest.mark.parametrize(
    ("name", "message", "poses_as"),
    [
        ("413298950", 21.0, "aid"),
        ("413298950", 4.0, "base"),
        (AID, 1.0, "ship"),
        (BASE, 18.0, "ship"),
        (AID, 4.0, "base"),
    ],
)
def test_messages_that_do_not_fit_the_number_are_found(name: str, message: float, poses_as: str) -> None:
    (e,) = found(AidMisuse(), _fixed(name, message))
    assert (e.since, e.t) == (T0, T0 + 7200)
    assert (e.measured["message"], e.measured["poses_as"], e.measured["reports"]) == (message, poses_as, 41)


def test_misfits_among_messages_that_fit_are_one_finding() -> None:
    way = [replace(p, extra={"message": 21.0 if k % 2 else 1.0}) for k, p in enumerate(lie(seconds=7200))]
    (e,) = found(AidMisuse(), way)
    assert (e.since, e.t, e.measured["reports"]) == (T0 + 180, T0 + 7020, 20)


def test_misfits_far_apart_are_findings_of_their_own() -> None:
    way = [p for p in lie(AID, seconds=86_400) if not 10_000 < (p.t or 0) - T0 < 40_000]
    assert len(found(AidMisuse(), way)) == 2


@pytest.mark.parametrize(("name", "message"), [(AID, 21.0), (BASE, 4.0), ("413298950", 1.0), (MOBILE, 21.0)])
def test_messages_that_fit_are_not_found(name: str, message: float) -> None:
    assert not found(AidMisuse(), _fixed(name, message))


def _moved(name: str, message: float, metres: float, until: float = 4000.0) -> list[Position]:
    north_deg = metres / 111_195.0
    return changed(
        _fixed(name, message), 3600, until, lambda p: p if p.lat is None else replace(p, lat=p.lat + north_deg)
    )


@pytest.mark.parametrize(("name", "message"), [(AID, 21.0), (BASE, 4.0)])
def test_a_fixed_station_beyond_the_limit_is_found_with_how_far(name: str, message: float) -> None:
    (e,) = found(AidMisuse(), _moved(name, message, 1200))
    assert (e.since, e.t) == (T0 + 3600, T0 + 3960)
    assert e.measured["off_m"] == pytest.approx(1200, abs=30)


@pytest.mark.parametrize(
    ("name", "metres", "until"), [(AID, 800.0, 4000.0), (AID, 5000.0, 3800.0), (MOBILE, 5000.0, 4000.0)]
)
def test_less_far_a_stray_pair_and_mobile_aids_are_not_found(name: str, metres: float, until: float) -> None:
    assert not found(AidMisuse(), _moved(name, 21.0, metres, until))


def test_unknown_messages_and_places_are_not_judged() -> None:
    assert silent_without(AidMisuse(), _fixed("413298950", 21.0), "message")
    assert silent_without(AidMisuse(), _moved(AID, 21.0, 1200), "lat", "lon")


def test_terminals_of_trucks_number_their_messages_otherwise() -> None:
    assert not found(AidMisuse(), sail("413298950", seconds=600, message=4.0), label="truck")


def test_a_ship_that_poses_as_an_aid_and_sails_is_one_finding() -> None:
    (e,) = found(AidMisuse(), sail(AID))
    assert e.measured["poses_as"] == "ship"
