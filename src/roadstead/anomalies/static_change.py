"""Static change: what a transponder says of its ship (name, call sign, IMO number, type, size) changes (静态信息频繁变更)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs
from roadstead.anomalies._statics import Field, changes, codes
from roadstead.anomalies._vessels import vessels
from roadstead.positions import Bools, Fleet, Ints
from roadstead.types import Evidence, Text

_CALLED: Final[Mapping[Field, Text]] = MappingProxyType(
    {
        "name": Text("name", "船名"),
        "call_sign": Text("call sign", "呼号"),
        "imo": Text("IMO number", "IMO 号"),
        "kind": Text("type", "船型"),
        "length_m": Text("length", "船长"),
        "beam_m": Text("beam", "船宽"),
    }
)
_TOWING: Final = (31, 32, 52)


@anomaly("static_change", zh="静态信息频繁变更")
@dataclass(frozen=True, slots=True, kw_only=True)
class StaticChange:
    """Found where static data of one vessel change at least `least` times, each no longer than `within_s` after the one before.

    One change is enough by default: a ship keeps these data for years, so each is worth a look. Left out is what
    changes by right: the cargo's hazard (second digit of a type from 20 on that isn't a 3x or 5x), a tug that begins
    or ends to tow (31, 32, 52; its size too, which covers the tow), and up to `length_m` and `beam_m`.
    """

    least: Annotated[int, Ge(1)] = 1
    within_s: Annotated[float, Gt(0)] = 86400.0
    length_m: Annotated[float, Ge(0)] = 5.0
    beam_m: Annotated[float, Ge(0)] = 3.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each time of changes, from the first report with another value to the last one."""
        table = fleet.reports.statics
        if not len(changes(fleet, fleet.reports.static)[0]):
            return
        found: dict[int, list[tuple[Field, str, str]]] = {}
        towing = np.array([s.kind in _TOWING for s in table] + [False], dtype=bool)[fleet.reports.static]
        for field in _CALLED:
            values, said = codes(fleet, field)
            rows, before = changes(fleet, said)
            real = self._real(field, values, said[before], said[rows]) if len(rows) else np.zeros(0, dtype=bool)
            if field in ("length_m", "beam_m"):
                real &= ~(towing[rows] | towing[before])
            for row, was in zip(rows[real].tolist(), before[real].tolist(), strict=True):
                found.setdefault(row, []).append((field, str(values[said[was]]), str(values[said[row]])))
        hit = np.zeros(len(fleet), dtype=bool)
        hit[list(found)] = True
        rows = vessels(fleet, hit & np.isfinite(fleet.t))
        for run in runs(fleet, rows, np.ones(len(rows), dtype=bool)):
            for part in np.split(run, np.flatnonzero(np.diff(fleet.t[run]) > self.within_s) + 1):
                told = [change for row in part.tolist() for change in found[row]]
                if len(told) >= self.least:
                    yield self._evidence(fleet, part, told)

    def _real(self, field: Field, values: Sequence[str | float], was: Ints, now: Ints) -> Bools:
        """Tell which changes from one code to another count."""
        if field == "kind":
            group = np.array([_group(int(v)) for v in values])
            return np.asarray(group[was] != group[now])
        if field in ("length_m", "beam_m"):
            size = np.array(values, dtype=np.float64)
            limit = self.length_m if field == "length_m" else self.beam_m
            return np.asarray(np.abs(size[was] - size[now]) > limit)
        return np.ones(len(was), dtype=bool)

    def _evidence(self, fleet: Fleet, rows: Ints, told: Sequence[tuple[Field, str, str]]) -> Evidence:
        field, was, now = told[0]
        more = len(told) - 1
        because = Text(
            f"{_CALLED[field].en} changes from {was} to {now}" + (f", and {more} more changes" if more else ""),
            f"{_CALLED[field].zh}由 {was} 变为 {now}" + (f"，另有 {more} 处变更" if more else ""),
        )
        measured: dict[str, float | str] = {
            "changes": len(told),
            "least_changes": self.least,
            "fields": ", ".join(sorted({f for f, _, _ in told})),
            "was": was,
            "now": now,
        }
        return evidence(fleet, rows, because, measured)


def _group(kind: int) -> int:
    """Return what must not change of an AIS ship type: all of 3x and 5x, towing or not being one; else the first digit."""
    if kind in _TOWING:
        return 52
    return kind if kind // 10 in (3, 5) else kind // 10 * 10
