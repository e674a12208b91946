"""Rows of tags keep the rules of BIO and BIOES, and are the likeliest that do."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.evaluate.metrics.entities import spans

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

from roadstead.train import tags  # noqa: E402  # the package needs torch

BIO = ("O", "B-PLATE", "I-PLATE", "B-PLACE", "I-PLACE")
BIOES = ("O", "B-P", "I-P", "E-P", "S-P")


def keeps(row: tuple[str, ...], labels: tuple[str, ...]) -> bool:
    pairs = zip((None, *row), (*row, None), strict=True)
    return all(tags.may_follow(a, b) and (a is None or tags.closes(labels, a, b)) for a, b in pairs)


@pytest.mark.parametrize("labels", [BIO, BIOES])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), length=st.integers(1, 4))
def test_best_row_is_that_of_all_rows(labels: tuple[str, ...], seed: int, length: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(length, len(labels)))
    allowed = [
        row
        for row in itertools.product(range(len(labels)), repeat=length)
        if keeps(tuple(labels[k] for k in row), labels)
    ]
    best = max(allowed, key=lambda row: sum(scores[k, tag] for k, tag in enumerate(row)))
    assert tags.best(scores, labels) == tuple(labels[k] for k in best)


def test_an_inside_tag_begins_nothing() -> None:
    scores = np.log(np.array([[0.4, 0.1, 0.5, 0, 0], [0.1, 0.1, 0.8, 0, 0]]) + 1e-6)
    assert spans(tags.best(scores, BIO)) == (("PLATE", 0, 2),)
    assert tags.best(scores[:0], BIO) == ()
