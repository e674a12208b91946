"""Reports side by side."""

from dataclasses import replace

import numpy as np
import pytest

from roadstead.evaluate.comparing import better, difference, table, verdict
from roadstead.evaluate.metrics import classification
from roadstead.evaluate.reports import Measured, Report

LABELS = ("car", "渣土车")
N = 80
TRUTHS = [LABELS[i % 2] for i in range(N)]


def judged(share: float, seed: int = 0, resamples: int = 200) -> Report:
    """Return the report of a model that is right on so many samples, always the same ones first."""
    order = np.random.default_rng(1).permutation(N)
    right = order < share * N
    scores = [np.eye(2)[i % 2 if right[i] else 1 - i % 2] * 0.8 + 0.1 for i in range(N)]
    said = [classification.Scores(s) for s in scores]
    return classification.score(TRUTHS, said, LABELS, resamples=resamples, seed=seed)


def test_a_paired_difference_is_surer_than_one_of_two_data_sets() -> None:
    before, after = judged(0.8), judged(0.9)
    paired = difference(before, after, "accuracy")
    apart = difference(before, replace(after, drawn="another"), "accuracy")
    assert paired.value == apart.value == pytest.approx(0.1)
    assert paired.distinguishable
    assert (paired.paired, apart.paired) == (True, False)
    assert paired.low is not None
    assert apart.low is not None
    assert apart.low < 0 < paired.low
    assert apart.distinguishable is False


def test_the_sentence_says_what_can_be_said() -> None:
    before, after = judged(0.8), judged(0.9)
    assert "better by more than chance" in verdict(before, after)
    assert "worse by more than chance" in verdict(after, before)
    assert "not distinguishable from chance" in verdict(before, before)
    assert "no resamples" in verdict(judged(0.8, resamples=0), judged(0.9, resamples=0))
    assert "not measured on the same samples" in verdict(before, judged(0.9, seed=5))
    assert "nothing to compare" in verdict(before, after, "no such figure")


def test_less_is_better_of_errors() -> None:
    report = judged(0.8)
    assert better(report, "accuracy")
    assert not better(report, "calibration_error")
    assert not better(replace(report, main="loss", higher=False, metrics={"loss": Measured(1.0)}), "loss")


def test_the_table_has_a_row_a_figure_and_leaves_out_what_a_report_does_not_have() -> None:
    one, other = judged(0.8), replace(judged(0.9), metrics={"accuracy": Measured(0.9), "speed": Measured(3.0)})
    rows = table({"one": one, "other": other})
    assert (rows[0].figure, rows[0].main, list(rows[0].values)) == ("macro_f1", True, ["one"])
    by_name = {row.figure: row for row in rows}
    assert list(by_name["accuracy"].values) == ["one", "other"]
    assert list(by_name["speed"].values) == ["other"]
    assert len(rows) == len(by_name)
