"""Impossible acceleration: the reported speed rises or falls faster than its class can (加速度异常)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt

from roadstead.anomalies import anomaly
from roadstead.anomalies._runs import evidence, runs, sureness, trusted
from roadstead.anomalies._windows import ago, groups, per_row
from roadstead.positions import Fleet, Ints
from roadstead.types import Evidence, Floats, Text

_SHORTEST_S = 0.999
"""Reports closer than a second say nothing of acceleration: JT/T 808 has whole seconds and 0.1 km/h."""


@anomaly("impossible_acceleration", zh="加速度异常")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImpossibleAcceleration:
    """Found where the reported speed of trusted reports gains more than `gain_mps2` or loses more than `brake_mps2`.

    The gain is measured over at least `over_s` (the reports' own interval where that is longer), since a second's noise
    of speed alone is 0.7 m/s²; the loss from one report to the next, at least a second apart. A loaded truck gains
    1 m/s², an empty one 2, and 3 is beyond both; hard braking is 8 m/s², so 10 is the limit. Vessels have a limit of
    their own for both ways, which only small fast craft come near. Reports further apart than `longest_s` aren't compared.
    """

    gain_mps2: Annotated[float, Gt(0)] = 3.0
    brake_mps2: Annotated[float, Gt(0)] = 10.0
    vessel_mps2: Annotated[float, Gt(0)] = 2.0
    over_s: Annotated[float, Gt(0)] = 5.0
    longest_s: Annotated[float, Gt(0)] = 60.0

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield each run of reports with such changes."""
        rows = trusted(fleet)
        rows = rows[np.isfinite(fleet.reports.speed_mps[rows])]
        if len(rows) < 2:
            return
        gained, lost = self._changes(fleet, rows)
        gain_limit = per_row(fleet, rows, {"vessel": self.vessel_mps2}, self.gain_mps2)
        brake_limit = per_row(fleet, rows, {"vessel": self.vessel_mps2}, self.brake_mps2)
        with np.errstate(invalid="ignore"):
            share = np.fmax(gained / gain_limit, lost / brake_limit)
            hit = share > 1.0
        for run in runs(fleet, rows, hit, holes=1):
            at = np.searchsorted(rows, run)
            worst = int(at[np.argmax(share[at])])
            rising = bool(gained[worst] / gain_limit[worst] >= share[worst])
            value = float(gained[worst] if rising else lost[worst])
            limit = float(gain_limit[worst] if rising else brake_limit[worst])
            yield _evidence(fleet, run, int(rows[at[0] - 1]), (value, limit), rising=rising)

    def _changes(self, fleet: Fleet, rows: Ints) -> tuple[Floats, Floats]:
        """Return the gain and the loss of speed (n,), m/s²; NaN where there is nothing to compare with."""
        t, speed = fleet.t[rows], fleet.reports.speed_mps[rows]
        group = groups(fleet, rows, longest_s=self.longest_s)
        gained, lost = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        before = ago(t, t, group, self.over_s)
        here = np.flatnonzero(before >= 0)
        dt_s = t[here] - t[before[here]]
        near = dt_s <= self.longest_s
        here, dt_s = here[near], dt_s[near]
        gained[here] = (speed[here] - speed[before[here]]) / dt_s
        dt_s = np.diff(t)
        near = (np.diff(group) == 0) & (dt_s >= _SHORTEST_S)
        lost[1:][near] = -np.diff(speed)[near] / dt_s[near]
        return gained, lost


def _evidence(fleet: Fleet, run: Ints, before: int, figures: tuple[float, float], *, rising: bool) -> Evidence:
    value, limit = figures
    word, word_zh = ("rises", "上升") if rising else ("falls", "下降")
    because = Text(
        f"The reported speed {word} by {value:.1f} m/s² (limit {limit:g} m/s²)",
        f"上报速度以 {value:.1f} 米/秒² {word_zh}(限值 {limit:g} 米/秒²)",
    )
    measured = {"acceleration_mps2": round(value if rising else -value, 3), "limit_mps2": limit}
    return evidence(fleet, run, because, measured, score=sureness(value, limit), since=float(fleet.t[before]))
