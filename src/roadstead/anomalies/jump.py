"""Jump: a stray fix, or a short excursion, to where the mover cannot have been (位置跳变)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from roadstead.anomalies import anomaly
from roadstead.anomalies._clocks import misdated
from roadstead.anomalies._hypotheses import (
    STRAYS,
    apart,
    believed,
    held_since,
    leaps,
    limit_m,
    makes_up,
    reachable,
    rivals,
)
from roadstead.anomalies._relays import relayed
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Evidence, Text


@anomaly("jump", zh="位置跳变")
@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Found where fixes cannot be reached from the way that is believed, before, between or after its own fixes.

    The limit is the top speed of the class (trucks 160 km/h, vessels 50 kn) and four standard deviations of a position.
    A bad first fix is one, and flags itself alone. A confirmed way that alternates with the believed one `visits` times
    or more is another mover under the same identity (cloned_terminal, shared_mmsi); a change for good is a teleport; a
    place in conflict with another of the same device time is repeated_time's, and one that a wrong clock puts there that
    clock's. None are leaps that make up for a place held too long or lagging, and AIS reports relayed late: the second of
    their fix tells when the ship was there.
    """

    visits: Annotated[int, Ge(2)] = 3

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of such fixes."""
        rows = np.flatnonzero(fleet.segment >= 0)
        if fleet.trusted[rows].all() and not any(s.number for s in fleet.segments):
            return
        way = believed(fleet)
        off = ~way[rows]
        for leap in leaps(fleet, way):
            off[np.searchsorted(rows, leap.strays)] = True
            way[leap.strays] = False
        at = np.flatnonzero(off)
        if not len(at):
            return
        off[at] = ~rivals(fleet, rows[at], self.visits)
        wrong = misdated(fleet)
        for run in runs(fleet, rows, off):
            if wrong[run].any() or _same_time(fleet, rows, run, way) or _makes_up(fleet, rows, run, way):
                continue
            if relayed(fleet, run, way):
                continue
            yield _found(fleet, rows, run, way)


def _same_time(fleet: Fleet, rows: Ints, run: Ints, way: Bools) -> bool:
    """Tell whether all of an excursion has the device time of the believed fix before or after it."""
    t = fleet.reports.t
    ends = (_neighbour(fleet, rows, way, int(run[0]), -1), _neighbour(fleet, rows, way, int(run[-1]), 1))
    return any(end is not None and bool((t[run] == t[end]).all()) for end in ends)


def _makes_up(fleet: Fleet, rows: Ints, run: Ints, way: Bools) -> bool:
    """Tell whether fixes only make up for a place that was held too long, or lagged, before them and at their end."""
    before = _neighbour(fleet, rows, way, int(run[0]), -1)
    after = _neighbour(fleet, rows, way, int(run[-1]), 1)
    if after is None:
        since = -1 if before is None else held_since(fleet, rows, int(np.searchsorted(rows, before)))
        return before is not None and since != before and reachable(fleet, since, int(run[0]))
    if len(run) <= STRAYS:
        return False
    first, last = int(np.searchsorted(rows, run[0])), int(np.searchsorted(rows, run[-1]))
    if rows[last + 1] != after or (before is not None and rows[first - 1] != before):
        return False
    return (before is None or _possible(fleet, rows, first - 1)) and _possible(fleet, rows, last)


def _possible(fleet: Fleet, rows: Ints, i: int) -> bool:
    return reachable(fleet, int(rows[i]), int(rows[i + 1])) or makes_up(fleet, rows, i)


def _found(fleet: Fleet, rows: Ints, run: Ints, way: Bools) -> Evidence:
    """Return the evidence of one excursion: measured from the believed fix before it and to the one after it."""
    first, last = int(run[0]), int(run[-1])
    into = _from(fleet, _neighbour(fleet, rows, way, first, -1), first)
    back = _from(fleet, last, _neighbour(fleet, rows, way, last, 1))
    ends = [end for end in (into, back) if end is not None]
    away_m = max((end[0] for end in ends), default=float("nan"))
    excess = max((end[0] / end[2] for end in ends), default=1.0)
    max_mps = fleet.motions[fleet.labels[int(fleet.mover[first])]].max_mps
    because = Text(
        f"{len(run)} fixes up to {away_m / 1000:.2f} km off the way: {_en(into)} to get there, {_en(back)} to get back; "
        f"{max_mps:.0f} m/s is the most",
        f"{len(run)} 个定位点偏离轨迹最远 {away_m / 1000:.2f} 千米：到达需 {_zh(into)}，返回需 {_zh(back)}，"
        f"上限为 {max_mps:.0f} 米/秒",
    )
    measured = {
        "away_m": away_m,
        "into_mps": None if into is None else into[1],
        "back_mps": None if back is None else back[1],
        "limit_mps": max_mps,
        "seconds_s": float(fleet.t[last] - fleet.t[first]),
    }
    return evidence(fleet, run, because, measured, score=sureness(excess, 1.0))


def _neighbour(fleet: Fleet, rows: Ints, way: Bools, row: int, step: int) -> int | None:
    """Return the next believed row of the same mover before (-1) or after (1) a row."""
    at = int(np.searchsorted(rows, row)) + step
    while 0 <= at < len(rows) and fleet.mover[rows[at]] == fleet.mover[row]:
        if way[rows[at]]:
            return int(rows[at])
        at += step
    return None


def _from(fleet: Fleet, a: int | None, b: int | None) -> tuple[float, float | None, float] | None:
    """Return distance (m), speed (m/s; None: no time passed) and the possible distance (m) between two rows."""
    if a is None or b is None:
        return None
    metres, seconds = apart(fleet, a, b)
    return metres, metres / seconds if seconds > 0 else None, limit_m(fleet, a, b)


def _en(end: tuple[float, float | None, float] | None) -> str:
    if end is None:
        return "an unknown speed"
    return "no time at all" if end[1] is None else f"{end[1]:.0f} m/s"


def _zh(end: tuple[float, float | None, float] | None) -> str:
    if end is None:
        return "未知速度"
    return "零时间" if end[1] is None else f"{end[1]:.0f} 米/秒"
