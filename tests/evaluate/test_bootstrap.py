"""Intervals hold what they say, follow groups, and compare in pairs."""

from collections.abc import Sequence

import numpy as np
import pytest

from roadstead.evaluate.bootstrap import Difference, difference, draws, independent, interval, quantiles


def test_an_interval_of_a_mean_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    held = 0
    for trial in range(120):
        values = random.normal(5.0, 2.0, 60)
        found = interval(lambda some, v=values: float(v[some].mean()), 60, resamples=200, seed=trial)  # type: ignore[misc]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 5.0 <= found.high
    assert 0.88 <= held / 120 <= 1.0


def test_copies_of_a_sample_add_nothing_to_what_is_known_when_they_are_one_group() -> None:
    values = np.random.default_rng(0).normal(size=40)
    copied = np.repeat(values, 5)
    groups = [str(k) for k in range(40) for _ in range(5)]

    def width(n: int, some: np.ndarray, groups: Sequence[str] | None) -> float:
        found = interval(lambda i: float(some[i].mean()), n, groups=groups, resamples=400, seed=1)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    alone = width(40, values, None)
    assert width(200, copied, groups) == pytest.approx(alone, rel=1e-9)
    assert width(200, copied, None) < 0.6 * alone


def test_a_group_is_drawn_with_all_its_samples() -> None:
    groups = ["a", "b", "a", "c", "b", "a"]
    for some in draws(6, groups=groups, resamples=30, seed=2):
        counts = np.bincount(some, minlength=6)
        assert counts[0] == counts[2] == counts[5]
        assert counts[1] == counts[4]
    assert independent(6, groups) == 3


def test_equal_seeds_draw_equal_samples_and_groups_of_one_change_nothing() -> None:
    alone = [some.tolist() for some in draws(7, resamples=5, seed=9)]
    assert alone == [some.tolist() for some in draws(7, groups=list("abcdefg"), resamples=5, seed=9)]
    assert alone != [some.tolist() for some in draws(7, resamples=5, seed=10)]


def test_nothing_is_claimed_of_too_few() -> None:
    one = interval(lambda some: float(len(some)), 1)
    assert (one.value, one.low, one.high) == (1.0, None, None)
    same = interval(lambda some: float(len(some)), 5, groups=["a"] * 5)
    assert (same.low, same.high) == (None, None)
    none = interval(lambda some: float("nan"), 0)
    assert (none.value, none.of) == (None, 0)
    assert quantiles([1.0, float("nan"), float("nan")]) is None


def test_draws_that_all_agree_are_no_proof_but_a_difference_they_agree_on_is_one() -> None:
    same = interval(lambda some: 0.0, 30)
    assert (same.value, same.low) == (0.0, None)
    sure = difference(lambda some: 0.0, lambda some: 1.0, 30)
    assert (sure.value, sure.low, sure.distinguishable) == (1.0, 1.0, True)
    assert difference(lambda some: 0.0, lambda some: 0.0, 30).distinguishable is False
    assert difference(lambda some: 0.0, lambda some: 0.0, 1).distinguishable is None
    assert difference(lambda some: 0.0, lambda some: float("nan"), 9).value is None


def test_a_difference_is_taken_sample_by_sample() -> None:
    random = np.random.default_rng(4)
    hard = random.normal(0, 10, 80)
    a, b = hard + random.normal(0, 0.1, 80), hard + 0.5 + random.normal(0, 0.1, 80)
    found = difference(lambda i: float(a[i].mean()), lambda i: float(b[i].mean()), 80, resamples=300)
    assert found.distinguishable
    assert found.value == pytest.approx(0.5, abs=0.06)
    none = difference(lambda i: float(a[i].mean()), lambda i: float(a[::-1][i].mean()), 80, resamples=300)
    assert none.distinguishable is False
    assert "not distinguishable" in str(none)
    assert Difference(0.1).distinguishable is None


def test_groups_have_to_fit() -> None:
    with pytest.raises(ValueError, match="3 samples and 2 groups"):
        list(draws(3, groups=["a", "b"]))
