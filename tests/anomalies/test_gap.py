"""Gap."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from _fleets import HOME, T0, drive
from _terminals import bare, crowd, edited, extra, found, ride, without
from roadstead.anomalies.gap import Gap
from roadstead.positions import Kind, Position
from roadstead.types import Evidence, Scene, Zone

OTHERS = crowd(4)


def _silent(seconds: float, *, every_s: float = 10.0, mps: float = 1.0) -> list[Position]:
    """Return a truck that isn't heard for so long after 600 s."""
    return without(ride(mps=mps, seconds=3600, every_s=every_s), 600, 600 + seconds)


def _found(way: Sequence[Position], others: Sequence[Position] = OTHERS) -> list[Evidence]:
    results = found(Gap(), [*way, *others], now_s=3600)
    assert {e.subject for e in results} <= {"truck"}
    return results


@pytest.mark.parametrize(("every_s", "limit_s"), [(10.0, 120.0), (30.0, 150.0)])
def test_a_silence_is_found_once(every_s: float, limit_s: float) -> None:
    until = every_s * np.ceil(1.2 * limit_s / every_s)
    (e,) = _found(_silent(until, every_s=every_s))
    assert (e.since, e.t, e.outcome) == (T0 + 600, T0 + 600 + until, "violation")
    assert (e.measured["limit_s"], e.measured["expected_s"], e.measured["silent_s"]) == (limit_s, every_s, until)
    assert (e.measured["cause"], e.measured["neighbours"], e.measured["open"]) == ("tampering", 4, 0)
    assert not _found(_silent(every_s * np.floor(0.8 * limit_s / every_s), every_s=every_s))


def test_one_that_still_lasts_is_found() -> None:
    (e,) = _found([p for p in ride(seconds=600) if p.t is not None])
    assert (e.since, e.t, e.measured["open"]) == (T0 + 600, T0 + 3600, 1)


def _before(**values: float) -> list[Position]:
    """Return a truck that moves 3 km within a silence before which it reports these values."""
    return edited(_silent(300, mps=10.0), 590, 600, lambda _, p: extra(p, **values))


PARKS = edited(_silent(900, mps=0.0), 1500, 3600, lambda _, p: extra(p, ignition=0.0))
"""It says only after the silence that its ignition is off: the first report that said so was lost."""
STAYS = edited(_silent(300, mps=0.0), 500, 600, lambda _, p: extra(p, ignition=0.0))
HEARTBEATS = [*_silent(300), *(Position(mover="truck", t=T0 + s, kind=Kind.LINK) for s in (660, 720, 780, 840))]
STORED = edited(_silent(300), 900, 950, lambda _, p: replace(p, backfilled=True))


@pytest.mark.parametrize(
    ("way", "cause", "outcome"),
    [
        (_before(alarms=float(1 << 5)), "antenna", "violation"),
        (_before(alarms=float(1 << 8)), "power_cut", "violation"),
        (_before(ignition=0.0), "device_off", "violation"),
        (edited(_silent(300, mps=0.0), 600, 600, lambda _, p: extra(p, alarms=float(1 << 8))), "device_off", "insufficient"),
        (HEARTBEATS, "network", "insufficient"),
        (STORED, "network", "insufficient"),
        (_silent(300), "tampering", "violation"),
    ],
)  # fmt: skip
def test_the_cause_is_attributed(way: list[Position], cause: str, outcome: str) -> None:
    (e,) = _found(way)
    assert (e.measured["cause"], e.outcome) == (cause, outcome)


def test_without_others_or_a_word_on_its_ignition_it_is_unexplained() -> None:
    for way, others in ((_silent(300), OTHERS[:0]), (bare(_silent(300, mps=10.0)), OTHERS)):
        (e,) = _found(way, others)
        assert (e.measured["cause"], e.outcome) == ("unexplained", "insufficient")


@pytest.mark.parametrize(
    "way", [STAYS, PARKS, bare(_silent(300, mps=0.0)), [p for p in STAYS if p.t is not None and p.t <= T0 + 600]]
)
def test_switched_off_where_it_stands_is_none(way: list[Position]) -> None:
    assert not _found(way)


def test_parked_elsewhere_is_a_gap() -> None:
    away = edited(_silent(900, mps=1.0), 1500, 3600, lambda _, p: extra(p, ignition=0.0))
    (e,) = _found(away)
    assert e.measured["cause"] == "tampering"
    assert e.measured["moved_m"] == pytest.approx(900, abs=20)


def test_what_was_stored_and_sent_later_closes_the_gap() -> None:
    late = edited(ride(seconds=3600), 601, 899, lambda _, p: replace(p, backfilled=True, t_received=T0 + 905))
    assert not _found(late)


def test_a_clock_that_leaps_is_no_silence() -> None:
    leaps = edited(ride(seconds=3600), 1800, 3600, lambda s, p: replace(p, t=T0 + s + 7200))
    assert not found(Gap(), leaps)


def test_where_many_fall_silent_is_a_hole_of_coverage() -> None:
    """A tunnel from 12 km to 15 km that six trucks pass at different times, and a seventh that is silent elsewhere."""
    passing = [p for k in range(6) for p in _through(f"truck {k}", 1000 + 10 * k, 1300 + 10 * k, later_s=900.0 * k)]
    assert not found(Gap(), passing)
    (e,) = found(Gap(), [*passing, *_through("astray", 400, 700, later_s=100.0)])
    assert e.subject == "astray"


def _through(name: str, begin: float, end: float, later_s: float) -> list[Position]:
    way = without(ride(name, mps=12.0, seconds=3600), begin, end)
    return [replace(p, t=p.t + later_s, t_received=p.t + later_s + 1) for p in way if p.t is not None]


def test_a_zone_may_name_a_hole_of_coverage() -> None:
    hole = Zone("tunnel", np.array([(550.0, -50.0), (650.0, -50.0), (650.0, 50.0), (550.0, 50.0)]), "m")
    scene = Scene("town", zones={"tunnel": hole}, origin=HOME)
    assert not found(Gap(holes=("tunnel",)), [*_silent(300), *OTHERS], scene=scene)
    assert len(found(Gap(), [*_silent(300), *OTHERS], scene=scene)) == 1


def test_only_trucks_are_asked() -> None:
    assert not found(Gap(), [*_silent(300), *OTHERS], "vessel")


@pytest.mark.parametrize(("moved_m", "count"), [(1000.0, 0), (2000.0, 1)])
def test_who_reports_places_alone_and_stood_is_not_silent(moved_m: float, count: int) -> None:
    """10 m/s and a report a minute: the way of one interval either side of a stay is 1.2 km, and 200 m are none."""
    way = ((0, 0, 0), (600, 6000, 0), (1800, 6000 + moved_m, 0), (2400, 12_000 + moved_m, 0))
    some = [p for p in drive("a", way, every_s=60, speeds=False) if not T0 + 600 < (p.t or 0) < T0 + 1800]
    assert len(found(Gap(), some)) == count
