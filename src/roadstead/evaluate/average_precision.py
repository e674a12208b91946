"""Average precision as COCO reckons it, from matches that are made once a picture.

T.-Y. Lin et al., Microsoft COCO (2014), and the reference evaluation of its detection challenge: found boxes are matched best
score first, each to the free object it overlaps most; precision is read at 101 recalls from its envelope. Ours, because a resample
needs the matches of each picture, which libraries do not hand out; tests hold it against faster-coco-eval to 1e-9.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Objects
from roadstead.evaluate.tally import Counts
from roadstead.types import Floats

IOUS: Floats = np.linspace(0.5, 0.95, 10)
RECALLS: Floats = np.linspace(0.0, 1.0, 101)
AREAS = {"": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""Areas of boxes, px² of the picture as it was given, both ends included."""
MOST = 100
"""So many found boxes count, of each class and picture, best scores first."""
_RANGES: Floats = np.array(list(AREAS.values()))
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What became of one class: m found boxes, best score first, over all pictures; a areas, t overlaps.

    `picture` (m,), `score` (m,); `right` and `wrong` (a, t, m): neither where an ignored object was found, or the box is of another
    size. `places` (a, t, k) are those of the right boxes, m where there are no more. `objects` (n, a) count what should have been
    found in each of n pictures.
    """

    picture: npt.NDArray[np.intp]
    score: Floats
    right: Flags
    wrong: Flags
    objects: Floats
    places: npt.NDArray[np.intp]

    def curves(self, counts: Counts) -> tuple[Floats, Floats]:
        """Return average precision and recall (a, t), each; nan where there is no object to find.

        Precision counts only where recall grows, so it is looked up at right boxes alone. That equals reading it from all boxes.
        """
        weights = counts[self.picture]
        total = np.broadcast_to((counts @ self.objects)[:, None], self.right.shape[:2])
        known = total > 0
        if not self.places.shape[2]:
            return np.where(known, 0.0, np.nan), np.where(known, 0.0, np.nan)
        # Sums of whole numbers below 2**24 are exact in float32, and these two lines are where the time goes.
        down = np.cumsum(self.wrong * weights.astype(np.float32), axis=2)
        down = np.take_along_axis(down, np.minimum(self.places, len(weights) - 1), axis=2).astype(np.float64)
        up = np.cumsum(np.append(weights, 0.0)[self.places], axis=2)
        # The smallest float keeps 0/0 apart from 1, and is what the reference adds.
        precision = np.where(self.places < len(weights), up / (up + down + np.spacing(1)), 0.0)
        envelope = np.maximum.accumulate(precision[..., ::-1], axis=2)[..., ::-1]
        recall = np.divide(up, total[..., None], out=np.zeros_like(up), where=known[..., None])
        reached = np.searchsorted(RECALLS, recall, side="right")
        steps = np.diff(reached, axis=2, prepend=0)
        average = (steps * envelope).sum(axis=2) / len(RECALLS)
        return np.where(known, average, np.nan), np.where(known, recall[..., -1], np.nan)


def match(truths: Sequence[Objects], found: Sequence[tuple[Floats, Floats, Sequence[str]]], label: str) -> Matches:
    """Match found boxes (boxes (m, 4) xyxy px, scores (m,), labels) with the objects of one class, picture by picture."""
    pictures, scores, rights, wrongs = [], [], [], []
    objects = np.zeros((len(truths), len(AREAS)))
    for i, (truth, (boxes, score, labels)) in enumerate(zip(truths, found, strict=True)):
        own = np.array([k for k, one in enumerate(labels) if one == label], dtype=np.intp)
        own = own[np.argsort(-score[own], kind="stable")][:MOST]
        of = np.array([k for k, one in enumerate(truth.labels) if one == label], dtype=np.intp)
        crowd = np.array([truth.ignored[k] for k in of], dtype=bool)
        outside = _outside(_area(truth.boxes[of]))
        objects[i] = (~crowd & ~outside).sum(axis=1)
        if not len(own):
            continue
        taken, neither = _matched(overlaps(boxes[own], truth.boxes[of], crowd), crowd | outside, crowd)
        neither |= ~taken & _outside(_area(boxes[own]))[:, None, :]
        pictures.append(np.full(len(own), i))
        scores.append(score[own])
        rights.append(taken & ~neither)
        wrongs.append(~taken & ~neither)
    return _gathered(pictures, scores, rights, wrongs, objects)


def overlaps(found: Floats, true: Floats, crowd: Flags) -> Floats:
    """Return the intersection over union (m, n) of xyxy boxes; over the found box alone where the true one is a crowd."""
    low = np.maximum(found[:, None, :2], true[None, :, :2])
    high = np.minimum(found[:, None, 2:], true[None, :, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=2)
    own = _area(found)[:, None]
    union = np.where(crowd[None, :], own, own + _area(true)[None, :] - both)
    shared: Floats = np.zeros_like(both)
    np.divide(both, union, out=shared, where=union > 0)
    return shared


def _matched(overlap: Floats, ignored: Flags, crowd: Flags) -> tuple[Flags, Flags]:
    """Return which of m found boxes take an object, and which take an ignored one: (a, t, m) each; `ignored` is (a, n).

    A free object that counts is preferred to an ignored one, whatever the overlaps; of equal overlaps the last one is taken.
    """
    m, n = overlap.shape
    shape = (len(AREAS), len(IOUS))
    taken, neither = np.zeros((*shape, m), dtype=bool), np.zeros((*shape, m), dtype=bool)
    free = np.ones((*shape, n), dtype=bool)
    least = np.minimum(IOUS, 1 - 1e-10)
    counts = ~ignored[:, None, :]
    for d in np.flatnonzero((overlap >= least[0]).any(axis=1)):
        possible = free & (overlap[d] >= least[:, None])[None]
        proper = possible & counts
        choice = np.where(proper.any(axis=2)[..., None], proper, possible)
        best = n - 1 - np.argmax(np.where(choice, overlap[d], -1.0)[..., ::-1], axis=2)
        hit = choice.any(axis=2)
        taken[..., d] = hit
        neither[..., d] = (
            hit & np.take_along_axis(np.broadcast_to(ignored[:, None, :], free.shape), best[..., None], 2)[..., 0]
        )
        a, t = np.nonzero(hit & ~crowd[best])
        free[a, t, best[a, t]] = False
    return taken, neither


def _gathered(
    pictures: list[npt.NDArray[np.intp]],
    scores: list[Floats],
    rights: list[Flags],
    wrongs: list[Flags],
    objects: Floats,
) -> Matches:
    none = np.zeros((len(AREAS), len(IOUS), 0), dtype=bool)
    score = np.concatenate([np.zeros(0), *scores])
    order = np.argsort(-score, kind="stable")
    right, wrong = (np.concatenate([none, *parts], axis=2)[..., order] for parts in (rights, wrongs))
    picture = np.concatenate([np.zeros(0, dtype=np.intp), *pictures])[order]
    most = int(right.sum(axis=2).max())
    places = np.sort(np.where(right, np.arange(len(order)), len(order)), axis=2)[..., :most]
    return Matches(picture, score[order], right, wrong, objects, places)


def _area(boxes: Floats) -> Floats:
    area: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return area


def _outside(area: Floats) -> Flags:
    """Return which areas (n,) lie outside each range: (a, n)."""
    outside: Flags = (area[None, :] < _RANGES[:, :1]) | (area[None, :] > _RANGES[:, 1:])
    return outside
