"""Two objects that met: which is which afterwards is decided by what they do next, not by the one picture that cannot tell.

While a contest is open both readings are followed: the tracker's rows, and a copy in which the two had each other's boxes. No id
is told for their boxes meanwhile, since a wrong id costs more than none.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from roadstead.track.association import LIMIT, clear, costs, differ
from roadstead.track.settings import TrackerSettings
from roadstead.track.sight import Noise, Sight
from roadstead.track.state import (
    ANCHORED,
    APART,
    CONFIRMED,
    LABEL,
    SLOT,
    Array,
    Mask,
    Outlook,
    Rows,
    guess,
    pick,
    predict,
    sides,
    update,
)

_UNSURE, _UNSURE_TOGETHER = 3.0, 10.0
"""Two matchings whose costs differ by less are not told apart: e² : 1 in likelihood, more where the objects are at one place."""
_ORDER_WEIGHT = 12.0
"""Of two that stood at one place the first come goes first."""
_SLOW = 0.3
_TOGETHER_SIDES, _TOGETHER_OVERLAP = 0.1, 0.8
_DECIDED = 8.0
_LONGEST_S, _PICTURES = 0.35, 1.2
"""So long after the last picture that could not tell, and so many pictures, the likelier reading is taken."""
_PACE = 0.05
_PACE_WEIGHT = 8.0
"""Who drives at the pace at which he came is the same: 5 % is a usual difference, and this the most that it counts."""

Boxes = tuple[int, int]
"""The box of each of two tracks, -1 where it has none."""


@dataclass(slots=True)
class _Contest:
    """`rows` (2, WIDTH) is the other reading; `lead` is how much cheaper the tracker's own has been so far.

    `before` (2, WIDTH) is how the two were when they met, `together` whether they coincided in the last picture, `stood` whether
    they have stood together; `again` asks for a new other reading from this picture on.
    """

    slots: tuple[int, int]
    rows: Array
    lead: float
    doubted: float
    before: Array
    together: bool
    stood: bool = False
    other: Boxes = (-1, -1)
    again: bool = False


class Contests:
    """The open contests of one camera; a track is in one at a time."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self.open: list[_Contest] = []

    def weigh(
        self, sight: Sight, look: Outlook, rows: Array, cost: Array, matched: tuple[Rows, Rows], noise: Noise
    ) -> bool:
        """Compare both readings of each contest on this picture; write the other one into `rows` and return True where it won."""
        won = False
        for contest in tuple(self.open):
            pair = _rows_of(rows, contest.slots)
            if pair is None:
                self.open.remove(contest)
                continue
            tracks, taken = matched
            unclaimed = np.ones(len(sight), np.bool_)
            unclaimed[taken[(tracks != pair[0]) & (tracks != pair[1])]] = False
            free = unclaimed.nonzero()[0]
            other_look = predict(contest.rows, sight.t, self._settings, noise.scale)
            own_cost, other_cost = (
                cost[np.ix_(pair, free)],
                costs(other_look, guess(contest.rows, other_look, self._settings), sight.places[free]),
            )
            differ(other_cost, contest.rows[:, LABEL].astype(np.intp), sight.labels[free])
            (own_price, own), (other_price, other) = _best(own_cost), _best(other_cost)
            contest.lead += other_price - own_price
            contest.other = _of(free, other)
            contest.stood |= contest.together and not _moves(rows[pair]).any()
            together = _together(sight, look, pair, _of(free, own))
            parting = contest.together and contest.stood and not together
            contest.together = together
            line = _UNSURE_TOGETHER if together else _UNSURE
            doubtful = parting or min(_margin(own_cost, own), _margin(other_cost, other)) < line
            same = own == other and max(own) >= 0
            contest.again = same and doubtful
            if doubtful:
                contest.doubted = sight.t
            late = sight.t - contest.doubted > max(_LONGEST_S, _PICTURES * noise.interval_s)
            won |= self._settle(contest, rows, pair, late=late, alike=same and not doubtful and not contest.stood)
        return won

    def _settle(self, contest: _Contest, rows: Array, pair: Rows, *, late: bool, alike: bool) -> bool:
        """Close a contest that is decided, too old, or about nothing any more; return whether the other reading won."""
        if not (late or alike or abs(contest.lead) > _DECIDED) or (contest.again and not late):
            return False
        self.open.remove(contest)
        lead = contest.lead + _strange(contest.rows, contest) - _strange(rows[pair], contest)
        if lead < 0:
            rows[pair] = contest.rows
        return lead < 0

    def follow(
        self, sight: Sight, look: Outlook, rows: Array, cost: Array, matched: tuple[Rows, Rows], noise: Noise
    ) -> set[int]:
        """Carry the other readings on and open new contests; return the boxes that are contested now.

        Where a third one meets two that are in a contest, no reading is kept of it; its box is contested in this picture only.
        """
        box_of = dict(zip(matched[0].tolist(), matched[1].tolist(), strict=True))
        for contest in self.open:
            if contest.again:
                a, b = np.asarray(_rows_of(rows, contest.slots)).tolist()
                contest.rows, contest.again = pick(rows, np.array([a, b])), False
                contest.other = (box_of.get(b, -1), box_of.get(a, -1))
                contest.lead = min(_margin(cost[[a, b]], (box_of.get(a, -1), box_of.get(b, -1))), _UNSURE)
            self._advance(contest.rows, contest.other, sight, noise)
        busy = {slot for contest in self.open for slot in contest.slots}
        crowded: set[int] = set()
        for a, b, margin in () if self.open and clear(cost, *matched) else _doubtful(sight, look, rows, cost, *matched):
            slots = int(rows[a, SLOT]), int(rows[b, SLOT])
            if busy & set(slots):
                crowded |= set(slots)
                continue
            busy |= set(slots)
            other, boxes = pick(rows, np.array([a, b])), (box_of.get(b, -1), box_of.get(a, -1))
            self._advance(other, boxes, sight, noise)
            together = _together(sight, look, np.array([a, b]), boxes)
            self.open.append(_Contest(slots, other, margin, sight.t, rows[[a, b]], together))
        at = {int(slot): row for row, slot in enumerate(rows[:, SLOT])}
        return {box_of[at[slot]] for slot in busy | crowded if at.get(slot, -1) in box_of}

    def _advance(self, rows: Array, boxes: Boxes, sight: Sight, noise: Noise) -> None:
        seen = np.array([k for k in (0, 1) if boxes[k] >= 0], np.intp)
        if len(seen):
            look = predict(rows, sight.t, self._settings, noise.scale)
            update(rows, seen, look, sight.places[[boxes[k] for k in seen]], sight.t)


def _rows_of(rows: Array, slots: tuple[int, int]) -> Rows | None:
    """Return the rows of two slots, None where one of the tracks ended."""
    at = [np.flatnonzero(rows[:, SLOT] == slot) for slot in slots]
    return np.concatenate(at) if all(len(found) for found in at) else None


def _together(sight: Sight, look: Outlook, pair: Rows, boxes: Boxes) -> bool:
    """Whether the boxes of two tracks coincide, or, where there are no two, the places where they should be."""
    if min(boxes) >= 0:
        return bool(sight.overlap[boxes] > _TOGETHER_OVERLAP)
    apart = np.abs(look.mean[pair[0], :2] - look.mean[pair[1], :2]).max()
    return bool(apart < _TOGETHER_SIDES * np.sqrt(look.area[pair[0]]))


def _moves(rows: Array) -> Mask:
    return np.asarray(np.hypot(rows[:, 4], rows[:, 5]) > _SLOW * sides(rows))


def _strange(rows: Array, contest: _Contest) -> float:
    """Return what it costs that two tracks move as they do: at another pace than they came at, or the last come first gone."""
    usual = np.hypot(contest.before[:, 20], contest.before[:, 21])
    speed, moves = np.hypot(rows[:, 4], rows[:, 5]), _moves(rows)
    spread = (_PACE * usual) ** 2 + rows[:, 16:18].max(axis=1)
    odd = np.minimum((speed - usual) ** 2 / np.maximum(spread, 1e-9), _PACE_WEIGHT)
    price = float(odd[moves & (usual > _SLOW * sides(rows))].sum())
    if contest.stood and moves.sum() == 1:
        gone, left = contest.before[moves, ANCHORED], contest.before[~moves, ANCHORED]
        price += _ORDER_WEIGHT * float(gone[0] > left[0] + 1e-6)
    return price


def _doubtful(
    sight: Sight, look: Outlook, rows: Array, cost: Array, tracks: Rows, taken: Rows
) -> list[tuple[int, int, float]]:
    """Return pairs of confirmed tracks that could as well have each other's boxes (or one the other's), and by how much not."""
    known = (rows[:, CONFIRMED] > 0) & (rows[:, APART] > 0)
    mine = known[tracks]
    k, at = tracks[mine], taken[mine]
    if not len(k):
        return []
    own = cost[k, at]
    mutual = cost[k[:, None], at]
    margin = mutual + mutual.T - own[:, None] - own
    found = []
    for i, j in zip(*(margin < _UNSURE_TOGETHER).nonzero(), strict=True):
        line = _UNSURE_TOGETHER if i < j and sight.overlap[at[i], at[j]] > _TOGETHER_OVERLAP else _UNSURE
        if i < j and margin[i, j] < line and max(mutual[i, j], mutual[j, i]) < LIMIT:
            found.append((float(margin[i, j]), int(k[i]), int(k[j])))
    alone = known.copy()
    alone[tracks] = False
    rivals = alone.nonzero()[0]
    if len(rivals):
        wanted = cost[rivals[:, None], at]
        lead = wanted - own
        apart = np.abs(look.mean[rivals, None, :2] - look.mean[None, k, :2]).max(axis=2)
        lines = np.where(apart < _TOGETHER_SIDES * np.sqrt(look.area[k]), _UNSURE_TOGETHER, _UNSURE)
        close = (lead < lines) & (wanted < LIMIT)
        found += [(float(lead[i, j]), int(k[j]), int(rivals[i])) for i, j in np.argwhere(close)]
    return [(min(a, b), max(a, b), margin) for margin, a, b in sorted(found)]


def _best(cost: Array) -> tuple[float, Boxes]:
    """Return the cheapest choice for two tracks among k boxes (2, k), and its cost; having none costs LIMIT."""
    full = np.concatenate((cost, [[LIMIT, np.inf], [np.inf, LIMIT]]), axis=1)
    full[~np.isfinite(full)] = 1e6
    _, columns = linear_sum_assignment(full)
    a, b = (int(c) if c < cost.shape[1] else -1 for c in columns)
    return float(full[[0, 1], columns].sum()), (a, b)


def _margin(cost: Array, boxes: Boxes) -> float:
    """Return how much dearer it is that the two have each other's boxes."""
    a, b = boxes
    if a < 0 and b < 0:
        return float("inf")
    price = [[LIMIT if box < 0 else float(cost[row, box]) for box in boxes] for row in (0, 1)]
    if (b >= 0 and price[0][1] >= LIMIT) or (a >= 0 and price[1][0] >= LIMIT):
        return float("inf")
    return price[0][1] + price[1][0] - price[0][0] - price[1][1]


def _of(free: Rows, boxes: Boxes) -> Boxes:
    a, b = (int(free[box]) if box >= 0 else -1 for box in boxes)
    return a, b
