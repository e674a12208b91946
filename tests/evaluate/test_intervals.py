"""Clopper-Pearson: tables in print, and what must hold of every interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from roadstead.evaluate.intervals import share


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (1, 20, 0.0013, 0.2487)],
)
def test_against_printed_tables(hits: int, of: int, low: float, high: float) -> None:
    one = share(hits, of)
    assert (one.low, one.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.9, 0.95, 0.99]))
def test_against_scipy(of: int, part: float, confidence: float) -> None:
    hits = round(part * of)
    theirs = binomtest(hits, of).proportion_ci(confidence, method="exact")
    ours = share(hits, of, confidence)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert ours.value is not None
    assert ours.low <= ours.value <= ours.high


def test_of_nothing() -> None:
    assert (share(0, 0).value, share(0, 0).low, share(0, 0).high) == (None, 0.0, 1.0)
    with pytest.raises(ValueError, match="3 hits of 2"):
        share(3, 2)
