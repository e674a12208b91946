"""Reports to a fleet: put in the order of event time, every place judged usable or not, split into hypotheses.

The result is a function of the set of reports alone: neither the order in which they came nor how they were cut into
batches changes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from roadstead.geometry.geodesy import bearing_deg, distance_m
from roadstead.positions import MOTIONS, ROWS, Bools, Defect, Fleet, Ints, Kind, Motion, Reports
from roadstead.track.segments import split
from roadstead.types import Floats, Scene

T = TypeVar("T")

_NEARLY_ZERO_DEG = 1e-4
"""0, 0 within 11 m is a default."""
YEAR_2100_S = 4_102_444_800.0
"""JT/T 808 sends two digits of the year; a time after 2099, or before 1970, is no time."""
_REASON = (-1e12, 1e12)
"""No speed, distance or word of 32 bits is as large."""
_OUTSIDE_DEG = 1e5
"""More than 32 bits of millionths of a degree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetTerms:
    """What is known beforehand: what each class can do, and where the fleet is at home.

    Latitude and longitude are taken for swapped where both lie in the home ranges when exchanged, and as they are no
    latitude can be so large; of the classes `at_home`, which stay there, also where neither lies in its range. The
    defaults are mainland China's, whose ranges have nothing in common, so that this is certain.
    """

    motions: Mapping[str, Motion] = field(default_factory=lambda: dict(MOTIONS))
    default: Motion = MOTIONS["truck"]
    home_lat: tuple[float, float] = (3.0, 54.0)
    home_lon: tuple[float, float] = (73.0, 136.0)
    at_home: frozenset[str] = frozenset({"truck"})

    def motion(self, label: str) -> Motion:
        """Return what a class can do."""
        return self.motions.get(label, self.default)


def fleet(
    reports: Reports,
    labels: Mapping[str, str] | str,
    *,
    scene: Scene | None = None,
    now: float | None = None,
    terms: FleetTerms | None = None,
) -> Fleet:
    """Return the fleet that reports make up; `labels` is the class of all movers, or of each ("": of those not named).

    `now` is the time up to which reports are known; without it, when the latest was received, or else of.
    """
    known = terms or FleetTerms()
    ordered = _in_order(_finite(reports))
    t = np.where(np.isfinite(ordered.t), ordered.t, ordered.t_received)
    start = np.searchsorted(ordered.mover, np.arange(len(ordered.movers) + 1)).astype(np.int64)
    of = tuple(labels if isinstance(labels, str) else labels.get(m, labels.get("", "")) for m in ordered.movers)
    motions = [known.motion(label) for label in of]
    stays = np.array([label in known.at_home for label in of], dtype=bool)
    defect = _defects(ordered, t, known, stays[ordered.mover])
    rows = np.flatnonzero((defect == Defect.NONE) & (ordered.kind == Kind.POSITION) & np.isfinite(t))
    segment, trusted, segments = split(ordered, t, rows, motions)
    previous = _previous(ordered.mover, segment, rows)
    dt_s, step_m, bearing = _steps(ordered, t, previous)
    received = ordered.t_received[np.isfinite(ordered.t_received)]
    known_t = received if len(received) else t[np.isfinite(t)]
    return Fleet(
        reports=ordered,
        labels=of,
        start=start,
        t=t,
        defect=defect,
        segment=segment,
        trusted=trusted,
        previous=previous,
        dt_s=dt_s,
        step_m=step_m,
        bearing_deg=bearing,
        segments=segments,
        now=(float(known_t.max()) if len(known_t) else 0.0) if now is None else now,
        scene=scene or Scene(""),
        motions=dict(zip(of, motions, strict=True)),
    )


def _finite(reports: Reports) -> Reports:
    """Return the reports with every value unknown that is infinite or beyond reason, and every time that is none of ours.

    One such value would take the precision of sums and differences from all others.
    """
    bounds = {"t": (0.0, YEAR_2100_S), "t_received": (0.0, YEAR_2100_S)}
    rows = {name: _bounded(getattr(reports, name), *bounds.get(name, _REASON)) for name in ROWS}
    rows |= {name: _place(getattr(reports, name)) for name in ("lat", "lon")}
    columns = {name: _bounded(values, *_REASON) for name, values in reports.columns.items()}
    return replace(reports, **rows, columns=columns)


def _place(degrees: Floats) -> Floats:
    """Return degrees no farther out than is needed to tell that they are none."""
    return np.clip(np.where(np.isinf(degrees), np.nan, degrees), -_OUTSIDE_DEG, _OUTSIDE_DEG)


def _bounded(values: npt.NDArray[Any], low: float, high: float) -> Any:
    """Return values of which those that are not between two bounds are NaN; what is no floating point as it is."""
    if values.dtype.kind != "f":
        return values
    beyond = (values < low) | (values > high)
    return np.where(beyond, np.nan, values) if beyond.any() else values


def _in_order(reports: Reports) -> Reports:
    """Return the rows by mover name and event time, ties by everything else that a report says; the tables sorted too."""
    movers, mover = _sorted_table(reports.movers, reports.mover)
    peers, peer = _sorted_table(reports.peers, reports.peer)
    statics, static = _sorted_table(reports.statics, reports.static)
    same = replace(reports, movers=movers, mover=mover, peers=peers, peer=peer, statics=statics, static=static)
    t = np.where(np.isfinite(same.t), same.t, same.t_received)
    order = np.lexsort((t, mover))
    tied = (np.diff(mover[order]) == 0) & ~(np.diff(t[order]) > 0)
    if tied.any():
        touched = np.zeros(len(order), dtype=bool)
        touched[:-1] |= tied
        touched[1:] |= tied
        rows = order[touched]
        keys: list[npt.NDArray[Any]] = [same.columns[name] for name in sorted(same.columns)]
        keys += [static, peer, same.heading_deg, same.course_deg, same.speed_mps]
        keys += [same.lon, same.lat, same.backfilled, same.t_received, same.kind, t, mover]
        order[touched] = rows[np.lexsort([key[rows] for key in keys])]
    return same.where(order)


def _sorted_table(table: tuple[T, ...], codes: Ints) -> tuple[tuple[T, ...], Ints]:
    """Return the distinct values of a table in the order of their text, and the codes (n,) that fit them; -1 stays."""
    names = sorted(set(table), key=repr)
    place = {name: k for k, name in enumerate(names)}
    return tuple(names), np.array([place[name] for name in table] + [-1], dtype=np.int64)[codes]


def _defects(reports: Reports, t: Floats, terms: FleetTerms, stays: Bools) -> Ints:
    """Return why each place cannot be used (n,), see Defect; what is no report of a place has none."""
    lat, lon = reports.lat, reports.lon
    defect = np.zeros(len(reports), dtype=np.int64)
    (south, north), (west, east) = terms.home_lat, terms.home_lon
    with np.errstate(invalid="ignore"):
        at_home = (lat >= south) & (lat <= north) | (lon >= west) & (lon <= east)
        exchanged = (lon >= south) & (lon <= north) & (lat >= west) & (lat <= east)
        swapped = exchanged & np.where(stays, ~at_home, np.abs(lat) > 90)
        near = (np.abs(lat) < _NEARLY_ZERO_DEG) & (np.abs(lon) < _NEARLY_ZERO_DEG)
        found = (
            (Defect.REPEATED, _repeated(reports, t)),
            (Defect.ZERO, near | (lat == 0) | (lon == 0)),
            (Defect.OUT_OF_RANGE, (np.abs(lat) > 90) | (np.abs(lon) > 180)),
            (Defect.SWAPPED, swapped),
            (Defect.NO_FIX, reports.column("fix") == 0),
            (Defect.NO_POSITION, ~(np.isfinite(lat) & np.isfinite(lon))),
        )
    for reason, where in found:  # the first of the list that Defect gives wins, so it is written last
        defect[where] = reason
    return np.where(reports.kind == Kind.POSITION, defect, Defect.NONE)


def _repeated(reports: Reports, t: Floats) -> Bools:
    """Tell which rows repeat the one before: same mover, time, place and speed."""
    again = np.zeros(len(t), dtype=bool)
    same = (np.diff(reports.mover) == 0) & (np.diff(reports.kind) == 0) & (np.diff(t) == 0)
    for values in (reports.lat, reports.lon):
        same &= np.diff(values) == 0
    same &= (np.diff(reports.speed_mps) == 0) | np.isnan(reports.speed_mps[1:])
    again[1:] = same
    return again


def _previous(mover: Ints, segment: Ints, rows: Ints) -> Ints:
    """Return the row before each row in the same segment (n,); -1 where there is none."""
    previous = np.full(len(mover), -1, dtype=np.int64)
    if len(rows) < 2:
        return previous
    ordered = rows
    if segment[rows].any():
        key = mover[rows] * (int(segment[rows].max()) + 1) + segment[rows]
        ordered = rows[np.argsort(key, kind="stable")]
    same = (mover[ordered[1:]] == mover[ordered[:-1]]) & (segment[ordered[1:]] == segment[ordered[:-1]])
    previous[ordered[1:][same]] = ordered[:-1][same]
    return previous


def _steps(reports: Reports, t: Floats, previous: Ints) -> tuple[Floats, Floats, Floats]:
    """Return time, distance and bearing from the previous rows (n,); NaN where there is none."""
    here = np.flatnonzero(previous >= 0)
    before = previous[here]
    dt_s, step_m, bearing = (np.full(len(t), np.nan) for _ in range(3))
    ends = (reports.lat[before], reports.lon[before], reports.lat[here], reports.lon[here])
    dt_s[here] = t[here] - t[before]
    step_m[here] = distance_m(*ends)
    bearing[here] = np.where(step_m[here] > 0, bearing_deg(*ends), np.nan)
    return dt_s, step_m, bearing
