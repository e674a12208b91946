"""How fast a mover of reports was, by its own word and by its places, and whether that is above a limit."""

from dataclasses import dataclass

import numpy as np

from roadstead.behaviours._movers import Rows, in_zone, sureness
from roadstead.behaviours._reports import KMH, REPORT_LATELY_S, REPORT_SIGMA_M, column
from roadstead.geometry import paths
from roadstead.types import Evidence, Mover, Outcome, Text, View

_SAID_SIGMA_MPS = 1.0
"""The error of a reported speed, a standard deviation: half of the 2 m/s that JT/T 794 allows."""
_PLACES = 4
"""The slope is taken over so many places; the shorter, the better it follows a curve."""
_FEWEST = 3
"""From fewer places a slope only serves to deny a reported speed: one bad place would make it."""
_APART_MPS, _APART_SHARE = 15 / KMH, 0.3
"""Two speeds that differ by more than both of these contradict each other (the fault "speed and displacement do not match")."""


@dataclass(frozen=True, slots=True)
class _Speed:
    """A speed, its standard deviation, and over which time it was measured."""

    mps: float
    sigma_mps: float
    since: float
    seconds: float


def reported_speed(
    mover: Mover, view: View, *, zone: str | None, limit_kmh: float, min_s: float, sigmas: float
) -> Evidence | None:
    """Return evidence where the newest speed is above the limit; nothing where too little was reported."""
    rows = _newest(mover, view, zone)
    said, moved = _said(mover, rows, min_s), _moved(mover, rows, min_s)
    asked = [speed for speed in (said, moved if len(rows) >= _FEWEST else None) if speed is not None]
    if not asked:
        return None
    counts = max(asked, key=lambda speed: speed.mps - sigmas * speed.sigma_mps)
    if counts.mps * KMH <= limit_kmh:
        return None
    sure = (counts.mps - sigmas * counts.sigma_mps) * KMH > limit_kmh
    other = moved if counts is said else said
    disputed = other is not None and _contradict(counts.mps, other.mps)
    outcome: Outcome = "violation" if sure and not disputed else "insufficient"
    kmh, error = counts.mps * KMH, sigmas * counts.sigma_mps * KMH
    why, why_zh = f"limit {limit_kmh:g} km/h", f"限速 {limit_kmh:g} km/h"
    if disputed and other is not None:
        by, by_zh = ("its places say", "由位置推算") if other is moved else ("it reports", "终端上报")
        why, why_zh = f"{why}; {by} {other.mps * KMH:.0f} km/h", f"{why_zh};{by_zh} {other.mps * KMH:.0f} km/h"
    elif not sure:
        why, why_zh = why + " is within the error", why_zh + ",在误差范围内"
    because = Text(
        f"Drove {kmh:.0f} km/h ± {error:.0f} over {counts.seconds:.0f} s by {'its word' if counts is said else 'its places'} ({why})",
        f"{'终端上报' if counts is said else '由位置推算'}:{counts.seconds:.0f} 秒内车速 {kmh:.0f} ± {error:.0f} km/h({why_zh})",
    )
    measured = {
        "speed_kmh": round(kmh, 2),
        "limit_kmh": limit_kmh,
        "sigma_kmh": round(counts.sigma_mps * KMH, 3),
        "sigmas": sigmas,
        "measured_over_s": round(counts.seconds, 3),
        "reported_kmh": None if said is None else round(said.mps * KMH, 2),
        "displacement_kmh": None if moved is None else round(moved.mps * KMH, 2),
    }
    score = sureness(kmh - error, limit_kmh)
    score = max(score, 0.5) if outcome == "violation" else min(score, 0.5)
    return Evidence(mover.id, view.t, outcome, score, because, measured, counts.since)


def _contradict(one: float, other: float) -> bool:
    apart = abs(one - other)
    return apart > _APART_MPS and apart > _APART_SHARE * max(one, other)


def _newest(mover: Mover, view: View, zone: str | None) -> Rows:
    """Return the last rows, in the zone without a break and not long ago, at most _PLACES."""
    first = max(len(mover.t) - _PLACES, int(mover.t.searchsorted(mover.t[-1] - REPORT_LATELY_S)))
    zoned = in_zone(zone, mover, view, first)
    if zoned is None:
        return np.zeros(0, dtype=np.intp)
    out = np.flatnonzero(~zoned)
    return np.arange(first + (int(out[-1]) + 1 if len(out) else 0), len(mover.t))


def _said(mover: Mover, rows: Rows, min_s: float) -> _Speed | None:
    """Return the lower of the two newest reported speeds."""
    told = column(mover, "speed_mps")
    rows = rows[np.isfinite(told[rows])][-2:]
    if len(rows) < 2 or mover.t[rows[1]] - mover.t[rows[0]] < min_s:
        return None
    since = float(mover.t[rows[0]])
    return _Speed(float(told[rows].min()), _SAID_SIGMA_MPS, since, float(mover.t[rows[1]]) - since)


def _moved(mover: Mover, rows: Rows, min_s: float) -> _Speed | None:
    """Return the slope through the places; it is too low in curves, never too high by more than its error."""
    ground = mover.points("m")
    if ground is None:
        return None
    rows = rows[np.isfinite(ground[rows]).all(axis=1)]
    if len(rows) < 2 or mover.t[rows[-1]] - mover.t[rows[0]] < min_s:
        return None
    t, xy = mover.t[rows], ground[rows]
    dt = t - t.mean()
    spread = float(dt @ dt)
    mps = float(np.hypot(*(dt @ (xy - xy.mean(axis=0)) / spread)))
    jitter = paths.noise(t, xy, REPORT_LATELY_S)
    error_m = REPORT_SIGMA_M if np.isnan(jitter) else max(REPORT_SIGMA_M, jitter)
    return _Speed(mps, error_m / np.sqrt(spread), float(t[0]), float(t[-1] - t[0]))
