"""Drifting: a vessel that should be under way is carried along: slow, and across its own bow, or not under command."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import in_zone, sureness
from roadstead.behaviours._reports import KN, column, compass_deg, lately, lately_s, reports
from roadstead.geometry import paths
from roadstead.geometry.geodesy import turn_deg
from roadstead.types import Evidence, Floats, Measured, Mover, Ref, Text, View

_SPEED_S = 300.0
"""Speed and course are those of the places over so long: at half a knot, less says nothing."""
_NOT_UNDER_COMMAND = 2
_ACCOUNTED = (1, 3, 5, 6, 7, 11, 12)
"""Navigational status (ITU-R M.1371, table 45) that says why a vessel is slow: at anchor, restricted, moored, aground, fishing, towing."""
_MOSTLY = 0.5


@behaviour("drifting", zh="船舶漂移/失控")
@dataclass(frozen=True, slots=True, kw_only=True)
class Drifting:
    """Violation while a vessel has gone `min_kn` to `max_kn` for `min_s`, its bow `across_deg` off its way, or not under command.

    Speed and course are those of its places over 5 min. `outside` are zones where slow vessels are at home (berths,
    anchorages). A navigational status that accounts for being slow (at anchor, moored, fishing, towing, …) ends the
    question; not under command needs no heading. Without a heading for most of the time it is insufficient. A silence of
    more than `max_silence_s` ends the stretch: slow class B reports every three minutes, and one may be lost.
    """

    min_s: Annotated[float, Gt(0)] = 1800.0
    min_kn: Annotated[float, Gt(0)] = 0.5
    max_kn: Annotated[float, Gt(0)] = 3.0
    across_deg: Annotated[float, Ge(0), Le(180)] = 45.0
    outside: tuple[Annotated[str, Ref("zone")], ...] = ()
    max_silence_s: Annotated[float, Gt(0)] = 400.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the drift that lasts at the mover's last point."""
        ground = mover.points("m")
        if ground is None or not reports(mover) or not lately(mover, view, self.max_silence_s):
            return None
        if len(mover.t) < 4 or mover.t[-1] - mover.t[0] < self.min_s or not self._may(mover.t, ground):
            return None
        v = paths.velocity(mover.t, ground, _SPEED_S)
        first = self._first_row(mover, np.hypot(*v.T) / KN)
        if mover.t[-1] - mover.t[first] < self.min_s or self._elsewhere(mover, view, first):
            return None
        status = column(mover, "nav_status")[first:]
        known = status[np.isfinite(status)]
        helpless = bool(len(known) and (known == _NOT_UNDER_COMMAND).mean() > _MOSTLY)
        if not helpless and len(known) and known[-1] in _ACCOUNTED:
            return None
        off = np.abs(turn_deg(compass_deg(v[first:]), column(mover, "heading_deg")[first:]))
        told = off[np.isfinite(off)]
        across = float(np.median(told)) if len(told) > _MOSTLY * len(off) else None
        if not helpless and across is not None and across < self.across_deg:
            return None
        way = ground[-1] - ground[first]
        return self._evidence(mover, first, float(np.hypot(*way)), across, helpless=helpless)

    def _may(self, t: Floats, ground: Floats) -> bool:
        """Whether it got about as far as a drift in the last `min_s`: most lie or sail, and what follows costs most."""
        row = int(t.searchsorted(t[-1] - self.min_s))
        if row >= len(t) - 1:
            return False
        kn = float(np.hypot(*(ground[-1] - ground[row])) / (t[-1] - t[row])) / KN
        return self.min_kn / 4 <= kn <= 1.5 * self.max_kn

    def _first_row(self, mover: Mover, kn: Floats) -> int:
        """Return the earliest row from which on it was as slow as a drift, and never silent for long."""
        broken = ~((kn >= self.min_kn) & (kn <= self.max_kn))
        broken[1:] |= np.diff(mover.t) > lately_s(mover, self.max_silence_s)
        return min(int(np.flatnonzero(broken)[-1]) + 1, len(kn) - 1) if broken.any() else 0

    def _elsewhere(self, mover: Mover, view: View, first: int) -> bool:
        """Whether it was mostly in one of the zones where slow vessels are at home."""
        there = (in_zone(name, mover, view, first) for name in self.outside)
        return any(zoned is not None and zoned.mean() > _MOSTLY for zoned in there)

    def _evidence(self, mover: Mover, first: int, far_m: float, across: float | None, *, helpless: bool) -> Evidence:
        since = float(mover.t[first])
        seconds = float(mover.t[-1]) - since
        kn = far_m / seconds / KN
        unsure = across is None and not helpless
        if helpless:
            why, why_zh = "not under command by its own status", "航行状态为失控"
        elif across is None:
            why, why_zh = "its heading is not known", "船首向未知"
        else:
            why, why_zh = (
                f"its bow {across:.0f}° off its way (limit {self.across_deg:g}°)",
                f"船首向与航迹向相差 {across:.0f}°(限值 {self.across_deg:g}°)",
            )
        because = Text(
            f"{mover.id} has gone {far_m:.0f} m at {kn:.1f} kn for {seconds / 60:.0f} min (limits {self.min_kn:g}-{self.max_kn:g} kn, "
            f"{self.min_s / 60:g} min); {why}",
            f"{mover.id} 以 {kn:.1f} 节缓慢移动 {far_m:.0f} m,持续 {seconds / 60:.0f} 分钟(限值 {self.min_kn:g}-{self.max_kn:g} 节、"
            f"{self.min_s / 60:g} 分钟);{why_zh}",
        )
        measured: Measured = {
            "drifted_s": round(seconds, 3),
            "min_s": self.min_s,
            "drifted_m": round(far_m, 2),
            "speed_kn": round(kn, 3),
            "max_kn": self.max_kn,
            "across_deg": None if across is None else round(across, 2),
            "limit_deg": self.across_deg,
            "not_under_command": int(helpless),
        }
        score = 0.5 if unsure else sureness(seconds, self.min_s)
        return Evidence(
            mover.id, float(mover.t[-1]), "insufficient" if unsure else "violation", score, because, measured, since
        )
