"""The right time in the wrong zone."""

import pytest

from _altered import found, late
from _fleets import T0, drive

CLEAN = drive("a")
SOME = range(20, 40)
H = 3600.0


@pytest.mark.parametrize(
    ("off_s", "hours"),
    [
        (-8 * H, -8.0),
        (-8 * H - 590, -8.0),
        (-8 * H + 590, -8.0),
        (8 * H, 8.0),
        (H, 1.0),
        (-2.5 * H, -2.5),
        (-2.25 * H + 60, -2.25),
    ],
)
def test_the_time_of_another_zone_is_found_by_its_reception(off_s: float, hours: float) -> None:
    """-2.5 h is India's (UTC+5:30) and -2.25 h Nepal's (UTC+5:45), seen from UTC+8."""
    (said,) = found("zone_error", late(CLEAN, SOME, off_s) + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 201, T0 + 391)
    assert (said.measured["zone_offset_h"], said.measured["reports"]) == (hours, 20)
    assert said.measured["residual_s"] == pytest.approx(off_s - 1 - hours * H)
    for other in ("clock_skew", "future_time", "out_of_order", "jump", "teleport"):
        assert found(other, late(CLEAN, SOME, off_s)) == [], other


@pytest.mark.parametrize("off_s", [-8 * H - 720, -8 * H + 720, -H - 150, 0.25 * H, -0.5 * H, 0.0, -50.0])
def test_what_is_no_zone_is_none(off_s: float) -> None:
    assert found("zone_error", late(CLEAN, SOME, off_s)) == []


def test_two_reports_are_not_enough_and_three_are_not_in_no_time() -> None:
    assert found("zone_error", late(CLEAN, (20, 21), -8 * H)) == []
    assert found("zone_error", late(drive("a", every_s=1.0), (20, 21, 22), -8 * H)) == []


def test_seen_from_utc_ships_are_right_and_china_is_not() -> None:
    (said,) = found("zone_error", late(CLEAN, SOME, 8 * H), "vessel", home_h=0.0)
    assert said.measured["zone_offset_h"] == 8.0
