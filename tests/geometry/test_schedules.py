"""How a time is written, also one that is none."""

import pytest

from roadstead.geometry.schedules import clock


@pytest.mark.parametrize("t", [1e300, -1e300, 2.6e11, 253_402_300_799.0, float("nan")])
def test_a_time_that_no_calendar_has_is_written_as_its_number(t: float) -> None:
    assert clock(t, "Asia/Shanghai") == f"{t:g} s"
