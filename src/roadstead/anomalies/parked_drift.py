"""Parked drift: the mover certainly stands while its fixes wander about (停车漂移)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, sureness
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Evidence, Floats, Text

_STILL_MPS = 0.3
"""The recorder and the receiver count in 0.1 km/h; this is 1 km/h."""
_CARRIED_MPS = 1.5
"""A mover that stands on something that moves, as on a ferry, is at least so fast by its receiver and by its places."""
_TICK_M = 100.0
"""The odometer of JT/T 808 counts in 100 m: one tick is no way."""
_SPLIT_S = 900.0
"""What was not heard for longer may have driven."""
_NOISE_SIGMAS = 4.0
"""A step longer than so many standard deviations is no noise (two at either end)."""
_NEAR_DEG = 1.0 / 111_195.0
"""A metre of latitude."""


@anomaly("parked_drift", zh="停车漂移")
@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedDrift:
    """Found where a standing mover's fixes lie more than `wander_m` from their median, or their way is above `path_m` in `path_s`.

    It stands while the driving recorder says 0, the ignition is off, or the reported speed is 0 and the odometer does not go
    on (1 km/h and less is 0); on a ferry it stands too, but the places and the speed of the receiver agree that it is carried.
    At least `least` fixes have to lie so far off. Only steps beyond four standard deviations of a position (30 m) are
    way: with 10 s between reports, the noise of a good receiver alone makes 300 m in 10 minutes. What cannot be reached
    at all is a jump's. One finding a standstill, from the first to the last fix off; standstills part where 15 minutes pass unheard.
    """

    wander_m: Annotated[float, Gt(0)] = 50.0
    path_m: Annotated[float, Gt(0)] = 200.0
    path_s: Annotated[float, Gt(0)] = 600.0
    least: Annotated[int, Ge(2)] = 3

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each standstill with such fixes."""
        rows = np.flatnonzero(fleet.trusted)
        still = _standing(fleet, rows)
        if not still.any():
            return
        begin = still & np.concatenate(([True], _parted(fleet, rows, still)))
        rows, begins = rows[still], np.flatnonzero(begin[still])
        ends = np.append(begins[1:], len(rows))
        wide = (_extent_m(fleet, rows, begins) > self.wander_m) | (
            np.add.reduceat(_long_steps(fleet, rows), begins) > 1
        )
        for k in np.flatnonzero(wide & (ends - begins >= self.least)).tolist():
            found = self._judged(fleet, rows[begins[k] : ends[k]])
            if found is not None:
                yield found

    def _judged(self, fleet: Fleet, stand: Ints) -> Evidence | None:
        """Return the evidence of one standstill, where its fixes wander."""
        lat, lon = fleet.reports.lat[stand], fleet.reports.lon[stand]
        off_m = distance_m(np.median(lat), np.median(lon), lat, lon)
        far = off_m > self.wander_m
        if int(far.sum()) < self.least:
            far[:] = False
        on_way, path_m = self._paths(fleet, stand)
        hit = far | on_way
        if not hit.any():
            return None
        at = stand[np.flatnonzero(hit)]
        worst = float(off_m.max())
        because = Text(
            f"stands, but {len(at)} fixes wander: up to {worst:.0f} m off their middle (limit {self.wander_m:.0f} m), "
            f"{path_m:.0f} m of way in {self.path_s / 60:.0f} minutes (limit {self.path_m:.0f} m)",
            f"停车期间 {len(at)} 个定位点漂移：偏离中心最远 {worst:.0f} 米（限值 {self.wander_m:.0f} 米），"
            f"{self.path_s / 60:.0f} 分钟内轨迹长 {path_m:.0f} 米（限值 {self.path_m:.0f} 米）",
        )
        measured = {
            "wander_m": worst,
            "limit_wander_m": self.wander_m,
            "path_m": path_m,
            "limit_path_m": self.path_m,
            "path_s": self.path_s,
            "standing_s": float(fleet.t[stand[-1]] - fleet.t[stand[0]]),
        }
        sure = max(sureness(worst, self.wander_m) if far.any() else 0.0, sureness(path_m, self.path_m))
        return evidence(fleet, at, because, measured, score=max(0.5, sure))

    def _paths(self, fleet: Fleet, stand: Ints) -> tuple[Bools, float]:
        """Tell which fixes (k,) belong to too long a way, and the longest way in `path_s`, m."""
        lat, lon, t = fleet.reports.lat[stand], fleet.reports.lon[stand], fleet.t[stand]
        step_m = np.concatenate(([0.0], distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])))
        sigma_m = fleet.motions[fleet.labels[int(fleet.mover[stand[0]])]].sigma_m
        step_m[step_m <= _NOISE_SIGMAS * sigma_m] = 0.0
        way_m = np.cumsum(step_m)
        first = np.searchsorted(t, t - self.path_s)
        window_m = way_m - way_m[first]
        hit = np.zeros(len(stand), dtype=bool)
        for i in np.flatnonzero((window_m > self.path_m) & (step_m > 0)).tolist():
            hit[first[i] : i + 1] |= step_m[first[i] : i + 1] > 0
        if int(hit.sum()) < self.least:
            hit[:] = False
        return hit, float(window_m.max())


def _standing(fleet: Fleet, rows: Ints) -> Bools:
    """Tell which rows (m,) certainly stand on the ground, however their places look."""
    speed, mileage_m = fleet.reports.speed_mps[rows], fleet.column("mileage_m")[rows]
    with np.errstate(invalid="ignore"):
        kept = np.zeros(len(rows), dtype=bool)
        kept[1:] = np.abs(np.diff(mileage_m)) == 0
        kept[:-1] |= kept[1:]
        still = (fleet.column("recorder_mps")[rows] <= _STILL_MPS) | (fleet.column("ignition")[rows] == 0)
        still |= (speed <= _STILL_MPS) & kept
        mps = fleet.mps[rows]
        carried = (speed > _CARRIED_MPS) & (np.abs(mps - speed) < np.maximum(0.5 * speed, 1.0))
    return np.asarray(still & ~carried)


def _parted(fleet: Fleet, rows: Ints, still: Bools) -> Bools:
    """Tell of each row but the first (m - 1,) whether a standstill that it's in begins with it."""
    with np.errstate(invalid="ignore"):
        driven = np.abs(np.diff(fleet.column("mileage_m")[rows])) > _TICK_M
    parted = ~still[:-1] | (np.diff(fleet.mover[rows]) != 0) | (np.diff(fleet.segment[rows]) != 0)
    return np.asarray(parted | driven | (np.diff(fleet.t[rows]) > _SPLIT_S))


def _long_steps(fleet: Fleet, rows: Ints) -> Ints:
    """Return 1 for each row (m,) that lies further from the one before than noise makes it, else 0."""
    sigma_m = np.array([fleet.motions[label].sigma_m for label in fleet.labels])
    return np.asarray(fleet.step_m[rows] > _NOISE_SIGMAS * sigma_m[fleet.mover[rows]], dtype=np.int64)


def _extent_m(fleet: Fleet, rows: Ints, begins: Ints) -> Floats:
    """Return the diagonal (k,) of the box about the places of each standstill, m."""
    lat, lon = fleet.reports.lat[rows], fleet.reports.lon[rows]
    north = np.maximum.reduceat(lat, begins) - np.minimum.reduceat(lat, begins)
    east = np.maximum.reduceat(lon, begins) - np.minimum.reduceat(lon, begins)
    return np.asarray(np.hypot(north, east * np.cos(np.deg2rad(lat[begins]))) / _NEAR_DEG)
