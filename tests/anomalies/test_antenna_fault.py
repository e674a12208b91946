"""Antenna fault."""

from dataclasses import replace

import pytest

from _fleets import T0
from _terminals import bare, beside, edited, extra, found, ride
from roadstead.anomalies.antenna_fault import AntennaFault
from roadstead.positions import Position


def _alarmed(bit: int, reports: int) -> list[Position]:
    return edited(ride(), 300, 290 + 10 * reports, lambda _, p: extra(p, alarms=float(1 << bit)))


@pytest.mark.parametrize(("bit", "word"), [(4, "module"), (5, "open"), (6, "short")])
def test_an_alarm_in_a_row_is_found_once_and_named(bit: int, word: str) -> None:
    (e,) = beside(AntennaFault(), _alarmed(bit, 4))
    assert (e.since, e.t, e.measured["reports"]) == (T0 + 300, T0 + 330, 4)
    assert e.measured["alarm_bits"] == str(bit)
    assert word in e.because.en


@pytest.mark.parametrize("bit", [0, 3, 7, 8, 11, 31])
def test_other_alarms_and_fewer_reports_are_not(bit: int) -> None:
    assert not found(AntennaFault(), _alarmed(bit, 20))
    assert not found(AntennaFault(), _alarmed(5, 2))


def test_reports_without_a_fix_count_too() -> None:
    lost = [replace(p, lat=None, lon=None) if p.extra["alarms"] else p for p in _alarmed(5, 4)]
    assert len(found(AntennaFault(), lost)) == 1


def _blind(seconds: float) -> list[Position]:
    return edited(ride(seconds=3600), 300, 300 + seconds, lambda _, p: extra(p, satellites=0.0, fix=0.0))


def test_driving_for_long_without_satellites_is_found_and_a_tunnel_is_not() -> None:
    (e,) = found(AntennaFault(), _blind(1.2 * 1800))
    assert (e.since, e.t) == (T0 + 300, T0 + 300 + 1.2 * 1800)
    assert not found(AntennaFault(), _blind(0.8 * 1800))
    parked = edited(_blind(2400), 0, 3600, lambda _, p: extra(p, recorder_mps=0.0))
    assert not found(AntennaFault(), parked)
    assert not found(AntennaFault(), bare(_blind(2400)))
