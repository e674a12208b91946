"""What a way tells: velocity, heading, jitter, standstills, turning.

Times t (n,) are ascending seconds with any spacing, positions xy (n, 2) px or m; windows are seconds, never points.
Headings are degrees from the x axis towards the y axis: clockwise as seen on the picture (y down), anticlockwise on the
ground (y north).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.types import Floats

_MAD_TO_SIGMA = 1.4826
"""The standard deviation of normal values over their median absolute deviation."""
_MAE_TO_SIGMA = 1.2533
"""The standard deviation of normal values over their mean absolute deviation: sqrt(pi / 2)."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """From when to when something stood, and the middle (median) of where."""

    start: float
    end: float
    at: tuple[float, float]

    @property
    def seconds(self) -> float:
        """How long."""
        return self.end - self.start


def velocity(t: npt.ArrayLike, xy: npt.ArrayLike, window_s: float) -> Floats:
    """Return the velocity (n, 2) per second: the least-squares slope over each centred window of `window_s`.

    A window always takes in the nearest neighbours, so it grows where points are far apart; NaN for a lone point.

    >>> velocity([0, 1, 2, 4], [(0, 0), (2, 1), (4, 2), (8, 4)], 2.0)
    array([[2., 1.],
           [2., 1.],
           [2., 1.],
           [2., 1.]])
    """
    when, where = _columns(t, xy)
    n = len(when)
    if n < 2:
        return np.full((n, 2), np.nan)
    rows = np.arange(n)
    first = np.minimum(np.searchsorted(when, when - window_s / 2, "left"), np.maximum(rows - 1, 0))
    last = np.maximum(np.searchsorted(when, when + window_s / 2, "right") - 1, np.minimum(rows + 1, n - 1))
    index = first[:, None] + np.arange(int((last - first).max()) + 1)
    index = np.minimum(index, n - 1)
    used = (index <= last[:, None]) & _known(where)[index]
    dt = np.where(used, when[index] - when[:, None], 0.0)
    at = np.where(used[:, :, None], where[index], 0.0)
    many = np.maximum(used.sum(axis=1), 1)
    dt = np.where(used, dt - (dt.sum(axis=1) / many)[:, None], 0.0)
    spread = (dt * dt).sum(axis=1)
    slope = np.einsum("nk,nkc->nc", dt, at - (at.sum(axis=1) / many[:, None])[:, None, :])
    enough = spread > 0
    return np.where(enough[:, None], slope / np.where(enough, spread, 1.0)[:, None], np.nan)


def speed(t: npt.ArrayLike, xy: npt.ArrayLike, window_s: float) -> Floats:
    """Return the speed (n,) per second over centred windows.

    >>> speed([0, 1, 2], [(0, 0), (3, 4), (6, 8)], 2.0)
    array([5., 5., 5.])
    """
    return np.asarray(np.hypot(*velocity(t, xy, window_s).T))


def heading_deg(t: npt.ArrayLike, xy: npt.ArrayLike, window_s: float, *, floor: float) -> Floats:
    """Return the heading (n,) in (-180, 180] over centred windows; NaN where slower than `floor` per second.

    >>> heading_deg([0, 1, 2], [(0, 0), (0, 2), (0, 4)], 2.0, floor=1.0)
    array([90., 90., 90.])
    """
    v = velocity(t, xy, window_s)
    fast = np.hypot(*v.T) >= floor
    return np.where(fast, np.rad2deg(np.arctan2(v[:, 1], v[:, 0])), np.nan)


def noise(t: npt.ArrayLike, xy: npt.ArrayLike, window_s: float) -> float:
    """Return the jitter of a position along its worse axis (a standard deviation, unit of xy); NaN where it cannot be told.

    Each point is compared with the straight line between its neighbours, where these lie within `window_s`; the median
    keeps single outliers out. Positions that a filter has smoothed look better than they are.

    >>> noise([0, 1, 2, 3], [(0, 0), (1, 1), (2, 2), (3, 3)], 4.0)
    0.0
    """
    when, where = _columns(t, xy)
    known = _known(where)
    off = _off_straight(when[known], where[known], window_s)
    off = off[_known(off)]
    return float(_MAD_TO_SIGMA * middle(off).max()) if len(off) > 1 else float("nan")


def noise_so_far(t: npt.ArrayLike, xy: npt.ArrayLike, window_s: float) -> Floats:
    """Return the jitter (n,) at each point from the `window_s` before it alone; 0 where that cannot be told.

    What follows does not change it, so whoever watches a growing way decides the same again. It is made of means, since
    a running median would cost too much: one outlier raises it for the window.

    >>> noise_so_far([0, 1, 2, 3, 4], [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)], 4.0)
    array([0., 0., 0., 0., 0.])
    """
    when, where = _columns(t, xy)
    result = np.zeros(len(when))
    rows = np.flatnonzero(_known(where))
    if len(rows) < 3:
        return result
    off = _off_straight(when[rows], where[rows], window_s)
    used = _known(off)
    total = np.zeros((len(rows) + 1, 3))
    np.cumsum(np.column_stack((np.where(used[:, None], off, 0.0), used)), axis=0, out=total[3:])
    first = np.searchsorted(when[rows], when[rows] - window_s)
    window = total[1:] - total[first]
    result[rows] = _MAE_TO_SIGMA * window[:, :2].max(axis=1) / np.maximum(window[:, 2], 1.0)
    return result


def _off_straight(t: Floats, xy: Floats, window_s: float) -> Floats:
    """Return how far (n - 2, 2) each point lies from the straight line between its neighbours, scaled to one point's jitter.

    NaN where the neighbours are not within `window_s`.
    """
    span = t[2:] - t[:-2]
    near = (span > 0) & (span <= window_s)
    share = ((t[1:-1] - t[:-2]) / np.where(near, span, 1.0))[:, None]
    off = xy[1:-1] - (1 - share) * xy[:-2] - share * xy[2:]
    off = np.abs(off) / np.sqrt(1 + share**2 + (1 - share) ** 2)
    return np.asarray(np.where(near[:, None], off, np.nan))


def standstills(t: npt.ArrayLike, xy: npt.ArrayLike, *, radius: float, min_s: float) -> tuple[Standstill, ...]:
    """Return, in order, the intervals of at least `min_s` in which the points stay within `radius` of their median.

    One point alone outside is an outlier and ends nothing; an interval ends before the first two in a row. Hidden
    time counts as standing where the mover is seen at the same place before and after.

    >>> standstills([0, 1, 2, 3, 4], [(0, 0), (5, 0), (5, 0), (5, 0), (9, 0)], radius=1.0, min_s=2.0)
    (Standstill(start=1.0, end=3.0, at=(5.0, 0.0)),)
    """
    when, where = _columns(t, xy)
    known = _known(where)
    when, where = when[known], where[known]
    first_end = np.searchsorted(when, when + min_s, "left")
    found: list[Standstill] = []
    i = 0
    while i < len(when) and first_end[i] < len(when):
        j = int(first_end[i])
        centre = middle(where[i : j + 1])
        end = _stays(where[i:], centre, radius)
        if end < j - i:
            i += 1
            continue
        at = middle(where[i : i + end + 1])
        found.append(Standstill(float(when[i]), float(when[i + end]), (float(at[0]), float(at[1]))))
        i += end + 1
    return tuple(found)


def standing(t: npt.ArrayLike, xy: npt.ArrayLike, *, radius: float, min_s: float) -> Standstill | None:
    """Return the standstill of at least `min_s` that still lasts at the last known point, by the rule of `standstills`.

    >>> standing([0, 1, 2, 3], [(0, 0), (5, 0), (5, 0), (5, 0)], radius=1.0, min_s=2.0)
    Standstill(start=1.0, end=3.0, at=(5.0, 0.0))
    """
    when, where = _columns(t, xy)
    known = _known(where)
    when, where = when[known], where[known]
    if len(when) < 2 or when[-1] - when[0] < min_s:
        return None
    row = int(np.searchsorted(when, when[-1] - min_s, "right")) - 1
    centre = middle(where[row:])
    outside = np.hypot(*(where - centre).T) > radius
    twice = np.flatnonzero(outside[:-1] & outside[1:])
    first = int(twice[-1]) + 2 if len(twice) else 0
    first += int(first < len(when) and outside[first])
    if first > row:
        return None
    at = middle(where[first:])
    return Standstill(float(when[first]), float(when[-1]), (float(at[0]), float(at[1])))


def _stays(where: Floats, centre: Floats, radius: float) -> int:
    """Return the last row before two in a row lie outside the circle; -1 where the first one does."""
    outside = np.hypot(*(where - centre).T) > radius
    if outside[0]:
        return -1
    twice = np.flatnonzero(outside[:-1] & outside[1:])
    if len(twice):
        return int(twice[0]) - 1
    return len(where) - 1 - int(outside[-1])


def turned_deg(t: npt.ArrayLike, xy: npt.ArrayLike, start: float, end: float, *, step: float | None = None) -> float:
    """Return the whole change of heading between two times, turn added to turn; positive from x towards y.

    The way is first cut into chords at least `step` long (default: eight times its jitter), so that standing with
    jitter turns nothing. NaN where the way is shorter than two chords.

    >>> turned_deg([0, 1, 2, 3, 4], [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2)], 0, 4)
    90.0
    """
    when, where = _columns(t, xy)
    rows = (when >= start) & (when <= end) & _known(where)
    if step is None:
        jitter = noise(when[rows], where[rows], np.inf)
        step = 0.0 if np.isnan(jitter) else 8 * jitter
    corners = where[rows][chords(where[rows], step)]
    if len(corners) < 3:
        return float("nan")
    headings = np.arctan2(*np.diff(corners, axis=0).T[::-1])
    return float(np.rad2deg(np.unwrap(headings)[-1] - headings[0]))


def chords(xy: npt.ArrayLike, step: float) -> npt.NDArray[np.intp]:
    """Return the rows (k,) of the points of a way that lie further than `step` from the last one kept; row 0 is always kept.

    >>> chords([(0, 0), (0.1, 0), (1, 0), (1.2, 0), (2, 0)], 0.5)
    array([0, 2, 4])
    """
    kept: list[int] = []
    at = (np.nan, np.nan)
    for row, (x, y) in enumerate(np.asarray(xy, dtype=np.float64).reshape(-1, 2).tolist()):
        if not kept or (x - at[0]) ** 2 + (y - at[1]) ** 2 > step * step:
            kept.append(row)
            at = (x, y)
    return np.array(kept, dtype=np.intp)


def distances(points: npt.ArrayLike, way: npt.ArrayLike) -> Floats:
    """Return how far points (n, 2) lie from a way through (k, 2): from its nearest place, corner or not.

    >>> distances([(1, 2), (9, 0)], [(0, 0), (4, 0), (6, 0)])
    array([2., 3.])
    """
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 1, 2)
    corners = np.asarray(way, dtype=np.float64).reshape(-1, 2)
    start = corners[:-1] if len(corners) > 1 else corners
    edge = corners[1:] - start if len(corners) > 1 else np.zeros((1, 2))
    length2 = (edge * edge).sum(axis=1)
    along = ((xy - start) * edge).sum(axis=2) / np.where(length2 > 0, length2, 1.0)
    off = xy - start - np.clip(along, 0.0, 1.0)[:, :, None] * edge
    return np.asarray(np.sqrt((off * off).sum(axis=2).min(axis=1)))


def middle(values: Floats) -> Floats:
    """Return the median (c,) of each column (n >= 1, c) without NaN; numpy's own costs several times as much on so few values.

    >>> middle(np.array([(3.0, 1.0), (1.0, 2.0), (2.0, 4.0), (9.0, 8.0)]))
    array([2.5, 3. ])
    """
    ordered = np.sort(values, axis=0)
    return np.asarray((ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2)


def _columns(t: npt.ArrayLike, xy: npt.ArrayLike) -> tuple[Floats, Floats]:
    when, where = np.asarray(t, dtype=np.float64), np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if len(when) != len(where):
        raise ValueError(f"{len(when)} times and {len(where)} positions do not fit together")
    return when, where


def _known(where: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isfinite(where).all(axis=1))
