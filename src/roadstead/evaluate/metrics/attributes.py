"""Several attributes of one thing, each one of its own values: cover, dirt, cargo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from roadstead.bundle.attributes import CANNOT_TELL
from roadstead.dataset.samples import Attributes, Sample
from roadstead.evaluate import confusion
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Column, Counts, Key, Slices, Tally, asked, matching, ratio, report, worst
from roadstead.types import Floats, readonly


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How likely each value of each attribute is: by name (values,), in the order of the vocabulary; each adds up to 1."""

    scores: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", {name: readonly(values) for name, values in self.scores.items()})


def score(
    truths: Sequence[Mapping[str, str | None]],
    predictions: Sequence[Scores],
    vocabulary: Mapping[str, Sequence[str]],
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge attributes. None is the value "cannot_tell" where the vocabulary has it; else it is not judged, and noted.

    Figures of the whole are means over attributes; `all_right` is the share of things with no attribute wrong.
    """
    known = None if groups is None else tuple(groups)
    return _report(truths, predictions, vocabulary, Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Scores],
    vocabulary: Mapping[str, Sequence[str]],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples that have Attributes."""
    matching(samples, predictions, Attributes)
    truths = [sample.target.values for sample in samples if isinstance(sample.target, Attributes)]
    return _report(truths, predictions, vocabulary, asked(samples, resamples=resamples, seed=seed, slices=slices))


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """One attribute: true and said values (n,) by index, -1 where it is not judged."""

    name: str
    values: tuple[str, ...]
    true: confusion.Classes
    said: confusion.Classes
    sure: Floats
    unjudged: int

    @property
    def of(self) -> Column:
        return (self.true >= 0).astype(np.float64)

    @property
    def right(self) -> Column:
        right: Column = ((self.true == self.said) & (self.true >= 0)).astype(np.float64)
        return right

    def matrix(self, counts: Counts) -> confusion.Matrix:
        seen = self.true >= 0
        return confusion.matrix(self.true[seen], self.said[seen], len(self.values), counts[seen])


def _report(
    truths: Sequence[Mapping[str, str | None]],
    predictions: Sequence[Scores],
    vocabulary: Mapping[str, Sequence[str]],
    asked: Asked,
) -> Report:
    if len(truths) != len(predictions):
        raise ValueError(f"{len(truths)} truths and {len(predictions)} predictions do not fit together")
    parts = [_judged(name, values, truths, predictions) for name, values in vocabulary.items()]
    every = np.ones(len(truths))
    tables = {
        f"{part.name}={true}": {f"{part.name}={said}": n for said, n in row.items()}
        for part in parts
        for true, row in confusion.named(part.matrix(every), part.values).items()
    }
    wrong = [[p for p in parts if p.of[i] and not p.right[i]] for i in range(len(truths))]
    return report(
        "attributes",
        _tally(parts, len(truths)),
        asked,
        main="macro_f1",
        notes=[
            f"{p.name}: {p.unjudged} cannot be told or were not looked at, and are not judged"
            for p in parts
            if p.unjudged
        ],
        confusion=tables,
        worst=worst(
            asked.ids,
            [sum(float(p.sure[i]) for p in some) for i, some in enumerate(wrong)],
            [
                ", ".join(f"{p.name}={p.values[p.said[i]]} ({p.sure[i]:.2f})" for p in some)
                for i, some in enumerate(wrong)
            ],
            [", ".join(f"{p.name}={p.values[p.true[i]]}" for p in some) for i, some in enumerate(wrong)],
        ),
    )


def _judged(
    name: str, values: Sequence[str], truths: Sequence[Mapping[str, str | None]], predictions: Sequence[Scores]
) -> _Judged:
    """Look one attribute up everywhere. A true value that the vocabulary does not have is a value of its own, always missed."""
    given = [truth.get(name, "") for truth in truths]
    stood = [CANNOT_TELL if value is None and CANNOT_TELL in values else value for value in given]
    everything = (*values, *sorted({value for value in stood if value} - set(values)))
    place = {value: i for i, value in enumerate(everything)}
    true = np.array([place[value] if value else -1 for value in stood], dtype=np.intp)
    scores = np.array([p.scores[name] for p in predictions], dtype=np.float64).reshape(len(truths), len(values))
    said = scores.argmax(axis=1).astype(np.intp)
    return _Judged(name, everything, true, said, readonly(scores.max(axis=1)), int((true < 0).sum()))


def _tally(parts: Sequence[_Judged], n: int) -> Tally:
    wrong = np.sum([part.of - part.right for part in parts], axis=0) if parts else np.zeros(n)
    looked = np.any([part.of > 0 for part in parts], axis=0).astype(np.float64) if parts else np.zeros(n)
    shares: dict[Key, tuple[Column, Column]] = {("", "all_right"): ((wrong == 0) * looked, looked)}
    cases: dict[Key, Column] = {}
    for part in parts:
        shares[part.name, "accuracy"] = (part.right, part.of)
        cases[part.name, "macro_f1"] = part.of
        for k, value in enumerate(part.values):
            for figure, columns in confusion.shares(part.true, np.where(part.true >= 0, part.said, -1), k).items():
                shares[f"{part.name}={value}", figure] = columns

    def figures(counts: Counts) -> dict[Key, float]:
        each = [float(confusion.macro(part.matrix(counts))["macro_f1"]) for part in parts]
        exact = [ratio(float(part.right @ counts), float(part.of @ counts)) for part in parts]
        found: dict[Key, float] = {("", "macro_f1"): _mean(each), ("", "accuracy"): _mean(exact)}
        found.update({(part.name, "macro_f1"): value for part, value in zip(parts, each, strict=True)})
        return found

    return Tally(n=n, figures=figures, shares=shares, cases=cases)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
