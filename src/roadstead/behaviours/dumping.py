"""Dumping: a truck stands where it may not unload, and is empty afterwards (疑似违规倾倒)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import sureness
from roadstead.behaviours._reports import REPORT_M, column, compass_deg, lately, reports
from roadstead.geometry import paths
from roadstead.geometry.geodesy import turn_deg
from roadstead.geometry.paths import Standstill
from roadstead.geometry.zones import depth
from roadstead.types import Evidence, Floats, Measured, Mover, Outcome, Ref, Text, View

_TOLD_S = 30.0
_LEG_M = 2 * REPORT_M
"""The direction in which it came and left is that over so much of the way."""


@behaviour("dumping", zh="疑似违规倾倒")
@dataclass(frozen=True, slots=True, kw_only=True)
class Dumping:
    """Violation where reports say "loaded" before a stop of `min_stop_s` outside the zones `permitted`, and "empty" after it.

    The load must change during the stop or within `after_s` of it. Where no load is reported, a stop of at most
    `longest_s` is insufficient if the truck drove away in the direction it came from, by `turned_deg`: who tips turns
    round (Fu and Jenelius 2017). Standing is staying within `tolerance_m`, so near a permitted zone is in it.
    """

    needs_ground: ClassVar[bool] = True

    permitted: tuple[Annotated[str, Ref("zone")], ...] = ()
    min_stop_s: Annotated[float, Gt(0)] = 180.0
    tolerance_m: Annotated[float, Gt(0)] = REPORT_M
    after_s: Annotated[float, Ge(0)] = 300.0
    longest_s: Annotated[float, Gt(0)] = 1800.0
    turned_deg: Annotated[float, Ge(0), Le(180)] = 120.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the newest stop with the signs of dumping; it is told until `after_s` after it, and its t stays the same."""
        ground = mover.points("m")
        if ground is None or not reports(mover) or not lately(mover, view, _TOLD_S):
            return None
        if mover.t[-1] - mover.t[0] < self.min_stop_s:
            return None
        stop = self._stop(mover.t, ground)
        if stop is None or self._permitted(stop, view):
            return None
        load = column(mover, "load")
        told_before = np.isfinite(load[mover.t <= stop.start + self.min_stop_s / 2]).any()
        return self._emptied(mover, stop, load) if told_before else self._tipped(mover, stop, ground)

    def _stop(self, t: Floats, ground: Floats) -> Standstill | None:
        """Return the newest standstill, if it ended within `after_s` of the last report."""
        recent = int(t.searchsorted(t[-1] - self.after_s - self.min_stop_s))
        then = np.minimum(t[recent:].searchsorted(t[recent:] + self.min_stop_s) + recent, len(t) - 1)
        near = np.hypot(*(ground[then] - ground[recent:]).T) <= 2 * self.tolerance_m
        if not (near & (t[then] - t[recent:] >= self.min_stop_s)).any():
            return None  # most are driving, and what follows costs most
        stops = paths.standstills(t[recent:], ground[recent:], radius=self.tolerance_m, min_s=self.min_stop_s)
        if not stops:
            return None
        rows = t <= stops[-1].end
        whole = paths.standing(t[rows], ground[rows], radius=self.tolerance_m, min_s=self.min_stop_s)
        return whole or stops[-1]

    def _permitted(self, stop: Standstill, view: View) -> bool:
        zones = (view.scene.zones[name] for name in self.permitted)
        return any(depth(zone, [stop.at])[0] > -self.tolerance_m for zone in zones)

    def _emptied(self, mover: Mover, stop: Standstill, load: Floats) -> Evidence | None:
        """Return the change from loaded (or half) to empty that the stop explains."""
        rows = np.flatnonzero(np.isfinite(load))
        values, t = load[rows], mover.t[rows]
        fell = np.flatnonzero((values[:-1] > 0) & (values[1:] == 0)) + 1
        fell = fell[(t[fell] > stop.start) & (t[fell] <= stop.end + self.after_s)]
        if not len(fell) or values[-1] != 0:
            return None
        k = int(fell[-1])
        return self._evidence(mover, stop, max(float(t[k]), stop.start + self.min_stop_s), float(values[k - 1]), None)

    def _tipped(self, mover: Mover, stop: Standstill, ground: Floats) -> Evidence | None:
        """Return a stop from which the truck left the way it had come."""
        if stop.seconds > self.longest_s:
            return None
        came = _leg(ground[mover.t < stop.start][::-1], stop)
        left = _leg(ground[mover.t > stop.end], stop)
        if came is None or left is None:
            return None
        turned = float(abs(turn_deg(compass_deg(-came[None]), compass_deg(left[None]))[0]))
        if turned < self.turned_deg:
            return None
        return self._evidence(mover, stop, stop.end, None, turned)

    def _evidence(self, mover: Mover, stop: Standstill, t: float, load: float | None, turned: float | None) -> Evidence:
        x, y = stop.at
        stood = (
            f"Stood for {stop.seconds / 60:.0f} min outside the permitted sites (limit {self.min_stop_s / 60:g} min)"
        )
        stood_zh = f"在许可消纳场所外停留 {stop.seconds / 60:.0f} 分钟(限值 {self.min_stop_s / 60:g} 分钟)"
        if turned is None:
            because = Text(
                f"{stood}: {'half ' * (load == 1)}loaded before, empty after",
                f"{stood_zh},停留前{'半载' if load == 1 else '满载'},之后空载",
            )
        else:
            because = Text(
                f"{stood} and left the way it had come, turned by {turned:.0f}° (limit {self.turned_deg:g}°); its terminal reports no load",
                f"{stood_zh},掉头 {turned:.0f}° 原路离开(限值 {self.turned_deg:g}°);终端未上报载重状态",
            )
        measured: Measured = {
            "stood_s": round(stop.seconds, 3),
            "min_stop_s": self.min_stop_s,
            "load_before": load,
            "load_after": None if load is None else 0.0,
            "turned_deg": None if turned is None else round(turned, 2),
            "at_x_m": round(x, 2),
            "at_y_m": round(y, 2),
        }
        outcome: Outcome = "violation" if turned is None else "insufficient"
        score = sureness(stop.seconds, self.min_stop_s) if turned is None else 0.5
        return Evidence(mover.id, t, outcome, score, because, measured, stop.start)


def _leg(way: Floats, stop: Standstill) -> Floats | None:
    """Return the vector (2,) from the stop to the first place on a way (n, 2) that is far enough off to tell a direction."""
    off = way - np.asarray(stop.at)
    far = np.flatnonzero(np.hypot(*off.T) >= _LEG_M)
    return off[far[0]] if len(far) else None
