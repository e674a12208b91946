"""The filter state of all live tracks: one row a track, one block of columns a quantity. Motion is a matter of seconds.

A constant-velocity Kalman filter for each of centre x, centre y (px), ln width and ln height; the four do not interact.
The state is that of the last sighting; prediction goes from there to any later time and is not stored.
The arrays lie in memory column by column, as the arithmetic runs along them: make them by `columns`, choose rows by `pick`.
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
LEARNED: Final = 32
"""Until when its way has been taught to the flow."""
WIDTH: Final = 33

_SIZE_JITTER = 0.08
_SIZE_AGILITY = 0.15
_SIZE_RATE_VAR = 0.3**2
_LARGEST_SIZE_RATE = 1.5
_STANDING_S = 1.5
_CRUISE_S, _CRUISE_DECAY_S = 0.25, 15.0
"""The velocity it drives at follows that measured within these times, slower where it brakes."""
_CHANGE_PRICE, _CHANGING_PRICE, _EXACT_PRICE = 5.0, 1.0, 6.0
_CHANGING = (0.04, 0.7225)
"""Squared share of the driving speed between which it is about to stand or to drive."""
_DRIVING = 0.3
_VEER = 0.05
_PARTS = np.array([0.5, 0.0, 1.0])[:, None]
"""What it costs to believe that one brakes or starts; less where it is between standing and driving already."""
_HORIZON_S = 0.5
"""How far ahead a standing track, and anyone's change of size, is extrapolated."""
_HORIZONS_S = np.array([np.inf, np.inf, _HORIZON_S, _HORIZON_S])[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Where the tracks should be at a time if they go on as they did.

    `table` (n, 24) has six blocks of four columns (centre x and y, ln width, ln height): means, variances with the box's own
    jitter in them, covariances with the rates, variances of the rates, jitter, and the seconds that are foreseen.
    Also by track (n,): `area` px², the `gap` since it was seen, and for how long it has `stood`, s.
    """

    table: Array
    area: Array
    gap: Array
    stood: Array

    @property
    def mean(self) -> Array:
        """Centre (px), ln width and ln height (n, 4)."""
        return self.table[:, 0:4]


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """Four guesses at the centres: means and variances (2, 4, n) of x and y, px, and what each costs to believe (4, n).

    It goes on, it brakes or starts on the way, it stands where it was last seen, it drives at once at the velocity it had.
    """

    means: Array
    variances: Array
    prices: Array


def begin(measured: Array, t: float, rate: Array, rate_var: Array, settings: TrackerSettings) -> Array:
    """Return new rows for boxes first seen now: measured (n, 4), the expected velocity and its variance (n, 2) each."""
    rows = columns(len(measured), WIDTH)
    rows[:] = 0
    rows[:, MEAN] = measured
    rows[:, VAR] = _in_px(np.exp(rows[:, 2] + rows[:, 3]), settings.jitter_sides**2, _SIZE_JITTER**2)
    rows[:, 4:6] = rate
    rows[:, 16:18] = rate_var
    rows[:, 18:20] = _SIZE_RATE_VAR
    rows[:, ANCHOR] = measured[:, :2]
    rows[:, [ANCHORED, SEEN, BORN, LEARNED]] = t
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
    area, gap = np.exp(rows[:, 2] + rows[:, 3]), t - rows[:, SEEN]
    stood = rows[:, SEEN] - rows[:, ANCHORED]
    stands = stood >= _STANDING_S
    jitter = _in_px(area, scale * settings.jitter_sides**2, _SIZE_JITTER**2)
    noise = _in_px(area, scale * settings.agility**2, _SIZE_AGILITY**2)
    dt = np.minimum(gap[:, None], np.where(stands, _HORIZON_S, _HORIZONS_S).T)
    rate_var, cov = rows[:, RATE_VAR], rows[:, COV]
    noise *= dt
    table = columns(len(rows), 24)
    np.add(rows[:, MEAN], dt * rows[:, RATE], out=table[:, 0:4])
    np.add(rows[:, VAR] + dt * (2 * cov + dt * (rate_var + noise / 3)), jitter, out=table[:, 4:8])
    np.add(cov, dt * (rate_var + noise / 2), out=table[:, 8:12])
    np.add(rate_var, noise, out=table[:, 12:16])
    table[:, 16:20] = jitter
    table[:, 20:24] = dt
    return Outlook(table, area, gap, stood * stands)


def guess(rows: Array, look: Outlook, settings: TrackerSettings) -> Guesses:
    """Return where the tracks may be if they do not all go on as they did."""
    table, n = look.table.T, len(rows)
    way = rows.T[CRUISE] * (np.minimum(look.gap, settings.hidden_s) * (rows[:, SIGHTINGS] >= 2))
    along = way * way
    speed, cruise = _square(rows[:, 4], rows[:, 5]), _square(rows[:, 20], rows[:, 21])
    changing = (speed > _CHANGING[0] * cruise) & (speed < _CHANGING[1] * cruise)
    means, variances, prices = np.empty((2, 4, n)), np.empty((2, 4, n)), np.zeros((4, n))
    means[:, 0], variances[:, 0] = table[0:2], table[4:6]
    np.add(rows.T[:2, None], way[:, None] * _PARTS, out=means[:, 1:])
    known = np.add(rows.T[8:10], table[16:18], out=variances[:, 2])
    veer = np.add(known, _VEER**2 * (along[0] + along[1]), out=variances[:, 3])
    np.add(veer, along / 9, out=variances[:, 1])
    prices[1] = np.where(changing, _CHANGING_PRICE, _CHANGE_PRICE - np.minimum(look.stood, 4.0))
    prices[2:] = np.where(changing, _CHANGING_PRICE, _EXACT_PRICE)
    return Guesses(means, variances, prices)


def update(rows: Array, seen: Rows, look: Outlook, measured: Array, t: float) -> Array:
    """Write what was measured (k, 4) into the rows `seen` (k,), ascending; a jump that the motion did not foresee frees the velocity.

    Returns the squared surprise in standard deviations (k, 4). The outlook is used up.
    """
    every = len(seen) == len(rows)
    old, table = (rows, look.table) if every else (pick(rows, seen), pick(look.table, seen))
    var, cov, rate_var, jitter = table[:, 4:8], table[:, 8:12], table[:, 12:16], table[:, 16:20]
    surprise = measured - table[:, 0:4]
    square = surprise * surprise
    odd = square / var
    if np.count_nonzero(odd[:, :2] > 4):
        excess = np.maximum(square[:, :2] - 4 * var[:, :2], 0)
        dt = table[:, 20:22]
        var[:, :2] += excess
        cov[:, :2] += excess / dt
        rate_var[:, :2] += excess / (dt * dt)
    gain, rate_gain = 1 - jitter / var, cov / var
    np.add(table[:, 0:4], gain * surprise, out=old[:, MEAN])
    old[:, RATE] += rate_gain * surprise
    np.multiply(gain, jitter, out=old[:, VAR])
    np.multiply(rate_gain, jitter, out=old[:, COV])
    np.subtract(rate_var, rate_gain * cov, out=old[:, RATE_VAR])
    sizes = old[:, 6:8]
    np.minimum(np.maximum(sizes, -_LARGEST_SIZE_RATE, out=sizes), _LARGEST_SIZE_RATE, out=sizes)
    old[:, SIGHTINGS] += 1
    _remember_way(old, t)
    old[:, SEEN] = t
    if not every:
        rows[seen] = old
    return odd


def _remember_way(old: Array, t: float) -> None:
    """Keep the velocity at which it drives, and the place where it stands."""
    area, gap = np.exp(old[:, 2] + old[:, 3]), t - old[:, SEEN]
    speed = _square(old[:, 4], old[:, 5])
    slower = gap / (gap + _CRUISE_DECAY_S) * (speed > _DRIVING**2 * area)
    brakes = speed < 0.64 * _square(old[:, 20], old[:, 21])
    share = np.where(brakes, slower, gap / (gap + _CRUISE_S))
    share[old[:, SIGHTINGS] <= 3] = 1.0
    old[:, CRUISE] += share[:, None] * (old[:, 4:6] - old[:, CRUISE])
    left = _square(old[:, 0] - old[:, 22], old[:, 1] - old[:, 23]) > area / 16
    if np.count_nonzero(left):
        old[left, ANCHOR] = old[left, :2]
        old[left, ANCHORED] = t


def _square(x: Array, y: Array) -> Array:
    return x * x + y * y


def _in_px(area: Array, of_centre: float, of_size: float) -> Array:
    """Return variances (n, 4): of the centre, given in square sides, in px²; of ln width and ln height as they are."""
    variances = columns(len(area), 4)
    variances.T[:2] = of_centre * area
    variances[:, 2:] = of_size
    return variances


def columns(n: int, width: int) -> Array:
    """Return an empty array (n, width) that lies column by column."""
    return np.empty((width, n)).T


def pick(rows: Array, at: Rows | Mask) -> Array:
    """Return a copy of the chosen rows that lies column by column too."""
    return rows.T[:, at].T


def among(values: Array | Rows, few: Array) -> Mask:
    """Return which of the values (n,) are among a few (k,)."""
    return np.asarray((values[:, None] == few).any(axis=1))


def boxes_of(places: Array) -> Array:
    """Return boxes (n, 4) of centres and ln sides (n, 4)."""
    half, boxes = np.exp(places[:, 2:]) / 2, columns(len(places), 4)
    np.subtract(places[:, :2], half, out=boxes[:, :2])
    np.add(places[:, :2], half, out=boxes[:, 2:])
    return boxes
