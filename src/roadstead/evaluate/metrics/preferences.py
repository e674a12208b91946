"""Which of two answers a model holds for likelier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.dataset.samples import Preference, Sample
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Counts, Key, Slices, Tally, asked, matching, ratio, report, worst


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """How likely the better and the worse answer are: sums of log-probabilities, or rewards; larger is likelier."""

    chosen: float
    rejected: float


def score(
    predictions: Sequence[Likelihoods], *, groups: Sequence[str] | None = None, resamples: int = 500, seed: int = 0
) -> Report:
    """Judge pairs: the share where the chosen answer is likelier (a tie is wrong), and by how much on average."""
    known = None if groups is None else tuple(groups)
    return _report(predictions, [("", "")] * len(predictions), Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Likelihoods],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples that have a Preference."""
    matching(samples, predictions, Preference)
    texts = [(s.target.rejected, s.target.chosen) for s in samples if isinstance(s.target, Preference)]
    return _report(predictions, texts, asked(samples, resamples=resamples, seed=seed, slices=slices))


def _report(predictions: Sequence[Likelihoods], texts: Sequence[tuple[str, str]], asked: Asked) -> Report:
    margin = np.array([p.chosen - p.rejected for p in predictions], dtype=np.float64)

    def figures(counts: Counts) -> dict[Key, float]:
        return {("", "margin"): ratio(float(margin @ counts), float(counts.sum()))}

    right = (margin > 0).astype(np.float64)
    tally = Tally(n=len(margin), figures=figures, shares={("", "preferred"): (right, np.ones(len(margin)))})
    return report(
        "preferences",
        tally,
        asked,
        main="preferred",
        worst=worst(
            asked.ids, (-margin).tolist(), [rejected for rejected, _ in texts], [chosen for _, chosen in texts]
        ),
    )
