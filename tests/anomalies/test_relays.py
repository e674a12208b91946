"""AIS reports passed on late by another base station: no jump where the second of their fix puts them on the way."""

from dataclasses import replace

import numpy as np
import pytest

from _altered import found, shifted
from _fleets import T0
from _vessels import sail
from roadstead.anomalies._relays import fix_s
from roadstead.positions import Position


def _ship(*, seconds_known: bool = True) -> list[Position]:
    """Return 13 kn for ten minutes, each fix with its second of the minute; the one at 200 s is heard again at 231 s."""
    way = sail(kn=13.0, seconds=600)
    way = [replace(p, extra={**p.extra, "second": ((p.t or 0) % 60) // 1 if seconds_known else 60.0}) for p in way]
    again = replace(way[20], t=T0 + 231.0, t_received=T0 + 232.0, raw=len(way))
    return [*way, again]


def test_a_report_relayed_late_is_no_jump() -> None:
    assert found("jump", _ship(), "vessel") == []


def test_without_the_second_it_is_one() -> None:
    (said,) = found("jump", _ship(seconds_known=False), "vessel")
    assert said.since == said.t == T0 + 231


@pytest.mark.parametrize("row", [30, 61])
def test_a_stray_is_found_whatever_its_second(row: int) -> None:
    (said,) = found("jump", shifted(_ship(), (row,), 0.0, 5000.0), "vessel")
    assert said.measured["reports"] == 1


@pytest.mark.parametrize(
    ("t", "second", "expected"),
    [
        (1200.0, 0.0, 1200.0),
        (1222.0, 0.0, 1200.0),
        (1202.0, 52.0, 1192.0),
        (1200.4, 1.0, 1201.0),  # the receiver's clock is behind by half a second
        (1200.0, 60.0, np.nan),
        (1200.0, 63.0, np.nan),
        (1200.0, np.nan, np.nan),
    ],
)
def test_the_time_of_a_fix_by_its_second(t: float, second: float, expected: float) -> None:
    assert fix_s(np.array([t]), np.array([second]))[0] == pytest.approx(expected, nan_ok=True)
