"""Drift: the fixes of a moving mover swing from side to side across its way (漂移)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Interval

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.geometry.geodesy import turn_deg
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Evidence, Floats, Text

_METRE_DEG = 1.0 / 111_195.0
"""A metre of latitude."""
_TO_VARIANCE = -1.5
"""White jitter of variance v, seen as distances from the chord between the neighbours and scaled to variance v again, has the
covariance -2 v / 3 between one fix and the next: (-0.5 - 0.5) / (0.25 + 1 + 0.25)."""
_CLIP = 2.5
"""A distance counts for so many limits at most: one wild fix is no drift."""
_STILL_MPS = 1.0
_SURE_S, _LONGEST_S = 15.0, 35.0
"""Between fixes no more than 15 s apart a road does not bend left and right again and again; up to 35 s it's the reported course
that tells a bend; beyond that nothing is said."""
_BEND_DEG = 30.0


@anomaly("drift", zh="漂移")
@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Found where the fixes of a moving mover jitter across its way by more than `sigmas` standard deviations of a position.

    The jitter is measured over each `window` fixes in a row: how far each lies from the chord between its neighbours, across
    the way, and whether the next one lies on the other side. Jitter makes neighbours lie on opposite sides, a bend or a
    roundabout on the same one, stopping and starting none (that is along the way). At least half of the pairs must lie
    on opposite sides. The default is 30 m for a truck and 40 m for a vessel, as the standard deviation of a fix across
    the way; half of it where fewer than `few_satellites` are used. A fix that swings slowly, over minutes, needs a map
    (off_route, wrong_datum); standing movers are parked_drift's.
    """

    sigmas: Annotated[float, Gt(0)] = 4.0
    window: Annotated[int, Ge(5)] = 8
    few_satellites: Annotated[int, Interval(ge=0, le=12)] = 5

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of fixes within such windows."""
        rows = _ordered(fleet)
        if len(rows) < self.window + 3:
            return
        limit_m = self._limit_m(fleet, rows)
        off = _off_chord(fleet, rows)
        valid = _straight(fleet, rows)
        big = np.hypot(*off) > 0.25 * limit_m
        pairs = np.flatnonzero(valid[:-1] & valid[1:] & big[:-1] & big[1:])
        if len(pairs) < self.window // 2:
            return
        jitter_m = self._jitter_m(fleet, rows, pairs, off, valid, limit_m)
        drifting = jitter_m > limit_m
        if not drifting.any():
            return
        jitter_of_row, limit_of_row = np.zeros(len(fleet)), np.zeros(len(fleet))
        jitter_of_row[rows], limit_of_row[rows] = jitter_m, limit_m
        ranked = np.sort(rows)
        hit = jitter_of_row[ranked] > limit_of_row[ranked]
        for run in runs(fleet, ranked, hit & (limit_of_row[ranked] > 0)):
            yield self._found(fleet, run, jitter_of_row[run], limit_of_row[run])

    def _limit_m(self, fleet: Fleet, rows: Ints) -> Floats:
        """Return the limit at each row (m,)."""
        sigma_m = np.array([fleet.motions[label].sigma_m for label in fleet.labels])
        limit_m = self.sigmas * sigma_m[fleet.mover[rows]]
        few = fleet.column("satellites")[rows] < self.few_satellites
        return np.asarray(np.where(few, 0.5 * limit_m, limit_m))

    def _jitter_m(
        self, fleet: Fleet, rows: Ints, pairs: Ints, off: tuple[Floats, Floats], valid: Bools, limit_m: Floats
    ) -> Floats:
        """Return the largest jitter (m,) of the windows that each row is in; 0 where there is none to speak of."""
        here, after = _across(fleet, rows, pairs, off)
        clip = _CLIP * limit_m[pairs]
        here, after = np.clip(here, -clip, clip), np.clip(after, -clip, clip)
        n, w = len(rows), self.window
        product, opposed = np.zeros(n), np.zeros(n)
        product[pairs] = here * after
        opposed[pairs] = (here * after < 0) & (np.minimum(np.abs(here), np.abs(after)) > 0.5 * limit_m[pairs])
        seen = np.zeros(n)
        seen[:-1] = valid[:-1] & valid[1:]
        sums = [np.concatenate(([0.0], np.cumsum(v))) for v in (product, opposed, seen)]
        total, against, many = (s[w:] - s[:-w] for s in sums)
        key = _key(fleet, rows)
        whole = (key[w - 1 :] == key[: n - w + 1]) & (many >= 0.75 * w) & (against >= 0.5 * many)
        variance = np.where(whole, _TO_VARIANCE * total / np.maximum(many, 1.0), 0.0)
        jitter_m = np.zeros(n)
        for i in np.flatnonzero(variance > (limit_m[: n - w + 1]) ** 2).tolist():
            span = slice(i, i + w + 1)
            jitter_m[span] = np.maximum(jitter_m[span], np.sqrt(variance[i]))
        return jitter_m

    def _found(self, fleet: Fleet, run: Ints, jitter_m: Floats, limit_m: Floats) -> Evidence:
        worst = int(np.argmax(jitter_m / limit_m))
        satellites = fleet.column("satellites")[run]
        known = satellites[np.isfinite(satellites)]
        because = Text(
            f"{len(run)} fixes swing across the way by {jitter_m[worst]:.0f} m (standard deviation), "
            f"more than {limit_m[worst]:.0f} m",
            f"连续 {len(run)} 个定位点横向漂移 {jitter_m[worst]:.0f} 米（标准差），超过 {limit_m[worst]:.0f} 米",
        )
        measured = {
            "jitter_m": float(jitter_m[worst]),
            "limit_m": float(limit_m[worst]),
            "satellites": float(known.min()) if len(known) else None,
        }
        return evidence(fleet, run, because, measured, score=sureness(float(jitter_m[worst]), float(limit_m[worst])))


def _ordered(fleet: Fleet) -> Ints:
    """Return the trusted rows by mover, hypothesis and time."""
    rows = np.flatnonzero(fleet.trusted)
    key = _key(fleet, rows)
    return rows if not len(rows) or (np.diff(key) >= 0).all() else rows[np.argsort(key, kind="stable")]


def _key(fleet: Fleet, rows: Ints) -> Ints:
    return np.asarray(fleet.mover[rows] * (int(fleet.segment.max(initial=0)) + 1) + fleet.segment[rows])


def _steps(fleet: Fleet, rows: Ints) -> tuple[Floats, Floats]:
    """Return metres east and north (m,) from the row before; 0 at the first."""
    lat, lon = fleet.reports.lat[rows], fleet.reports.lon[rows]
    north, east = np.zeros(len(rows)), np.zeros(len(rows))
    north[1:] = np.diff(lat) / _METRE_DEG
    east[1:] = np.diff(lon) * np.cos(np.deg2rad(lat[1:])) / _METRE_DEG
    return east, north


def _off_chord(fleet: Fleet, rows: Ints) -> tuple[Floats, Floats]:
    """Return how far (m,) east and north each fix lies from the chord between its neighbours, scaled to its own jitter."""
    dt_s = fleet.dt_s[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = dt_s[:-1] / (dt_s[:-1] + dt_s[1:])
    scale = np.sqrt(1 + share**2 + (1 - share) ** 2)
    east, north = _steps(fleet, rows)
    off_east, off_north = np.zeros(len(rows)), np.zeros(len(rows))
    off_east[:-1] = ((1 - share) * east[:-1] - share * east[1:]) / scale
    off_north[:-1] = ((1 - share) * north[:-1] - share * north[1:]) / scale
    return off_east, off_north


def _straight(fleet: Fleet, rows: Ints) -> Bools:
    """Tell which fixes (m,) have neighbours near enough in time, and none that its course says to be a bend."""
    dt_s, speed, course = fleet.dt_s[rows], fleet.reports.speed_mps[rows], fleet.reports.course_deg[rows]
    valid = np.zeros(len(rows), dtype=bool)
    with np.errstate(invalid="ignore"):
        longer = np.maximum(dt_s[1:-1], dt_s[2:])
        valid[1:-1] = (np.minimum(dt_s[1:-1], dt_s[2:]) > 0) & (longer <= _LONGEST_S) & ~(speed[1:-1] <= _STILL_MPS)
        late = np.flatnonzero(valid[1:-1] & (longer > _SURE_S)) + 1
        kept = np.abs(turn_deg(course[late - 1], course[late + 1])) <= _BEND_DEG
        kept &= np.abs(turn_deg(course[late - 1], course[late])) <= _BEND_DEG
    valid[late] = kept
    return valid


def _across(fleet: Fleet, rows: Ints, pairs: Ints, off: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return how far (k,) the fixes of each pair (rows[pairs] and the next) lie across the way through both and their neighbours."""
    east, north = _steps(fleet, rows)
    along_east = east[pairs] + east[pairs + 1] + east[pairs + 2]
    along_north = north[pairs] + north[pairs + 1] + north[pairs + 2]
    length = np.maximum(np.hypot(along_east, along_north), 1e-9)
    here = (along_east * off[1][pairs] - along_north * off[0][pairs]) / length
    after = (along_east * off[1][pairs + 1] - along_north * off[0][pairs + 1]) / length
    return here, after
