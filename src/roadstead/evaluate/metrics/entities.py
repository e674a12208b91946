"""Names in a text: plates, vessels, places."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.dataset.samples import Entities, Sample
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Column, Counts, Key, Slices, Tally, asked, matching, ratio, report, worst

Span = tuple[str, int, int]
"""A kind of entity, its first token and the one after its last."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """The tag said of every token of the sample, BIO or BIOES."""

    tags: tuple[str, ...]


def spans(tags: Sequence[str]) -> tuple[Span, ...]:
    """Return the entities that BIO or BIOES tags mark, in order.

    Tags that do not fit are read as the CoNLL-2000 evaluation does: an inside tag after nothing, or after another kind,
    begins an entity.

    >>> spans(("B-PLATE", "I-PLATE", "O", "I-SHIP"))
    (('PLATE', 0, 2), ('SHIP', 3, 4))
    """
    found: list[Span] = []
    kind, start = "", 0
    for i, tag in enumerate((*tags, "O")):
        mark, _, name = tag.partition("-")
        if kind and (mark in {"O", "B", "S"} or name != kind):
            found.append((kind, start, i))
            kind = ""
        if mark != "O" and not kind:
            kind, start = name, i
        if kind and mark in {"E", "S"}:
            found.append((kind, start, i + 1))
            kind = ""
    return tuple(found)


def score(
    truths: Sequence[Sequence[str]],
    predictions: Sequence[Tagged],
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge tags: an entity is right when its kind and both its ends are. Micro figures count entities of all kinds together."""
    known = None if groups is None else tuple(groups)
    tokens = [tuple(f"[{i}]" for i in range(len(tags))) for tags in truths]
    return _report(truths, predictions, tokens, Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Tagged],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples of texts that have Entities."""
    matching(samples, predictions, Entities)
    targets = [sample.target for sample in samples if isinstance(sample.target, Entities)]
    about = asked(samples, resamples=resamples, seed=seed, slices=slices)
    return _report([t.tags for t in targets], predictions, [t.tokens for t in targets], about)


def _report(
    truths: Sequence[Sequence[str]], predictions: Sequence[Tagged], tokens: Sequence[Sequence[str]], asked: Asked
) -> Report:
    for i, (tags, p) in enumerate(zip(truths, predictions, strict=True)):
        if len(tags) != len(p.tags):
            raise ValueError(f"sample {i}: {len(tags)} true and {len(p.tags)} said tags do not fit together")
    true, said = [set(spans(tags)) for tags in truths], [set(spans(p.tags)) for p in predictions]
    wrong = [(s - t, t - s) for t, s in zip(true, said, strict=True)]
    return report(
        "entities",
        _tally(true, said),
        asked,
        main="f1",
        worst=worst(
            asked.ids,
            [len(extra) + len(missed) for extra, missed in wrong],
            [_named(spans, words) for spans, words in zip(said, tokens, strict=True)],
            [_named(spans, words) for spans, words in zip(true, tokens, strict=True)],
        ),
    )


def _tally(true: Sequence[set[Span]], said: Sequence[set[Span]]) -> Tally:
    kinds = sorted({span[0] for some in (*true, *said) for span in some})
    both = [t & s for t, s in zip(true, said, strict=True)]
    hits, found, wanted = (
        np.array([_counted(some, kinds) for some in side]).reshape(len(true), len(kinds)) for side in (both, said, true)
    )

    def figures(counts: Counts) -> dict[Key, float]:
        h, f, w = counts @ hits, counts @ found, counts @ wanted
        each = {kind: ratio(2 * float(h[k]), float(f[k] + w[k])) for k, kind in enumerate(kinds)}
        occurring = [each[kind] for k, kind in enumerate(kinds) if w[k]]
        whole = {
            ("", "f1"): ratio(2 * float(h.sum()), float(f.sum() + w.sum())),
            ("", "macro_f1"): ratio(sum(occurring), len(occurring)),
        }
        return {**whole, **{(kind, "f1"): value for kind, value in each.items()}}

    shares: dict[Key, tuple[Column, Column]] = {
        ("", "precision"): (hits.sum(axis=1), found.sum(axis=1)),
        ("", "recall"): (hits.sum(axis=1), wanted.sum(axis=1)),
        ("", "exact"): (
            np.array([t == s for t, s in zip(true, said, strict=True)], dtype=np.float64),
            np.ones(len(true)),
        ),
    }
    cases: dict[Key, Column] = {("", "f1"): wanted.sum(axis=1), ("", "macro_f1"): wanted.sum(axis=1)}
    for k, kind in enumerate(kinds):
        shares[kind, "precision"], shares[kind, "recall"] = (hits[:, k], found[:, k]), (hits[:, k], wanted[:, k])
        cases[kind, "f1"] = wanted[:, k]
    return Tally(n=len(true), figures=figures, shares=shares, cases=cases)


def _counted(some: set[Span], kinds: Sequence[str]) -> list[float]:
    return [float(sum(span[0] == kind for span in some)) for kind in kinds]


def _named(some: set[Span], words: Sequence[str]) -> str:
    return ", ".join(f"{kind}: {' '.join(words[a:b])}" for kind, a, b in sorted(some, key=lambda s: s[1])) or "none"
