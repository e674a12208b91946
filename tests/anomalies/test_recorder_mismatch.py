"""Recorder mismatch."""

from dataclasses import replace

import pytest

from _fleets import T0
from _terminals import bare, beside, edited, extra, found, ride
from roadstead.anomalies.recorder_mismatch import RecorderMismatch
from roadstead.positions import Position

LIMIT = 10 / 3.6


def _records(off_mps: float, end: float = 400.0, every_s: float = 10.0) -> list[Position]:
    return edited(ride(every_s=every_s), 300, end, lambda _, p: extra(p, recorder_mps=10.0 + off_mps))


@pytest.mark.parametrize("off", [1.2 * LIMIT, -1.2 * LIMIT, -10.0])
@pytest.mark.parametrize("every_s", [10.0, 30.0])
def test_two_speeds_that_differ_are_found_once(off: float, every_s: float) -> None:
    (e,) = beside(RecorderMismatch(), _records(off, 420.0, every_s))
    assert (e.since, e.t) == (T0 + 300, T0 + 420)
    assert e.measured["difference_mps"] == pytest.approx(-off, abs=0.2)
    assert e.measured["limit_mps"] == pytest.approx(LIMIT, abs=1e-3)


@pytest.mark.parametrize(("off", "end"), [(0.8 * LIMIT, 400.0), (1.2 * LIMIT, 320.0)])
def test_less_or_shorter_is_not_found(off: float, end: float) -> None:
    assert not found(RecorderMismatch(), _records(off, end))


def test_the_delay_when_braking_and_what_is_not_known_are_no_mismatch() -> None:
    braking = edited(ride(every_s=1.0), 300, 303, lambda _, p: replace(extra(p, recorder_mps=2.0), speed_mps=10.0))
    assert not found(RecorderMismatch(), braking)
    assert not found(RecorderMismatch(), bare(_records(10.0)))
