"""Who stands does not wander."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from _altered import altered, found, shifted
from _fleets import T0, drive
from roadstead.positions import Position

OFF: Mapping[str, float] = {"ignition": 0.0}
STILL: list[Mapping[str, float]] = [OFF, {"recorder_mps": 0.0}, {"mileage_m": 5000.0}]


def parked(
    extra: Mapping[str, float], *, every_s: float = 30.0, jitter_m: float = 3.0, hours: float = 1.0
) -> list[Position]:
    return drive("a", ((0, 0, 0), (3600 * hours, 0, 0)), every_s=every_s, jitter_m=jitter_m, extra=extra)


@pytest.mark.parametrize("extra", STILL)
def test_places_off_the_middle_are_found(extra: Mapping[str, float]) -> None:
    some = shifted(parked(extra, jitter_m=0.0), range(40, 45), 60.0, 0.0)
    (said,) = found("parked_drift", some + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 1200, T0 + 1320)
    assert said.measured["wander_m"] == pytest.approx(60, rel=0.01)
    assert (said.measured["limit_wander_m"], said.measured["limit_path_m"], said.measured["reports"]) == (
        50.0,
        200.0,
        5,
    )
    assert said.measured["standing_s"] == 3600


@pytest.mark.parametrize("extra", STILL)
def test_a_fifth_short_of_it_and_noise_are_none(extra: Mapping[str, float]) -> None:
    assert found("parked_drift", shifted(parked(extra, jitter_m=0.0), range(40, 45), 40.0, 0.0)) == []
    assert found("parked_drift", parked(extra, every_s=10.0, jitter_m=7.5 / 2**0.5, hours=10.0)) == []


def test_to_and_fro_below_50_m_makes_a_way() -> None:
    """Six legs of 40 m within ten minutes are 240 m; four are 160 m."""
    some = parked(OFF, jitter_m=0.0)
    (said,) = found("parked_drift", shifted(some, (40, 43, 46), 40.0, 0.0))
    assert said.measured["path_m"] == pytest.approx(240, rel=0.01)
    assert (said.since, said.t) == (T0 + 1200, T0 + 1410)
    assert found("parked_drift", shifted(some, (40, 43), 40.0, 0.0)) == []


def test_one_stray_is_not_enough() -> None:
    assert found("parked_drift", shifted(parked(OFF), (40,), 90.0, 0.0)) == []


def test_on_a_ferry_it_stands_and_is_carried() -> None:
    """Ignition off, recorder 0, 5 m/s by the receiver and by the places."""
    ferry = drive(
        "a", ((0, 0, 0), (600, 0, 0), (1800, 6000, 0), (2400, 6000, 0)), extra={"ignition": 0.0, "recorder_mps": 0.0}
    )
    assert found("parked_drift", ferry) == []


def test_who_drives_or_says_nothing_of_standing_is_none() -> None:
    some = shifted(parked(OFF), range(40, 45), 60.0, 0.0)
    assert found("parked_drift", altered(some, range(len(some)), extra={"ignition": 1.0})) == []
    assert found("parked_drift", [replace(p, extra={}) for p in some]) == []
    assert found("parked_drift", altered(some, range(len(some)), extra={"ignition": float("nan")})) == []


def test_parked_here_unheard_and_parked_there_is_none() -> None:
    there = drive("a", ((7200, 3000, 0), (9000, 3000, 0)), every_s=30.0, extra=OFF)
    assert found("parked_drift", parked(OFF) + there) == []
