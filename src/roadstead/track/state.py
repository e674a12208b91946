"""The filter state of all live tracks: one row a track, one block of columns a quantity. Motion is a matter of seconds.

A constant-velocity Kalman filter for each of centre x, centre y (px), ln width and ln height; the four do not interact.
The state is that of the last sighting; prediction goes from there to any later time and is not stored.
The arrays lie in memory column by column, as the arithmetic runs along them: make them by `columns`, choose rows by `pick`.
Formulas: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation", 6.2.2 (white noise acceleration).
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

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
AREA: Final = 33
"""Of its box, px²."""
WIDTH: Final = 34

_SIZE_JITTER = 0.08
_SIZE_AGILITY = 0.15
_SIZE_RATE_VAR = 0.3**2
_JUMP = 4.0
_HALF, _THIRD = np.array(1 / 2), np.array(1 / 3)
STANDING_S = 1.5
_CRUISE_S, _CRUISE_SLOWER, _BRAKES = 0.25, 1 / 60, 0.64
"""The velocity it drives at follows that measured within this time; so much slower where it brakes (squared share of the speed)."""
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


class Outlook(NamedTuple):
    """Where the tracks should be at a time if they go on as they did.

    `table` (n, 24) has six blocks of four columns (centre x and y, ln width, ln height): means, variances, covariances with the
    rates, variances with the box's own jitter in them, variances of the rates, and jitter. `dt` (n, 4) is what is foreseen, s.
    Also by track (n,): `area` px², the `gap` since it was seen, and for how long it has `stood`, s.
    """

    table: Array
    dt: Array
    area: Array
    gap: Array
    stood: Array

    @property
    def mean(self) -> Array:
        """Centre (px), ln width and ln height (n, 4)."""
        return self.table[:, 0:4]


class Guesses(NamedTuple):
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
    rows[:, AREA] = np.exp(measured[:, 2] + measured[:, 3])
    rows[:, 8:10] = settings.jitter_sides**2 * rows[:, AREA, None]
    rows[:, 10:12] = _SIZE_JITTER**2
    rows[:, 4:6] = rate
    rows[:, 16:18] = rate_var
    rows[:, 18:20] = _SIZE_RATE_VAR
    rows[:, ANCHOR] = measured[:, :2]
    rows[:, [ANCHORED, SEEN, BORN, LEARNED]] = t
    rows[:, SIGHTINGS] = 1
    return rows


def begin_way(measured: Array, times: Sequence[float], settings: TrackerSettings) -> Array:
    """Return the row of a track seen three times: measured (3, 4) at ascending times."""
    rows = begin(measured[:1], times[0], np.zeros((1, 2)), np.zeros((1, 2)), settings)
    lasted = times[2] - times[0]
    rate = (measured[2] - measured[0]) / lasted
    noise = np.array(
        [settings.agility**2 * math.exp(float(measured[2, 2] + measured[2, 3]))] * 2 + [_SIZE_AGILITY**2] * 2
    )
    rows[0, MEAN], rows[0, RATE] = measured[2], rate
    rows[0, COV] = rows[0, VAR] / lasted
    rows[0, RATE_VAR] = 2 * rows[0, VAR] / lasted**2 + noise * lasted / 3
    rows[0, CRUISE] = rate[:2]
    rows[0, SEEN], rows[0, SIGHTINGS] = times[2], 3
    rows[0, AREA] = math.exp(float(measured[2, 2] + measured[2, 3]))
    if math.hypot(*(measured[2, :2] - measured[0, :2])) > 0.25 * float(sides(rows)[0]):
        rows[0, ANCHOR], rows[0, ANCHORED] = measured[2, :2], times[2]
    return rows


def sides(rows: Array) -> Array:
    """Return the root of each track's box area (n,), px."""
    return np.sqrt(rows[:, AREA])


def stood_s(rows: Array) -> Array:
    """Return for how long each track had stood when last seen (n,), 0 while it moves."""
    stood = rows[:, SEEN] - rows[:, ANCHORED]
    return np.where(stood >= STANDING_S, stood, 0.0)


def predict(rows: Array, t: float, settings: TrackerSettings, scale: float) -> Outlook:
    """Return where the tracks should be at t; `scale` multiplies the variances of jitter and agility."""
    states, table, noise = rows.T, np.empty((24, len(rows))), np.empty((4, len(rows)))
    area, gap = states[AREA], t - states[SEEN]
    stood = states[SEEN] - states[ANCHORED]
    stands = stood >= STANDING_S
    dt = np.minimum(gap, np.where(stands, _HORIZON_S, _HORIZONS_S))
    jitter = table[20:24]
    np.multiply(area, scale * settings.jitter_sides**2, out=jitter[:2])
    np.multiply(area, scale * settings.agility**2, out=noise[:2])
    jitter[2:], noise[2:] = _SIZE_JITTER**2, _SIZE_AGILITY**2
    noise *= dt
    rate_var, cov = states[RATE_VAR], states[COV]
    np.add(states[MEAN], dt * states[RATE], out=table[0:4])
    np.add(cov, dt * (rate_var + noise * _HALF), out=table[8:12])
    var = np.add(states[VAR], dt * (cov + cov + dt * (rate_var + noise * _THIRD)), out=table[4:8])
    np.add(var, jitter, out=table[12:16])
    np.add(rate_var, noise, out=table[16:20])
    return Outlook(table.T, dt.T, area, gap, stood * stands)


def guess(rows: Array, look: Outlook, settings: TrackerSettings) -> Guesses:
    """Return where the tracks may be if they do not all go on as they did."""
    table, n = look.table.T, len(rows)
    way = rows.T[CRUISE] * np.minimum(look.gap, settings.hidden_s)
    along = way * way
    speed, cruise = _square(rows[:, 4], rows[:, 5]), _square(rows[:, 20], rows[:, 21])
    changing = (speed > _CHANGING[0] * cruise) & (speed < _CHANGING[1] * cruise)
    means, variances, prices = np.empty((2, 4, n)), np.empty((2, 4, n)), np.zeros((4, n))
    means[:, 0], variances[:, 0] = table[0:2], table[12:14]
    np.add(rows.T[:2, None], way[:, None] * _PARTS, out=means[:, 1:])
    known = np.add(rows.T[8:10], table[20:22], out=variances[:, 2])
    veer = np.add(known, _VEER**2 * (along[0] + along[1]), out=variances[:, 3])
    np.add(veer, along / 9, out=variances[:, 1])
    np.subtract(_CHANGE_PRICE, np.minimum(look.stood, 4.0), out=prices[1])
    prices[2:] = _EXACT_PRICE
    if np.count_nonzero(changing):
        prices[1:, changing] = _CHANGING_PRICE
    return Guesses(means, variances, prices)


def update(rows: Array, seen: Rows, look: Outlook, measured: Array, t: float) -> Array:
    """Write what was measured (k, 4) into the rows `seen` (k,), ascending; a jump that the motion did not foresee frees the velocity.

    Returns the squared surprise in standard deviations (k, 4). The outlook is used up.
    """
    every = len(seen) == len(rows)
    states, table = (rows.T, look.table.T) if every else (rows.T.take(seen, 1), look.table.T.take(seen, 1))
    surprise = measured.T - table[0:4]
    square = surprise * surprise
    odd = square / table[12:16]
    if np.count_nonzero(odd[:2] > _JUMP):
        _free_rate(table, square, look.dt.T[:2] if every else look.dt.T[:2, seen])
    gains = table[4:12].reshape(2, 4, -1) / table[12:16]
    states[0:4] = table[0:4]
    of_mean_and_rate, of_var_and_cov = states[0:8].reshape(gains.shape), states[8:16].reshape(gains.shape)
    of_mean_and_rate += gains * surprise
    np.multiply(gains, table[20:24], out=of_var_and_cov)
    np.subtract(table[16:20], gains[1] * table[8:12], out=states[16:20])
    states[SIGHTINGS] += 1
    _remember_way(states, t)
    states[SEEN] = t
    if not every:
        rows.T[:, seen] = states
    return odd.T


def _free_rate(table: Array, square: Array, dt: Array) -> None:
    """Widen the variances where a centre is off by more than two standard deviations: the velocity follows what was measured."""
    excess = np.maximum(square[:2] - _JUMP * table[12:14], 0)
    table[4:6] += excess
    table[12:14] += excess
    excess /= dt
    table[8:10] += excess
    excess /= dt
    table[16:18] += excess


def _remember_way(states: Array, t: float) -> None:
    """Keep the velocity at which it drives, and the place where it stands."""
    area, gap = np.exp(states[2] + states[3]), t - states[SEEN]
    states[AREA] = area
    ways = np.empty((3, 2, len(gap)))
    ways[0], ways[1] = states[4:6], states[CRUISE]
    np.subtract(states[0:2], states[ANCHOR], out=ways[2])
    ways *= ways
    speed, cruise, left = ways[:, 0] + ways[:, 1]
    brakes = speed < _BRAKES * cruise
    share = gap / (gap + _CRUISE_S)
    if np.count_nonzero(brakes):
        share *= np.where(brakes, _CRUISE_SLOWER * (speed > _DRIVING**2 * area), 1.0)
    share[states[SIGHTINGS] <= 3] = 1.0
    states[CRUISE] += share * (states[4:6] - states[CRUISE])
    gone = left > area / 16
    if np.count_nonzero(gone):
        states[ANCHOR, gone] = states[0:2, gone]
        states[ANCHORED, gone] = t


def _square(x: Array, y: Array) -> Array:
    return x * x + y * y


def columns(n: int, width: int) -> Array:
    """Return an empty array (n, width) that lies column by column."""
    return np.empty((width, n)).T


def pick(rows: Array, at: Rows | Mask) -> Array:
    """Return a copy of the chosen rows that lies column by column too."""
    return (rows.T.compress(at, 1) if at.dtype.kind == "b" else rows.T.take(at, 1)).T


def among(values: Array | Rows, few: Array) -> Mask:
    """Return which of the values (n,) are among a few (k,)."""
    return np.asarray((values[:, None] == few).any(axis=1))


def boxes_of(places: Array) -> Array:
    """Return boxes (n, 4) of centres and ln sides (n, 4)."""
    half, boxes = np.exp(places[:, 2:]) / 2, columns(len(places), 4)
    np.subtract(places[:, :2], half, out=boxes[:, :2])
    np.add(places[:, :2], half, out=boxes[:, 2:])
    return boxes


def departed(rows: Array, t: float, missed_s: float, size: tuple[int, int]) -> Mask:
    """Return which moving tracks (n,) were missed for longer than `missed_s` (0: not known yet) and have gone out of the picture."""
    gap = t - rows[:, SEEN]
    moving = rows[:, SEEN] - rows[:, ANCHORED] < STANDING_S
    over: Mask = moving & (gap > missed_s) & (missed_s > 0)
    if np.count_nonzero(over):
        late = pick(rows, over)
        where = late[:, MEAN][:, :2] + late[:, RATE][:, :2] * gap[over, None]
        over[over] = ((where < 0) | (where > size)).any(axis=1)
    return over
