"""Identity swap: one ship goes on under another number, or the number or call sign of one ship turns up at another (身份互换/篡改)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Final

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._imo import check_digit
from roadstead.anomalies._mmsi import form
from roadstead.anomalies._runs import evidence
from roadstead.anomalies._statics import Field, codes
from roadstead.anomalies._vessels import KNOT_MPS, VESSEL
from roadstead.geometry.geodesy import EARTH_RADIUS_M, distance_m, moved, turn_deg
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Text

_MARKS: Final[tuple[tuple[Field, Text], ...]] = (
    ("imo", Text("IMO number", "IMO 号")),
    ("call_sign", Text("call sign", "呼号")),
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a ship gives that another gave before: its first and last row with it; whether both give it `at_once`."""

    whole_fleet: ClassVar[bool] = True

    field: Field
    value: str
    begin: int
    end: int
    at_once: bool


@anomaly("identity_swap", zh="身份互换/篡改")
@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySwap:
    """Found where a vessel's way goes on under another MMSI, and where an IMO number or call sign moves to another MMSI.

    The way goes on: one falls silent under way (faster than `min_mps`) and is not heard for `gap_s`, another that was
    not heard for `gap_s` begins within that time where the first would be by then, within `distance_m` and a tenth of
    the way, with nearly the same course (`turn_deg`) and speed (within a quarter and 1 m/s). Only ships under way are
    judged like that: at a berth one transponder goes off and the next one on all day long. IMO numbers must be right by
    their check digit and call signs have a letter and a digit; the ship that gave it later is the one found.
    """

    gap_s: Annotated[float, Gt(0)] = 1800.0
    distance_m: Annotated[float, Gt(0)] = 500.0
    turn_deg: Annotated[float, Gt(0)] = 30.0
    min_mps: Annotated[float, Gt(0)] = round(3 * KNOT_MPS, 3)

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield one finding for each pair of numbers: a way that goes on, what moved from one to the other, or both."""
        if not len(fleet) or not any(label in VESSEL for label in fleet.labels):
            return
        taken: dict[tuple[int, int], list[_Taken]] = {}
        for field, _ in _MARKS:
            for pair, move in _moves(fleet, field):
                taken.setdefault(pair, []).append(move)
        for end, row, off_m in self._handovers(fleet):
            pair = int(fleet.mover[end]), int(fleet.mover[row])
            yield self._handover(fleet, end, row, off_m, taken.pop(pair, []))
        for pair in sorted(taken):
            yield _moved(fleet, pair, taken[pair])

    def _handovers(self, fleet: Fleet) -> Iterator[tuple[int, int, float]]:
        """Yield last rows of vessels that fell silent under way, the first row of the one that goes on, and how far off, m."""
        from scipy.spatial import cKDTree

        rows = np.flatnonzero(fleet.trusted & fleet.of_label(VESSEL))
        heard = np.flatnonzero(np.isfinite(fleet.t))
        if len(rows) < 2:
            return
        new = np.flatnonzero(np.diff(fleet.mover[rows])) + 1
        first, last = rows[np.append(0, new)], rows[np.append(new - 1, len(rows) - 1)]
        speed, course = fleet.reports.speed_mps, fleet.reports.course_deg
        able = (speed > self.min_mps) & np.isfinite(course)
        ends = last[able[last] & (fleet.t[last] <= fleet.now - self.gap_s)]
        begins = first[able[first] & (fleet.t[first] >= fleet.t[heard].min() + self.gap_s)]
        if not len(ends) or not len(begins):
            return
        tree = cKDTree(_on_sphere(fleet, begins))
        reach = self.distance_m + 1.1 * speed[ends] * self.gap_s
        for end, near in zip(ends.tolist(), tree.query_ball_point(_on_sphere(fleet, ends), reach), strict=True):
            others = begins[np.sort(np.asarray(near, dtype=np.int64))]
            heir = self._heir(fleet, end, others[fleet.mover[others] != fleet.mover[end]])
            if heir is not None:
                yield end, *heir

    def _heir(self, fleet: Fleet, end: int, others: Ints) -> tuple[int, float] | None:
        """Return which of other vessels' first rows goes on with a way, and how far off it is, m."""
        r = fleet.reports
        dt_s = fleet.t[others] - fleet.t[end]
        others, dt_s = others[(dt_s > 0) & (dt_s <= self.gap_s)], dt_s[(dt_s > 0) & (dt_s <= self.gap_s)]
        if not len(others):
            return None
        way_m = dt_s * r.speed_mps[end]
        lat, lon = moved(r.lat[end], r.lon[end], r.course_deg[end], way_m)
        off_m = distance_m(lat, lon, r.lat[others], r.lon[others])
        fits = off_m <= self.distance_m + 0.1 * way_m
        fits &= np.abs(turn_deg(r.course_deg[end], r.course_deg[others])) <= self.turn_deg
        fits &= np.abs(r.speed_mps[others] - r.speed_mps[end]) <= 1.0 + 0.25 * r.speed_mps[end]
        if not fits.any():
            return None
        best = int(np.argmin(np.where(fits, off_m, np.inf)))
        return int(others[best]), float(off_m[best])

    def _handover(self, fleet: Fleet, end: int, row: int, off_m: float, taken: Sequence[_Taken]) -> Evidence:
        movers = fleet.reports.movers
        was, now = movers[int(fleet.mover[end])], movers[int(fleet.mover[row])]
        dt_s = float(fleet.t[row] - fleet.t[end])
        because = Text(
            f"{was} falls silent under way, and {dt_s:.0f} s later {now} goes on {off_m:.0f} m from where it would be",
            f"{was} 航行中信号消失，{dt_s:.0f} 秒后 {now} 在其推算位置 {off_m:.0f} 米处继续同一航迹",
        )
        measured: dict[str, float | str] = {
            "by": ", ".join(["way", *(t.field for t in taken)]),
            "other": was,
            "gap_s": round(dt_s, 1),
            "limit_s": self.gap_s,
            "off_m": round(off_m, 1),
            "limit_m": round(self.distance_m + 0.1 * dt_s * float(fleet.reports.speed_mps[end]), 1),
        }
        rows = np.array(sorted({row, *(t.end for t in taken)}))
        return evidence(fleet, rows, because, measured, since=float(fleet.t[end]))


def _on_sphere(fleet: Fleet, rows: Ints) -> Floats:
    """Return places as points on the sphere (n, 3), m: their chords are their distances over such short ways."""
    lat, lon = np.deg2rad(fleet.reports.lat[rows]), np.deg2rad(fleet.reports.lon[rows])
    return EARTH_RADIUS_M * np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _moves(fleet: Fleet, field: Field) -> Iterator[tuple[tuple[int, int], _Taken]]:
    """Yield what a ship gives that another gave before it: the two movers, and the rows that bear it."""
    values, said = codes(fleet, field)
    usable = np.array([_distinctive(v) for v in values] + [False], dtype=bool)
    rows = np.flatnonzero(usable[said] & fleet.of_label(VESSEL) & np.isfinite(fleet.t))
    if not len(rows):
        return
    other = np.flatnonzero((np.diff(said[rows]) != 0) | (np.diff(fleet.mover[rows]) != 0)) + 1
    begins, ends = rows[np.append(0, other)], rows[np.append(other - 1, len(rows) - 1)]
    pairs = np.unique(said[begins] * len(fleet.labels) + fleet.mover[begins]) // len(fleet.labels)
    several = np.bincount(pairs, minlength=len(values))[said[begins]] > 1
    givers: dict[int, dict[int, tuple[int, int]]] = {}
    for begin, end in zip(begins[several].tolist(), ends[several].tolist(), strict=True):
        mover = int(fleet.mover[begin])
        if form(fleet.reports.movers[mover]) == "ship":
            by = givers.setdefault(int(said[begin]), {})
            by[mover] = (by[mover][0] if mover in by else begin, end)
    for code, by in givers.items():
        ordered = sorted(by.items(), key=lambda item: (float(fleet.t[item[1][0]]), item[0]))
        for (first, (_, over)), (then, (begin, end)) in pairwise(ordered):
            value = values[code]
            given = f"{value:.0f}" if isinstance(value, float) else value
            at_once = bool(fleet.t[over] >= fleet.t[begin])
            yield (first, then), _Taken(field, given, begin, end, at_once=at_once)


def _moved(fleet: Fleet, pair: tuple[int, int], taken: Sequence[_Taken]) -> Evidence:
    was, now = fleet.reports.movers[pair[0]], fleet.reports.movers[pair[1]]
    called = dict(_MARKS)
    en = " and ".join(f"{called[t.field].en} {t.value}" for t in taken)
    zh = "、".join(f"{called[t.field].zh} {t.value}" for t in taken)
    because = Text(f"{now} gives {en}, which {was} gave before", f"{now} 使用 {was} 先前使用的{zh}")
    measured: dict[str, float | str] = {
        "by": ", ".join(t.field for t in taken),
        "value": ", ".join(t.value for t in taken),
        "other": was,
        "at_once": int(any(t.at_once for t in taken)),
    }
    rows = np.array(sorted({row for t in taken for row in (t.begin, t.end)}))
    return evidence(fleet, rows, because, measured)


def _distinctive(value: str | float) -> bool:
    """Tell whether only one ship can have it: a right IMO number, or a call sign with a letter and a digit."""
    if isinstance(value, str):
        return len(value) >= 4 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return check_digit(int(value)) == int(value) % 10
