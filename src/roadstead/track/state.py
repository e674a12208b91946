"""The filter state of all live tracks: one row a track, one block of columns a quantity. Motion is a matter of seconds.

A constant-velocity Kalman filter for each of centre x, centre y (px), ln width and ln height; the four do not interact.
The state is that of the last sighting; prediction goes from there to any later time and is not stored.
Formulas: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation", 6.2.2 (white noise acceleration).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from roadstead.track.settings import TrackerSettings

Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]
"""A float64 array of the tracker's own, which it may write to."""

MEAN: Final = slice(0, 4)
RATE: Final = slice(4, 8)
VAR: Final = slice(8, 12)
COV: Final = slice(12, 16)
RATE_VAR: Final = slice(16, 20)
CRUISE: Final = slice(20, 22)
"""The velocity it drives at when it drives, px/s: kept while it stands."""
ANCHOR: Final = slice(22, 24)
"""Where it has been since ANCHORED, within a quarter of its side."""
ANCHORED: Final = 24
SEEN: Final = 25
BORN: Final = 26
SIGHTINGS: Final = 27
APART: Final = 28
"""1 when no other track was where it was first seen, so that it cannot be a second box of the same object."""
SLOT: Final = 29
LABEL: Final = 30
CONFIRMED: Final = 31
WIDTH: Final = 32

_SIZE_JITTER = 0.08
_SIZE_AGILITY = 0.15
_SIZE_RATE_VAR = 0.3**2
_LARGEST_SIZE_RATE = 1.5
_STANDING_S = 1.5
_CRUISE_S, _CRUISE_DECAY_S = 0.25, 15.0
"""The velocity it drives at follows that measured within these times, slower where it brakes."""
_CHANGE_PRICE, _CHANGING_PRICE, _EXACT_PRICE = 5.0, 1.0, 6.0
_VEER = 0.05
_PARTS = np.array([0.5, 0.0, 1.0])[:, None, None]
"""What it costs to believe that one brakes or starts; less where it is between standing and driving already."""
_HORIZON_S = 0.5
"""How far ahead a standing track, and anyone's change of size, is extrapolated."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Where the tracks of `rows` should be at a time: means (n, 4) and variances (n, 4) with the box's own jitter in them.

    `other_*` (3, n, 2) are further guesses at the centre with their prices (3, n): it brakes or starts on the way, it stands where it
    was last seen, it drives at once at the velocity it had.
    """

    mean: Array
    var: Array
    cov: Array
    rate_var: Array
    jitter: Array
    dt: Array
    side: Array
    other_mean: Array
    other_var: Array
    other_price: Array


def begin(measured: Array, t: float, rate: Array, rate_var: Array, settings: TrackerSettings) -> Array:
    """Return new rows for boxes first seen now: measured (n, 4), the expected velocity and its variance (n, 2) each."""
    rows = np.zeros((len(measured), WIDTH))
    rows[:, MEAN] = measured
    rows[:, VAR] = _jitter(sides(rows), settings)
    rows[:, 4:6] = rate
    rows[:, 16:18] = rate_var
    rows[:, 18:20] = _SIZE_RATE_VAR
    rows[:, ANCHOR] = measured[:, :2]
    rows[:, [ANCHORED, SEEN, BORN]] = t
    rows[:, SIGHTINGS] = 1
    return rows


def sides(rows: Array) -> Array:
    """Return the root of each track's box area (n,), px."""
    return np.asarray(np.exp((rows[:, 2] + rows[:, 3]) / 2))


def stood_s(rows: Array) -> Array:
    """Return for how long each track had stood when last seen (n,), 0 while it moves."""
    stood = rows[:, SEEN] - rows[:, ANCHORED]
    return np.where(stood >= _STANDING_S, stood, 0.0)


def predict(rows: Array, t: float, settings: TrackerSettings, scale: float) -> Outlook:
    """Return where the tracks should be at t; `scale` multiplies the variances of jitter and agility."""
    side, stood = sides(rows), stood_s(rows)
    gap = t - rows[:, SEEN]
    dt = np.empty((len(rows), 4))
    dt[:, :2] = np.where(stood > 0, np.minimum(gap, _HORIZON_S), gap)[:, None]
    dt[:, 2:] = np.minimum(gap, _HORIZON_S)[:, None]
    jitter = _jitter(side, settings)
    jitter[:, :2] *= scale
    noise = np.empty_like(dt)
    noise[:, :2] = scale * (settings.agility * side[:, None]) ** 2
    noise[:, 2:] = _SIZE_AGILITY**2
    rate_var = rows[:, RATE_VAR]
    cov = rows[:, COV] + dt * (rate_var + noise * dt / 2)
    var = rows[:, VAR] + dt * (2 * rows[:, COV] + dt * (rate_var + noise * dt / 3)) + jitter
    mean = rows[:, MEAN] + dt * rows[:, RATE]
    other = _other(rows, gap, jitter, stood, settings)
    return Outlook(mean, var, cov, rate_var + noise * dt, jitter, dt, side, *other)


def _other(
    rows: Array, gap: Array, jitter: Array, stood: Array, settings: TrackerSettings
) -> tuple[Array, Array, Array]:
    new = rows[:, SIGHTINGS] < 2
    way = rows[:, CRUISE] * np.minimum(gap, settings.hidden_s)[:, None]
    way[new] = 0
    known = rows[:, 8:10] + jitter[:, :2]
    share = np.hypot(rows[:, 4], rows[:, 5]) / np.maximum(np.hypot(rows[:, 20], rows[:, 21]), 1e-9)
    changing = (share > 0.2) & (share < 0.85)
    price = np.where(changing, _CHANGING_PRICE, _CHANGE_PRICE - np.minimum(stood, 4.0))
    exact = np.where(changing, _CHANGING_PRICE, _EXACT_PRICE)
    mean = rows[:, :2] + way * _PARTS
    veer = known + (_VEER * np.hypot(way[:, :1], way[:, 1:])) ** 2
    return mean, np.stack((veer + way**2 / 9, known, veer)), np.stack((price, exact, exact))


def update(rows: Array, seen: Rows, look: Outlook, measured: Array, t: float) -> None:
    """Write what was measured (k, 4) into the rows `seen` (k,); a jump that the motion did not foresee frees the velocity."""
    dt, var, cov, rate_var = look.dt[seen], look.var[seen], look.cov[seen], look.rate_var[seen]
    surprise = measured - look.mean[seen]
    excess = np.maximum(surprise**2 - 4 * var, 0)
    excess[:, 2:] = 0
    cov = cov + excess / dt
    rate_var = rate_var + excess / dt**2
    var = var + excess
    known = var - look.jitter[seen]
    gain, rate_gain = known / var, cov / var
    old = rows[seen]
    old[:, MEAN] = look.mean[seen] + gain * surprise
    old[:, RATE] += rate_gain * surprise
    old[:, VAR] = (1 - gain) * known
    old[:, COV] = (1 - gain) * cov
    old[:, RATE_VAR] = rate_var - rate_gain * cov
    old[:, 6:8] = old[:, 6:8].clip(-_LARGEST_SIZE_RATE, _LARGEST_SIZE_RATE)
    old[:, SIGHTINGS] += 1
    _remember_way(old, t)
    old[:, SEEN] = t
    rows[seen] = old


def _remember_way(old: Array, t: float) -> None:
    """Keep the velocity at which it drives, and the place where it stands."""
    side = sides(old)
    speed, cruise = np.hypot(old[:, 4], old[:, 5]), np.hypot(old[:, 20], old[:, 21])
    gap = t - old[:, SEEN]
    usual = 1 - np.exp(-gap / _CRUISE_S)
    slower = np.where(speed > 0.3 * side, 1 - np.exp(-gap / _CRUISE_DECAY_S), 0.0)
    share = np.where(old[:, SIGHTINGS] <= 3, 1.0, np.where(speed < 0.8 * cruise, slower, usual))
    old[:, CRUISE] += share[:, None] * (old[:, 4:6] - old[:, CRUISE])
    left = np.hypot(old[:, 0] - old[:, 22], old[:, 1] - old[:, 23]) > 0.25 * side
    old[left, ANCHOR] = old[left, :2]
    old[left, ANCHORED] = t


def _jitter(side: Array, settings: TrackerSettings) -> Array:
    jitter = np.full((len(side), 4), _SIZE_JITTER**2)
    jitter[:, :2] = (settings.jitter_sides * side[:, None]) ** 2
    return jitter


def boxes_of(places: Array) -> Array:
    """Return boxes (n, 4) of centres and ln sides (n, 4)."""
    half = np.exp(places[:, 2:]) / 2
    return np.concatenate((places[:, :2] - half, places[:, :2] + half), axis=1)
