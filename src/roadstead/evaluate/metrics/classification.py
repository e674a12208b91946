"""One class out of several: of a picture, a text, a way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Label, Sample
from roadstead.evaluate import confusion
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Counts, Key, Slices, Tally, asked, kept, matching, report, worst
from roadstead.types import Floats, readonly

BINS = 15
"""Of the calibration error: C. Guo et al., On Calibration of Modern Neural Networks (2017), 2."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How likely each class is (c,), in the order of the labels; they add up to 1."""

    scores: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", readonly(self.scores))
        if not ((self.scores >= 0) & (self.scores <= 1 + 1e-6)).all():
            raise ValueError(f"scores from {self.scores.min():.3g} to {self.scores.max():.3g} are no probabilities")


def score(
    truths: Sequence[str | None],
    predictions: Sequence[Scores],
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge classes. A truth None is not judged; one that is not among the labels is always missed; both are noted."""
    known = None if groups is None else tuple(groups)
    return _report(truths, predictions, labels, Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Scores],
    labels: Sequence[str],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples that have a Label."""
    matching(samples, predictions, Label)
    truths = [sample.target.label for sample in samples if isinstance(sample.target, Label)]
    return _report(truths, predictions, labels, asked(samples, resamples=resamples, seed=seed, slices=slices))


def _report(truths: Sequence[str | None], predictions: Sequence[Scores], labels: Sequence[str], asked: Asked) -> Report:
    judged = [i for i, truth in enumerate(truths) if truth is not None]
    names = [truth for truth in truths if truth is not None]
    strange = sorted(set(names) - set(labels))
    everything = (*labels, *strange)
    place = {name: i for i, name in enumerate(everything)}
    scores = np.array([predictions[i].scores for i in judged], dtype=np.float64).reshape(len(judged), len(labels))
    true = np.array([place[name] for name in names], dtype=np.intp)
    said = scores.argmax(axis=1).astype(np.intp)
    asked = kept(asked, judged)
    lead = scores.max(axis=1, initial=0) - np.where(true < len(labels), _of(scores, true), 0)
    notes = []
    if len(judged) < len(truths):
        notes.append(f"{len(truths) - len(judged)} samples have no truth and were not judged")
    if strange:
        n = sum(name in strange for name in names)
        notes.append(f"{n} samples are of classes the model does not know: {', '.join(strange)}")
    return report(
        "classification",
        _tally(true, said, scores, everything),
        asked,
        main="macro_f1",
        notes=notes,
        confusion=confusion.named(confusion.matrix(true, said, len(everything), np.ones(len(true))), everything),
        worst=worst(
            asked.ids,
            np.where(true == said, 0, np.maximum(lead, 1e-9)).tolist(),
            [f"{everything[j]} ({s[j]:.2f})" for j, s in zip(said, scores, strict=True)],
            [f"{name} ({_of(scores, true)[i]:.2f})" if name in labels else name for i, name in enumerate(names)],
        ),
    )


def _tally(true: confusion.Classes, said: confusion.Classes, scores: Floats, labels: Sequence[str]) -> Tally:
    right = (true == said).astype(np.float64)
    ranks = [_Ranks.of(scores[:, k], true == k) for k in range(scores.shape[1])]
    bins = np.minimum((scores.max(axis=1, initial=0) * BINS).astype(np.intp), BINS - 1)
    surplus = scores.max(axis=1, initial=0) - right

    def figures(counts: Counts) -> dict[Key, float]:
        table = confusion.matrix(true, said, len(labels), counts)
        areas = np.array([one.area(counts) for one in ranks])
        known = areas[~np.isnan(areas)]
        gaps = np.abs(np.bincount(bins, weights=surplus * counts, minlength=BINS)).sum()
        found: dict[Key, float] = {("", name): value for name, value in confusion.macro(table).items()}
        found["", "auc"] = float(known.mean()) if len(known) else float("nan")
        found["", "calibration_error"] = float(gaps / counts.sum()) if counts.sum() else float("nan")
        found.update({(labels[k], "f1"): float(v) for k, v in enumerate(confusion.f1(table))})
        found.update({(labels[k], "auc"): float(v) for k, v in enumerate(areas)})
        return found

    parts = {(name, f): c for k, name in enumerate(labels) for f, c in confusion.shares(true, said, k).items()}
    cases = {(name, f): (true == k).astype(np.float64) for k, name in enumerate(labels) for f in ("f1", "auc")}
    return Tally(
        n=len(true), figures=figures, shares={("", "accuracy"): (right, np.ones(len(true))), **parts}, cases=cases
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Ranks:
    """Scores of one class as ranks: what the area under its curve needs. Equal scores share a rank."""

    rank: npt.NDArray[np.intp]
    positive: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, scores: Floats, positive: npt.NDArray[np.bool_]) -> "_Ranks":
        return cls(np.unique(scores, return_inverse=True)[1].astype(np.intp), positive)

    def area(self, counts: Counts) -> float:
        """Return how often a positive scores above a negative (ties half): the area under the ROC curve."""
        up = np.bincount(self.rank, weights=counts * self.positive)
        down = np.bincount(self.rank, weights=counts * ~self.positive)
        pairs = up.sum() * down.sum()
        if not pairs:
            return float("nan")
        return float((up * (np.cumsum(down) - down / 2)).sum() / pairs)


def _of(scores: Floats, true: confusion.Classes) -> npt.NDArray[np.float64]:
    """Return the score of the true class (n,); 0 where the model does not know it."""
    wide = np.hstack((scores, np.zeros((len(scores), max(0, int(true.max(initial=-1)) + 1 - scores.shape[1])))))
    found: npt.NDArray[np.float64] = wide[np.arange(len(true)), true]
    return found
