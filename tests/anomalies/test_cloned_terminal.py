"""Cloned terminal."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from _fleets import T0
from _terminals import bare, beside, edited, found, ride, without
from roadstead.anomalies.cloned_terminal import ClonedTerminal
from roadstead.positions import Position


def _second(spans: Sequence[tuple[float, float]], north_m: float = 20_000.0, peer: str = "") -> list[Position]:
    """Return a truck that another one of the same identity shadows in some spans of time, north of it."""
    other = ride(north_m=north_m, seed=5)
    there = [replace(p, peer=peer) for p in other if any(a < p.t - T0 <= b for a, b in spans if p.t is not None)]
    own = ride()
    for a, b in spans:
        own = without(own, a, b + 5)
    return [replace(p, peer="10.0.0.1:4000" if peer else "") for p in own] + there


def test_two_ways_far_apart_are_found_once() -> None:
    (e,) = beside(ClonedTerminal(), _second([(200, 300), (400, 500)]))
    assert (e.since, e.t) == (T0, T0 + 1200)
    assert (e.measured["alternations"], e.measured["by"]) == (4, "hypotheses")
    assert e.measured["apart_m"] == pytest.approx(20_000, rel=0.02)


def test_one_excursion_is_a_jump() -> None:
    assert not found(ClonedTerminal(), _second([(200, 400)]))


def test_interleaved_reports_of_two_trucks_are_found() -> None:
    both = ride() + [replace(p, t=p.t + 5) for p in ride(north_m=20_000, seed=5) if p.t is not None]
    (e,) = found(ClonedTerminal(), both)
    assert e.measured["reports"] == len(both)


@pytest.mark.parametrize(("north_m", "count"), [(1.2 * 150, 1), (0.8 * 150, 0), (0.0, 0)])
def test_two_peers_near_each_other_are_found_by_their_places(north_m: float, count: int) -> None:
    spans = [(200 + 100 * k, 250 + 100 * k) for k in range(6)]
    results = found(ClonedTerminal(), _second(spans, north_m, peer="10.0.0.9:4001"))
    assert len(results) == count
    for e in results:
        assert e.measured["by"] == "peers"
        assert e.measured["peers"] == "10.0.0.1:4000, 10.0.0.9:4001"


def test_a_reconnection_and_what_was_stored_are_none() -> None:
    reconnects = edited(ride(), 0, 1200, lambda s, p: replace(p, peer=f"10.0.0.1:{4000 + s // 60:.0f}"))
    assert not found(ClonedTerminal(), reconnects)
    back_and_forth = edited(ride(), 0, 1200, lambda s, p: replace(p, peer=f"10.0.0.1:{s // 60 % 2:.0f}"))
    assert not found(ClonedTerminal(), back_and_forth)
    stored = _second([(200 + 100 * k, 250 + 100 * k) for k in range(6)], 200.0, peer="10.0.0.9:4001")
    assert not found(
        ClonedTerminal(), [replace(p, backfilled="9:" in p.peer or p.peer.endswith("4001")) for p in stored]
    )


def test_vessels_and_single_ways_are_none() -> None:
    assert not found(ClonedTerminal(), _second([(200, 300), (400, 500)]), "vessel")
    assert not found(ClonedTerminal(), bare(ride()))
