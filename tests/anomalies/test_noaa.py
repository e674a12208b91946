"""Anomalies of vessels on a day of real AIS: 88,532 reports of 8,894 movers, nearly all within 24 minutes."""

import csv
import gzip
from collections import defaultdict
from pathlib import Path

import pytest

from _noaa import noaa
from roadstead.anomalies import plugins
from roadstead.positions import Fleet
from roadstead.track.fleet import fleet
from roadstead.types import Evidence

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def day(data: Path) -> Fleet:
    return fleet(noaa(data), "vessel")


@pytest.fixture(scope="module")
def rows(data: Path) -> dict[str, list[dict[str, str]]]:
    by_mover = defaultdict(list)
    with gzip.open(data / "ais" / "noaa_20220103.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            by_mover[row["MMSI"]].append(row)
    return by_mover


def _found(day: Fleet, name: str) -> list[Evidence]:
    return list(plugins.get(name)().find(day))


def test_wrong_imo_numbers_are_those_whose_digits_do_not_add_up(
    day: Fleet, rows: dict[str, list[dict[str, str]]]
) -> None:
    wrong = set()
    for mover, own in rows.items():
        digits = own[0]["IMO"].removeprefix("IMO").lstrip("0")
        if not digits or len(digits) > 7:
            continue
        total = sum(int(d) * w for d, w in zip(digits, range(7, 1, -1), strict=False))
        if len(digits) < 7 or total % 10 != int(digits[6]):
            wrong.add(mover)
    assert {e.subject for e in _found(day, "invalid_imo")} == wrong
    assert len(wrong) == 101


def test_invalid_numbers_are_the_wrongly_set_transponders(day: Fleet) -> None:
    movers = {e.subject: e.measured["fault"] for e in _found(day, "invalid_mmsi")}
    assert {m for m, fault in movers.items() if fault == "digits"} == {
        "3669882",
        "3669884",
        "9110192",
        "12345678",
        "1072211352",
    }
    assert movers["360000000"] == movers["985226000"] == "mid"
    assert len(movers) == 15


def test_ships_that_say_moored_go_all_the_time(day: Fleet, rows: dict[str, list[dict[str, str]]]) -> None:
    hits = _found(day, "status_contradiction")
    assert "367402250" in {e.subject for e in hits}  # an excursion boat, at 14 kn past Manhattan
    for e in hits:
        fast = [r for r in rows[e.subject] if r["Status"] in ("1", "5", "6") and float(r["SOG"]) > 3]
        assert len(fast) >= e.measured["reports"] >= 3  # type: ignore[operator]  # a number


def test_imo_numbers_given_by_two_ships(day: Fleet) -> None:
    pairs = {(e.measured["value"], e.subject, e.measured["other"]) for e in _found(day, "identity_swap")}
    assert pairs == {
        ("9212424", "338411000", "671087100"),
        ("9548574", "355369000", "538007150"),
        ("9813644", "368041830", "368006020"),
    }


@pytest.mark.parametrize(
    ("name", "subjects"),
    [
        ("shared_mmsi", []),
        ("circle_spoofing", []),
        ("static_change", []),
        ("aid_misuse", []),
        ("course_against_heading", ["366943490"]),  # a tug, its bow astern for 23 minutes at 11 kn
        ("speed_against_type", ["209513000"]),  # 30 kn as a cargo ship
        ("draught_change", ["477318700"]),  # 12.2 to 14.0 m at sea, 8 kn, east of Nantucket
    ],
)
def test_rare_ones(day: Fleet, name: str, subjects: list[str]) -> None:
    assert [e.subject for e in _found(day, name)] == subjects
