"""Answers to questions about a text, found in it word for word, or found not to be there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.dataset.samples import Answer, Sample
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Column, Counts, Key, Slices, Tally, asked, matching, ratio, report, worst
from roadstead.evaluate.words import plain


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered, None: it is not in there; and how sure that is, 0 to 1."""

    text: str | None
    score: float = 1.0


def score(
    truths: Sequence[str | None],
    predictions: Sequence[Answered],
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge answers as SQuAD 2.0 does: equal words, and the F1 of words shared; None is right for None alone."""
    known = None if groups is None else tuple(groups)
    return _report(truths, predictions, Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Answered],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples that have an Answer."""
    matching(samples, predictions, Answer)
    truths = [sample.target.text for sample in samples if isinstance(sample.target, Answer)]
    return _report(truths, predictions, asked(samples, resamples=resamples, seed=seed, slices=slices))


def f1(true: str | None, said: str | None) -> float:
    """Return the F1 of words (with how often each occurs) that an answer shares with the true one."""
    a, b = plain(true or ""), plain(said or "")
    if not a or not b:
        return float(a == b)
    both = sum((Counter(a) & Counter(b)).values())
    return 2 * both / (len(a) + len(b))


def _report(truths: Sequence[str | None], predictions: Sequence[Answered], asked: Asked) -> Report:
    pairs = [(t or None, p.text or None) for t, p in zip(truths, predictions, strict=True)]
    overlap = np.array([f1(t, s) for t, s in pairs], dtype=np.float64)
    exact = np.array([plain(t or "") == plain(s or "") for t, s in pairs], dtype=np.float64)
    there = np.array([t is not None for t, _ in pairs], dtype=np.float64)
    every = np.ones(len(pairs))

    def figures(counts: Counts) -> dict[Key, float]:
        of_there = ratio(float((overlap * there) @ counts), float(there @ counts))
        return {("", "f1"): ratio(float(overlap @ counts), float(counts.sum())), ("answer", "f1"): of_there}

    shares: dict[Key, tuple[Column, Column]] = {
        ("", "exact"): (exact, every),
        ("answer", "exact"): (exact * there, there),
    }
    if not there.all():
        shares["no answer", "exact"] = (exact * (1 - there), 1 - there)
    return report(
        "answers",
        Tally(n=len(pairs), figures=figures, shares=shares, cases={("answer", "f1"): there}),
        asked,
        main="f1",
        worst=worst(
            asked.ids,
            (1 - overlap).tolist(),
            [
                f"{s if s is not None else 'no answer'} ({p.score:.2f})"
                for (_, s), p in zip(pairs, predictions, strict=True)
            ],
            [t if t is not None else "no answer" for t, _ in pairs],
        ),
    )
