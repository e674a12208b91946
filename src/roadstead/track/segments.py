"""Hypotheses of one identity: which fixes can be one mover's way, and which way is believed.

Fixes that follow one another and can be reached from one another make a run. Each run is then given to the open
hypothesis that it follows on from best, or opens a new one. So a wild fix is a hypothesis of its own that nothing
follows, a bad first fix another, two movers under one identity are two hypotheses that alternate, and a shift is one
that ends where the next begins. After the idea of open segments in gpsdio-segment (Global Fishing Watch); the runs make
it fast, since a clean way is one run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Ints, Motion, Reports, Segment
from roadstead.types import Floats

SLACK_SIGMAS = 4.0
"""A step may be so many standard deviations of a position longer than the top speed allows: two at either end."""
CONFIRMED_ROWS, CONFIRMED_S = 3, 30.0
"""A hypothesis is confirmed by so many fixes over so long a time."""
FORGET_S = 600.0
"""An unconfirmed hypothesis takes no more fixes after so long."""
_ORDINARY = 0.5
OPEN = 6
"""So many hypotheses of one mover are open at most; the one heard least lately is closed for another."""


@dataclass(slots=True)
class _Hypothesis:
    number: int
    first: int
    last: int
    begun: float
    end: float
    rows: int

    @property
    def confirmed(self) -> bool:
        return self.rows >= CONFIRMED_ROWS and self.end - self.begun >= CONFIRMED_S


def split(
    reports: Reports, t: Floats, rows: Ints, motions: Sequence[Motion]
) -> tuple[Ints, Bools, tuple[Segment, ...]]:
    """Return each row's hypothesis (n,), whether it is trusted (n,), and the hypotheses by mover and first row.

    `rows` are the usable rows, in the order of mover and time; `motions` says what each mover can do.
    """
    segment = np.full(len(t), -1, dtype=np.int64)
    trusted = np.zeros(len(t), dtype=bool)
    if not len(rows):
        return segment, trusted, ()
    top = np.array([m.max_mps for m in motions])
    slack = np.array([SLACK_SIGMAS * m.sigma_m for m in motions])
    mover, at, lat, lon = reports.mover[rows], t[rows], reports.lat[rows], reports.lon[rows]
    new = np.diff(mover) != 0
    step = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    breaks = new | (step > top[mover[1:]] * np.diff(at) + slack[mover[1:]])
    begins = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    ends = np.append(begins[1:], len(rows)) - 1
    found: list[Segment] = []
    segment[rows] = 0
    of = mover[begins]
    first_run = np.flatnonzero(np.concatenate(([True], np.diff(of) != 0)))
    last_run = np.append(first_run[1:], len(begins))
    for a, b in zip(first_run.tolist(), last_run.tolist(), strict=True):
        who = int(of[a])
        if b - a == 1:
            first, last = int(rows[begins[a]]), int(rows[ends[a]])
            n = int(ends[a] - begins[a]) + 1
            sure = n >= CONFIRMED_ROWS and bool(at[ends[a]] - at[begins[a]] >= CONFIRMED_S)
            trusted[rows[begins[a] : ends[a] + 1]] = True
            found.append(Segment(who, 0, first, last, n, confirmed=sure, trusted=True))
            continue
        made = _assign(begins[a:b], ends[a:b], at, lat, lon, float(top[who]), float(slack[who]))
        numbers = np.repeat([h.number for h in made.of_run], ends[a:b] - begins[a:b] + 1)
        span = rows[begins[a] : ends[b - 1] + 1]
        segment[span] = numbers
        believed = _believed(made.all)
        trusted[span] = np.isin(numbers, list(believed))
        found += [
            Segment(who, h.number, int(rows[h.first]), int(rows[h.last]), h.rows, h.confirmed, h.number in believed)
            for h in made.all
        ]
    return segment, trusted, tuple(found)


@dataclass(frozen=True, slots=True)
class _Assigned:
    of_run: Sequence[_Hypothesis]
    all: Sequence[_Hypothesis]


def _assign(begins: Ints, ends: Ints, t: Floats, lat: Floats, lon: Floats, top: float, slack: float) -> _Assigned:
    """Give each run of one mover to a hypothesis."""
    everyone: list[_Hypothesis] = []
    still_open: list[_Hypothesis] = []
    of_run: list[_Hypothesis] = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        now = float(t[begin])
        still_open = [h for h in still_open if h.confirmed or now - h.end <= FORGET_S]
        best = _nearest(still_open, begin, t, lat, lon, top, slack)
        if best is None:
            best = _Hypothesis(len(everyone), begin, end, now, now, 0)
            everyone.append(best)
            still_open.append(best)
            if len(still_open) > OPEN:
                still_open.remove(min(still_open, key=lambda h: (h.confirmed, h.end)))
        best.rows += end - begin + 1
        best.last, best.end = end, float(t[end])
        of_run.append(best)
    return _Assigned(of_run, everyone)


def _nearest(
    among: Sequence[_Hypothesis], row: int, t: Floats, lat: Floats, lon: Floats, top: float, slack: float
) -> _Hypothesis | None:
    """Return the hypothesis whose last fix a row can be reached from.

    Of several, a confirmed one that asks for no more than half of the top speed goes before the others (a stray fix may
    lie where the way leads later); then the nearest.
    """
    if not among:
        return None
    last = np.array([h.last for h in among])
    steps = distance_m(lat[last], lon[last], lat[row], lon[row])
    allowed = top * (t[row] - t[last]) + slack
    within = [
        (not (h.confirmed and step <= limit * _ORDINARY), step, k)
        for k, (h, step, limit) in enumerate(zip(among, steps.tolist(), allowed.tolist(), strict=True))
        if step <= limit
    ]
    return among[min(within)[2]] if within else None


def _believed(all_of_one: Sequence[_Hypothesis]) -> frozenset[int]:
    """Return the numbers of the hypotheses that are trusted: the best supported, and others that overlap none of them.

    Without a confirmed one, the best supported alone; of equal ones the later, since a first fix is the likeliest to be
    wrong.
    """
    ranked = sorted(all_of_one, key=lambda h: (not h.confirmed, -h.rows, -h.begun))
    chosen = [ranked[0]]
    for h in ranked[1:]:
        if h.confirmed and all(h.end <= other.begun or h.begun >= other.end for other in chosen):
            chosen.append(h)
    return frozenset(h.number for h in chosen)
