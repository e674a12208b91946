"""The class of every pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Pixels, Sample
from roadstead.errors import BadInput
from roadstead.evaluate.reports import Report
from roadstead.evaluate.tally import Asked, Counts, Key, Slices, Tally, asked, matching, report, worst

NOWHERE = 255
"""The class of pixels that do not count."""
Map = npt.NDArray[np.uint8]
"""(height, width) indices of classes."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassMap:
    """The class said of every pixel, (height, width) uint8, in the order of the labels and of the truth's size."""

    values: Map


def score(
    truths: Sequence[Map],
    predictions: Sequence[ClassMap],
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> Report:
    """Judge class maps; truths (height, width) are indices into `labels`, 255 where it does not count.

    Intersection and union are of all pictures together; the mean is over the classes that are true or said anywhere.
    """
    tables = np.array(
        [confusion(t, p.values, len(labels), str(i)) for i, (t, p) in enumerate(zip(truths, predictions, strict=True))]
    )
    known = None if groups is None else tuple(groups)
    return _report(tables, labels, Asked(resamples=resamples, seed=seed, groups=known))


def judge(
    samples: Sequence[Sample],
    predictions: Sequence[ClassMap],
    labels: Sequence[str],
    *,
    resamples: int = 500,
    seed: int = 0,
    slices: Slices = "origin",
) -> Report:
    """Judge samples that have Pixels; their classes are looked up by name."""
    matching(samples, predictions, Pixels)
    pairs = zip(samples, predictions, strict=True)
    tables = np.array([confusion(truth(s, labels), p.values, len(labels), s.id) for s, p in pairs])
    return _report(tables, labels, asked(samples, resamples=resamples, seed=seed, slices=slices))


def truth(sample: Sample, labels: Sequence[str]) -> Map:
    """Return what is true of a sample's pixels, as indices into `labels`; classes that are not among them do not count."""
    import cv2

    pixels = sample.target
    if not isinstance(pixels, Pixels):
        raise BadInput(f"sample {sample.id!r}: has no pixels to judge by")
    values = pixels.values if pixels.file is None else cv2.imread(str(pixels.file), cv2.IMREAD_UNCHANGED)
    if values is None or values.ndim != 2:
        raise BadInput(f"{pixels.file}: classes of pixels have to be a picture of one channel that can be read")
    table = np.full(256, NOWHERE, dtype=np.uint8)
    for i, name in enumerate(pixels.labels):
        table[i] = labels.index(name) if name in labels else NOWHERE
    found: Map = table[values]
    return found


def confusion(true: Map, said: Map, classes: int, where: str) -> npt.NDArray[np.int64]:
    """Return (c, c): how many pixels of true class i were called class j."""
    if true.shape != said.shape:
        raise ValueError(f"sample {where}: truth of {true.shape} and prediction of {said.shape} do not fit together")
    seen = true != NOWHERE
    t, s = true[seen].astype(np.int64), said[seen].astype(np.int64)
    if max(t.max(initial=0), s.max(initial=0)) >= classes:
        raise ValueError(f"sample {where}: there is a class beyond the {classes} that are named")
    return np.bincount(t * classes + s, minlength=classes * classes).reshape(classes, classes)


def figures(table: npt.NDArray[np.float64], labels: Sequence[str]) -> dict[Key, float]:
    """Return every figure of one table (c, c): IoU = hits / (true + said - hits), Dice = 2 hits / (true + said)."""
    hits, true, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    occurs = true + said > 0
    nothing = np.full(len(labels), np.nan)
    iou = np.divide(hits, true + said - hits, out=nothing.copy(), where=occurs)
    dice = np.divide(2 * hits, true + said, out=nothing.copy(), where=occurs)
    recall = np.divide(hits, true, out=nothing.copy(), where=true > 0)
    total = table.sum()
    found: dict[Key, float] = {
        ("", "miou"): _mean(iou),
        ("", "dice"): _mean(dice),
        ("", "pixel_accuracy"): float(hits.sum() / total) if total else float("nan"),
        ("", "class_accuracy"): _mean(recall),
    }
    for k, label in enumerate(labels):
        found[label, "iou"], found[label, "dice"], found[label, "recall"] = (
            float(iou[k]),
            float(dice[k]),
            float(recall[k]),
        )
    return found


def _report(tables: npt.NDArray[np.int64], labels: Sequence[str], asked: Asked) -> Report:
    n, c = len(tables), len(labels)
    flat = tables.reshape(n, c * c).astype(np.float64)

    def of(counts: Counts) -> dict[Key, float]:
        return figures((counts @ flat).reshape(c, c), labels)

    true = tables.sum(axis=2).reshape(n, c)
    cases = {
        (name, f): (true[:, k] > 0).astype(np.float64)
        for k, name in enumerate(labels)
        for f in ("iou", "dice", "recall")
    }
    whole = tables.sum(axis=0).reshape(c, c)
    wrong = [table.sum() - np.trace(table) for table in tables]
    share = [float(w / max(1, table.sum())) for w, table in zip(wrong, tables, strict=True)]
    return report(
        "segmentation",
        Tally(n=n, figures=of, cases=cases),
        asked,
        main="miou",
        notes=("by class, `of` counts the pictures the class is in; the confusion counts pixels",),
        confusion={labels[i]: {labels[j]: int(whole[i, j]) for j in range(c)} for i in range(c)},
        worst=worst(
            asked.ids, share, [_most(table, labels) for table in tables], [_shares(table, labels) for table in tables]
        ),
    )


def _most(table: npt.NDArray[np.int64], labels: Sequence[str]) -> str:
    """Say which mistake is the commonest."""
    wrong = table - np.diag(np.diag(table))
    i, j = divmod(int(wrong.argmax()), len(labels))
    share = wrong[i, j] / max(1, table.sum())
    return f"{labels[i]} taken for {labels[j]} on {share:.1%} of the pixels" if wrong.any() else "all right"


def _shares(table: npt.NDArray[np.int64], labels: Sequence[str]) -> str:
    true = table.sum(axis=1)
    return ", ".join(f"{labels[k]} {true[k] / true.sum():.1%}" for k in np.argsort(-true)[:4].tolist() if true[k])


def _mean(values: npt.NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
