"""Circles in ways: where a way keeps turning to one side, and the circle that its places lie on."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from roadstead.geometry.geodesy import EARTH_RADIUS_M
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Floats

_LEAST_DEG, _MOST_DEG = 3.0, 130.0
"""What one chord may turn against the one before; one of the length that it is meant for turns by 30 to 60 degrees."""
_SIGMAS, _SLACK_M = 3.0, 5.0
"""A row lies on a circle while it is off by less than so many residuals and metres."""

_A_M, _E2 = 6_378_137.0, 0.00669437999014
"""WGS-84: the equatorial radius, and the eccentricity squared."""


@dataclass(frozen=True, slots=True, eq=False)
class Circle:
    """Rows of one mover on a circle: its centre, radius and residual (root mean square), how many turns, and how evenly.

    `unevenness` is the standard deviation of the times of quarter turns over their mean.
    """

    rows: Ints
    lat: float
    lon: float
    radius_m: float
    residual_m: float
    turns: float
    unevenness: float

    @property
    def way_m(self) -> float:
        """How long the way on the circle is."""
        return 2 * math.pi * self.radius_m * self.turns

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last row."""
        return int(self.rows[0]), int(self.rows[-1])


def turning(fleet: Fleet, rows: Ints, least_mps: float, chord_m: float, turned_deg: float) -> Iterator[Ints]:
    """Yield runs of `rows` whose chords of about `chord_m` all turn to one side, `turned_deg` together or more.

    The first and the last chord are left out, which may be of the way before and after.
    `rows` are grouped by mover and segment, each in the order of time. Slower steps than `least_mps` are no way: noise of
    a ship at anchor turns no chord. Ways are added up in whole millimetres, so that no mover depends on those before it.
    """
    step = np.where(fleet.step_m[rows] >= least_mps * fleet.dt_s[rows], fleet.step_m[rows], 0.0)
    parted = fleet.previous[rows] < 0
    way_mm = np.cumsum(np.rint(step * 1000.0).astype(np.int64))
    way_mm -= np.maximum.accumulate(np.where(parted, way_mm, 0))
    number = way_mm // int(chord_m * 1000.0)
    keep = np.concatenate(([True], np.diff(number) != 0)) | parted
    at = np.flatnonzero(keep)
    if len(at) < 4:
        return
    group = np.cumsum(parted, dtype=np.int64)[at]
    turn, fits = _turns(fleet.reports.lat[rows[at]], fleet.reports.lon[rows[at]], group)
    side = np.where(fits, np.sign(turn), 0.0)
    edges = np.flatnonzero(np.diff(side) != 0) + 1
    begins, ends = np.append(0, edges), np.append(edges, len(side))
    total = np.append(0.0, np.cumsum(np.abs(turn)))
    enough = (side[begins] != 0) & (total[ends] - total[begins] >= turned_deg)
    for begin, end in zip(begins[enough].tolist(), ends[enough].tolist(), strict=True):
        yield rows[at[begin + 1] : at[end] + 1]


def _turns(lat: Floats, lon: Floats, group: Ints) -> tuple[Floats, Bools]:
    """Return how far each chord turns against the one before (n - 2,), degrees, and whether as a chord of a circle would."""
    north = np.diff(lat)
    east = ((np.diff(lon) + 180.0) % 360.0 - 180.0) * np.cos(np.deg2rad(lat[1:]))
    cross = north[:-1] * east[1:] - east[:-1] * north[1:]
    along = north[:-1] * north[1:] + east[:-1] * east[1:]
    turn = np.rad2deg(np.arctan2(cross, along))
    size = np.abs(turn)
    return turn, (size >= _LEAST_DEG) & (size <= _MOST_DEG) & (group[2:] == group[:-2])


def off_limit_m(radius_m: float, residual_m: float) -> float:
    """Return how far places may lie off a circle: as given, or 0.5 % of the radius, as sphere and ellipsoid differ."""
    return max(residual_m, 0.005 * radius_m)


def fitted(fleet: Fleet, rows: Ints, reach: Ints, least_mps: float) -> Circle | None:
    """Return the circle of some rows, with the rows before and after them in `reach` that lie on it too and go on.

    Least squares of x² + y² + a x + b y + c = 0 (Kåsa 1976): unbiased enough where the rows go all round. Fitted again
    without the rows that lie far off the first circle: those of the way before and after.
    """
    lat0, lon0 = float(fleet.reports.lat[rows[0]]), float(fleet.reports.lon[rows[0]])
    core = _local(fleet, rows, lat0, lon0)
    rough = _least_squares(core)
    if rough is None:
        return None
    off = np.abs(_off(core, rough))
    near = np.flatnonzero(off <= _SIGMAS * np.median(off) + _SLACK_M)
    found = _least_squares(core[near])
    if found is None:
        return None
    within_m = _SIGMAS * float(np.sqrt(np.mean(_off(core[near], found) ** 2))) + _SLACK_M
    xy = _local(fleet, reach, lat0, lon0)
    first, last = np.searchsorted(reach, rows[near[[0, -1]]]).tolist()
    slow = fleet.step_m[reach] < least_mps * fleet.dt_s[reach]
    astray = np.abs(_off(xy, found)) > within_m
    before = np.flatnonzero(astray[:first] | slow[1 : first + 1])
    after = np.flatnonzero(astray[last + 1 :] | slow[last + 1 :]) + last + 1
    begin = int(before[-1]) + 1 if len(before) else 0
    end = int(after[0]) if len(after) else len(reach)
    on, places = reach[begin:end], xy[begin:end]
    residual = float(np.sqrt(np.mean(_off(places, found) ** 2)))
    angle = np.unwrap(np.arctan2(places[:, 1] - found[1], places[:, 0] - found[0]))
    lat = lat0 + float(np.rad2deg(found[1] / EARTH_RADIUS_M))
    lon = lon0 + float(np.rad2deg(found[0] / EARTH_RADIUS_M / np.cos(np.deg2rad(lat0))))
    turns = abs(float(angle[-1] - angle[0])) / (2 * np.pi)
    return Circle(on, lat, lon, found[2], residual, turns, _unevenness(fleet.t[on], angle))


def _local(fleet: Fleet, rows: Ints, lat0: float, lon0: float) -> Floats:
    """Return metres east and north (n, 2) of a place on the ellipsoid of WGS-84, to some metres at 30 km.

    The radii of curvature of the place, and the second term of the meridian convergence.
    """
    sin0, cos0 = np.sin(np.deg2rad(lat0)), np.cos(np.deg2rad(lat0))
    flat = 1.0 - _E2 * sin0 * sin0
    across, along = _A_M / np.sqrt(flat), _A_M * (1.0 - _E2) / flat**1.5
    lat = np.deg2rad(fleet.reports.lat[rows])
    east = np.deg2rad((fleet.reports.lon[rows] - lon0 + 180.0) % 360.0 - 180.0)
    north = along * (lat - np.deg2rad(lat0)) + 0.5 * across * sin0 * cos0 * east * east
    return np.column_stack((across * np.cos(lat) * east, north))


def _off(xy: Floats, circle: tuple[float, float, float]) -> Floats:
    """Return how far places lie outside of a circle (n,), m."""
    return np.asarray(np.hypot(xy[:, 0] - circle[0], xy[:, 1] - circle[1]) - circle[2])


def _least_squares(xy: Floats) -> tuple[float, float, float] | None:
    """Return centre and radius of the circle nearest to some places, None where they lie on a line."""
    middle = xy.mean(axis=0)
    x, y = (xy - middle).T
    design = np.column_stack((x, y, np.ones(len(x))))
    answer, _, rank, _ = np.linalg.lstsq(design, x * x + y * y, rcond=None)
    squared = answer[2] + (answer[0] ** 2 + answer[1] ** 2) / 4
    if rank < 3 or squared <= 0:
        return None
    return float(answer[0] / 2 + middle[0]), float(answer[1] / 2 + middle[1]), float(np.sqrt(squared))


def _unevenness(t: Floats, angle: Floats) -> float:
    """Return the variation of the times of quarter turns; infinite for fewer than four."""
    turned = np.maximum.accumulate(np.abs(angle - angle[0]))
    quarters = np.arange(0.0, turned[-1], np.pi / 2)
    if len(quarters) < 5:
        return float("inf")
    each = np.diff(np.interp(quarters, turned, t))
    return float(each.std() / max(each.mean(), 1e-9))
