"""Invalid MMSI."""

from dataclasses import replace

import pytest

from _fleets import T0
from _vessels import found, sail
from roadstead.anomalies.invalid_mmsi import InvalidMmsi


@pytest.mark.parametrize(
    ("mmsi", "message", "fault"),
    [
        ("41329895", 1.0, "digits"),
        ("1193046001", 18.0, "digits"),
        ("123456789", 1.0, "form"),
        ("200123450", 1.0, "mid"),
        ("776123450", 1.0, "mid"),
        ("041329895", 1.0, "group"),
        ("841300001", 1.0, "handheld"),
        ("111413001", 1.0, "sar_aircraft"),
        ("970201234", 18.0, "sart"),
        ("972201234", 18.0, "man_overboard"),
        ("974201234", 18.0, "epirb"),
    ],
)
def test_a_number_that_no_ship_has_is_found_once_over_all_reports(mmsi: str, message: float, fault: str) -> None:
    (e,) = found(InvalidMmsi(), sail(mmsi, seconds=600, message=message))
    assert (e.subject, e.since, e.t) == (mmsi, T0, T0 + 600)
    assert e.measured["fault"] == fault
    assert e.measured["reports"] == 61


@pytest.mark.parametrize(
    ("mmsi", "message"),
    [
        ("413298950", 1.0),
        ("984130001", 18.0),
        ("994131001", 21.0),
        ("004132001", 4.0),
        ("111413001", 9.0),
        ("970201234", 1.0),
        ("974201234", 1.0),
        ("bei-dou-7", 1.0),
        ("013912345678", 512.0),
    ],
)
def test_what_fits_or_is_no_mmsi_is_not_found(mmsi: str, message: float) -> None:
    assert not found(InvalidMmsi(), sail(mmsi, seconds=600, message=message))


def test_a_beacons_number_without_the_message_is_not_judged() -> None:
    way = [replace(p, extra={}) for p in sail("970201234", seconds=600)]
    assert not found(InvalidMmsi(), way)


def test_trucks_have_no_mmsi() -> None:
    assert not found(InvalidMmsi(), sail("123456789", seconds=600), label="truck")
