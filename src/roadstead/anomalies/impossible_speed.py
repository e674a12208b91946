"""Impossible speed: faster than its class can go, by its own word or by the way it made (车速不可能)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness
from roadstead.anomalies._windows import ago, groups, sigma_m, top_mps
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Bools, Defect, Fleet, Ints, Kind
from roadstead.types import Evidence, Floats, Measured, Text

_SLACK_SIGMAS = 4.0
"""Two standard deviations of a place at either end of a way."""
_STRAIGHT = 0.8
"""A way is straight whose ends lie at least this share of its length apart: strays and clones go to and fro."""
_EACH = 0.5
"""Each step of it is faster than this share of the limit: two strays one after the other aren't a way."""
_STEPS = 3


@dataclass(frozen=True, slots=True)
class _Windows:
    """The window that ends at each row (n,): the row it begins at (-1: none), how long it takes and how far it leads."""

    begins: Ints
    seconds: Floats
    metres: Floats


@anomaly("impossible_speed", zh="车速不可能")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImpossibleSpeed:
    """Found where a mover goes above `factor` times the top speed of its class (trucks 160 km/h, vessels 50 kn).

    Either its reported speed says so in `least` reports in a row; or its places do, over at least `over_s` and four
    fixes: their distance, less two standard deviations at either end, needs more than that speed, also without the
    longest single step (which would be a jump). The places are all usable ones in the order of time, whether trusted or
    not, because no fix of such a way can be reached from the one before.
    """

    factor: Annotated[float, Gt(0)] = 1.0
    least: Annotated[int, Ge(1)] = 1
    over_s: Annotated[float, Gt(0)] = 30.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of reports that say or show such a speed."""
        reports = fleet.reports
        rows = np.flatnonzero((reports.kind == Kind.POSITION) & (fleet.defect == Defect.NONE) & np.isfinite(fleet.t))
        if not len(rows):
            return
        limit = top_mps(fleet, rows) * self.factor
        with np.errstate(invalid="ignore"):
            said = reports.speed_mps[rows] > limit
        for run in runs(fleet, rows, said, least=self.least):
            yield self._said(fleet, run)
        shown, windows = self._shown(fleet, rows, limit)
        for run in runs(fleet, rows, shown):
            if not said[np.searchsorted(rows, run)].any():
                yield self._made(fleet, run, windows, rows)

    def _shown(self, fleet: Fleet, rows: Ints, limit: Floats) -> tuple[Bools, _Windows]:
        """Tell which rows (n,) lie in a window of time over which the places need such a speed."""
        hit = np.zeros(len(rows), dtype=bool)
        t, lat, lon = fleet.t[rows], fleet.reports.lat[rows], fleet.reports.lon[rows]
        group = groups(fleet, rows, segments=False)
        i = np.arange(len(rows))
        begins = np.minimum(ago(t, t, group, self.over_s), i - _STEPS)
        j = np.maximum(begins, 0)
        begins = np.where((begins >= 0) & (group[j] == group), begins, -1)
        j = np.maximum(begins, 0)
        seconds, metres = t - t[j], distance_m(lat[j], lon[j], lat, lon)
        windows = _Windows(begins, seconds, metres)
        near = np.flatnonzero((begins >= 0) & (metres > limit * seconds))
        if not len(near):
            return hit, windows
        step = np.append(distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]), 0.0)
        along = np.concatenate(([0.0], np.cumsum(step[:-1])))
        a = begins[near]
        longest = np.maximum.reduceat(step, np.column_stack((a, near)).ravel())[::2]
        with np.errstate(divide="ignore", invalid="ignore"):
            pace = np.append(step[:-1] / np.diff(t), 0.0)
        slowest = np.minimum.reduceat(pace, np.column_stack((a, near)).ravel())[::2]
        rest_s = seconds[near] * (1 - 1 / (near - a))
        slack = _SLACK_SIGMAS * sigma_m(fleet, rows[near])
        sure = (metres[near] - longest > limit[near] * rest_s + slack) & (
            metres[near] >= _STRAIGHT * (along[near] - along[a])
        )
        sure &= slowest > _EACH * limit[near]
        cover = np.zeros(len(rows) + 1, dtype=np.int64)
        np.add.at(cover, a[sure], 1)
        np.add.at(cover, near[sure] + 1, -1)
        return np.cumsum(cover[:-1]) > 0, windows

    def _said(self, fleet: Fleet, run: Ints) -> Evidence:
        highest = float(fleet.reports.speed_mps[run].max())
        limit = float(top_mps(fleet, run)[0]) * self.factor
        because = Text(
            f"{len(run)} reports with a speed of up to {highest * 3.6:.0f} km/h, above the {limit * 3.6:.0f} km/h that its class can do",
            f"连续 {len(run)} 条上报的速度最高达 {highest * 3.6:.0f} 公里/小时,超过该类目标的上限 {limit * 3.6:.0f} 公里/小时",
        )
        measured: Measured = {
            "speed_mps": round(highest, 2),
            "limit_mps": round(limit, 2),
            "least": self.least,
            "by": "report",
        }
        return evidence(fleet, run, because, measured, score=sureness(highest, limit))

    def _made(self, fleet: Fleet, run: Ints, windows: _Windows, rows: Ints) -> Evidence:
        at = np.searchsorted(rows, run)
        inside = at[windows.begins[at] >= at[0]]
        highest = float((windows.metres[inside] / windows.seconds[inside]).max())
        limit = float(top_mps(fleet, run)[0]) * self.factor
        because = Text(
            f"{len(run)} fixes in a row need a speed of up to {highest * 3.6:.0f} km/h over {self.over_s:g} s or more, above the {limit * 3.6:.0f} km/h that its class can do",
            f"连续 {len(run)} 个定位点在不少于 {self.over_s:g} 秒内的位移速度最高达 {highest * 3.6:.0f} 公里/小时,超过该类目标的上限 {limit * 3.6:.0f} 公里/小时",
        )
        measured: Measured = {
            "speed_mps": round(highest, 2),
            "limit_mps": round(limit, 2),
            "over_s": self.over_s,
            "by": "places",
        }
        return evidence(fleet, run, because, measured, score=sureness(highest, limit))
