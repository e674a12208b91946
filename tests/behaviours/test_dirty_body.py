"""Dirty body: reads its own attribute, by the rules that test_uncovered_load.py tests in full."""

import pytest

from _golden import SPOILS, Spoil, acts, scene, track, watch, zone
from roadstead.behaviours.dirty_body import DirtyBody
from roadstead.types import Evidence, Vote

EXIT = zone("exit", (400, 300), (900, 300), (900, 700), (400, 700))


def told(spoil: Spoil, **votes: Vote) -> list[Evidence]:
    whole = track([(0, 100, 500), (20, 1300, 500)], spoil, attributes=votes)
    return watch(DirtyBody(zone="exit"), [whole], scene(EXIT))


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
class TestDirt:
    def test_dirty_is_one_violation(self, spoil: Spoil) -> None:
        found = told(spoil, dirt=Vote("dirty", 0.8, 4))
        assert {e.outcome for e in found} == {"violation"}
        assert len(acts(found)) == 1

    def test_clean_is_none(self, spoil: Spoil) -> None:
        assert told(spoil, dirt=Vote("clean", 0.8, 4)) == []

    def test_another_attribute_says_nothing_of_it(self, spoil: Spoil) -> None:
        found = told(spoil, cover=Vote("uncovered", 0.9, 9))
        assert {e.outcome for e in found} == {"insufficient"}


def test_it_says_so_in_both_languages() -> None:
    found = told(SPOILS["clean 5 fps"], dirt=Vote("dirty", 0.8, 4))[0]
    assert found.because.en == "The body of truck cam/1 is dirty: 4 views agree with 0.80 (needed: 3 views and 0.60)."
    assert "车身清洁状况" in found.because.zh
    assert found.measured["dirt"] == "dirty"
