"""How the injectors take hold of one mover's reports: choose a stretch, change values, displace, drop, add."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from roadstead.anomalies import plugins
from roadstead.errors import UnknownPlugin
from roadstead.geometry.geodesy import bearing_deg, distance_m, moved
from roadstead.positions import MOTIONS, Bools, Ints, Kind, Reports
from roadstead.track.segments import SLACK_SIGMAS
from roadstead.types import Floats


@dataclass(frozen=True, slots=True)
class Label:
    """What was injected: the fault, the anomaly that has to find it, on which mover, from when to when (epoch seconds)."""

    fault: str
    anomaly: str
    mover: str
    start: float
    end: float


def setting(anomaly: str, name: str, otherwise: float) -> float:
    """Return a default of an anomaly, by which a fault is measured; `otherwise` where there is no such setting."""
    try:
        return float(getattr(plugins.get(anomaly)(), name))
    except (UnknownPlugin, AttributeError):
        return otherwise


def fixes(own: Reports) -> Ints:
    """Return the usable fixes by device time: those that were sent at once, each time once."""
    good = (own.kind == Kind.POSITION) & np.isfinite(own.lat) & np.isfinite(own.t) & ~own.backfilled
    fix = own.column("fix")
    rows = np.flatnonzero(good & ~(fix == 0))
    rows = rows[np.argsort(own.t[rows], kind="stable")]
    return rows[np.concatenate(([True], np.diff(own.t[rows]) > 0))] if len(rows) else rows


def stretch(
    own: Reports,
    rng: np.random.Generator,
    *,
    seconds: float = 0.0,
    least: int = 1,
    where: Bools | None = None,
    gap_s: float = 120.0,
    edge: int = 12,
) -> Ints | None:
    """Return fixes in a row that span at least `seconds` and count at least `least`, at a random place; None: there are none.

    `where` (n,) must hold for all; none is more than `gap_s` after the one before; `edge` fixes (a quarter
    at most) at either end of the mover's are left alone.
    """
    rows = fixes(own)
    edge = min(edge, len(rows) // 4)
    if len(rows) < least + 2 * edge:
        return None
    t = own.t[rows]
    fits = np.ones(len(rows), dtype=bool) if where is None else where[rows]
    broken = np.concatenate(([0], np.cumsum((np.diff(t) > gap_s) | ~fits[1:] | ~fits[:-1])))
    last = np.maximum(np.searchsorted(t, t + seconds), np.arange(len(rows)) + least - 1)
    first = np.arange(len(rows))
    good = (first >= edge) & (last < len(rows) - edge) & fits
    good[good] = broken[last[good]] == broken[first[good]]
    if not good.any():
        return None
    k = int(rng.choice(np.flatnonzero(good)))
    return rows[k : last[k] + 1]


def moving(own: Reports, above_mps: float = 4.0, below_mps: float = 1e9) -> Bools:
    """Tell which rows report a speed between two."""
    return np.asarray((own.speed_mps > above_mps) & (own.speed_mps < below_mps))


def edited(own: Reports, rows: Ints, **values: npt.ArrayLike) -> Reports:
    """Return reports with other values in some rows; names of COLUMNS may be among them."""
    plain: dict[str, npt.NDArray[np.float64]] = {}
    columns = dict(own.columns)
    for name, new in values.items():
        old = getattr(own, name) if hasattr(own, name) else own.column(name)
        changed = np.array(old)
        changed[rows] = new
        if hasattr(own, name):
            plain[name] = changed
        else:
            columns[name] = changed
    return replace(own, columns=columns, **plain)  # type: ignore[arg-type]  # the names are those of columns


def displaced(own: Reports, rows: Ints, course_deg: npt.ArrayLike, metres: npt.ArrayLike) -> Reports:
    """Return reports with some places moved."""
    lat, lon = moved(own.lat[rows], own.lon[rows], course_deg, metres)
    return edited(own, rows, lat=np.round(lat, 6), lon=np.round(lon, 6))


def without(own: Reports, rows: npt.ArrayLike) -> Reports:
    """Return reports less some rows."""
    keep = np.ones(len(own), dtype=bool)
    keep[np.asarray(rows)] = False
    return own.where(keep)


def renamed(own: Reports, name: str) -> Reports:
    """Return one mover's reports under another name."""
    return replace(own, movers=(name,), mover=np.zeros(len(own), dtype=np.int64))


def steps(own: Reports, rows: Ints) -> tuple[Floats, Floats, Floats]:
    """Return time, distance and bearing from each of the rows to the next (m - 1,)."""
    lat, lon = own.lat[rows], own.lon[rows]
    ends = (lat[:-1], lon[:-1], lat[1:], lon[1:])
    return np.diff(own.t[rows]), distance_m(*ends), bearing_deg(*ends)


def reach_m(dt_s: float, label: str) -> float:
    """Return how far a mover of a class can be after a time, with the error of its places."""
    return MOTIONS[label].max_mps * dt_s + SLACK_SIGMAS * MOTIONS[label].sigma_m


def led(own: Reports, rows: Ints, lat: Floats, lon: Floats) -> Reports:
    """Return reports with other places in `rows`, the later fixes moved along, with speeds and courses that fit them.

    So nothing leaps at the end of the stretch.
    """
    after = np.flatnonzero((own.kind == Kind.POSITION) & (own.t > own.t[rows[-1]]))
    far = distance_m(own.lat[rows[-1]], own.lon[rows[-1]], lat[-1], lon[-1])
    course = bearing_deg(own.lat[rows[-1]], own.lon[rows[-1]], lat[-1], lon[-1])
    made = displaced(own, after, course, far) if float(far) > 0 else own
    made = edited(made, rows, lat=np.round(lat, 6), lon=np.round(lon, 6))
    dt, step, way = steps(made, rows)
    speed, course = np.append(step / dt, (step / dt)[-1]), np.append(way, way[-1])
    known = np.isfinite(made.speed_mps[rows])
    heading = np.where(np.isfinite(made.heading_deg[rows]), course, np.nan)
    made = edited(made, rows[known], speed_mps=speed[known], course_deg=course[known])
    return edited(made, rows, heading_deg=heading)
