"""What behaviours ask of a mover that reports its places, where a camera's track is asked otherwise.

Reports come every 1 to 360 s with an error of metres, where a camera sees twice a second and knows its jitter. So a
path counts as seen for longer, and is known only to REPORT_M.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import shapely

from roadstead.geometry.geodesy import turn_deg
from roadstead.geometry.paths import middle
from roadstead.geometry.zones import depth
from roadstead.positions import Path
from roadstead.types import Floats, Mover, Track, View, Zone

REPORT_SIGMA_M = 7.5
"""The error of a reported place, a standard deviation: half of the 15 m that JT/T 794 allows."""
REPORT_M = 4 * REPORT_SIGMA_M
"""Within so much, a reported place is the same place: beyond four standard deviations lies one report in 3,000 (in the plane)."""
REPORT_LATELY_S = 200.0
"""A path whose last report is older is silent: a ship at anchor reports every 180 s (ITU-R M.1371)."""
_INTERVALS = 3.0
"""A path that reports more rarely is silent after so many of its own intervals."""
_ZONE_SHARE = 0.5
"""A margin takes no more than this share of a zone's greatest depth: a yard of 40 m can still be entered."""
KMH = 3.6
KN = 1852 / 3600
_NO_COLUMNS: Mapping[str, Floats] = MappingProxyType({})


def reports(mover: Mover) -> bool:
    """Tell whether the mover is known by reports, not by a camera."""
    return not isinstance(mover, Track)


def lately_s(mover: Mover, seen_s: float) -> float:
    """Return for how long after its last point a mover counts as seen, s: `seen_s` for a track.

    For reports it is the larger of REPORT_LATELY_S, three of its median intervals, and `seen_s`.
    """
    if not reports(mover):
        return seen_s
    often = _INTERVALS * float(middle(np.diff(mover.t)[:, None])[0]) if len(mover.t) > 1 else 0.0
    return max(REPORT_LATELY_S, often, seen_s)


def lately(mover: Mover, view: View, seen_s: float) -> bool:
    """Tell whether the mover's last point is no older than that."""
    if not len(mover.t):
        return False
    age = view.t - float(mover.t[-1])
    return age <= seen_s or (reports(mover) and (age <= REPORT_LATELY_S or age <= lately_s(mover, seen_s)))


def column(mover: Mover, name: str) -> Floats:
    """Return what the mover reports by that name (n,); NaN where it does not."""
    columns = mover.columns if isinstance(mover, Path) else _NO_COLUMNS
    return columns[name] if name in columns else np.full(len(mover.t), np.nan)


def edge_margins(zone: Zone, points: Floats, metres: float) -> Floats:
    """Return the margins (n,) of reported places at a zone's edge: less inside a zone that is too small for `metres`."""
    inner = min(metres, _ZONE_SHARE * _greatest_depth(zone))
    return np.where(depth(zone, points) > 0, inner, metres) if inner < metres else np.full(len(points), metres)


def elsewhere(zone: Zone, mover: Mover) -> bool:
    """Tell whether all reported places lie outside the upright rectangle around a zone: told at once, as of most."""
    points = mover.points(zone.space) if reports(mover) else None
    if points is None or not len(points):
        return False
    (west, south), (east, north) = zone.polygon.min(axis=0), zone.polygon.max(axis=0)
    x, y = points[:, 0], points[:, 1]
    return bool(x.max() < west or x.min() > east or y.max() < south or y.min() > north)


@lru_cache(maxsize=256)
def _greatest_depth(zone: Zone) -> float:
    """Return the radius of the largest circle in the zone; 0 for one without an area."""
    shape = shapely.Polygon(zone.polygon)
    return float(shapely.length(shapely.maximum_inscribed_circle(shape))) if shape.area > 0 else 0.0


def courses_deg(mover: Mover, v: Floats, first: int = 0) -> Floats:
    """Return the courses from row `first` on (n,), degrees from north: as reported, else of velocities v (n, 2) east and north."""
    told = column(mover, "course_deg")[first:]
    return np.where(np.isfinite(told), told, compass_deg(v))


def compass_deg(v: Floats) -> Floats:
    """Return the course (n,) of velocities (n, 2) east and north, degrees from north, clockwise, [0, 360).

    >>> compass_deg(np.array([(1.0, 0.0), (-1.0, 0.0), (0.0, -1.0)])).tolist()
    [90.0, 270.0, 180.0]
    """
    return np.asarray(np.rad2deg(np.arctan2(v[:, 0], v[:, 1])) % 360.0)


def mean_deg(courses: Floats) -> tuple[float, float]:
    """Return the mean of courses (n,) as directions, and how far the farthest is off it, degrees.

    >>> mean_deg(np.array([350.0, 10.0]))
    (0.0, 10.0)
    """
    angles = np.deg2rad(courses)
    mean = float(np.rad2deg(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())) % 360.0)
    mean = round(mean, 9) % 360.0
    return mean, round(float(np.abs(turn_deg(mean, courses)).max()), 9)
