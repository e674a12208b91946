"""Static change."""

import pytest

from _fleets import T0
from _vessels import found, sail, says
from roadstead.anomalies.static_change import StaticChange
from roadstead.positions import Position, Static

_SHIP = Static(name="HAI XING 7", call_sign="BXYZ7", imo=9074729, kind=70, length_m=100.0, beam_m=18.0)


def _then(static: Static, before: Static = _SHIP) -> list[Position]:
    return says(before, at=(0, 360, 720)) + says(static, at=(1080, 1440))


@pytest.mark.parametrize(
    ("static", "field", "was", "now"),
    [
        (Static(name="HAI XING 8"), "name", "HAI XING 7", "HAI XING 8"),
        (Static(call_sign="BXYZ8"), "call_sign", "BXYZ7", "BXYZ8"),
        (Static(imo=9780017), "imo", "9074729.0", "9780017.0"),
        (Static(kind=80), "kind", "70.0", "80.0"),
        (Static(length_m=106.0), "length_m", "100.0", "106.0"),
        (Static(beam_m=21.6), "beam_m", "18.0", "21.6"),
    ],
)
def test_each_field_is_found_at_the_first_report_with_the_new_value(
    static: Static, field: str, was: str, now: str
) -> None:
    (e,) = found(StaticChange(), sail(), _then(static))
    assert (e.since, e.t) == (T0 + 1080, T0 + 1080)
    assert (e.measured["fields"], e.measured["was"], e.measured["now"]) == (field, was, now)


@pytest.mark.parametrize(
    "static",
    [
        _SHIP,
        Static(),
        Static(name="hai xing  7@@"),
        Static(name="", imo=0, kind=0, length_m=0.0),
        Static(kind=74),
        Static(length_m=104.0),
        Static(beam_m=20.4),
        Static(draught_m=9.0, destination="SHANGHAI"),
    ],
)
def test_the_same_less_and_what_changes_by_right_is_not_found(static: Static) -> None:
    assert not found(StaticChange(), sail(), _then(static))


def test_a_tug_may_begin_to_tow_and_be_longer() -> None:
    tug = Static(name="TUO 5", kind=52, length_m=30.0)
    assert not found(StaticChange(), sail(), _then(Static(name="TUO 5", kind=31, length_m=130.0), tug))


def test_values_to_and_fro_are_one_finding_from_the_first_change_to_the_last() -> None:
    other = Static(name="HAI XING 8", call_sign="BXYZ8")
    ways = says(_SHIP, at=(0, 720, 1440)), says(other, at=(360, 1080))
    (e,) = found(StaticChange(), sail(), *ways)
    assert (e.since, e.t) == (T0 + 360, T0 + 1440)
    assert (e.measured["changes"], e.measured["fields"]) == (8, "call_sign, name")


def test_changes_days_apart_are_findings_of_their_own() -> None:
    other = Static(name="HAI XING 8")
    ways = says(_SHIP, at=(0, 200_000)), says(other, at=(100, 100_000))
    assert len(found(StaticChange(), *ways)) == 2


def test_how_many_changes_count_is_a_setting() -> None:
    ways = says(_SHIP, at=(0, 720)), says(Static(name="B 8"), at=(360, 1080))
    assert len(found(StaticChange(least=3), *ways)) == 1
    assert not found(StaticChange(least=4), *ways)


def test_trucks_are_left_out() -> None:
    assert not found(StaticChange(), _then(Static(name="HAI XING 8")), label="truck")
