"""Power cut."""

import pytest

from _fleets import T0
from _terminals import bare, beside, edited, extra, found, ride, without
from roadstead.anomalies.power_cut import PowerCut
from roadstead.positions import Position

LOST, LOW = float(1 << 8), float(1 << 7)


def _cut(moved_m: float, alarms: float = LOST, silent_s: float = 300.0) -> list[Position]:
    way = edited(ride(mps=moved_m / (silent_s + 10)), 290, 300, lambda _, p: extra(p, alarms=alarms))
    return without(way, 300, 300 + silent_s)


@pytest.mark.parametrize("alarms", [LOST, LOW, LOST + LOW])
def test_moving_while_the_supply_is_lost_is_found_once(alarms: float) -> None:
    (e,) = beside(PowerCut(), _cut(600.0, alarms))
    assert (e.since, e.t) == (T0 + (300 if alarms == LOW else 290), T0 + 600)
    assert e.measured["moved_m"] == pytest.approx(600, rel=0.05)
    assert (e.measured["limit_m"], e.measured["supply_back"]) == (500.0, 1)
    assert not found(PowerCut(), _cut(400.0, alarms))


def test_undervoltage_without_silence_is_none_but_driving_on_the_battery_is() -> None:
    assert not found(PowerCut(), edited(ride(), 300, 600, lambda _, p: extra(p, alarms=LOW)))
    (e,) = found(PowerCut(), edited(ride(), 300, 600, lambda _, p: extra(p, alarms=LOST)))
    assert (e.since, e.t) == (T0 + 300, T0 + 610)


def test_an_alarm_word_of_something_else_or_none_is_not_found() -> None:
    assert not found(PowerCut(), _cut(900.0, float(~(LOST_BITS) & 0xFFFFFFFF)))
    assert not found(PowerCut(), bare(_cut(900.0)))
    assert not found(PowerCut(), _cut(900.0), "vessel")


LOST_BITS = 1 << 8 | 1 << 7
