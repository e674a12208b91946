"""Circle spoofing: places on a circle that a vessel goes round again and again at one speed, as forged signals do (圆周欺骗)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._circles import Circle, fitted, off_limit_m, turning
from roadstead.anomalies._runs import evidence, sureness
from roadstead.anomalies._vessels import VESSEL, knots
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Text

_LONGEST: Final = 5_000
"""So many rows before and after a turn are looked at for more of the circle."""


@anomaly("circle_spoofing", zh="圆周欺骗")
@dataclass(frozen=True, slots=True, kw_only=True)
class CircleSpoofing:
    """Found where a vessel's places lie on a circle for at least `turns` turns, faster than `min_mps`, at an even speed.

    The radius is 100 m to 10 km. The residual limit is 15 m (or 0.5 % of the radius), not the catalogue's 5 m, which real
    noise of 10 m exceeds; and two turns, not one: ships do turn once round on purpose. Even is a spread of the times of quarter turns of less
    than a fifth of their mean: a ship in a current of a tenth of its speed is less even and leaves its circle. A ship
    that swings at anchor is too slow and never goes round. Where at least `crowd` vessels go round one place (centres
    within half a radius), each finding names the others. Made for vessels; trucks go round roundabouts.
    """

    whole_fleet: ClassVar[bool] = True

    turns: Annotated[float, Gt(1)] = 2.0
    residual_m: Annotated[float, Gt(0)] = 15.0
    least_radius_m: Annotated[float, Gt(0)] = 100.0
    most_radius_m: Annotated[float, Gt(0)] = 10000.0
    min_mps: Annotated[float, Gt(0)] = 2.0
    unevenness: Annotated[float, Gt(0)] = 0.2
    crowd: Annotated[int, Gt(1)] = 3

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each circle, in the order of movers and time."""
        circles = sorted(self._circles(fleet), key=lambda c: c.span)
        for circle in circles:
            yield self._evidence(fleet, circle, _round_the_same(fleet, circle, circles))

    def _circles(self, fleet: Fleet) -> list[Circle]:
        """Return the circles that the vessels go round, each once."""
        rows = np.flatnonzero((fleet.segment >= 0) & fleet.of_label(VESSEL))
        if len(rows) < 8:
            return []
        if fleet.segment[rows].any():
            rows = rows[np.lexsort((fleet.segment[rows], fleet.mover[rows]))]
        found: list[Circle] = []
        chord_m = self.least_radius_m
        while chord_m < self.most_radius_m:
            for run in turning(fleet, rows, self.min_mps, chord_m, 0.75 * 360.0 * self.turns):
                if not any(c.rows[0] <= run[0] and run[-1] <= c.rows[-1] for c in found):
                    circle = fitted(fleet, run, self._reach(fleet, run), self.min_mps)
                    if circle is not None and self._is_one(fleet, circle):
                        found = _with(found, circle)
            chord_m *= 2
        return found

    def _reach(self, fleet: Fleet, run: Ints) -> Ints:
        """Return the rows of a run's segment, at most some thousands beyond it."""
        k = int(fleet.mover[run[0]])
        first = max(int(fleet.start[k]), int(run[0]) - _LONGEST)
        end = min(int(fleet.start[k + 1]), int(run[-1]) + _LONGEST)
        return np.flatnonzero(fleet.segment[first:end] == fleet.segment[run[0]]) + first

    def _is_one(self, fleet: Fleet, circle: Circle) -> bool:
        first, last = circle.span
        slowest_m = self.min_mps * float(fleet.t[last] - fleet.t[first])
        fits = self.least_radius_m * 0.9 <= circle.radius_m <= self.most_radius_m * 1.1
        fits = (
            fits and circle.residual_m <= off_limit_m(circle.radius_m, self.residual_m) and circle.turns >= self.turns
        )
        return fits and circle.unevenness <= self.unevenness and circle.way_m >= slowest_m

    def _evidence(self, fleet: Fleet, circle: Circle, others: Sequence[str]) -> Evidence:
        first, last = circle.span
        for_s = float(fleet.t[last] - fleet.t[first])
        mps = circle.way_m / max(for_s, 1e-9)
        limit_m = off_limit_m(circle.radius_m, self.residual_m)
        crowd = len(others) + 1 >= self.crowd
        because = Text(
            f"{circle.turns:.1f} turns on a circle of {circle.radius_m:.0f} m at {knots(mps)} kn, on average"
            f" {circle.residual_m:.1f} m off it, limit {limit_m:.0f} m"
            + (f", as {len(others)} other vessels" if crowd else ""),
            f"沿半径 {circle.radius_m:.0f} 米的圆周以 {knots(mps)} 节绕行 {circle.turns:.1f} 圈，平均偏差 {circle.residual_m:.1f} 米，"
            f"限值 {limit_m:.0f} 米" + (f"，另有 {len(others)} 艘船绕同一圆心" if crowd else ""),
        )
        measured: dict[str, float | int | str | None] = {
            "turns": round(circle.turns, 2),
            "least_turns": self.turns,
            "radius_m": round(circle.radius_m, 1),
            "residual_m": round(circle.residual_m, 2),
            "limit_m": round(limit_m, 1),
            "speed_mps": round(mps, 2),
            "unevenness": round(circle.unevenness, 3),
            "most_unevenness": self.unevenness,
            "centre_lat": round(circle.lat, 6),
            "centre_lon": round(circle.lon, 6),
            "vessels": len(others) + 1,
            "others": ", ".join(others) if crowd else None,
        }
        score = sureness(circle.turns, self.turns)
        return evidence(fleet, circle.rows, because, measured, score=max(score, 0.95) if crowd else score)


def _with(circles: list[Circle], new: Circle) -> list[Circle]:
    """Return circles with a new one, unless it overlaps one that is as long; it takes the place of shorter ones."""
    rivals = [c for c in circles if c.span[0] <= new.span[1] and new.span[0] <= c.span[1]]
    if any(len(c.rows) >= len(new.rows) for c in rivals):
        return circles
    return [c for c in circles if c not in rivals] + [new]


def _round_the_same(fleet: Fleet, circle: Circle, circles: Sequence[Circle]) -> tuple[str, ...]:
    """Return the other vessels whose circles lie about the same place, sorted."""
    lat, lon = (np.array([getattr(c, name) for c in circles]) for name in ("lat", "lon"))
    apart_m = distance_m(circle.lat, circle.lon, lat, lon)
    near = np.flatnonzero(apart_m <= circle.radius_m / 2)
    own = int(fleet.mover[circle.rows[0]])
    return tuple(
        sorted(
            {fleet.reports.movers[int(fleet.mover[circles[k].rows[0]])] for k in near.tolist()}
            - {fleet.reports.movers[own]}
        )
    )
