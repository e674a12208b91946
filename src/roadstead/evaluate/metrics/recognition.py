"""What is written in a picture: plates, vessel names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.dataset.samples import Sample, Text
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Column, Counts, Key, Slices, Tally, asked, matching, ratio, report, worst

NOTHING = "∅"
"""Stands in the confusion for a character that is not there."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, and how sure that is, 0 to 1."""

    text: str
    score: float = 1.0


def score(
    truths: Sequence[str],
    predictions: Sequence[Read],
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge what was read: the share read exactly, character errors, and the share of right characters at each place.

    The character error rate is edits over true characters, of all texts together; it can be above 1. Space around a text does not count.
    """
    known = None if groups is None else tuple(groups)
    return _report(truths, predictions, Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Read],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples of pictures that have a Text."""
    matching(samples, predictions, Text)
    truths = [sample.target.text for sample in samples if isinstance(sample.target, Text)]
    return _report(truths, predictions, asked(samples, resamples=resamples, seed=seed, slices=slices))


def _report(truths: Sequence[str], predictions: Sequence[Read], asked: Asked) -> Report:
    true = [text.strip() for text in truths]
    said = [p.text.strip() for p in predictions]
    pairs, edits = aligned(true, said)
    length = np.array([len(text) for text in true], dtype=np.float64)
    errors = np.array(edits, dtype=np.float64)
    exact = np.array([t == s for t, s in zip(true, said, strict=True)], dtype=np.float64)

    def figures(counts: Counts) -> dict[Key, float]:
        return {("", "cer"): ratio(float(errors @ counts), float(length @ counts))}

    return report(
        "recognition",
        Tally(
            n=len(true),
            figures=figures,
            shares={("", "exact"): (exact, np.ones(len(true))), **_places(true, said)},
            cases={("", "cer"): length},
        ),
        asked,
        main="exact",
        confusion=_mistaken(pairs),
        worst=worst(asked.ids, edits, [f"{p.text} ({p.score:.2f})" for p in predictions], list(truths)),
    )


def aligned(true: Sequence[str], said: Sequence[str]) -> tuple[list[tuple[str, str]], list[int]]:
    """Return which character was read as which ("∅": none), all texts together, and how many edits each text needs."""
    import jiwer

    pairs: list[tuple[str, str]] = []
    edits = []
    for one, other in zip(true, said, strict=True):
        if not one:  # jiwer reckons nothing against an empty truth
            pairs += [(NOTHING, c) for c in other]
            edits.append(len(other))
            continue
        done = jiwer.process_characters(one, other)
        edits.append(done.substitutions + done.insertions + done.deletions)
        for chunk in done.alignments[0]:
            left, right = one[chunk.ref_start_idx : chunk.ref_end_idx], other[chunk.hyp_start_idx : chunk.hyp_end_idx]
            width = max(len(left), len(right))
            pairs += zip(left or NOTHING * width, right or NOTHING * width, strict=True)
    return pairs, edits


def _places(true: Sequence[str], said: Sequence[str]) -> dict[Key, tuple[Column, Column]]:
    """Return by place how often the character there is right, of the texts that reach so far."""
    found: dict[Key, tuple[Column, Column]] = {}
    for k in range(max((len(text) for text in true), default=0)):
        there = np.array([len(text) > k for text in true], dtype=np.float64)
        right = [float(len(t) > k and s[k : k + 1] == t[k]) for t, s in zip(true, said, strict=True)]
        found[f"character {k + 1}", "accuracy"] = (np.array(right), there)
    return found


def _mistaken(pairs: Sequence[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Count the characters that were ever taken for another, and what they were taken for."""
    wrong = sorted({c for left, right in pairs if left != right for c in (left, right)})
    table = {left: dict.fromkeys(wrong, 0) for left in wrong}
    for left, right in pairs:
        if left in table and right in table[left]:
            table[left][right] += 1
    return table
