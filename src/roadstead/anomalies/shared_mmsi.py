"""Shared MMSI: two ways at once that one ship cannot have gone, so that several transponders use one number (一码多船)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence
from roadstead.anomalies._vessels import VESSEL
from roadstead.geometry.geodesy import distance_m
from roadstead.positions import Fleet, Ints, Segment
from roadstead.types import Evidence, Text


@anomaly("shared_mmsi", zh="一码多船")
@dataclass(frozen=True, slots=True, kw_only=True)
class SharedMmsi:
    """Found where confirmed segments of one vessel alternate at least `alternations` times.

    A segment is confirmed by three places over half a minute that one ship can have visited (see `track.segments`).
    Alternations further apart than `quiet_s` are findings of their own. A single leap to and fro is a jump, and a segment
    after another a teleport.
    """

    alternations: Annotated[int, Ge(2)] = 3
    quiet_s: Annotated[float, Gt(0)] = 21600.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each time of sharing, from the last report before the first alternation to the last after one."""
        confirmed: dict[int, list[Segment]] = {}
        for segment in fleet.segments:
            if segment.confirmed:
                confirmed.setdefault(segment.mover, []).append(segment)
        for mover, segments in confirmed.items():
            if len(segments) > 1 and fleet.labels[mover] in VESSEL:
                yield from self._of(fleet, mover, segments)

    def _of(self, fleet: Fleet, mover: int, segments: list[Segment]) -> Iterator[Evidence]:
        first, end = int(fleet.start[mover]), int(fleet.start[mover + 1])
        rows = np.flatnonzero(np.isin(fleet.segment[first:end], [s.number for s in segments])) + first
        after = np.flatnonzero(np.diff(fleet.segment[rows])) + 1
        parts = np.split(after, np.flatnonzero(np.diff(fleet.t[rows[after]]) > self.quiet_s) + 1)
        for part in parts:
            if len(part) >= self.alternations:
                yield self._evidence(fleet, rows[part[0] - 1 : part[-1] + 1], len(part))

    def _evidence(self, fleet: Fleet, rows: Ints, alternations: int) -> Evidence:
        name = fleet.reports.movers[int(fleet.mover[rows[0]])]
        at = np.flatnonzero(np.diff(fleet.segment[rows]))
        lat, lon = fleet.reports.lat[rows], fleet.reports.lon[rows]
        apart_m = float(np.median(distance_m(lat[at], lon[at], lat[at + 1], lon[at + 1])))
        ways = len(np.unique(fleet.segment[rows]))
        because = Text(
            f"{ways} ways of {name} alternate {alternations} times, {apart_m / 1000:.1f} km apart",
            f"{name} 的 {ways} 条航迹交替出现 {alternations} 次，相距约 {apart_m / 1000:.1f} 公里",
        )
        measured = {
            "ways": ways,
            "alternations": alternations,
            "least_alternations": self.alternations,
            "apart_m": round(apart_m, 1),
        }
        return evidence(fleet, rows, because, measured)
