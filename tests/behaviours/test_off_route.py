"""Off route: beyond the corridor of all permitted ways; in depots and for one bad fix it is none."""

from dataclasses import replace

import numpy as np
import pytest

from _fleets import drive
from _paths import after_s, ground, judged_by, square
from roadstead.behaviours.off_route import OffRoute
from roadstead.types import Evidence
from roadstead.types import Way as Road

NORTH = Road("north", np.array([(0, 0), (3000, 0), (3000, 3000)]))
EAST = Road("east", np.array([(0, 0), (9000, 0)]))
PLACE = ground(NORTH, EAST, square("depot", 3500, 1500, 600))
Way = list[tuple[float, float, float]]
KEEPS: Way = [(0, 0, 0), (300, 3000, 0), (600, 3000, 3000)]
LEAVES: Way = [(0, 0, 0), (300, 3000, 0), (450, 3000, 1500), (600, 4500, 1500), (750, 3000, 1500), (900, 3000, 3000)]


def told(way: Way, every_s: float = 10.0, seed: int = 0, rule: OffRoute | None = None) -> list[Evidence]:
    return judged_by(rule or OffRoute(), drive("a", way, every_s=every_s, jitter_m=7.5, seed=seed), PLACE)


@pytest.mark.parametrize("every_s", [5.0, 10.0, 30.0, 60.0])
@pytest.mark.parametrize("seed", range(4))
class TestReports:
    def test_who_leaves_the_corridor_is_told_until_it_is_back(self, every_s: float, seed: int) -> None:
        found = told(LEAVES, every_s, seed)
        assert {e.outcome for e in found} == {"violation"}
        since = {after_s(e.since) for e in found}
        assert len(since) == 1
        assert 453 <= since.pop() <= 458 + every_s
        assert max(after_s(e.t) for e in found) <= 748
        assert max(float(e.measured["farthest_m"] or 0) for e in found) == pytest.approx(
            1500, abs=max(60, 10 * every_s / 2)
        )

    def test_who_keeps_to_one_of_them_is_not(self, every_s: float, seed: int) -> None:
        assert told(KEEPS, every_s, seed) == []
        assert told([(0, 0, 0), (900, 9000, 0)], every_s, seed) == []

    def test_who_drives_beside_within_the_noise_is_not(self, every_s: float, seed: int) -> None:
        assert told([(0, 0, 45), (900, 9000, 45)], every_s, seed) == []


def test_only_the_named_ways_are_permitted() -> None:
    straight: Way = [(0, 0, 0), (900, 9000, 0)]
    assert told(straight, rule=OffRoute(ways=("north",)))
    assert told(straight, rule=OffRoute(ways=("north", "east"))) == []


def test_a_depot_beside_the_way_counts_as_the_way() -> None:
    visits: Way = [(0, 3000, 0), (150, 3000, 1500), (200, 3500, 1500), (900, 3500, 1500), (950, 3000, 1500)]
    assert told(visits)
    assert told(visits, rule=OffRoute(beside=("depot",), min_s=60)) == []


def test_one_bad_fix_is_none() -> None:
    reports = drive("a", KEEPS, jitter_m=7.5)
    reports[20] = replace(reports[20], lat=(reports[20].lat or 0) + 0.0015)
    assert judged_by(OffRoute(min_s=0), reports, PLACE) == []


def test_without_ways_nothing_is_off_them() -> None:
    assert judged_by(OffRoute(), drive("a", LEAVES), ground(square("depot", 0, 0, 10))) == []
