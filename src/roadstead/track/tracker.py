"""Boxes to tracks, at 2 to 25 analyses a second: one Tracker a camera, all its time is that of the pictures.

Each picture: predict every track to its time, match sure boxes, then weak ones, begin tracks for the rest, end what was unseen
too long. Nothing depends on the order of a picture's boxes or on how often pictures come, only on when.
"""

import math
from collections import Counter, deque
from collections.abc import Mapping
from statistics import median

import numpy as np

from roadstead.geometry.boxes import feet
from roadstead.geometry.homography import to_ground
from roadstead.track import newcomers as lone
from roadstead.track.association import choose, clear, costs, differ, match, obvious
from roadstead.track.contests import Contests
from roadstead.track.doubles import doubles, second_boxes
from roadstead.track.flow import Flow
from roadstead.track.newcomers import Newcomers
from roadstead.track.roster import Record, Roster
from roadstead.track.settings import TrackerSettings
from roadstead.track.sight import Noise, Sight, usable
from roadstead.track.state import (
    ANCHORED,
    APART,
    BORN,
    CONFIRMED,
    CRUISE,
    LABEL,
    LEARNED,
    SEEN,
    SIGHTINGS,
    SLOT,
    STANDING_S,
    Array,
    Mask,
    Outlook,
    Rows,
    among,
    begin,
    begin_way,
    boxes_of,
    departed,
    guess,
    pick,
    predict,
    sides,
    stood_s,
    update,
)
from roadstead.types import Detections, Floats, Homography, Track

__all__ = ["Tracker", "TrackerSettings"]

_RESTART_S = 5.0
"""A clock that jumps back further was set; smaller steps are pictures out of order."""
_SHORT_REST_S = 10.0
_MISSED = 1.2
"""Unseen for more than so many intervals, a track was missed in a picture."""
_LATELY = 2.2
"""Usual times between pictures within which a track counts as seen lately: one picture may miss it."""
_SURE_WAY_SIDES = 0.75
"""A new box begins a track at once where its next place is known so well."""
_KEPT_ENDED = 10_000
_CHI2_MEDIAN = 0.4549
_LEARN = 0.5
_CROWDED = 2
"""Pictures until the obvious is looked for again where it was not to be found: it only saves time."""
_KNOWN = 5
_SAME_GAP_S = 1e-3
_APART = 0.3
_TEACH_S, _TEACH_LATER, _TEACH_MOST_S = 0.5, 0.1, 2.0
"""Time between two lessons for the flow: the more it knows the longer."""
_SCALES = (0.15, 4.0)


class Tracker:
    """Gives every box of one camera's pictures its track. `dropped` counts by reason what was left out.

    Reasons: `late` pictures (not after the one before), `bad_boxes` (not finite or empty), `weak_boxes`, `second_boxes` of one
    object, `unsure_boxes` (of two coinciding objects, which keep their tracks but get no id in this picture), `lone_boxes` and
    `unconfirmed` tracks that were not seen again, `over_limit` boxes beyond `max_tracks`, `merged` tracks, `ended_unread` tracks
    that nobody fetched, `restarts`.
    """

    def __init__(
        self, camera: str, *, settings: TrackerSettings | None = None, homography: Homography | None = None
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._camera = camera
        self._settings = settings or TrackerSettings()
        self._homography = homography
        self._ended: deque[Record] = deque()
        self._earlier: dict[str, tuple[Floats, Floats]] = {}
        self._last: float | None = None
        self._gaps: deque[float] = deque(maxlen=15)
        self._noise = Noise()
        self._restarts = -2
        self._roster = Roster(self._settings)
        self._restart((1, 1))

    def assign(self, detections: Detections) -> tuple[str | None, ...]:
        """Return the track id of each box; None where it belongs to no track, or to one of two that cannot be told apart here.

        Raises ValueError for a time that is not finite.
        """
        ids: list[str | None] = [None] * len(detections)
        self._earlier = {}
        if not self._arrive(detections):
            self.dropped["late"] += 1
            return tuple(ids)
        sight, bad, weak = usable(detections, self._settings.least_score, self._roster.labels)
        if bad or weak:
            self._count(bad_boxes=bad, weak_boxes=weak)
        slots, unsure = self._step(sight)
        names, unsure_rows = self._roster.names, {int(sight.origin[box]) for box in unsure}
        for row, slot in zip(sight.origin.tolist(), slots.tolist(), strict=True):
            if slot >= 0:
                if detections.votes:
                    self._roster.attributes(slot).update(detections.votes[row])
                ids[row] = None if row in unsure_rows else names[slot]
        return tuple(ids)

    @property
    def earlier(self) -> Mapping[str, tuple[Floats, Floats]]:
        """Where tracks that began with the last picture had been seen before it: times (k,) and boxes (k, 4) by id."""
        return self._earlier

    def tracks(self, t: float) -> tuple[Track, ...]:
        """Return the confirmed tracks that are live at t, oldest first; one that is hidden ends at its last sighting."""
        roster = self._roster
        live = roster.confirmed & (roster.rows[:, BORN] <= t)
        return tuple(self._value(roster.record(row)) for row in roster.rows[live])

    def finished(self) -> tuple[Track, ...]:
        """Return the confirmed tracks that ended since the last call."""
        ended = tuple(self._value(record) for record in self._ended)
        self._ended.clear()
        return ended

    def _value(self, record: Record) -> Track:
        boxes = record.points[:, 1:5]
        xy_m = None if self._homography is None else to_ground(self._homography, feet(boxes))
        t, scores = record.points[:, 0], record.points[:, 5]
        return Track(record.name, self._camera, record.label, record.born, t, boxes, scores, xy_m, record.attributes)

    def _arrive(self, detections: Detections) -> bool:
        t = detections.t
        if not np.isfinite(t):
            raise ValueError(f"camera {self._camera}: the picture's time is {t}; hand in seconds")
        last = self._last
        back = -1.0 if last is None else last - t
        if 0 <= back <= _RESTART_S:
            return False
        self._last = t
        if last is None or back > 0 or detections.size != self._size:
            self._restart(detections.size)
        else:
            self._gaps.append(t - last)
            if abs(t - last - self._noise.interval_s) > _SAME_GAP_S:
                self._noise = Noise(median(self._gaps), self._noise.scale)
        return True

    def _restart(self, size: tuple[int, int]) -> None:
        """Begin anew: the first picture, the clock was set back, or the picture has another size."""
        self._newcomers = Newcomers(self._settings)
        self._end(np.ones(len(self._roster.rows), np.bool_))
        self._restarts += 1
        self._count(restarts=int(self._restarts > 0))
        self._size, self._crowded, self._none_forgotten_before = size, 0, -math.inf
        self._gaps.clear()
        self._noise, self._taught, self._began = Noise(), -math.inf, self._last or 0.0
        self._flow = Flow(size)
        self._roster = Roster(self._settings)
        self._contests = Contests(self._settings)

    def _step(self, sight: Sight) -> tuple[Rows, set[int]]:
        """Return the slot of each box (-1: none) and the boxes whose id may not be told."""
        t, roster = sight.t, self._roster
        self._end_forgotten(t)
        self._end_departed(t)
        look, tracks, taken, unsure = self._match(sight)
        merged: list[int] = []
        if unsure is not None:
            merged = doubles(roster.rows, tracks, taken, sight)
            self._count(unsure_boxes=len(unsure), merged=len(merged))
        slots = np.empty(len(sight), np.intp)
        slots.fill(-1)
        slots[taken] = roster.rows[:, SLOT].take(tracks)
        over = self._given_up(look, tracks)
        if merged:
            slots[among(slots, roster.rows[merged, SLOT])] = -1
            over[merged] = True
        if len(tracks):
            self._learn_scale(update(roster.rows, tracks, look, pick(sight.places, taken), t), tracks)
            roster.note(tracks, t, sight.boxes.take(taken, 0), sight.scores[taken], sight.labels[taken])
        self._end(over)
        self._take_in(sight, slots)
        self._teach(t)
        return slots, unsure or set()

    def _match(self, sight: Sight) -> tuple[Outlook, Rows, Rows, set[int] | None]:
        """Return where the tracks should be, rows and boxes that belong together, and contested boxes (None: all is clear)."""
        rows = self._roster.rows
        look = predict(rows, sight.t, self._settings, self._noise.scale)
        self._crowded = max(0, self._crowded - 1)
        if (
            not self._crowded
            and not self._contests.open
            and len(rows)
            and len(sight)
            and not self._roster.labels.differ
        ):
            found = obvious(rows, look, sight.places)
            self._crowded = 0 if found else _CROWDED
            if found is not None and sight.scores[found[1]].min(initial=1.0) >= self._settings.sure_score:
                return look, *found, None
        cost, matched = self._associate(look, sight)
        if not self._contests.open and clear(cost, *matched):
            return look, *matched, None
        if self._contests.weigh(sight, look, rows, cost, matched, self._noise):
            look = predict(rows, sight.t, self._settings, self._noise.scale)
            cost, matched = self._associate(look, sight)
        return look, *matched, self._contests.follow(sight, look, rows, cost, matched, self._noise)

    def _associate(self, look: Outlook, sight: Sight) -> tuple[Array, tuple[Rows, Rows]]:
        """Return the costs (n, m), and the rows and boxes that belong together."""
        rows = self._roster.rows
        cost = costs(look, guess(rows, look, self._settings), sight.places)
        if self._roster.labels.differ:
            differ(cost, rows[:, LABEL].astype(np.intp), sight.labels)
        weak = sight.scores < self._settings.sure_score
        if not np.count_nonzero(weak):
            return cost, choose(cost)
        return cost, match(cost, weak, look.gap <= max(1.0, _LATELY * self._noise.interval_s))

    def _learn_scale(self, odd: Array, at: Rows) -> None:
        """Move the scale of the noise until half of the known tracks' boxes lie within the middle of what was foreseen."""
        known = self._roster.rows[:, SIGHTINGS].take(at) > _KNOWN
        n = 2 * np.count_nonzero(known)
        if n:
            more = np.count_nonzero((odd.T[:2] > _CHI2_MEDIAN) & known) / n - 0.5
            scale = self._noise.scale * math.exp(_LEARN * more * min(1.0, n / 20))
            self._noise = Noise(self._noise.interval_s, min(max(scale, _SCALES[0]), _SCALES[1]))

    def _teach(self, t: float) -> None:
        """Teach the flow the ways of confirmed tracks, of a new one also from a little before it."""
        if t - self._taught < min(_TEACH_S + _TEACH_LATER * (t - self._began), _TEACH_MOST_S):
            return
        self._taught = t
        rows = self._roster.rows
        untold = rows[:, SEEN] - rows[:, LEARNED]
        fresh = rows[:, LEARNED] <= rows[:, BORN]
        news = (rows[:, CONFIRMED] > 0) & (untold > 0)
        if not np.count_nonzero(news):
            return
        moved = news & (rows[:, SEEN] - rows[:, ANCHORED] < STANDING_S)
        if np.count_nonzero(moved):
            told = pick(rows, moved)
            since = untold[moved] + self._noise.interval_s * fresh[moved]
            velocity = told[:, CRUISE]
            self._flow.learn(told[:, :2] - velocity * since[:, None], told[:, :2], velocity)
        rows[news, LEARNED] = rows[news, SEEN]

    def _take_in(self, sight: Sight, slots: Rows) -> None:
        """Begin tracks for new boxes: where three make a way, and where the way to come is known; keep the rest for later."""
        self._age(sight.t)
        new, apart = self._new_boxes(sight, slots)
        if not len(new):
            return
        pool, interval = self._newcomers, self._noise.interval_s
        ranks = np.arange(len(new))
        ways = pool.ways(sight.t, pick(sight.places, new), sight.labels[new], interval)
        if ways:
            used, alone = np.zeros(len(pool.rows), np.bool_), np.ones(len(new), np.bool_)
            for first, second, k in ways:
                slots[new[k]] = self._begin_way(pool.rows[[first, second]], sight, new[k : k + 1], apart[k : k + 1])
                used[[first, second]] = True
                alone[k] = False
            pool.keep(~used)
            ranks = ranks[alone]
        rest = new[ranks]
        places = pick(sight.places, rest)
        if interval > 0 and len(rest):
            self._begin_known(sight, places, rest, ranks, apart, slots)
        pool.add(sight.t, places, sight.labels[rest], sight.scores[rest], ranks, slots[rest])

    def _begin_known(self, sight: Sight, places: Array, rest: Rows, ranks: Rows, apart: Mask, slots: Rows) -> None:
        """Begin tracks for those of the boxes `rest` (k,) whose next place is known well enough."""
        roster, s = self._roster, self._settings
        side = np.exp((places[:, 2] + places[:, 3]) / 2)
        rate, rate_var = self._flow.expect(places[:, :2], side, (s.speed_sides_per_s * side) ** 2)
        known = np.maximum(rate_var[:, 0], rate_var[:, 1]) * self._noise.interval_s**2 <= (_SURE_WAY_SIDES * side) ** 2
        at = rest[known]
        if len(at):
            begun = begin(pick(places, known), sight.t, rate[known], rate_var[known], s)
            slots[at] = self._enter(begun, ranks[known], apart[ranks[known]])
            rows = np.arange(len(roster.rows) - len(at), len(roster.rows))
            roster.note(rows, sight.t, sight.boxes[at], sight.scores[at], sight.labels[at])

    def _age(self, t: float) -> None:
        """Forget lone boxes that are too old, and those whose track was seen again."""
        pool = self._newcomers
        if len(pool.rows):
            lost = pool.forget_before(t - max(self._settings.newcomer_s, 3.2 * self._noise.interval_s))
            self._count(lone_boxes=lost)
            again = among(pool.rows[:, lone.SLOT], self._roster.rows[self._roster.rows[:, SIGHTINGS] > 1, SLOT])
            if np.count_nonzero(again):
                pool.keep(~again)

    def _new_boxes(self, sight: Sight, slots: Rows) -> tuple[Rows, Mask]:
        """Return the boxes that may begin tracks, best first, and which of them lie apart from every track's box."""
        new = ((slots < 0) & (sight.scores >= self._settings.sure_score)).nonzero()[0]
        apart = np.ones(len(new), np.bool_)
        if not len(new):
            return new, apart
        new = new[np.argsort(-sight.scores[new], kind="stable")]
        if sight.touched(new):
            second = second_boxes(sight.overlap, slots >= 0, new)
            new = new[~second]
            apart = np.logical_and.reduce(sight.overlap[new][:, slots >= 0] <= _APART, axis=1)
            self._count(second_boxes=int(second.sum()))
        room = self._settings.max_tracks - len(self._roster.rows)
        if len(new) > room:
            self._count(over_limit=len(new) - max(room, 0))
        return new[: max(room, 0)], apart

    def _begin_way(self, kept: Array, sight: Sight, box: Rows, apart: Mask) -> int:
        """Begin a track of two kept boxes and one of now; it takes over the name of the track that the first one began."""
        roster, s = self._roster, self._settings
        self._replace(kept[:, lone.SLOT])
        times = [*kept[:, lone.TIME].tolist(), sight.t]
        places = np.concatenate((kept[:, lone.PLACE], sight.places[box]))
        slots = self._enter(begin_way(places, times, s), kept[:1, lone.RANK].astype(np.intp), apart)
        at = np.array([len(roster.rows) - 1])
        boxes, labels = boxes_of(kept[:, lone.PLACE]), kept[:, lone.LABEL].astype(np.intp)
        for k, t in enumerate(times[:2]):
            roster.note(at, t, boxes[k : k + 1], kept[k : k + 1, lone.SCORE], labels[k : k + 1])
        self._earlier[roster.names[int(slots[0])]] = np.array(times[:2]), boxes
        self._expect_way(at)
        roster.note(at, sight.t, sight.boxes[box], sight.scores[box], sight.labels[box])
        return int(slots[0])

    def _expect_way(self, at: Rows) -> None:
        """Let tracks that were first seen standing expect to drive off as others do here."""
        rows = self._roster.rows
        side = sides(rows[at])
        stands = np.hypot(rows[at, 4], rows[at, 5]) < 0.3 * side
        if stands.any():
            rows[at[stands], CRUISE] = self._flow.expect(rows[at[stands], :2], side[stands], np.zeros(stands.sum()))[0]

    def _replace(self, slots: Array) -> None:
        """Remove the tracks that lone boxes began; what takes their place has the first one's name."""
        slots = slots[slots >= 0]
        self._roster.leave(among(self._roster.rows[:, SLOT], slots))
        self._newcomers.release(slots)

    def _enter(self, rows: Array, ranks: Rows, apart: Mask) -> Rows:
        rows[:, APART] = apart
        again = f"-r{self._restarts}" if self._restarts > 0 else ""
        names = [
            f"{self._camera}-{round(t * 1000)}-{rank}{again}"
            for t, rank in zip(rows[:, BORN].tolist(), ranks.tolist(), strict=True)
        ]
        return self._roster.enter(rows, names)

    def _end_forgotten(self, t: float) -> None:
        """End tracks that stayed unseen so long that no picture may show them again."""
        s, rows = self._settings, self._roster.rows
        if t < self._none_forgotten_before or not len(rows):
            return
        gap = t - rows[:, SEEN]
        if gap.max() > s.hidden_s:
            stood = stood_s(rows)
            standing = np.minimum(np.maximum(stood, _SHORT_REST_S), s.hidden_standing_s)
            self._end(gap > np.where(stood > 0, np.maximum(standing, s.hidden_s), s.hidden_s))
        else:
            self._none_forgotten_before = t + s.hidden_s - float(gap.max())

    def _end_departed(self, t: float) -> None:
        """End moving tracks missed in the last picture whose way has led them out: who comes in there is somebody else."""
        self._end(departed(self._roster.rows, t, _MISSED * self._noise.interval_s, self._size))

    def _given_up(self, look: Outlook, tracks: Rows) -> Mask:
        """Return which tracks were looked for in vain: newcomers for two pictures, others when out of the picture."""
        over = np.zeros(len(look.table), np.bool_)
        if len(tracks) == len(over):
            return over
        interval, gap = self._noise.interval_s, look.gap
        late = gap > _MISSED * interval
        late[tracks] = False
        if np.count_nonzero(late):
            where = boxes_of(look.mean)
            out = (where[:, :2] > self._size).any(axis=1) | (where[:, 2:] < 0).any(axis=1)
            newcomer = self._roster.rows[:, CONFIRMED] == 0
            np.logical_and(late, out | newcomer & (gap > max(self._settings.newcomer_s, _LATELY * interval)), out=over)
        return over

    def _end(self, over: Mask) -> None:
        if not np.count_nonzero(over):
            return
        self._newcomers.release(self._roster.rows[over, SLOT])
        ended, unconfirmed = self._roster.leave(over)
        self._ended.extend(ended)
        unread = max(0, len(self._ended) - _KEPT_ENDED)
        for _ in range(unread):
            self._ended.popleft()
        self._count(unconfirmed=unconfirmed, ended_unread=unread)

    def _count(self, **reasons: int) -> None:
        for reason, n in reasons.items():
            if n:
                self.dropped[reason] += n
