"""A report that comes after later ones."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from _altered import found
from _fleets import T0, drive
from roadstead.positions import Position

CLEAN = drive("a")


def held(rows: Iterable[int], seconds: float) -> list[Position]:
    """The drive, with some reports received so much later."""
    wanted = set(rows)
    return [replace(p, t_received=(p.t_received or 0) + seconds) if i in wanted else p for i, p in enumerate(CLEAN)]


@pytest.mark.parametrize(("seconds", "back_s"), [(73.0, 70.0), (305.0, 300.0)])
def test_a_late_report_is_found_from_its_time_to_its_reception(seconds: float, back_s: float) -> None:
    """Received 73 s late, it comes after the report that was made 70 s after it."""
    (said,) = found("out_of_order", held((20,), seconds) + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 200, T0 + 201 + seconds)
    assert (said.measured["back_s"], said.measured["limit_s"], said.measured["reports"]) == (back_s, 60.0, 1)


@pytest.mark.parametrize("seconds", [48.0, 62.0, 5.0])
def test_a_fifth_short_of_it_is_none(seconds: float) -> None:
    assert found("out_of_order", held((20,), seconds)) == []


def test_backfilled_repeated_and_unknown_are_none() -> None:
    assert found("out_of_order", [replace(p, backfilled=True) for p in held((20,), 300.0)]) == []
    again = replace(CLEAN[20], t_received=(CLEAN[20].t_received or 0) + 300)
    assert found("out_of_order", [*CLEAN, again]) == []
    assert found("out_of_order", [replace(p, t_received=None) for p in held((20,), 300.0)]) == []


def test_a_queue_between_live_reports_is_none_but_a_queue_turned_round_is() -> None:
    """Five reports that were held are let go in their order, after a live one; or the newest first."""
    queue = [replace(p, t_received=T0 + 301.5 + 0.1 * (i - 20)) if 20 <= i < 25 else p for i, p in enumerate(CLEAN)]
    assert found("out_of_order", queue) == []
    turned = [replace(p, t_received=T0 + 301.5 + 0.1 * (25 - i)) if 20 <= i < 25 else p for i, p in enumerate(CLEAN)]
    assert len(found("out_of_order", turned)) == 1


def test_one_early_report_does_not_make_others_late() -> None:
    early = [replace(p, t=(p.t or 0) + 305) if i == 20 else p for i, p in enumerate(CLEAN)]
    assert found("out_of_order", early) == []
