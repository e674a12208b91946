"""Readings of one text vote sign by sign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.describe._ballot import Ballot, alignment, distance, elect
from roadstead.describe._reading import Reading

jiwer = pytest.importorskip("jiwer")
SIGNS = st.text("皖AB0123456789", max_size=9)


def ballot(text: str, sure: float = 0.9, weight: float = 1.0) -> Ballot:
    return Ballot(Reading(text, (sure,) * len(text)), weight)


def test_a_sign_that_one_view_drops_is_kept_by_the_others_however_sure_that_view_is() -> None:
    said = elect([ballot("皖A1234", 0.99, 1.2), ballot("皖A12345"), ballot("皖A12345")])
    assert said is not None
    assert said.text == "皖A12345"
    assert said.views == 2
    assert said.score == pytest.approx(1.8 / 3.2)


def test_a_sign_that_one_view_adds_is_outvoted() -> None:
    said = elect([ballot("皖A112345", 0.99, 1.2), ballot("皖A12345"), ballot("皖A12345")])
    assert said is not None
    assert said.text == "皖A12345"


def test_views_that_contradict_one_another_give_a_low_score() -> None:
    said = elect([ballot("皖A12345", 1.0), ballot("皖A12348", 1.0)])
    assert said is not None
    assert said.score == pytest.approx(0.5)
    assert said.views == 1


def test_the_better_view_wins() -> None:
    said = elect([ballot("皖A12345", weight=3.0), ballot("皖A12348", weight=1.0)])
    assert said is not None
    assert said.text == "皖A12345"


def test_no_ballots_and_empty_ones() -> None:
    assert elect([]) is None
    assert elect([ballot("皖A12345", weight=0.0)]) is None
    said = elect([ballot(""), ballot("")])
    assert said is not None
    assert (said.text, said.score, said.views) == ("", 0.0, 2)


@given(SIGNS.filter(bool), st.integers(1, 5), st.floats(0.1, 1.0))
def test_views_that_agree_say_what_they_say(text: str, n: int, sure: float) -> None:
    said = elect([ballot(text, sure)] * n)
    assert said is not None
    assert said.text == text
    assert said.views == n
    assert said.score == pytest.approx(sure)


@given(st.lists(st.tuples(SIGNS, st.floats(0.05, 1.0), st.floats(0.1, 10.0)), min_size=1, max_size=6))
def test_an_election_is_made_of_signs_that_were_cast_and_its_score_is_a_share(
    cast: list[tuple[str, float, float]],
) -> None:
    said = elect([ballot(*one) for one in cast])
    assert said is not None
    assert set(said.text) <= {sign for text, _, _ in cast for sign in text}
    assert 0 <= said.score <= 1 + 1e-9
    assert 0 <= said.views <= len(cast)


@given(SIGNS.filter(bool), SIGNS)
def test_the_distance_is_levenshteins(one: str, other: str) -> None:
    done = jiwer.process_characters(one, other)
    assert distance(one, other) == done.substitutions + done.insertions + done.deletions
    assert distance(one, other) == distance(other, one)


@given(SIGNS, SIGNS)
def test_an_alignment_walks_both_texts_once_in_order(one: str, other: str) -> None:
    pairs = alignment(one, other)
    assert [i for i, _ in pairs if i is not None] == list(range(len(one)))
    assert [j for _, j in pairs if j is not None] == list(range(len(other)))
    assert (None, None) not in pairs
