"""Mileage jump: the odometer goes back, leaps, or counts otherwise than the way (里程异常)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._windows import ago, groups, sigma_m, thinned, top_mps
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Text

_STEP_S = 10.0
"""Reports nearer than that add more noise than way."""
_CLEAR_SIGMAS = 4.0
"""A shorter step may be noise: the reported speed is believed instead."""
_RESET_M = 1000.0
"""An odometer that went back to less than this was set to zero: another terminal, or a new start."""


@dataclass(frozen=True, slots=True)
class _Trips:
    """The odometer (n,) at rows, and the way made so far by places and by reported speed, m; `group` is the trip."""

    rows: Ints
    group: Ints
    odometer_m: Floats
    places_m: Floats
    speeds_m: Floats


@anomaly("mileage_jump", zh="里程异常")
@dataclass(frozen=True, slots=True, kw_only=True)
class MileageJump:
    """Found where a truck's odometer goes back, leaps ahead, or runs fast or slow.

    Back: by more than `back_m` behind what it should be (its unit is 100 m). Ahead: between two reports by more than `leap_m`
    beyond the way between them; after a pause of more than `longest_step_s`, beyond what the top speed allows. Fast or
    slow: over `trip_m` of way without such a pause it counts more or less than the way by more than `share` and
    `share` times `trip_m`. The way is that of the places, and of the reported speed where a step is within the noise or,
    for a fast odometer, where this is longer: steps cut corners.
    """

    back_m: Annotated[float, Gt(0)] = 500.0
    leap_m: Annotated[float, Gt(0)] = 2000.0
    share: Annotated[float, Gt(0)] = 0.2
    trip_m: Annotated[float, Gt(0)] = 10_000.0
    longest_step_s: Annotated[float, Gt(0)] = 120.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each step back or ahead, then each stretch on which the odometer runs fast or slow."""
        if "mileage_m" not in fleet.reports.columns:
            return
        known = (fleet.reports.kind == Kind.POSITION) & np.isfinite(fleet.t) & np.isfinite(fleet.column("mileage_m"))
        known &= fleet.of_label(("truck",)) & (fleet.defect != Defect.REPEATED)
        rows = np.flatnonzero(known)
        if len(rows) < 2:
            return
        leaps = self._leaps(fleet, rows)
        for at in np.flatnonzero(leaps).tolist():
            yield self._stepped(fleet, int(rows[at - 1]), int(rows[at]))
        yield from self._drifting(fleet, rows[leaps])

    def _leaps(self, fleet: Fleet, rows: Ints) -> Bools:
        """Tell at which rows (n,) the odometer has gone back or leapt since the row before."""
        t, meter, speed = fleet.t[rows], fleet.column("mileage_m")[rows], fleet.reports.speed_mps[rows]
        same = np.diff(fleet.mover[rows]) == 0
        dt_s, gone = np.diff(t), np.diff(meter)
        lat, lon = fleet.reports.lat[rows], fleet.reports.lon[rows]
        placed = fleet.trusted[rows]
        way = np.zeros(len(dt_s))
        both = np.flatnonzero(placed[1:] & placed[:-1] & ((gone > self.leap_m) | (gone < 0)))
        way[both] = distance_m(lat[both], lon[both], lat[both + 1], lon[both + 1])
        straight, way = way, np.fmax(way, np.fmax(speed[1:], speed[:-1]) * dt_s)
        reach = top_mps(fleet, rows[1:]) * dt_s
        believed = (dt_s <= self.longest_step_s) & placed[1:] & placed[:-1]
        room = np.where(believed, np.minimum(way * (1 + self.share), reach), reach)
        hit = np.zeros(len(rows), dtype=bool)
        back = (gone < 0) & (gone - np.where(believed, np.minimum(straight, reach), 0.0) < -self.back_m)
        hit[1:] = same & (back | (gone > room + self.leap_m))
        return hit

    def _stepped(self, fleet: Fleet, before: int, row: int) -> Evidence:
        meter = fleet.column("mileage_m")
        a, b = float(meter[before]), float(meter[row])
        back = b < a
        limit = self.back_m if back else self.leap_m
        how, how_zh = ("was set back", "倒退") if back else ("leapt", "跳增")
        if back and b < _RESET_M:
            how, how_zh = "was set to zero", "清零"
        took = float(fleet.t[row] - fleet.t[before])
        because = Text(
            f"The odometer {how} from {a / 1000:.1f} km to {b / 1000:.1f} km within {took:.0f} s (limit {limit / 1000:g} km beyond the way made)",
            f"里程表在 {took:.0f} 秒内由 {a / 1000:.1f} 公里{how_zh}至 {b / 1000:.1f} 公里(超出实际行程的限值 {limit / 1000:g} 公里)",
        )
        measured = {"from_m": a, "to_m": b, "change_m": b - a, "limit_m": limit, "within_s": round(took, 3)}
        return evidence(fleet, np.array([before, row]), because, measured, score=sureness(abs(b - a), limit))

    def _drifting(self, fleet: Fleet, leaps: Ints) -> Iterator[Evidence]:
        """Yield each stretch on which the odometer counts more or less than the way."""
        trips = self._trips(fleet, leaps)
        if len(trips.rows) < 3:
            return
        before = ago(trips.places_m, trips.places_m, trips.group, self.trip_m)
        at = np.flatnonzero(before >= 0)
        there = before[at]
        counted = trips.odometer_m[at] - trips.odometer_m[there]
        places = trips.places_m[at] - trips.places_m[there]
        longer = np.maximum(places, trips.speeds_m[at] - trips.speeds_m[there])
        off = np.where(counted > longer, counted / longer - 1, np.where(counted < places, counted / places - 1, 0.0))
        wrong = np.abs(off) > self.share
        cover = np.zeros(len(trips.rows) + 1, dtype=np.int64)
        np.add.at(cover, there[wrong], 1)
        np.add.at(cover, at[wrong] + 1, -1)
        for run in runs(fleet, trips.rows, np.cumsum(cover[:-1]) > 0):
            a, b = np.searchsorted(trips.rows, run[[0, -1]])
            yield self._ran(
                fleet, run, *(float(v[b] - v[a]) for v in (trips.odometer_m, trips.places_m, trips.speeds_m))
            )

    def _ran(self, fleet: Fleet, run: Ints, counted: float, places: float, speeds: float) -> Evidence:
        way = max(places, speeds) if counted > places else places
        off = counted / max(way, 1.0) - 1
        because = Text(
            f"The odometer counted {counted / 1000:.1f} km on a way of {way / 1000:.1f} km (limit {self.share:.0%})",
            f"里程表累计 {counted / 1000:.1f} 公里,而轨迹长 {way / 1000:.1f} 公里(限值 {self.share:.0%})",
        )
        measured = {
            "counted_m": round(counted, 1),
            "way_m": round(way, 1),
            "difference_share": round(off, 4),
            "limit_share": self.share,
            "trip_m": self.trip_m,
        }
        return evidence(fleet, run, because, measured, score=sureness(abs(off), self.share))

    def _trips(self, fleet: Fleet, leaps: Ints) -> _Trips:
        """Return odometer and way along trips: a new one begins with every pause and every leap."""
        meter = fleet.column("mileage_m")
        believed = trusted(fleet)
        believed = believed[np.isfinite(meter[believed]) & fleet.of_label(("truck",))[believed]]
        kept = thinned(fleet, believed, np.full(len(believed), _STEP_S))
        group = groups(fleet, kept, longest_s=self.longest_step_s)
        group = group + np.searchsorted(leaps, kept, side="right")
        t, lat, lon = fleet.t[kept], fleet.reports.lat[kept], fleet.reports.lon[kept]
        speed = fleet.reports.speed_mps[kept]
        step, said = np.zeros(len(kept)), np.zeros(len(kept))
        step[1:] = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
        said[1:] = (speed[1:] + speed[:-1]) / 2 * np.diff(t)
        noisy = step <= _CLEAR_SIGMAS * sigma_m(fleet, kept)
        step = np.where(noisy, np.fmin(step, said), step)
        said = np.where(np.isfinite(said), said, step)
        within = np.concatenate(([False], np.diff(group) == 0))
        step, said = np.where(within, step, 0.0), np.where(within, said, 0.0)
        return _Trips(kept, group.astype(np.int64), meter[kept], np.cumsum(step), np.cumsum(said))
