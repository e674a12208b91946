"""Boxes to tracks, at 2 to 25 analyses a second: one Tracker a camera, all its time is that of the pictures.

Each picture: predict every track to its time, match sure boxes, then weak ones, begin tracks for the rest, end what was unseen
too long. Nothing depends on the order of a picture's boxes or on how often pictures come, only on when.
"""

from collections import Counter, deque
from itertools import pairwise
from statistics import median

import numpy as np

from roadstead.geometry.boxes import iou
from roadstead.geometry.homography import to_ground
from roadstead.track.association import choose, costs
from roadstead.track.doubles import Mask, coinciding, rivalled, second_boxes, unsure_pair
from roadstead.track.flow import Flow
from roadstead.track.history import History
from roadstead.track.labels import Labels
from roadstead.track.settings import TrackerSettings
from roadstead.track.state import (
    APART,
    BORN,
    CONFIRMED,
    CRUISE,
    LABEL,
    MEAN,
    SEEN,
    SIGHTINGS,
    SLOT,
    WIDTH,
    Array,
    Outlook,
    Rows,
    begin,
    predict,
    stood_s,
    update,
)
from roadstead.types import Detections, Homography, Track, Vote

__all__ = ["Tracker", "TrackerSettings"]

_RESTART_S = 5.0
"""A clock that jumps back further was set; smaller steps are pictures out of order."""
_SHORT_REST_S = 10.0
_KEPT_ENDED = 10_000


class Tracker:
    """Gives every box of one camera's pictures its track. `dropped` counts by reason what was left out.

    Reasons: `late` pictures (not after the one before), `bad_boxes` (not finite or empty), `weak_boxes`, `second_boxes` of one
    object, `unsure_boxes` (of two coinciding objects, which keep their tracks but get no id in this picture), `unconfirmed`
    tracks, `over_limit` boxes beyond `max_tracks`, `merged` tracks, `ended_unread` tracks that nobody fetched, `restarts`.
    """

    def __init__(
        self, camera: str, *, settings: TrackerSettings | None = None, homography: Homography | None = None
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._camera = camera
        self._settings = settings or TrackerSettings()
        self._homography = homography
        self._ended: deque[Track] = deque()
        self._times: deque[float] = deque(maxlen=16)
        self._size: tuple[int, int] | None = None
        self._restarts = 0
        self._clear((1, 1))

    def assign(self, detections: Detections) -> tuple[str | None, ...]:
        """Return the track id of each box; None where it belongs to no track, or to one of two that cannot be told apart here.

        Raises ValueError for a time that is not finite.
        """
        ids: list[str | None] = [None] * len(detections)
        if not self._arrive(detections):
            self.dropped["late"] += 1
            return tuple(ids)
        rows = self._usable(detections)
        boxes, scores = detections.boxes[rows], detections.scores[rows]
        labels = self._labels.numbers([detections.labels[i] for i in rows])
        slots, named = self._step(detections.t, boxes, scores, labels)
        for row, slot, name in zip(rows.tolist(), slots.tolist(), named.tolist(), strict=True):
            if slot >= 0 and detections.votes:
                self._votes[slot].update(detections.votes[row])
            if name:
                ids[row] = self._ids[slot]
        return tuple(ids)

    def tracks(self, t: float) -> tuple[Track, ...]:
        """Return the confirmed tracks that are live at t, oldest first; one that is hidden ends at its last sighting."""
        live = self._rows[(self._rows[:, CONFIRMED] > 0) & (self._rows[:, BORN] <= t)]
        return tuple(self._track(row) for row in live)

    def finished(self) -> tuple[Track, ...]:
        """Return the confirmed tracks that ended since the last call."""
        ended = tuple(self._ended)
        self._ended.clear()
        return ended

    def _clear(self, size: tuple[int, int]) -> None:
        self._rows: Array = np.empty((0, WIDTH))
        self._flow = Flow(size)
        self._history = History(self._settings.history_s)
        self._labels = Labels()
        self._ids: list[str] = []
        self._votes: list[dict[str, Vote]] = []
        self._free: list[int] = []

    def _arrive(self, detections: Detections) -> bool:
        t = detections.t
        if not np.isfinite(t):
            raise ValueError(f"camera {self._camera}: the picture's time is {t}; hand in seconds")
        back = self._times[-1] - t if self._times else -1.0
        if 0 <= back <= _RESTART_S:
            return False
        if back > 0 or (self._size is not None and detections.size != self._size):
            self._restart()
        if self._size is None:
            self._clear(detections.size)
            self._size = detections.size
        self._times.append(t)
        return True

    def _restart(self) -> None:
        """End everything: the clock was set back, or the picture has another size."""
        self._end(np.ones(len(self._rows), np.bool_))
        self._times.clear()
        self._size = None
        self._restarts += 1
        self.dropped["restarts"] += 1

    def _usable(self, detections: Detections) -> Rows:
        """Return the boxes worth a look, in an order that does not depend on the one they came in."""
        boxes, scores = detections.boxes, detections.scores
        good = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1) & np.isfinite(scores)
        strong = scores >= self._settings.least_score
        if not good.all():
            self.dropped["bad_boxes"] += int((~good).sum())
        if not strong.all():
            self.dropped["weak_boxes"] += int((good & ~strong).sum())
        rows = np.flatnonzero(good & strong)
        keys = (scores[rows], *boxes[rows].T)
        return np.asarray(rows[np.lexsort(keys)], dtype=np.intp)

    def _step(self, t: float, boxes: Array, scores: Array, labels: Rows) -> tuple[Rows, Mask]:
        """Return the slot of each box (-1: none) and whether its id may be told."""
        self._end(t - self._rows[:, SEEN] > self._patience_s())
        measured = np.empty_like(boxes)
        measured[:, :2] = (boxes[:, :2] + boxes[:, 2:]) / 2
        measured[:, 2:] = np.log(boxes[:, 2:] - boxes[:, :2])
        look = predict(self._rows, t, self._settings)
        cost = costs(look, measured, self._rows[:, LABEL].astype(np.intp), labels)
        tracks, taken = self._match(cost, scores, t)
        overlap = iou(boxes, boxes) if len(boxes) > 1 else np.ones((len(boxes), len(boxes)))
        slots = np.full(len(boxes), -1, np.intp)
        slots[taken] = self._rows[tracks, SLOT].astype(np.intp)
        named = slots >= 0
        merged = self._tell_apart(cost, tracks, taken, overlap, look, t, named)
        if len(tracks):
            update(self._rows, tracks, look, measured[taken], t)
        self._note(t, tracks, taken, boxes, scores, labels)
        self._end(merged | self._given_up(look, t))
        new = self._newcomers(scores, slots, overlap)
        if len(new):
            slots[new] = self._begin(t, measured[new])
            named[new] = slots[new] >= 0
            self._note(t, np.arange(len(self._rows) - len(new), len(self._rows)), new, boxes, scores, labels)
        return slots, named

    def _match(self, cost: Array, scores: Array, t: float) -> tuple[Rows, Rows]:
        """Return rows of tracks and boxes that belong together: sure boxes first, then weak ones for tracks seen lately."""
        none = np.empty(0, np.intp)
        if not cost.size:
            return none, none
        weak = scores < self._settings.sure_score
        if not weak.any():
            return choose(cost)
        sure, faint = np.flatnonzero(~weak), np.flatnonzero(weak)
        tracks, taken = choose(cost[:, sure]) if len(sure) else (none, none)
        rest = np.ones(len(cost), np.bool_)
        rest[tracks] = False
        rest &= t - self._rows[:, SEEN] <= max(1.0, 2.2 * self._interval_s())
        left = np.flatnonzero(rest)
        if not len(left):
            return tracks, sure[taken]
        more, faint_taken = choose(cost[np.ix_(left, faint)])
        return np.concatenate((tracks, left[more])), np.concatenate((sure[taken], faint[faint_taken]))

    def _tell_apart(
        self, cost: Array, tracks: Rows, taken: Rows, overlap: Array, look: Outlook, t: float, named: Mask
    ) -> Mask:
        """Clear `named` where two objects lie on one another and either could be either; return the tracks that are doubles."""
        merged = np.zeros(len(self._rows), np.bool_)
        unsure: set[int] = set()
        for i, j in coinciding(overlap, taken):
            a, b = int(tracks[i]), int(tracks[j])
            younger = max(a, b)
            if not self._rows[younger, APART]:
                merged[younger] = True
                named[taken[i if a == younger else j]] = False
            elif unsure_pair(cost, (a, b), (int(taken[i]), int(taken[j]))):
                unsure |= {int(taken[i]), int(taken[j])}
        rival = (self._rows[:, CONFIRMED] > 0) & (t - self._rows[:, SEEN] <= 2.2 * self._interval_s())
        rival &= self._rows[:, APART] > 0
        rival[tracks] = False
        if rival.any():
            rivals = np.flatnonzero(rival)
            places = _boxes(look.mean)
            at = rivalled(cost, tracks, taken, rivals, places[tracks], places[rivals])
            unsure |= {int(box) for box in taken[at]}
        for box in unsure:
            named[box] = False
        self.dropped["unsure_boxes"] += len(unsure)
        self.dropped["merged"] += int(merged.sum())
        return merged

    def _note(self, t: float, tracks: Rows, taken: Rows, boxes: Array, scores: Array, labels: Rows) -> None:
        """Write sightings into labels, history and flow, and confirm tracks seen often enough."""
        if not len(tracks):
            return
        rows, s = self._rows, self._settings
        slots = rows[tracks, SLOT].astype(np.intp)
        rows[tracks, LABEL] = self._labels.vote(slots, labels[taken], scores[taken])
        due = self._history.add(slots, t, boxes[taken], scores[taken])
        seen = rows[tracks]
        sure = (seen[:, SIGHTINGS] >= s.confirm_sightings) & (t - seen[:, BORN] >= s.confirm_s - 1e-9)
        fresh = sure & (seen[:, CONFIRMED] == 0)
        rows[tracks[fresh], CONFIRMED] = 1
        moving = due[sure[due] & (stood_s(seen[due]) == 0)]
        if len(moving):
            self._learn(seen[moving], t, fresh[moving])

    def _learn(self, seen: Array, t: float, fresh: Mask) -> None:
        """Teach the flow the way since the last point, and of a track just confirmed the way since it was first seen."""
        velocity = seen[:, CRUISE]
        since = np.where(fresh, t - seen[:, BORN], np.minimum(0.2, t - seen[:, BORN]))
        self._flow.learn(seen[:, :2] - velocity * since[:, None], seen[:, :2], velocity)

    def _newcomers(self, scores: Array, slots: Rows, overlap: Array) -> Rows:
        new = np.flatnonzero((slots < 0) & (scores >= self._settings.sure_score))
        if not len(new):
            return new
        new = new[np.argsort(-scores[new], kind="stable")]
        second = second_boxes(overlap, slots >= 0, new)
        self.dropped["second_boxes"] += int(second.sum())
        new = new[~second]
        room = max(0, self._settings.max_tracks - len(self._rows))
        self.dropped["over_limit"] += len(new[room:])
        return new[:room]

    def _begin(self, t: float, measured: Array) -> Rows:
        side = np.exp((measured[:, 2] + measured[:, 3]) / 2)
        unknown = (self._settings.speed_sides_per_s * side) ** 2
        rate, rate_var = self._flow.expect(measured[:, :2], side, unknown)
        rows = begin(measured, t, rate, rate_var, self._settings)
        there = iou(_boxes(measured), _boxes(self._rows[:, MEAN]))
        rows[:, APART] = ~(there > 0.3).any(axis=1) if there.size else 1
        slots = np.array([self._slot(f"{round(t * 1000)}-{i}") for i in range(len(rows))], np.intp)
        self._labels.clear(slots)
        self._history.clear(slots)
        rows[:, SLOT] = slots
        rows[:, LABEL] = -1
        self._rows = np.concatenate((self._rows, rows))
        return slots

    def _slot(self, name: str) -> int:
        name = f"{self._camera}-{name}" + (f"-r{self._restarts}" if self._restarts else "")
        if self._free:
            slot = self._free.pop()
            self._ids[slot] = name
            self._votes[slot] = {}
            return slot
        self._ids.append(name)
        self._votes.append({})
        self._history.reserve(max(64, 2 ** (len(self._ids) - 1).bit_length()))
        self._labels.reserve(max(64, 2 ** (len(self._ids) - 1).bit_length()))
        return len(self._ids) - 1

    def _patience_s(self) -> Array:
        """Return for how long each track may stay unseen before a picture that could show it again."""
        s, stood = self._settings, stood_s(self._rows)
        standing = np.minimum(np.maximum(stood, _SHORT_REST_S), s.hidden_standing_s)
        return np.where(stood > 0, np.maximum(standing, s.hidden_s), s.hidden_s)

    def _given_up(self, look: Outlook, t: float) -> Mask:
        """Return which tracks were looked for in vain: newcomers for two pictures, others when out of the picture."""
        gap, interval = t - self._rows[:, SEEN], self._interval_s()
        lost = (self._rows[:, CONFIRMED] == 0) & (gap > max(self._settings.newcomer_s, 2.2 * interval))
        width, height = self._size or (1, 1)
        where = _boxes(look.mean)
        out = (where[:, 0] > width) | (where[:, 1] > height) | (where[:, 2] < 0) | (where[:, 3] < 0)
        return np.asarray(lost | (out & (gap > 1.2 * interval)))

    def _interval_s(self) -> float:
        """Return the usual time between pictures."""
        return median(b - a for a, b in pairwise(self._times)) if len(self._times) > 1 else 0.0

    def _end(self, over: Mask) -> None:
        if not over.any():
            return
        for row in self._rows[over]:
            if row[CONFIRMED]:
                self._ended.append(self._track(row))
            else:
                self.dropped["unconfirmed"] += 1
            self._free.append(int(row[SLOT]))
        while len(self._ended) > _KEPT_ENDED:
            self._ended.popleft()
            self.dropped["ended_unread"] += 1
        self._rows = self._rows[~over]

    def _track(self, row: Array) -> Track:
        slot = int(row[SLOT])
        points = self._history.read(slot)
        boxes = points[:, 1:5]
        feet = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]))
        xy_m = None if self._homography is None else to_ground(self._homography, feet)
        label, attributes = self._labels.name(int(row[LABEL])), self._votes[slot]
        return Track(
            self._ids[slot],
            self._camera,
            label,
            float(row[BORN]),
            points[:, 0],
            boxes,
            points[:, 5],
            xy_m,
            dict(attributes),
        )


def _boxes(mean: Array) -> Array:
    """Return boxes (n, 4) of centres and ln sides (n, 4)."""
    half = np.exp(mean[:, 2:]) / 2
    return np.concatenate((mean[:, :2] - half, mean[:, :2] + half), axis=1)
