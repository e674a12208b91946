"""Speeding: a mover is certainly faster than the limit."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from roadstead.behaviours import behaviour
from roadstead.behaviours._movers import Rows, in_zone, seen_lately, sureness
from roadstead.behaviours._reported_speed import reported_speed
from roadstead.behaviours._reports import reports
from roadstead.geometry import paths
from roadstead.geometry.homography import metres_per_px
from roadstead.types import Evidence, Mover, Outcome, Ref, Text, Track, View

_KMH = 3.6
_NOISE_S = 10.0
"""The jitter is taken from so much of the way: over the measured seconds alone it would be a guess."""
_LEAST_PX = 1.0
"""A box is never known better than this."""
_ENOUGH, _LONGEST = 4, 3.0
"""Where points are few, the measured time grows until there are 4, to three times what the setting says at most."""


@dataclass(frozen=True, slots=True)
class _Speed:
    """A measured speed, its standard deviation, over how long and how far, and since when."""

    mps: float
    sigma_mps: float
    seconds: float
    travelled_m: float
    since: float


@behaviour("speeding", zh="超速")
@dataclass(frozen=True, slots=True, kw_only=True)
class Speeding:
    """Violation while a mover in `zone` (None: anywhere) is faster than `limit_kmh` by more than `sigmas` standard deviations.

    The speed is the slope over the last `over_s` seconds in the zone (longer at few points), over at least `min_s`; its deviation is
    made of the jitter of the positions and of the error of the ground calibration. Insufficient where it is above the
    limit by less than that. Of reports, the lower of the two newest reported speeds counts, or the slope
    over the last four places, whichever is surer; insufficient where the two contradict each other.
    """

    needs_ground: ClassVar[bool] = True

    limit_kmh: Annotated[float, Gt(0)]
    zone: Annotated[str, Ref("zone")] | None = None
    min_s: Annotated[float, Gt(0)] = 1.0
    over_s: Annotated[float, Gt(0)] = 2.0
    sigmas: Annotated[float, Ge(0)] = 3.0

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return the speed over the newest seconds where it is above the limit."""
        if not seen_lately(mover, view):
            return None
        if reports(mover):
            return reported_speed(
                mover, view, zone=self.zone, limit_kmh=self.limit_kmh, min_s=self.min_s, sigmas=self.sigmas
            )
        found = self._speed(mover, view)
        if found is None:
            return None
        kmh, sigma_kmh = found.mps * _KMH, found.sigma_mps * _KMH
        sure = kmh - self.sigmas * sigma_kmh > self.limit_kmh
        outcome: Outcome = "violation" if sure else "insufficient"
        because = Text(
            f"Drove {kmh:.0f} km/h ± {self.sigmas * sigma_kmh:.0f} over {found.seconds:.1f} s "
            + (
                f"(limit {self.limit_kmh:g} km/h)"
                if sure
                else f"; the limit of {self.limit_kmh:g} km/h is within the error"
            ),
            f"{found.seconds:.1f} 秒内车速 {kmh:.0f} ± {self.sigmas * sigma_kmh:.0f} km/h"
            + (f"(限速 {self.limit_kmh:g} km/h)" if sure else f",限速 {self.limit_kmh:g} km/h 在误差范围内"),
        )
        measured = {
            "speed_kmh": round(kmh, 2),
            "limit_kmh": self.limit_kmh,
            "sigma_kmh": round(sigma_kmh, 3),
            "sigmas": self.sigmas,
            "measured_over_s": round(found.seconds, 3),
            "travelled_m": round(found.travelled_m, 2),
        }
        score = sureness(kmh - self.sigmas * sigma_kmh, self.limit_kmh)
        return Evidence(mover.id, view.t, outcome, max(score, 0.5) if sure else score, because, measured, found.since)

    def _speed(self, mover: Mover, view: View) -> _Speed | None:
        """Return the speed at the mover's last point; None where it is not known, or not above the limit."""
        first = int(mover.t.searchsorted(mover.t[-1] - _LONGEST * self.over_s))
        ground, zoned = mover.points("m"), in_zone(self.zone, mover, view, first)
        if ground is None or zoned is None:
            return None
        rows = first + np.flatnonzero(np.isfinite(ground[first:]).all(axis=1))
        fresh = int((mover.t[rows] >= mover.t[-1] - self.over_s).sum())
        rows = rows[-max(fresh, _ENOUGH) :]
        out = np.flatnonzero(~zoned[rows - first])
        rows = rows[out[-1] + 1 :] if len(out) else rows
        if len(rows) < 3 or mover.t[rows[-1]] - mover.t[rows[0]] < self.min_s:
            return None
        t, xy = mover.t[rows], ground[rows]
        dt = t - t.mean()
        spread = float(dt @ dt)
        slope = dt @ (xy - xy.mean(axis=0)) / spread
        mps = float(np.hypot(*slope))
        if mps * _KMH <= self.limit_kmh:
            return None  # most are slower, and what follows costs most
        left = xy - xy.mean(axis=0) - dt[:, None] * slope
        scatter = float(np.sqrt((left * left).sum() / (2 * len(t) - 4)))
        before = slice(int(mover.t.searchsorted(mover.t[-1] - _NOISE_S)), None)
        jitter = paths.noise(mover.t[before], ground[before], _NOISE_S)
        position_m = max(scatter, _pixel_m(mover, view, rows), 0.0 if np.isnan(jitter) else jitter)
        travelled = mps * float(t[-1] - t[0])
        residual = 0.0 if view.scene.homography is None else view.scene.homography.residual_m
        scale = residual * np.sqrt(2) / max(travelled, 1e-9)
        sigma = float(np.hypot(position_m / np.sqrt(spread), mps * scale))
        return _Speed(mps, sigma, float(t[-1] - t[0]), travelled, float(t[0]))


def _pixel_m(mover: Mover, view: View, rows: Rows) -> float:
    """Return the least error of a position, m: a pixel where the mover is; 0 for reported positions."""
    feet = mover.points("px") if isinstance(mover, Track) else None
    if feet is None or view.scene.homography is None:
        return 0.0
    return _LEAST_PX * float(np.nanmax(metres_per_px(view.scene.homography, feet[rows])))
