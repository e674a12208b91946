"""Counts come to a report: exact intervals where they may be, slices, and what two reports were drawn from."""

import json

import numpy as np
import pytest

from roadstead.dataset.samples import Label, Sample
from roadstead.errors import BadInput
from roadstead.evaluate.intervals import share
from roadstead.evaluate.reports import Report, from_record
from roadstead.evaluate.tally import Asked, Tally, asked, kept, matching, report, worst


def tally(hits: list[float], of: list[float] | None = None) -> Tally:
    cases = np.ones(len(hits)) if of is None else np.array(of)
    return Tally(n=len(hits), shares={("", "right"): (np.array(hits), cases)})


def made(hits: list[float], of: list[float] | None = None, **how: object) -> Report:
    return report("test", tally(hits, of), Asked(**{"resamples": 100, **how}), main="right")  # type: ignore[arg-type]


def test_a_share_of_independent_samples_has_its_exact_interval() -> None:
    found = made([1, 1, 1, 0, 1, 1, 1, 1, 1, 1]).metrics["right"]
    exact = share(9, 10)
    assert (found.value, found.low, found.high, found.of) == (0.9, exact.low, exact.high, 10)


def test_groups_that_all_agree_are_as_many_cases_as_there_are_groups() -> None:
    found = made([1.0] * 12, groups=("a", "b", "c") * 4).metrics["right"]
    exact = share(3, 3)
    assert (found.value, found.low, found.high) == (1.0, exact.low, 1.0)
    mixed = made([1.0] * 6 + [0.0] * 6, groups=tuple("aaabbbcccddd")).metrics["right"]
    assert mixed.low is not None
    assert mixed.low < share(6, 12).low


def test_several_cases_of_one_sample_are_not_independent() -> None:
    found = made([5.0, 5.0, 0.0, 0.0], [5.0, 5.0, 5.0, 5.0]).metrics["right"]
    assert found.of == 20
    assert found.low is not None
    assert found.low < share(10, 20).low


def test_a_single_group_says_nothing_of_how_sure_a_mixed_figure_is() -> None:
    found = made([1.0, 0.0, 1.0], groups=("a", "a", "a")).metrics["right"]
    assert found.value == pytest.approx(2 / 3)
    assert found.low is None


def test_without_resamples_there_are_no_intervals() -> None:
    found = made([1.0, 0.0], resamples=0)
    assert (found.metrics["right"].low, found.draws, found.drawn) == (None, {}, "")


def test_slices_and_names_follow_the_samples() -> None:
    samples = [Sample(id=f"s{i}", target=Label("a"), origin="ab"[i % 2], group="g" if i < 2 else "") for i in range(6)]
    about = asked(samples, resamples=50, seed=1, slices="origin")
    found = report("test", tally([1, 0, 1, 0, 1, 0]), about, main="right")
    assert {name: m["right"].value for name, m in found.per_slice.items()} == {"a": 1.0, "b": 0.0}
    assert found.per_slice["a"]["right"].of == 3
    assert about.groups is not None
    assert len(set(about.groups)) == 5
    assert asked(samples, resamples=1, seed=0, slices="none").slices is None
    assert kept(about, [0, 5]).ids == ("s0", "s5")


def test_what_was_drawn_has_a_name_that_follows_everything_it_depends_on() -> None:
    ids = tuple("abcd")
    plain = made([1, 0, 1, 0], ids=ids)
    assert plain.drawn == made([0, 0, 1, 1], ids=ids).drawn
    others = (
        made([1, 0, 1, 0], ids=ids, seed=1),
        made([1, 0, 1, 0], ids=ids, resamples=50),
        made([1, 0, 1, 0], ids=tuple("abce")),
        made([1, 0, 1, 0], ids=ids, groups=tuple("aabb")),
    )
    assert len({plain.drawn, *(one.drawn for one in others)}) == 5


def test_a_report_comes_back_from_json_with_its_draws() -> None:
    found = made([1, 0, 1, 0])
    assert len(found.draws["right"]) == 100
    assert from_record(json.loads(json.dumps(found.record()))) == found
    old = {k: v for k, v in found.record().items() if k not in {"draws", "drawn"}}
    assert from_record(old).draws == {}


def test_worst_come_first_and_what_is_right_is_left_out() -> None:
    found = worst(None, [0.0, 2.0, 1.0], ["a", "b", "c"], ["x", "y", "z"])
    assert [(one.sample, one.said) for one in found] == [("1", "b"), ("2", "c")]
    assert worst(("p", "q", "r"), [3.0, 2.0, 1.0], ["a"] * 3, ["b"] * 3)[0].sample == "p"


def test_samples_that_cannot_be_judged_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match="sample 's7': has no target where label is needed"):
        matching([Sample(id="s7", target=None)], [0], Label)
    with pytest.raises(ValueError, match="1 samples and 2 predictions"):
        matching([Sample(id="s7", target=Label("a"))], [0, 1], Label)
