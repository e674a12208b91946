"""What several anomalies ask of a fleet: runs of reports for which something holds, and evidence made of one."""

from collections.abc import Iterator, Mapping

import numpy as np

from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Evidence, Outcome, Text


def runs(fleet: Fleet, rows: Ints, hit: Bools, *, least: int = 1, min_s: float = 0.0, holes: int = 0) -> Iterator[Ints]:
    """Yield the hits of each run: rows one after the other among `rows`, of one mover, that `hit` holds for.

    `rows` are ascending row numbers, `hit` is as long. A run has at least `least` hits over at least `min_s`; up to
    `holes` rows in a row within it may be no hits.
    """
    at = np.flatnonzero(hit)
    if not len(at):
        return
    mover, t = fleet.mover[rows], fleet.t[rows]
    parted = (np.diff(at) > holes + 1) | (np.diff(mover[at]) != 0)
    begins = np.concatenate(([0], np.flatnonzero(parted) + 1))
    ends = np.append(begins[1:], len(at))
    enough = ends - begins >= least
    if min_s > 0:
        enough &= t[at[ends - 1]] - t[at[begins]] >= min_s
    for begin, end in zip(begins[enough].tolist(), ends[enough].tolist(), strict=True):
        yield rows[at[begin:end]]


def trusted(fleet: Fleet) -> Ints:
    """Return the rows that are believed, ascending."""
    return np.flatnonzero(fleet.trusted)


def evidence(
    fleet: Fleet,
    rows: Ints,
    because: Text,
    measured: Mapping[str, float | int | str | None],
    *,
    score: float = 1.0,
    outcome: Outcome = "violation",
    since: float | None = None,
) -> Evidence:
    """Return evidence of one mover's rows: it begins at the first (or `since`) and ends at the last.

    Reports without any time count as of 1970. To what was measured it adds how many reports bear it, the numbers of the first and the last in the raw log, and
    where the last one lies.
    """
    first, last = int(rows[0]), int(rows[-1])
    reports = fleet.reports
    borne = {
        "reports": len(rows),
        "first_report": int(reports.raw[first]),
        "last_report": int(reports.raw[last]),
        "lat": _place(reports.lat[last]),
        "lon": _place(reports.lon[last]),
    }
    return Evidence(
        subject=reports.movers[int(reports.mover[last])],
        t=_time(fleet.t[last]),
        outcome=outcome,
        score=score,
        because=because,
        measured={**measured, **borne},
        since=_time(fleet.t[first]) if since is None else since,
    )


def sureness(value: float, threshold: float) -> float:
    """Return how far a value is beyond its threshold, as a score: 0.5 at the threshold, towards 1 far beyond it.

    >>> sureness(60.0, 60.0), sureness(120.0, 60.0)
    (0.5, 0.75)
    """
    return 1.0 if threshold <= 0 else min(1.0, max(0.0, 1.0 - 0.5 * threshold / max(value, 1e-9)))


def _time(t: float) -> float:
    return float(t) if np.isfinite(t) else 0.0


def _place(degrees: float) -> float | None:
    return round(float(degrees), 7) if np.isfinite(degrees) else None
