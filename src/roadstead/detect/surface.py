"""What has come to lie on the road: a lasting change of its surface where a vehicle has passed, beside what a model sees.

A model knows the debris that it was shown. What else falls off a lorry (a beam, a sack, a bicycle) it may not know, but the
road looks different from then on.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.detect import Account, Accountable, Detector, detector, plugins
from roadstead.geometry.boxes import areas, centres, iou
from roadstead.types import Detections, Floats, Frame, PlugIn, readonly

DEBRIS = "debris"
_NO_VEHICLES = frozenset({DEBRIS, "person"})
"""What loses nothing; every other class of the model does."""
_PASSED_S = 4.0
"""A vehicle has passed over a place that lay in its box within so many seconds before something is seen there."""
_OVERHANG = 0.15
"""A vehicle covers what lies in its box, made larger by this share on each side."""
_SAME = 0.3
"""A box that overlaps a spot so much, or whose middle lies within so many of its sides, is that spot."""
_COVERED = 0.3
"""A spot of which so much lies in a box of the model is that thing, or hidden by it."""
_STRAYED = 0.5
"""A spot whose middle is so many of its sides from where it came to rest has not come to rest."""
_UNSEEN_S, _HIDDEN_S = 1.5, 20.0
"""A spot that is in view and unseen for so long is no more; one that a box hides waits for so long."""


@dataclass(slots=True, eq=False)
class _Spot:
    """Something new on the ground: its box (4,) px now and as it was when it came to rest, since when that is, and the last sight of it.

    `hidden` is since when a box of the model lies over it.
    """

    box: Floats
    rest: Floats
    since: float
    seen: float
    score: float
    hidden: float | None = None


def _by_motion() -> Detector:
    return plugins.get("motion")()


@detector("surface", zh="路面遗留物")
@dataclass(slots=True, kw_only=True, eq=False)
class Surface:
    """Adds boxes labelled "debris" to those of the detector `of`.

    They are what `change` reports, has lain still and in view for `still_s`, lies where a vehicle of the model passed lately,
    and is none of the model's own boxes. `change` finds what differs from a learned background (`motion`); it is asked every `every_s`. A spot's side is at least
    `least_px` and at most `largest` of the picture's (the roots of the areas). It keeps state, so one instance serves one camera.
    """

    shared: ClassVar[bool] = False

    of: Annotated[Detector, PlugIn("detect")]
    change: Annotated[Detector, PlugIn("detect")] = field(default_factory=_by_motion)
    still_s: Annotated[float, Gt(0)] = 0.8
    every_s: Annotated[float, Ge(0)] = 0.2
    least_px: Annotated[float, Ge(1)] = 8.0
    largest: Annotated[float, Gt(0), Le(1)] = 0.12
    _spots: list[_Spot] = field(default_factory=list, init=False, repr=False)
    _passed: deque[tuple[float, Floats]] = field(default_factory=deque, init=False, repr=False)
    _asked_t: float | None = field(default=None, init=False, repr=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False)

    @property
    def model(self) -> Mapping[str, str]:
        """The model that this stands beside."""
        return self.of.model

    def detect(self, frame: Frame) -> Detections:
        """Return the model's boxes, and debris that it does not see."""
        seen = self.of.detect(frame)
        if self._asked_t is not None and frame.t < self._asked_t:
            self._spots, self._asked_t = [], None
            self._passed.clear()
        others = seen.where([label != DEBRIS for label in seen.labels])
        if self._asked_t is None or frame.t - self._asked_t >= self.every_s * 0.99:
            self._asked_t = frame.t
            self._follow(self.change.detect(frame), others)
        vehicles = seen.where([label not in _NO_VEHICLES for label in seen.labels])
        self._passed.append((frame.t, vehicles.boxes))
        while self._passed[0][0] < frame.t - _PASSED_S:
            self._passed.popleft()
        return self._joined(seen, others)

    def account(self) -> Account:
        """Return what was added and what was left out, with what the detector behind it says."""
        own = {f"surface_{name}": n for name, n in self._counts.items()}
        behind = self.of.account() if isinstance(self.of, Accountable) else Account({})
        return Account({**behind.counts, **own}, behind.notes)

    def _follow(self, changed: Detections, others: Detections) -> None:
        """Bring the spots up to date with what differs from the background now; `others` are the model's boxes but debris."""
        t = changed.t
        least, largest = self.least_px, self.largest * np.sqrt(changed.size[0] * changed.size[1])
        sides = np.sqrt(areas(changed.boxes))
        covered = _share_in(changed.boxes, others.boxes) >= _COVERED
        free = (sides >= least) & (sides <= largest) & ~covered
        known = set[int]()
        for row in np.flatnonzero(free):
            box = changed.boxes[row]
            k = self._spot_at(box)
            if k is not None:
                spot = self._spots[k]
                known.add(k)
                self._again(spot, box, t)
                spot.score = float(changed.scores[row])
            elif self._vehicle_passed(box):
                self._spots.append(_Spot(readonly(box), readonly(box), t, t, float(changed.scores[row])))
                known.add(len(self._spots) - 1)
            else:
                self._counts["change_without_a_vehicle"] += 1
        self._age(t, known, others.boxes)

    def _again(self, spot: _Spot, box: Floats, t: float) -> None:
        """Note another sight of a spot; one that moves on begins to lie still anew."""
        spot.box, spot.seen, spot.hidden = readonly(0.7 * spot.box + 0.3 * box), t, None
        away = np.hypot(*(centres(spot.box[None]) - centres(spot.rest[None]))[0])
        if away > _STRAYED * np.sqrt(areas(spot.rest[None])[0]):
            spot.rest, spot.since = readonly(box), t

    def _spot_at(self, box: Floats) -> int | None:
        """Return the number of the spot that a box shows again; None where it shows none of them."""
        if not self._spots:
            return None
        boxes = np.stack([spot.box for spot in self._spots])
        side = np.sqrt(areas(boxes))
        away = np.hypot(*(centres(boxes) - centres(box[None])).T) / np.maximum(side, 1e-9)
        like = np.abs(np.log(np.sqrt(areas(box[None])) / np.maximum(side, 1e-9))) < np.log(2.0)
        fits = (iou(boxes, box[None])[:, 0] >= _SAME) | ((away <= _SAME) & like)
        return int(np.where(fits, away, np.inf).argmin()) if fits.any() else None

    def _age(self, t: float, known: set[int], others: Floats) -> None:
        """Let go of spots that are in view and gone; those that a box hides wait for it to leave."""
        if not self._spots:
            return
        hidden = _share_in(np.stack([spot.box for spot in self._spots]), others) > 0
        kept = []
        for k, spot in enumerate(self._spots):
            if k not in known and hidden[k]:
                spot.hidden = t if spot.hidden is None else spot.hidden
                alive = t - spot.hidden <= _HIDDEN_S
                spot.seen = t if alive else spot.seen
            alive = t - spot.seen <= _UNSEEN_S
            self._counts["gone_before_still"] += not alive and spot.seen - spot.since < self.still_s
            kept += [spot] * alive
        self._spots = kept

    def _vehicle_passed(self, box: Floats) -> bool:
        """Whether the middle of a box lay in a vehicle's box lately."""
        x, y = (box[:2] + box[2:]) / 2
        for _, boxes in self._passed:
            more = (boxes[:, 2:] - boxes[:, :2]) * _OVERHANG
            low, high = boxes[:, :2] - more, boxes[:, 2:] + more
            if ((low <= (x, y)) & ((x, y) <= high)).all(axis=1).any():
                return True
        return False

    def _joined(self, seen: Detections, others: Detections) -> Detections:
        """Return the model's boxes with the spots that have lain still for long enough and that it does not see."""
        told = [s for s in self._spots if s.hidden is None and s.seen - s.since >= self.still_s]
        if not told:
            return seen
        boxes = np.stack([spot.box for spot in told])
        mine = seen.boxes[[label == DEBRIS for label in seen.labels]]
        double = _share_in(boxes, mine) >= _COVERED
        hidden = _share_in(boxes, others.boxes) >= _COVERED
        self._counts["model_saw_it_too"] += int(double.sum())
        rows = np.flatnonzero(~double & ~hidden)
        self._counts["boxes_added"] += len(rows)
        return Detections(
            seen.camera,
            seen.t,
            seen.size,
            np.concatenate((seen.boxes, boxes[rows])),
            np.concatenate((seen.scores, [told[k].score for k in rows])),
            (*seen.labels, *(DEBRIS for _ in rows)),
        )


def _share_in(boxes: Floats, others: Floats) -> Floats:
    """Return how much of each box (n, 4) lies in the one of the others (m, 4) that covers most of it (n,), 0 to 1."""
    if not len(boxes) or not len(others):
        return np.zeros(len(boxes))
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.maximum(high - low, 0).prod(axis=2)
    return np.asarray((both / np.maximum(areas(boxes), 1e-9)[:, None]).max(axis=1))
