"""Going dark."""

from collections.abc import Sequence

import pytest

from _fleets import T0
from _terminals import found, without
from _vessels import SHIP, lie, sail
from roadstead.anomalies.going_dark import GoingDark
from roadstead.positions import Position
from roadstead.types import Evidence

HOURS = 6 * 3600.0
OTHERS = [
    p for k in range(4) for p in sail(f"41200000{k}", kn=0.3, seconds=HOURS, every_s=30, north_m=50.0 * k, seed=k)
]


def _dark(seconds: float, *, kn: float = 0.4, every_s: float = 30.0, nav_status: float = 0.0) -> list[Position]:
    """Return a ship that isn't heard for so long after 3 h, and heard each half minute else."""
    return without(sail(kn=kn, seconds=HOURS, every_s=every_s, nav_status=nav_status), HOURS / 2, HOURS / 2 + seconds)


def _found(way: Sequence[Position], others: Sequence[Position] = OTHERS) -> list[Evidence]:
    results = found(GoingDark(), [*way, *others], "vessel", now_s=HOURS)
    assert {e.subject for e in results} <= {SHIP}
    return results


@pytest.mark.parametrize(("seconds", "outcome"), [(2160.0, "insufficient"), (8640.0, "violation")])
def test_a_silence_is_found_once(seconds: float, outcome: str) -> None:
    (e,) = _found(_dark(seconds))
    assert (e.since, e.t, e.outcome) == (T0 + HOURS / 2, T0 + HOURS / 2 + seconds, outcome)
    assert (e.measured["cause"], e.measured["limit_s"], e.measured["silent_s"]) == ("tampering", 1800.0, seconds)
    assert e.measured["neighbours"] == 4


def test_a_shorter_one_is_not() -> None:
    assert not _found(_dark(0.8 * 1800))


@pytest.mark.parametrize(("status", "limit_s"), [(0.0, 3000.0), (1.0, 3000.0)])
def test_a_vessel_that_is_rarely_heard_is_given_ten_of_its_own_intervals(status: float, limit_s: float) -> None:
    assert not _found(_dark(2700, every_s=300.0, nav_status=status))
    (e,) = _found(_dark(3600, every_s=300.0, nav_status=status))
    assert e.measured["limit_s"] == limit_s


def test_the_table_of_intervals_holds_where_it_is_longer() -> None:
    """Each minute is unusually often for a ship at anchor: 180 s are expected (ITU-R M.1371)."""
    (e,) = _found(_dark(2160, every_s=60.0, nav_status=1.0))
    assert e.measured["expected_s"] == 180.0


def test_one_that_still_lasts_is_found() -> None:
    (e,) = _found(sail(kn=0.4, seconds=HOURS / 2, every_s=30))
    assert (e.since, e.t, e.measured["open"], e.outcome) == (T0 + HOURS / 2, T0 + HOURS, 1, "violation")


def test_without_others_it_is_unexplained() -> None:
    (e,) = _found(_dark(8640), OTHERS[:0])
    assert (e.measured["cause"], e.outcome) == ("unexplained", "insufficient")


def test_hardly_too_long_and_alone_proves_nothing() -> None:
    """1.05 times the limit: found amid others, but not where nobody else was heard; 1.2 times is found there too."""
    assert _found(_dark(1890))
    assert not _found(_dark(1890), OTHERS[:0])
    assert _found(_dark(2160), OTHERS[:0])


def test_moored_and_back_at_the_same_berth_is_none_but_elsewhere_is() -> None:
    assert not _found(_dark(8640, nav_status=5.0, kn=0.0))
    assert not _found(sail(kn=0.0, seconds=HOURS / 2, every_s=30, nav_status=5.0))
    (e,) = _found(_dark(8640, nav_status=5.0, kn=1.0))
    assert e.measured["moved_m"] == pytest.approx(8640 * 1852 / 3600, rel=0.02)
    unsaid = [p for p in lie(seconds=HOURS) if p.t is not None and not T0 + 7000 < p.t < T0 + 16000]
    unsaid = [Position(mover=p.mover, t=p.t, lat=p.lat, lon=p.lon, speed_mps=p.speed_mps) for p in unsaid]
    assert not _found(unsaid)


def test_the_edge_of_the_range_is_a_hole_of_coverage() -> None:
    """Eight vessels are lost where they come to the same line; another falls silent long before."""
    leaving = [p for k in range(8) for p in sail(f"4120001{k:02d}", kn=10, seconds=9000 + 60 * k, every_s=20, seed=k)]
    assert not found(GoingDark(), leaving, "vessel", now_s=HOURS)
    inside = without(sail(kn=10, seconds=9000, every_s=20), 2000, 6000)
    assert [e.subject for e in found(GoingDark(), [*leaving, *inside], "vessel", now_s=HOURS)] == [SHIP]


def test_only_vessels_are_asked() -> None:
    assert not found(GoingDark(), [*_dark(8640), *OTHERS], "truck")
