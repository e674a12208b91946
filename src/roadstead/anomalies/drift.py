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
_TO_SWING = -0.375
"""Fixes that lie A to the left and A to the right of a way in turn lie 2 A off the chord between their neighbours, and that scaled
to the jitter of one fix is 2 A / sqrt(1.5); so A squared is -3 / 8 of the product of neighbouring distances. (White jitter of
standard deviation s gives products of -2 s^2 / 3: it counts as A = s / 2.)"""
_CLIP = 5.0
"""A distance counts for so many limits at most: one wild fix is no drift."""
_OPPOSED = 0.4
"""Of random jitter at the limit, half of the pairs lie on opposite sides and far enough off."""
_STILL_MPS = 1.0
_SURE_S, _LONGEST_S = 15.0, 35.0
"""Between fixes no more than 15 s apart a road does not bend left and right again and again; up to 35 s it's the reported course
that tells a bend; beyond that nothing is said."""
_BEND_DEG = 40.0


@anomaly("drift", zh="漂移")
@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Found where the fixes of a moving mover swing to either side of its way by more than `sigmas` standard deviations of a position.

    The swing is measured over each `window` pairs of neighbouring fixes: how far both lie from the chords between their own
    neighbours, across the way, and whether on opposite sides. Drift makes neighbours lie on opposite sides, a bend or a
    roundabout on the same one, stopping and starting none (that is along the way). At least two in five pairs must lie on
    opposite sides. The default is 15 m for a truck and 20 m for a vessel to either side in turn, or random jitter of twice
    that (30 and 40 m, four standard deviations); half of it where fewer than `few_satellites` are used. Fixes that swing
    slowly, over minutes, need a map (off_route, wrong_datum); standing movers are parked_drift's.
    """

    sigmas: Annotated[float, Gt(0)] = 2.0
    window: Annotated[int, Ge(5)] = 9
    few_satellites: Annotated[int, Interval(ge=0, le=12)] = 5

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of fixes within such windows."""
        rows = _ordered(fleet)
        if len(rows) < self.window + 3:
            return
        limit_m = self._limit_m(fleet, rows)
        off = _off_chord(fleet, rows)
        valid = _straight(fleet, rows)
        big = np.hypot(*off) > 0.5 * limit_m
        pairs = np.flatnonzero(valid[:-1] & valid[1:])
        if int((big[pairs] & big[pairs + 1]).sum()) < self.window // 3:
            return
        swing_m = self._swing_m(fleet, rows, pairs, off, limit_m)
        drifting = swing_m > limit_m
        if not drifting.any():
            return
        swing_of_row, limit_of_row = np.zeros(len(fleet)), np.zeros(len(fleet))
        swing_of_row[rows], limit_of_row[rows] = swing_m, limit_m
        ranked = np.sort(rows)
        hit = swing_of_row[ranked] > limit_of_row[ranked]
        for run in runs(fleet, ranked, hit & (limit_of_row[ranked] > 0)):
            yield self._found(fleet, run, swing_of_row[run], limit_of_row[run])

    def _limit_m(self, fleet: Fleet, rows: Ints) -> Floats:
        """Return the limit at each row (m,)."""
        sigma_m = np.array([fleet.motions[label].sigma_m for label in fleet.labels])
        limit_m = self.sigmas * sigma_m[fleet.mover[rows]]
        few = fleet.column("satellites")[rows] < self.few_satellites
        return np.asarray(np.where(few, 0.5 * limit_m, limit_m))

    def _swing_m(self, fleet: Fleet, rows: Ints, pairs: Ints, off: tuple[Floats, Floats], limit_m: Floats) -> Floats:
        """Return the largest swing (m,) of the windows that each row is in; 0 where there is none to speak of.

        `pairs` (k,) are the places in `rows` of the first of two fixes that can be judged.
        """
        swing_m, w = np.zeros(len(rows)), self.window
        if len(pairs) < w:
            return swing_m
        here, after = _across(fleet, rows, pairs, off)
        limit = limit_m[pairs]
        here, after = np.clip(here, -_CLIP * limit, _CLIP * limit), np.clip(after, -_CLIP * limit, _CLIP * limit)
        opposed = (here * after < 0) & (np.minimum(np.abs(here), np.abs(after)) > limit)
        sums = [np.concatenate(([0.0], np.cumsum(v))) for v in (here * after, opposed)]
        total, against = (s[w:] - s[:-w] for s in sums)
        key, t = _key(fleet, rows[pairs]), fleet.t[rows[pairs]]
        last = len(pairs) - w + 1
        whole = (key[w - 1 :] == key[:last]) & (t[w - 1 :] - t[:last] <= 2 * w * _LONGEST_S)
        swing2 = np.where(whole & (against >= _OPPOSED * w), _TO_SWING * total / w, 0.0)
        for i in np.flatnonzero(swing2 > limit[:last] ** 2).tolist():
            span = slice(int(pairs[i]), int(pairs[i + w - 1]) + 2)
            swing_m[span] = np.maximum(swing_m[span], np.sqrt(swing2[i]))
        return swing_m

    def _found(self, fleet: Fleet, run: Ints, swing_m: Floats, limit_m: Floats) -> Evidence:
        worst = int(np.argmax(swing_m / limit_m))
        satellites = fleet.column("satellites")[run]
        known = satellites[np.isfinite(satellites)]
        because = Text(
            f"{len(run)} fixes swing {swing_m[worst]:.0f} m to either side of the way, "
            f"more than {limit_m[worst]:.0f} m",
            f"连续 {len(run)} 个定位点向轨迹两侧漂移 {swing_m[worst]:.0f} 米，超过 {limit_m[worst]:.0f} 米",
        )
        measured = {
            "swing_m": float(swing_m[worst]),
            "limit_m": float(limit_m[worst]),
            "satellites": float(known.min()) if len(known) else None,
        }
        return evidence(fleet, run, because, measured, score=sureness(float(swing_m[worst]), float(limit_m[worst])))


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
