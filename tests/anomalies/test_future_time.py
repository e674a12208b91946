"""Nothing is received before it is measured."""

from dataclasses import replace

import pytest

from _altered import found, late
from _fleets import T0, drive

CLEAN = drive("a")


@pytest.mark.parametrize("rows", [(20,), tuple(range(20, 40))])
@pytest.mark.parametrize("ahead_s", [720.0, 365 * 86400.0])
def test_a_lead_is_found_by_its_reception(rows: tuple[int, ...], ahead_s: float) -> None:
    some = late(CLEAN, rows, ahead_s + 1)
    (said,) = found("future_time", some + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 201, T0 + 1 + 10 * rows[-1])
    assert said.measured["ahead_s"] == pytest.approx(ahead_s)
    assert (said.measured["limit_s"], said.measured["reports"]) == (600.0, len(rows))
    for other in ("clock_skew", "zone_error", "out_of_order", "jump", "repeated_time"):
        assert found(other, some) == [], other


def test_backfilling_does_not_excuse_it() -> None:
    some = [replace(p, backfilled=True) for p in late(CLEAN, (20,), 721.0)]
    assert len(found("future_time", some)) == 1


@pytest.mark.parametrize("ahead_s", [480.0, 0.0, -7200.0])
def test_a_fifth_short_of_it_is_none(ahead_s: float) -> None:
    assert found("future_time", late(CLEAN, (20, 21), ahead_s)) == []


def test_a_zone_s_lead_is_the_zone_s_and_unknown_is_unknown() -> None:
    assert found("future_time", late(CLEAN, range(20, 40), 8 * 3600.0)) == []
    assert found("future_time", [replace(p, t_received=None) for p in late(CLEAN, (20,), 7200.0)]) == []
