"""A way that breaks off and goes on elsewhere, for good."""

import pytest

from _altered import found, shifted
from _fleets import T0, drive
from roadstead.positions import MOTIONS

CLEAN = drive("a", jitter_m=0.0)
REACH_M = MOTIONS["truck"].max_mps * 10 + 4 * MOTIONS["truck"].sigma_m


@pytest.mark.parametrize("far_m", [1.2 * REACH_M, 5000.0])
def test_a_leap_is_found_once(far_m: float) -> None:
    some = shifted(CLEAN, range(30, 61), 0.0, far_m)
    (said,) = found("teleport", some + drive("b"))
    assert (said.subject, said.since, said.t) == ("a", T0 + 290, T0 + 300)
    assert said.measured["distance_m"] == pytest.approx((far_m**2 + 100**2) ** 0.5, rel=0.01)
    assert said.measured["limit_m"] == pytest.approx(REACH_M)
    assert found("jump", some) == []


def test_within_reach_and_there_and_back_are_none() -> None:
    assert found("teleport", shifted(CLEAN, range(30, 61), 0.0, 0.8 * REACH_M)) == []
    assert found("teleport", shifted(CLEAN, range(30, 40), 0.0, 5000.0)) == []
    assert found("teleport", CLEAN) == []


def test_after_hours_unheard_any_place_in_reach_is_possible() -> None:
    later = drive("a", ((7200, 60_000, 0), (7800, 66_000, 0)))
    assert found("teleport", CLEAN + later) == []
