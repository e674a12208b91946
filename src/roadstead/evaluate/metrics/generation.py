"""Texts that a model writes: summaries, translations, captions, structured reports."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.dataset.samples import Chat, Sample, Text
from roadstead.errors import BadInput
from roadstead.evaluate import fields, overlap
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Column, Counts, Key, Slices, Tally, asked, matching, ratio, report, worst

_MOST_NATS = 700.0
"""A token: what is beyond it has no float that its perplexity could be."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and how unlikely the true text is to the model: `nll` nats over all of its `tokens` (0: not reckoned)."""

    text: str
    nll: float = 0.0
    tokens: int = 0


def score(
    truths: Sequence[str],
    predictions: Sequence[Written],
    *,
    main: str | None = None,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge texts.

    Where true texts are JSON objects or lines of `key: value`, fields are judged: `field_accuracy` is the share of true fields
    that are said right (none, of a text that does not parse), `parses` the share of texts that keep the form, `invented` the share
    of said fields that the truth does not have. Perplexity is over the tokens of all texts together. `main` names the figure to choose
    by; none: `field_accuracy` where there are fields, `perplexity` where nothing was written, else `rouge_l`.
    """
    known = None if groups is None else tuple(groups)
    return _report(truths, predictions, Asked(resamples=resamples, seed=seed, groups=known), main)


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Written],
    *,
    main: str | None = None,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples that have a Text, or a Chat whose last answer was to be written."""
    matching(samples, predictions, Text, Chat)
    about = asked(samples, resamples=resamples, seed=seed, slices=slices)
    return _report([truth(sample) for sample in samples], predictions, about, main)


def truth(sample: Sample) -> str:
    """Return the text that was to be written; raise BadInput where there is none."""
    match sample.target:
        case Text(text=text):
            return text
        case Chat(messages=(*_, last)) if last.role == "assistant":
            return last.content
    raise BadInput(f"sample {sample.id!r}: has no text, and no conversation that ends with the assistant")


def _report(truths: Sequence[str], predictions: Sequence[Written], asked: Asked, main: str | None) -> Report:
    said = [p.text for p in predictions]
    structured = _Fields.of(truths, said)
    rouge = np.array([overlap.rouge_l(t, s) for t, s in zip(truths, said, strict=True)], dtype=np.float64)
    bleu, cut = overlap.bleu_counts(truths, said)
    chrf = np.array([overlap.chrf_counts(t, s) for t, s in zip(truths, said, strict=True)], dtype=np.float64).reshape(
        -1, 18
    )
    nll = np.array([p.nll if p.tokens else 0.0 for p in predictions], dtype=np.float64)
    tokens = np.array([p.tokens for p in predictions], dtype=np.float64)

    def figures(counts: Counts) -> dict[Key, float]:
        found = {("", "rouge_l"): ratio(float(rouge @ counts), float(counts.sum()))}
        found["", "bleu"], found["", "chrf"] = overlap.bleu(counts @ bleu), overlap.chrf(counts @ chrf)
        if tokens.any():
            found["", "perplexity"] = float(np.exp(min(ratio(float(nll @ counts), float(tokens @ counts)), _MOST_NATS)))
        return found

    exact = np.array([t.strip() == s.strip() for t, s in zip(truths, said, strict=True)], dtype=np.float64)
    cases: dict[Key, Column] = {("", "perplexity"): tokens}
    shares = {("", "exact"): (exact, np.ones(len(said))), **structured.shares()}
    notes = [f"BLEU by sacrebleu, texts cut by {cut!r}"]
    if (tokens == 0).any() and tokens.any():
        notes.append(f"{int((tokens == 0).sum())} texts have no tokens to reckon a perplexity of")
    usual = "field_accuracy" if structured.any else "rouge_l" if any(said) or not tokens.any() else "perplexity"
    badness = 1 - np.where(structured.wanted > 0, structured.right / np.maximum(structured.wanted, 1), rouge)
    return report(
        "generation",
        Tally(n=len(said), figures=figures, shares=shares, cases=cases),
        asked,
        main=main or usual,
        higher=(main or usual) != "perplexity",
        notes=notes,
        worst=worst(asked.ids, badness.tolist(), said, list(truths)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Fields:
    """Fields of n texts: how many are true, right, said, and not in the truth, (n,) each; `names` has right and true by field."""

    structured: Column
    parses: Column
    wanted: Column
    right: Column
    said: Column
    invented: Column
    names: dict[str, tuple[Column, Column]]

    @property
    def any(self) -> bool:
        return bool(self.structured.any())

    @classmethod
    def of(cls, truths: Sequence[str], said: Sequence[str]) -> "_Fields":
        columns = np.zeros((6, len(truths)))
        names: dict[str, tuple[Column, Column]] = {}
        for i, (one, other) in enumerate(zip(truths, said, strict=True)):
            form = fields.form(one)
            true = fields.fields(one, form) if form else None
            if form is None or true is None:
                continue
            found = fields.fields(other, form)
            right = {key for key, value in true.items() if (found or {}).get(key) == value}
            extra = len((found or {}).keys() - true.keys())
            columns[:, i] = 1, found is not None, len(true), len(right), len(found or {}), extra
            for key in true:
                hits, of = names.setdefault(key, (np.zeros(len(truths)), np.zeros(len(truths))))
                hits[i], of[i] = key in right, 1
        structured, parses, wanted, hits, told, invented = columns
        return cls(structured, parses, wanted, hits, told, invented, names)

    def shares(self) -> dict[Key, tuple[Column, Column]]:
        if not self.any:
            return {}
        whole: dict[Key, tuple[Column, Column]] = {
            ("", "field_accuracy"): (self.right, self.wanted),
            ("", "parses"): (self.parses, self.structured),
            ("", "invented"): (self.invented, self.said),
        }
        return {**whole, **{(name, "accuracy"): columns for name, columns in self.names.items()}}
