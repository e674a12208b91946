"""Finding the other half of a pair: the text of a picture, the picture of a text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Sample, Text
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Counts, Key, Slices, Tally, asked, matching, report, worst
from roadstead.types import Floats, readonly

DEPTHS = (1, 5, 10)
_ROWS = 1024
"""Similarities of so many queries are held at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Where a picture and its text lie (d,), (d,); how alike two are is the cosine of the angle between them."""

    image: Floats
    text: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", readonly(self.image))
        object.__setattr__(self, "text", readonly(self.text))


def score(
    predictions: Sequence[Pair],
    keys: Sequence[str] | None = None,
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge pairs: recall at 1, 5, 10 and the median rank, both ways. Pairs with equal keys (n,) are right for each other.

    What is equally alike stands before what is right, so a model that finds everything alike finds nothing. Resamples draw
    queries; what is searched through stays the same.
    """
    known = None if groups is None else tuple(groups)
    names = [str(i) for i in range(len(predictions))] if keys is None else list(keys)
    return _report(predictions, names, Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Pair],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples of pictures that have a Text; pictures of one and the same text are all right for it."""
    matching(samples, predictions, Text)
    keys = [sample.target.text for sample in samples if isinstance(sample.target, Text)]
    return _report(predictions, keys, asked(samples, resamples=resamples, seed=seed, slices=slices))


def ranks(queries: Floats, found: Floats, keys: Sequence[str]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return at which rank (n,), from 1 on, each query (n, d) finds the first that is right, and which wrong one it likes best."""
    number = np.unique(np.array(keys), return_inverse=True)[1]
    place = np.empty(len(queries), dtype=np.intp)
    first = np.empty(len(queries), dtype=np.intp)
    for start in range(0, len(queries), _ROWS):
        rows = slice(start, start + _ROWS)
        alike = queries[rows] @ found.T
        right = number[rows, None] == number[None, :]
        best = np.where(right, alike, -np.inf).max(axis=1)
        wrong = np.where(right, -np.inf, alike)
        place[rows] = 1 + (wrong >= best[:, None]).sum(axis=1)
        first[rows] = wrong.argmax(axis=1)
    return place, first


def _report(predictions: Sequence[Pair], keys: Sequence[str], asked: Asked) -> Report:
    n = len(predictions)
    images, texts = _unit([p.image for p in predictions]), _unit([p.text for p in predictions])
    (to_text, liked), (to_image, _) = ranks(images, texts, keys), ranks(texts, images, keys)
    ways = {"text": to_text, "image": to_image}
    both = {(f"{way}_recall@{k}"): (place <= k).astype(np.float64) for way, place in ways.items() for k in DEPTHS}
    every = np.ones(n)

    def figures(counts: Counts) -> dict[Key, float]:
        found: dict[Key, float] = {("", f"{way}_median_rank"): _median(place, counts) for way, place in ways.items()}
        total = counts.sum()
        mean = sum(float(both[f"{way}_recall@1"] @ counts) for way in ways) / (2 * total) if total else float("nan")
        found["", "recall@1"] = mean
        return found

    return report(
        "retrieval",
        Tally(n=n, figures=figures, shares={("", name): (hits, every) for name, hits in both.items()}),
        asked,
        main="recall@1",
        notes=(f"searched through {n} pairs: figures of sets of other sizes do not compare",),
        worst=worst(
            asked.ids,
            (to_text - 1).tolist(),
            [f"{keys[j]} (the right one is at rank {rank})" for j, rank in zip(liked, to_text, strict=True)],
            list(keys),
        ),
    )


def _unit(rows: Sequence[Floats]) -> Floats:
    """Return rows at length 1; one of length 0 stays."""
    table = np.array(rows, dtype=np.float64).reshape(len(rows), -1)
    length = np.linalg.norm(table, axis=1, keepdims=True) if table.size else np.ones((len(rows), 1))
    return readonly(table / np.where(length > 0, length, 1))


def _median(place: npt.NDArray[np.intp], counts: Counts) -> float:
    """Return the median rank, the lower one of two in the middle."""
    order = np.argsort(place, kind="stable")
    total = np.cumsum(counts[order])
    return float(place[order[np.searchsorted(total, total[-1] / 2)]]) if len(total) and total[-1] else float("nan")
