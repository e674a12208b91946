"""Boxes that belong to no track yet, kept until three of them lie on one straight, even way.

Where nothing is known of how things move and pictures are rare, the nearest box of the next picture is often another object.
Three sightings decide what two cannot.
"""

from typing import Final

import numpy as np

from roadstead.track.association import LABELS_DIFFER
from roadstead.track.settings import TrackerSettings
from roadstead.track.state import Array, Rows, among

TIME: Final = 0
PLACE: Final = slice(1, 5)
"""Centre (px), ln width, ln height."""
LABEL: Final = 5
SCORE: Final = 6
RANK: Final = 7
"""Its place among the new boxes of its picture: with the time it names the track."""
SLOT: Final = 8
"""The slot of the track that it began, or -1."""
_WIDTH: Final = 9
_MOST = 400
_FAR = 12.0
_SIZE_JITTER = 0.12
_GAP_PRICE = 4.0


class Newcomers:
    """The lone boxes of the last moments: rows of (time, place, label, score, rank, slot)."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self.rows: Array = np.empty((0, _WIDTH))

    def keep(self, good: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> None:
        """Forget the boxes that are not in the mask."""
        self.rows = self.rows[good]

    def release(self, slots: Array) -> None:
        """Note that the tracks of these slots ended: other tracks will have them."""
        if len(self.rows):
            self.rows[among(self.rows[:, SLOT], slots), SLOT] = -1

    def forget_before(self, t: float) -> int:
        """Forget boxes older than t and all beyond 400; return how many of them had begun no track."""
        if self.rows[0, TIME] >= t and len(self.rows) <= _MOST:
            return 0
        old = self.rows[:, TIME] < t
        old[: max(0, len(old) - _MOST)] = True
        lost = int((old & (self.rows[:, SLOT] < 0)).sum())
        if old.any():
            self.rows = self.rows[~old]
        return lost

    def add(self, t: float, places: Array, labels: Rows, scores: Array, ranks: Rows, slots: Rows) -> None:
        """Keep boxes (n, 4: centre, ln sides) that are alone so far."""
        more = np.empty((len(places), _WIDTH))
        more[:, TIME], more[:, PLACE], more[:, LABEL] = t, places, labels
        more[:, SCORE], more[:, RANK], more[:, SLOT] = scores, ranks, slots
        self.rows = np.concatenate((self.rows, more))

    def ways(self, t: float, places: Array, labels: Rows, interval_s: float) -> list[tuple[int, int, int]]:
        """Return (first, second, box) for each way that two kept boxes and one of now make; each box is used once, best ways first."""
        if len(self.rows) < 2 or not len(places):
            return []
        first, second, cost2 = self._pairs(interval_s)
        if not len(first):
            return []
        cost = self._triples(first, second, t, places, labels, interval_s) + cost2[:, None]
        pairs, boxes = np.nonzero(np.isfinite(cost))
        order = np.argsort(cost[pairs, boxes], kind="stable")
        used: set[tuple[bool, int]] = set()
        found = []
        for k in order.tolist():
            a, b, c = int(first[pairs[k]]), int(second[pairs[k]]), int(boxes[k])
            parts = {(True, a), (True, b), (False, c)}
            if not used & parts:
                used |= parts
                found.append((a, b, c))
        return found

    def _pairs(self, interval_s: float) -> tuple[Rows, Rows, Array]:
        """Return kept boxes (i earlier than j) that may be one object, and what it costs to believe so."""
        rows = self.rows
        dt = rows[None, :, TIME] - rows[:, None, TIME]
        reach = 3 * self._settings.speed_sides_per_s * dt[..., None]
        side = np.exp((rows[:, 3] + rows[:, 4]) / 2)[:, None, None]
        step = (rows[None, :, 1:3] - rows[:, None, 1:3]) / side
        first, second = np.nonzero((dt > 0) & (np.abs(step) <= reach + 0.3).all(axis=2))
        gone = dt[first, second]
        pace = (step[first, second] ** 2).sum(axis=1) / (self._settings.speed_sides_per_s * gone) ** 2
        cost = pace + _unlike(rows[first, 3:5], rows[second, 3:5]) + _missed(gone, interval_s)
        differ = (rows[first, LABEL] != rows[second, LABEL]) & (rows[first, LABEL] > 0) & (rows[second, LABEL] > 0)
        return first, second, cost + LABELS_DIFFER * differ

    def _triples(self, first: Rows, second: Rows, t: float, places: Array, labels: Rows, interval_s: float) -> Array:
        """Return what it costs that each pair goes on to each box now (p, m); infinite where it may not be."""
        a, b, s = self.rows[first], self.rows[second], self._settings
        gone, ahead = b[:, TIME] - a[:, TIME], t - b[:, TIME]
        part = ahead / gone
        side = np.exp((b[:, 3] + b[:, 4]) / 2)
        wobble = s.jitter_sides**2 * (1 + part**2 + (1 + part) ** 2) + s.agility**2 * ahead**2 * (gone + ahead) / 3
        due = b[:, 1:3] + (b[:, 1:3] - a[:, 1:3]) * part[:, None]
        off = ((places[None, :, :2] - due[:, None]) ** 2).sum(axis=2) / (side**2 * wobble)[:, None]
        cost = off + (2 * np.log(wobble) + _missed(ahead, interval_s))[:, None]
        cost += _unlike(b[:, None, 3:5], places[None, :, 2:])
        cost += LABELS_DIFFER * ((b[:, None, LABEL] != labels[None]) & (b[:, None, LABEL] > 0) & (labels[None] > 0))
        return np.where((off <= _FAR) & (ahead > 0)[:, None], cost, np.inf)


def _unlike(a: Array, b: Array) -> Array:
    """Return what it costs that two boxes (…, 2: ln sides) are one object."""
    return np.asarray(4 * np.log1p((a - b) ** 2 / (3 * 2 * _SIZE_JITTER**2)).sum(axis=-1))


def _missed(gone: Array, interval_s: float) -> Array:
    return _GAP_PRICE * np.maximum(np.round(gone / max(interval_s, 1e-3)) - 1, 0)
