"""Off route: a mover leaves the corridor of its permitted ways."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

import numpy as np
import shapely
from annotated_types import Ge, Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import in_zone, seen_lately, sureness
from roadstead.behaviours._reports import REPORT_M, reports
from roadstead.types import Evidence, Floats, Mover, Ref, Text, View, Way

_FEWEST = 2
"""Reports in a row that must lie off: one alone is a bad fix."""


@behaviour("off_route", zh="偏航")
@dataclass(frozen=True, slots=True, kw_only=True)
class OffRoute:
    """Violation while a mover has been further than `corridor_m` from every one of its permitted `ways` for `min_s`.

    None named: all ways of the scene. Reported places must lie off by `noise_m` more. It ends back within `corridor_m`,
    or in one of the zones `beside` (depots, sites), where nobody is on a way. A mover first seen off its ways is off.
    """

    needs_ground: ClassVar[bool] = True

    ways: tuple[Annotated[str, Ref("way")], ...] = ()
    beside: tuple[Annotated[str, Ref("zone")], ...] = ()
    corridor_m: Annotated[float, Gt(0)] = 50.0
    noise_m: Annotated[float, Ge(0)] = REPORT_M
    min_s: Annotated[float, Ge(0)] = 60.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the deviation that lasts at the mover's last point, from its first place outside the corridor."""
        ground = mover.points("m")
        names = self.ways or tuple(view.scene.ways)
        if ground is None or not names or len(mover.t) < _FEWEST or not seen_lately(mover, view):
            return None
        if not self._off_m(mover, view, ground, len(mover.t) - 1)[0] > self.corridor_m:
            return None  # most are on their way, and what follows costs most
        off_m = self._off_m(mover, view, ground, 0)
        back = np.flatnonzero(off_m <= self.corridor_m)
        first = int(back[-1]) + 1 if len(back) else 0
        limit = self.corridor_m + (self.noise_m if reports(mover) else 0.0)
        beyond = first + np.flatnonzero(off_m[first:] > limit)
        if len(beyond) < _FEWEST or mover.t[-1] - mover.t[beyond[0]] < self.min_s:
            return None
        return self._evidence(mover, names, float(mover.t[first]), float(np.nanmax(off_m[first:])), limit)

    def _off_m(self, mover: Mover, view: View, ground: Floats, first: int) -> Floats:
        """Return how far the places from row `first` on lie from the nearest way: 0 in a zone beside, NaN where not known."""
        ways = tuple(view.scene.ways[name] for name in self.ways or view.scene.ways)
        places = ground[first:]
        known = np.isfinite(places).all(axis=1)
        off_m = np.full(len(places), np.nan)
        _, off_m[known] = _pieces(ways).query_nearest(
            shapely.points(places[known]), return_distance=True, all_matches=False
        )
        for name in self.beside:
            there = in_zone(name, mover, view, first)
            off_m = off_m if there is None else np.where(there, 0.0, off_m)
        return off_m

    def _evidence(self, mover: Mover, names: tuple[str, ...], since: float, farthest: float, limit: float) -> Evidence:
        seconds = float(mover.t[-1]) - since
        which = ", ".join(names) if self.ways else f"all {len(names)} permitted ways"
        which_zh = "、".join(f"「{name}」" for name in names) if self.ways else f"全部 {len(names)} 条许可路线"
        because = Text(
            f"Has been off {which} for {seconds:.0f} s, by up to {farthest:.0f} m (limits {self.min_s:g} s, {limit:g} m)",
            f"偏离{which_zh} {seconds:.0f} 秒,最远 {farthest:.0f} m(限值 {self.min_s:g} 秒、{limit:g} m)",
        )
        measured = {
            "off_s": round(seconds, 3),
            "min_s": self.min_s,
            "farthest_m": round(farthest, 2),
            "corridor_m": self.corridor_m,
            "limit_m": limit,
            "ways": len(names),
        }
        score = sureness(farthest, limit)
        return Evidence(mover.id, float(mover.t[-1]), "violation", score, because, measured, since)


@lru_cache(maxsize=64)
def _pieces(ways: tuple[Way, ...]) -> shapely.STRtree:
    """Return the straight pieces of ways, so that the nearest of thousands is found at once."""
    return shapely.STRtree(np.concatenate([shapely.linestrings(_ends(way.points)) for way in ways]))


def _ends(points: Floats) -> Floats:
    """Return where the pieces between points (n, 2) begin and end, (n - 1, 2, 2)."""
    return np.stack((points[:-1], points[1:]), axis=1)
