"""Classes: every figure as scikit-learn gives it."""

import numpy as np
import pytest

from roadstead.dataset.samples import Attributes, Label, Sample
from roadstead.evaluate.metrics import attributes, classification
from roadstead.evaluate.metrics.classification import Scores

LABELS = ("car", "渣土车", "van")


def made(n: int = 60, seed: int = 0, rounded: int = 2) -> tuple[list[str], list[Scores]]:
    random = np.random.default_rng(seed)
    truths = [LABELS[i] for i in random.integers(0, 3, n)]
    raw = np.array([random.dirichlet(1 + 2 * (np.array(LABELS) == t)) for t in truths]).round(rounded)
    return truths, [Scores(row) for row in raw]


@pytest.mark.torch
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_figures_are_those_of_scikit_learn(seed: int) -> None:
    pytest.importorskip("sklearn")
    from sklearn import metrics as sk  # type: ignore[import-untyped]  # ships no types

    truths, said = made(seed=seed)
    table = np.array([p.scores for p in said])
    names = [LABELS[k] for k in table.argmax(axis=1)]
    found = classification.score(truths, said, LABELS, resamples=0)
    p, r, f, support = sk.precision_recall_fscore_support(truths, names, labels=LABELS, zero_division=0)
    areas = [sk.roc_auc_score(np.array(truths) == label, table[:, k]) for k, label in enumerate(LABELS)]
    expected = {
        "accuracy": sk.accuracy_score(truths, names),
        "balanced_accuracy": sk.balanced_accuracy_score(truths, names),
        "macro_precision": p.mean(),
        "macro_f1": f.mean(),
        "auc": np.mean(areas),
    }
    assert {name: found.metrics[name].value for name in expected} == pytest.approx(expected)
    for k, label in enumerate(LABELS):
        own = {name: found.per_class[label][name].value for name in ("precision", "recall", "f1", "auc")}
        assert own == pytest.approx({"precision": p[k], "recall": r[k], "f1": f[k], "auc": areas[k]})
        assert found.per_class[label]["recall"].of == support[k]
    matrix = sk.confusion_matrix(truths, names, labels=LABELS)
    assert found.confusion == {a: {b: matrix[i, j] for j, b in enumerate(LABELS)} for i, a in enumerate(LABELS)}


def test_calibration_is_the_gap_between_sureness_and_being_right() -> None:
    said = [Scores(np.array(s)) for s in ((0.9, 0.1), (0.9, 0.1), (0.9, 0.1), (0.9, 0.1), (0.3, 0.7))]
    found = classification.score(["a", "a", "b", "b", "b"], said, ("a", "b"), resamples=0)
    # Four at 0.9 of which half are right, one at 0.7 that is right.
    assert found.metrics["calibration_error"].value == pytest.approx((4 * 0.4 + 1 * 0.3) / 5)


def test_a_class_the_model_does_not_know_is_missed_and_noted() -> None:
    said = [Scores(np.array((0.9, 0.1))), Scores(np.array((0.2, 0.8)))]
    found = classification.score(["a", "crane"], said, ("a", "b"), resamples=20)
    assert found.metrics["accuracy"].value == 0.5
    assert found.confusion["crane"]["b"] == 1
    assert "crane" in found.notes[0]
    assert found.worst[0].true == "crane"


def test_samples_without_truth_are_counted_not_judged() -> None:
    truths, said = made(10)
    found = classification.score([*truths[:8], None, None], said, LABELS, groups=list("aabbccddee"), resamples=20)
    assert found.samples == 8
    assert found.notes == ("2 samples have no truth and were not judged",)


def test_scores_have_to_be_probabilities() -> None:
    for wrong in ((2.0, -1.0), (float("nan"), 0.5)):
        with pytest.raises(ValueError, match="no probabilities"):
            Scores(np.array(wrong))


def test_nothing_and_one_sample_give_no_interval_and_no_error() -> None:
    none = classification.score([], [], LABELS)
    assert none.value is None
    one = classification.score(["car"], [Scores(np.array((0.6, 0.3, 0.1)))], LABELS)
    assert (one.value, one.metrics["macro_f1"].low) == (1.0, None)
    assert one.metrics["auc"].value is None


def test_the_worst_are_the_surest_mistakes_by_name() -> None:
    samples = [Sample(id=f"s{i}", target=Label("car")) for i in range(3)]
    said = [Scores(np.array(s)) for s in ((0.8, 0.1, 0.1), (0.3, 0.4, 0.3), (0.0, 0.1, 0.9))]
    found = classification.judge(samples, said, LABELS, resamples=10)
    assert [(one.sample, one.said, one.true) for one in found.worst] == [
        ("s2", "van (0.90)", "car (0.00)"),
        ("s1", "渣土车 (0.40)", "car (0.30)"),
    ]


VALUES = {"cover": ("open", "closed", "cannot_tell"), "dirt": ("clean", "dirty")}


def test_cannot_tell_is_a_value_where_the_vocabulary_has_it_and_not_judged_where_it_has_not() -> None:
    truths: list[dict[str, str | None]] = [
        {"cover": "open", "dirt": "clean"},
        {"cover": None, "dirt": None},
        {"cover": "closed"},
        {"cover": "open", "dirt": "dirty"},
    ]
    said = [
        attributes.Scores({"cover": np.eye(3)[c], "dirt": np.eye(2)[d]}) for c, d in ((0, 0), (2, 1), (0, 0), (0, 0))
    ]
    found = attributes.score(truths, said, VALUES, resamples=20)
    assert found.per_class["cover"]["accuracy"].value == 0.75
    assert found.per_class["dirt"]["accuracy"].value == 0.5
    assert found.per_class["dirt"]["accuracy"].of == 2
    assert found.per_class["cover=cannot_tell"]["recall"].value == 1.0
    assert found.per_class["cover=open"]["precision"].value == pytest.approx(2 / 3)
    assert found.metrics["accuracy"].value == pytest.approx((0.75 + 0.5) / 2)
    assert found.metrics["all_right"].value == 0.5
    # cover: F1 of open 4/5, closed 0, cannot_tell 1; dirt: clean 2/3, dirty 0.
    assert found.metrics["macro_f1"].value == pytest.approx((1.8 / 3 + (2 / 3) / 2) / 2)
    assert found.confusion["cover=closed"]["cover=open"] == 1
    assert found.notes == ("dirt: 2 cannot be told or were not looked at, and are not judged",)


def test_attributes_of_samples_name_every_mistake() -> None:
    samples = [Sample(id="t1", target=Attributes({"cover": "closed", "dirt": "dirty"}))]
    said = [attributes.Scores({"cover": np.array((0.7, 0.2, 0.1)), "dirt": np.array((0.6, 0.4))})]
    found = attributes.judge(samples, said, VALUES)
    assert found.worst[0].said == "cover=open (0.70), dirt=clean (0.60)"
    assert found.worst[0].true == "cover=closed, dirt=dirty"
