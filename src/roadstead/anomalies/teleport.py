"""Teleport: a confirmed way ends and goes on for good where it cannot have come to in the time (位置突变)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from roadstead.anomalies import anomaly
from roadstead.anomalies._clocks import misdated
from roadstead.anomalies._hypotheses import apart, believed, leaps, limit_m
from roadstead.anomalies._runs import evidence, sureness
from roadstead.positions import Fleet
from roadstead.types import Evidence, Text


@anomaly("teleport", zh="位置突变")
@dataclass(frozen=True, slots=True, kw_only=True)
class Teleport:
    """Found between two confirmed ways of one mover, one after the other, the second out of reach of the first.

    Both have three fixes over half a minute at least. Out of reach is what the top speed of the class (trucks 160 km/h,
    vessels 50 kn) and four standard deviations of a position do not allow. Where up to three strays at the end of the one
    or the beginning of the other explain the leap, it is a jump. The finding lasts from the last fix before the leap to
    the first after it.
    """

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each leap."""
        if not any(s.number for s in fleet.segments):
            return
        wrong = misdated(fleet)
        for leap in leaps(fleet, believed(fleet)):
            metres, seconds = apart(fleet, leap.before, leap.after)
            limit = limit_m(fleet, leap.before, leap.after)
            if len(leap.strays) or wrong[leap.before] or wrong[leap.after]:
                continue
            because = Text(
                f"the way breaks off and goes on {metres / 1000:.2f} km away {seconds:.0f} s later, "
                f"where {limit / 1000:.2f} km are possible",
                f"轨迹中断，{seconds:.0f} 秒后在 {metres / 1000:.2f} 千米外继续，最多可行驶 {limit / 1000:.2f} 千米",
            )
            measured = {
                "distance_m": metres,
                "limit_m": limit,
                "seconds_s": seconds,
                "mps": metres / seconds if seconds > 0 else None,
                "limit_mps": fleet.motions[fleet.labels[int(fleet.mover[leap.before])]].max_mps,
            }
            rows = np.array([leap.before, leap.after])
            yield evidence(fleet, rows, because, measured, score=sureness(metres, limit))
