"""Objects in pictures: whether they are found, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Objects, Sample
from roadstead.evaluate import average_precision as ap
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Column, Counts, Key, Slices, Tally, asked, matching, report, worst
from roadstead.types import Floats, readonly

FALSE_PER_PICTURE = 0.1
SURE = 0.5
"""Boxes of this score and more are what a model says, where one has to say something (worst pictures)."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """What was found in a picture: boxes (n, 4) xyxy px of the picture as it is stored, scores (n,) 0 to 1, and labels."""

    boxes: Floats
    scores: Floats
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", readonly(self.boxes, 4))
        object.__setattr__(self, "scores", readonly(self.scores))
        if not len(self.boxes) == len(self.scores) == len(self.labels):
            raise ValueError(
                f"{len(self.boxes)} boxes, {len(self.scores)} scores and {len(self.labels)} labels do not fit"
            )


def score(
    truths: Sequence[Objects],
    predictions: Sequence[Boxes],
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    false_per_picture: float = FALSE_PER_PICTURE,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge boxes as COCO does. Finding what is `ignored` is neither right nor wrong. Objects of other labels are noted.

    `recall@…` is what is found, of all classes together at an overlap of 0.5, when the score is set so that so many boxes a picture are
    wrong.
    """
    known = None if groups is None else tuple(groups)
    return _report(truths, predictions, labels, Asked(resamples=resamples, seed=seed, groups=known), false_per_picture)


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[Boxes],
    labels: Sequence[str],
    *,
    false_per_picture: float = FALSE_PER_PICTURE,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples that have Objects."""
    matching(samples, predictions, Objects)
    truths = [sample.target for sample in samples if isinstance(sample.target, Objects)]
    about = asked(samples, resamples=resamples, seed=seed, slices=slices)
    return _report(truths, predictions, labels, about, false_per_picture)


def _report(
    truths: Sequence[Objects],
    predictions: Sequence[Boxes],
    labels: Sequence[str],
    asked: Asked,
    false_per_picture: float,
) -> Report:
    found = [(p.boxes, p.scores, p.labels) for p in predictions]
    matches = {label: ap.match(truths, found, label) for label in labels}
    strange = [name for truth in truths for name in truth.labels if name not in matches]
    notes = (
        [f"{len(strange)} objects are of classes the model does not know: {', '.join(sorted(set(strange)))}"]
        if strange
        else []
    )
    if any(not m.objects[:, 0].sum() for m in matches.values()):
        none = [label for label, m in matches.items() if not m.objects[:, 0].sum()]
        notes.append(f"no object of {', '.join(none)} is in the data: not part of the means")
    wrong, missed = _mistakes(matches, len(truths))
    return report(
        "detection",
        _tally(matches, len(truths), false_per_picture),
        asked,
        main="ap",
        notes=notes,
        worst=worst(
            asked.ids,
            [sum(a.values()) + sum(b.values()) for a, b in zip(wrong, missed, strict=True)],
            [_told("wrong", a) for a in wrong],
            [_told("missed", b) for b in missed],
        ),
    )


def _tally(matches: dict[str, ap.Matches], n: int, false_per_picture: float) -> Tally:
    pooled = _Pooled.of(list(matches.values()))
    sizes = list(ap.AREAS)

    def figures(counts: Counts) -> dict[Key, float]:
        curves = {label: m.curves(counts) for label, m in matches.items()}
        tables = [precision for precision, _ in curves.values()]
        found: dict[Key, float] = {("", "ap"): _mean([t[0] for t in tables])}
        found["", "ap50"] = _mean([t[0, 0] for t in tables])
        found["", "ap75"] = _mean([t[0, 5] for t in tables])
        found["", "ar"] = _mean([recall[0] for _, recall in curves.values()])
        found.update({("", f"ap_{size}"): _mean([t[sizes.index(size)] for t in tables]) for size in sizes[1:]})
        found["", f"recall@{false_per_picture:g}fp"] = pooled.recall(counts, false_per_picture)
        for label, (precision, recall) in curves.items():
            found[label, "ap"], found[label, "ap50"] = float(precision[0].mean()), float(precision[0, 0])
            found[label, "ar"] = float(recall[0].mean())
        return found

    cases: dict[Key, Column] = {}
    every = sum((m.objects for m in matches.values()), np.zeros((n, len(sizes))))
    for name in ("ap", "ap50", "ap75", "ar", f"recall@{false_per_picture:g}fp"):
        cases["", name] = every[:, 0]
    cases.update({("", f"ap_{size}"): every[:, a] for a, size in enumerate(sizes) if size})
    cases.update({(label, f): m.objects[:, 0] for label, m in matches.items() for f in ("ap", "ap50", "ar")})
    return Tally(n=n, figures=figures, cases=cases)


@dataclass(frozen=True, slots=True, eq=False)
class _Pooled:
    """Found boxes of all classes, best score first, at an overlap of 0.5."""

    picture: npt.NDArray[np.intp]
    right: ap.Flags
    wrong: ap.Flags
    ends: ap.Flags
    objects: Column

    @classmethod
    def of(cls, matches: Sequence[ap.Matches]) -> "_Pooled":
        score = np.concatenate([m.score for m in matches])
        order = np.argsort(-score, kind="stable")
        parts = [np.concatenate([getattr(m, name)[0, 0] for m in matches])[order] for name in ("right", "wrong")]
        ends = np.append(np.diff(score[order]) != 0, np.ones(min(1, len(score)), dtype=bool))
        picture = np.concatenate([m.picture for m in matches])[order]
        return cls(picture, parts[0], parts[1], ends, np.sum([m.objects[:, 0] for m in matches], axis=0))

    def recall(self, counts: Counts, false_per_picture: float) -> float:
        """Return the recall at the lowest score at which no more than so many boxes a picture are wrong."""
        total = float(counts @ self.objects)
        if not total:
            return float("nan")
        weights = counts[self.picture]
        allowed = self.ends & (np.cumsum(self.wrong * weights) <= false_per_picture * counts.sum() + 1e-9)
        return float((np.cumsum(self.right * weights) * allowed).max(initial=0.0) / total)


def _mistakes(matches: dict[str, ap.Matches], n: int) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
    """Count by picture and label what is wrong and what is missed at an overlap of 0.5, of boxes that are sure enough."""
    wrong: list[dict[str, int]] = [{} for _ in range(n)]
    missed: list[dict[str, int]] = [{} for _ in range(n)]
    for label, m in matches.items():
        sure = m.score >= SURE
        false = np.bincount(m.picture[sure & m.wrong[0, 0]], minlength=n)
        lost = m.objects[:, 0] - np.bincount(m.picture[sure & m.right[0, 0]], minlength=n)
        for i in range(n):
            if false[i]:
                wrong[i][label] = int(false[i])
            if lost[i]:
                missed[i][label] = int(lost[i])
    return wrong, missed


def _told(what: str, counts: dict[str, int]) -> str:
    return f"{what}: " + ", ".join(f"{n} {label}" for label, n in counts.items()) if counts else f"nothing {what}"


def _mean(values: Sequence[npt.ArrayLike]) -> float:
    """Return the mean of what is known."""
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")
