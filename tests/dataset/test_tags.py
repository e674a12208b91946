"""BIO and BIOES say the same entities, and a broken sequence is told by its first wrong token."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.dataset.tags import broken, converted, spans, tagged


@st.composite
def _found(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], int]:
    at, made = 0, []
    for gap, length, name in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from(["A", "B-C"])), max_size=5)
    ):
        made.append((at + gap, at + gap + length, name))
        at += gap + length
    return made, at + draw(st.integers(0, 2))


@settings(max_examples=40, deadline=None)
@given(_found())
def test_both_schemes_say_the_same(found: tuple[list[tuple[int, int, str]], int]) -> None:
    entities, n = found
    for scheme in ("bio", "bioes"):
        tags = tagged(entities, n, scheme)
        assert spans(tags) == entities
        assert broken(tags) is None
        assert converted(converted(tags, "bioes"), "bio") == tagged(entities, n, "bio")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "E-A", "S-A", "I-B", "E-B"]), max_size=8))
def test_what_is_mended_is_whole(tags: list[str]) -> None:
    mended = converted(tags, "bioes")
    assert broken(mended) is None
    assert converted(mended, "bioes") == mended
    assert all((a == "O") == (b == "O") for a, b in zip(tags, mended, strict=True))


@pytest.mark.parametrize(
    ("tags", "at", "says"),
    [
        ("O I-A", 1, "I-A goes on with an entity that O has not begun"),
        ("B-A I-B", 1, "I-B goes on"),
        ("B-A X-A", 1, "'X-A' is no tag"),
        ("B", 0, "'B' is no tag"),
        ("S-A B-A O", 2, "the entity of B-A does not end before O"),
        ("S-A B-A", 1, "does not end"),
    ],
)
def test_the_first_wrong_token(tags: str, at: int, says: str) -> None:
    wrong = broken(tags.split())
    assert wrong is not None
    assert wrong[0] == at
    assert says in wrong[1]
