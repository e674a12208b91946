"""A clock that is steadily off, and what it may be."""

from dataclasses import replace

import numpy as np
import pytest

from _altered import found, late
from _fleets import T0, drive
from roadstead.positions import Position

CLEAN = drive("a")
"""61 reports, received one second after their time."""
SOME = range(20, 40)


@pytest.mark.parametrize(
    ("off_s", "cause"),
    [
        (-72.0, "seconds"),
        (72.0, "seconds"),
        (500.0, "seconds"),
        (-3000.0, "seconds"),
        (-21 * 3600.0, "whole hours"),
        (-86400.0, "whole days"),
        (-1024 * 7 * 86400.0, "-1024 weeks"),
    ],
)
def test_a_steady_offset_is_found_by_its_reception(off_s: float, cause: str) -> None:
    (said,) = found("clock_skew", late(CLEAN, SOME, off_s) + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 201, T0 + 391)
    assert said.measured["offset_s"] == pytest.approx(off_s - 1)
    assert (said.measured["cause"], said.measured["reports"], said.measured["limit_s"]) == (cause, 20, 60.0)
    for other in ("zone_error", "future_time", "out_of_order", "jump", "teleport"):
        assert found(other, late(CLEAN, SOME, off_s)) == [], other


@pytest.mark.parametrize("off_s", [-48.0, 48.0, 0.0])
def test_a_fifth_short_of_it_is_none(off_s: float) -> None:
    assert found("clock_skew", late(CLEAN, SOME, off_s)) == []


def test_a_drifting_clock_and_a_slow_link_now_and_then_are_one_finding() -> None:
    some = [replace(p, t=(p.t or 0) - 100 - 0.001 * i) for i, p in enumerate(CLEAN)]
    some[30] = replace(some[30], t_received=(some[30].t_received or 0) + 9.5)
    (said,) = found("clock_skew", some)
    assert said.measured["reports"] == 61


def queue(*, backfilled: bool) -> list[Position]:
    """A drive whose link was down from report 20 to 40: these come at once, the oldest first."""
    return [
        replace(p, t_received=T0 + 410 + 0.1 * i, backfilled=backfilled) if i in range(20, 41) else p
        for i, p in enumerate(CLEAN)
    ]


@pytest.mark.parametrize("backfilled", [True, False])
def test_a_queue_let_go_is_no_clock(backfilled: bool) -> None:
    for name in ("clock_skew", "zone_error", "future_time", "out_of_order"):
        assert found(name, queue(backfilled=backfilled)) == [], name


def test_a_batch_every_five_minutes_is_no_clock() -> None:
    batched = [replace(p, t_received=T0 + 300 * np.ceil(((p.t or 0) - T0 + 0.5) / 300)) for p in CLEAN]
    for name in ("clock_skew", "out_of_order"):
        assert found(name, batched) == [], name


def test_backfilled_reports_and_unknown_times_do_not_count() -> None:
    assert found("clock_skew", [replace(p, backfilled=True) for p in late(CLEAN, SOME, -300.0)]) == []
    assert found("clock_skew", [replace(p, t_received=None) for p in late(CLEAN, SOME, -300.0)]) == []
    assert found("clock_skew", [replace(p, t=None) for p in CLEAN]) == []
