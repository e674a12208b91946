"""Which label each track was given most, weighted by score."""

from collections.abc import Sequence

import numpy as np

from roadstead.track.state import Array, Rows

ANYTHING = "object"
"""The label of a box that a class-free detector found; it fits every track."""
_MOST = 256


class Labels:
    """Sums of scores by slot and label. Labels have numbers; that of ANYTHING is 0."""

    def __init__(self) -> None:
        self._names: list[str] = [ANYTHING]
        self._number = {ANYTHING: 0}
        self._sums = np.zeros((0, 4))
        self._anything = False

    @property
    def differ(self) -> bool:
        """Whether any two boxes can be unlike."""
        return len(self._names) > 2

    def numbers(self, labels: Sequence[str]) -> Rows:
        """Return the number of each label; beyond 256 different ones all are ANYTHING."""
        found = set(labels)
        self._anything |= ANYTHING in found
        for label in sorted(found - self._number.keys()):
            if len(self._names) < _MOST:
                self._number[label] = len(self._names)
                self._names.append(label)
        if len(found) == 1:
            return np.full(len(labels), self._number.get(labels[0], 0), np.intp)
        return np.array([self._number.get(label, 0) for label in labels], np.intp)

    def reserve(self, slots: int) -> None:
        """Make room for so many slots."""
        self._sums = np.concatenate((self._sums, np.zeros((slots - len(self._sums), self._sums.shape[1]))))

    def clear(self, slots: Rows) -> None:
        """Forget what stands in the slots."""
        self._sums[slots] = 0

    def vote(self, slots: Rows, labels: Rows, scores: Array) -> Rows:
        """Add the scores and return the label that each slot has been given most; the first seen where two are equal."""
        missing = len(self._names) - self._sums.shape[1]
        if missing > 0:
            self._sums = np.concatenate((self._sums, np.zeros((len(self._sums), missing))), axis=1)
        self._sums[slots, labels] += scores
        if len(self._names) == 1 or not (self.differ or self._anything):
            return labels
        return np.asarray(self._sums[slots].argmax(axis=1), dtype=np.intp)

    def name(self, number: int) -> str:
        """Return the label of a number."""
        return self._names[number]
