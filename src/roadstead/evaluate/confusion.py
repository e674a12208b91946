"""Figures of one-out-of-many answers, from who was taken for whom."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from roadstead.evaluate.tally import Column, Counts

Matrix = npt.NDArray[np.float64]
"""(c, c) how often true class i was called class j."""
Classes = npt.NDArray[np.intp]
"""(n,) indices of classes."""


def matrix(true: Classes, said: Classes, classes: int, counts: Counts) -> Matrix:
    """Count pairs of true and said classes."""
    flat: Matrix = np.bincount(true * classes + said, weights=counts, minlength=classes * classes).astype(np.float64)
    return flat.reshape(classes, classes)


def macro(table: Matrix) -> dict[str, float]:
    """Return recall (that is balanced accuracy), precision and F1, each a mean over the classes that are in the truth.

    A class that is in the truth but never said has precision 0.
    """
    right, true, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    present = true > 0
    if not present.any():
        return dict.fromkeys(("balanced_accuracy", "macro_precision", "macro_f1"), float("nan"))
    right, true, said = right[present], true[present], said[present]
    return {
        "balanced_accuracy": float(np.mean(right / true)),
        "macro_precision": float(np.mean(right / np.where(said > 0, said, 1))),
        "macro_f1": float(np.mean(2 * right / (true + said))),
    }


def f1(table: Matrix) -> Column:
    """Return the F1 of each class (c,); nan for one that is neither true nor said."""
    together = table.sum(axis=0) + table.sum(axis=1)
    found: Matrix = np.full(len(table), np.nan)
    np.divide(2 * np.diag(table), together, out=found, where=together > 0)
    return found


def shares(true: Classes, said: Classes, of: int) -> dict[str, tuple[Column, Column]]:
    """Return precision and recall of class `of` as hits and cases, a column each."""
    right = ((true == of) & (said == of)).astype(np.float64)
    return {"precision": (right, (said == of).astype(np.float64)), "recall": (right, (true == of).astype(np.float64))}


def named(table: Matrix, labels: Sequence[str]) -> dict[str, Mapping[str, int]]:
    """Return the counts by name: true classes, and under each what it was called; classes that never occur are left out."""
    occurs = [i for i in range(len(labels)) if table[i].any() or table[:, i].any()]
    return {labels[i]: {labels[j]: round(float(table[i, j])) for j in occurs} for i in occurs}
