"""Clean fleets: reports of trucks and vessels whose truth is known, without a single fault.

What is no fault is there: GNSS errors, lost reports, outages of the network, tunnels, roundabouts, turns, hard braking,
swinging at anchor, the edge of a receiver's range. Mover `k` of a seed is the same however many are made with it, so a
fleet of any size can be made in parts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from roadstead.positions import Reports
from roadstead.simulate.reports.roads import Roads, town
from roadstead.simulate.reports.trucks import truck
from roadstead.simulate.reports.vessels import vessel
from roadstead.simulate.reports.waters import Waters, harbour

BEGIN = 1_789_920_000.0
"""2026-09-21 00:00 China Standard Time: when the watch begins."""


def trucks(
    n: int, days: float = 1.0, *, seed: int = 0, first: int = 0, begin: float = BEGIN, roads: Roads | None = None
) -> Reports:
    """Return the reports of trucks `first`, …, `first + n - 1` over some days from `begin`, a local midnight."""
    world = roads or town(0)
    return _numbered(truck(world, k, seed, begin, begin + days * 86400.0) for k in range(first, first + n))


def vessels(
    n: int, days: float = 1.0, *, seed: int = 0, first: int = 0, begin: float = BEGIN, waters: Waters | None = None
) -> Reports:
    """Return the reports of vessels `first`, …, `first + n - 1` over some days from `begin`, a local midnight."""
    world = waters or harbour(0)
    return _numbered(vessel(world, k, seed, begin, begin + days * 86400.0) for k in range(first, first + n))


def in_parts(
    kind: str, n: int, days: float = 1.0, *, seed: int = 0, each: int = 500, begin: float = BEGIN
) -> Iterator[Reports]:
    """Yield the reports of a large fleet of "trucks" or "vessels", `each` movers at a time."""
    make = trucks if kind == "trucks" else vessels
    for first in range(0, n, each):
        yield make(min(each, n - first), days, seed=seed, first=first, begin=begin)


def _numbered(parts: Iterable[Reports]) -> Reports:
    """Join movers; every report gets the number of its record, in the order of reception."""
    everything = Reports.joined(parts)
    order = np.argsort(everything.t_received, kind="stable")
    return replace(everything, raw=np.argsort(order, kind="stable"))
