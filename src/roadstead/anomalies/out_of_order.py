"""Out of order: a report's device time is before that of another which was received earlier (时间乱序)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._clocks import clocks, lag_s, received
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.positions import Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Text

_QUEUE = 3
"""So many late reports, among themselves in order and faster than they were made, are a queue let go."""


@anomaly("out_of_order", zh="时间乱序")
@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfOrder:
    """Found where the device time is more than `back_s` before the latest of those received until then.

    Benign, and none: backfilled reports, retransmissions, a queue let go after a broken connection (at least three
    late reports in order that come at least twice as fast as they were made), and reports whose clock is wrong
    (clock_skew, zone_error, future_time own these). The default is well beyond the delays of a working network and below
    what two reports in exchanged places make at the slowest usual interval. The report itself must be so late, too: that
    one before it was early is not its fault. The finding lasts from the first device time to the last reception.
    """

    back_s: Annotated[float, Gt(0)] = 60.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run, in the order of reception, of such reports."""
        lag = lag_s(fleet)
        usable = (fleet.reports.kind == Kind.POSITION) & (fleet.defect != Defect.REPEATED) & ~fleet.reports.backfilled
        late = usable & (lag > self.back_s)
        if not late.any():
            return
        movers = np.zeros(len(fleet.labels), dtype=bool)
        movers[fleet.mover[late]] = True
        usable &= movers[fleet.mover] & np.isfinite(lag)
        for clock in clocks(fleet):
            usable[clock.rows] = False
        rows = received(fleet, np.flatnonzero(usable))
        back_s = np.where(late[rows], _back(fleet, rows), 0.0)
        back_of_row = np.zeros(len(fleet))
        back_of_row[rows] = back_s
        for run in runs(fleet, rows, back_s > self.back_s):
            if not _is_queue(fleet, run):
                yield self._found(fleet, run, float(back_of_row[run].max()))

    def _found(self, fleet: Fleet, run: Ints, back_s: float) -> Evidence:
        because = Text(
            f"{len(run)} reports dated up to {back_s:.0f} s before one received earlier, more than {self.back_s:.0f} s, "
            f"and not marked as backfilled",
            f"{len(run)} 条上报的终端时间比先收到的上报早最多 {back_s:.0f} 秒，超过 {self.back_s:.0f} 秒，且未标记为补报",
        )
        measured = {"back_s": back_s, "limit_s": self.back_s}
        found = evidence(fleet, np.sort(run), because, measured, score=sureness(back_s, self.back_s))
        return replace(found, t=float(fleet.reports.t_received[run[-1]]))


def _back(fleet: Fleet, rows: Ints) -> Floats:
    """Return how far (s) each row's device time lies before the latest received until then; rows by mover and reception."""
    t, mover = fleet.reports.t[rows], fleet.mover[rows]
    if not len(rows):
        return np.zeros(0)
    apart = float(t.max() - t.min()) + 1.0
    return np.asarray(np.maximum.accumulate(t + mover * apart) - mover * apart - t)


def _is_queue(fleet: Fleet, run: Ints) -> bool:
    t = fleet.reports.t[run]
    if len(run) < _QUEUE or not bool((np.diff(t) > 0).all()):
        return False
    return 2 * _span(fleet.reports.t_received[run]) <= _span(t)


def _span(t: Floats) -> float:
    return float(t[-1] - t[0])
