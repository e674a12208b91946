"""Which box is which track: costs from where the tracks should be, and the cheapest one-to-one choice.

A cost is -2 ln of the likelihood of the box given the track (in units of the track's own size), so that a track whose place is
well known outbids one that could be anywhere.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from roadstead.track.state import CRUISE, Array, Guesses, Mask, Outlook, Rows

LIMIT = 4.0
"""A pair that costs more is less likely than a new object."""
_OTHER_FAR = 9.0
_OTHER_REACH = 2 / 3 * _OTHER_FAR**0.5
"""In halves of the way: the guess at a stop on the way has a third of the way as its standard deviation."""
_REACH, _REACH_SIDES, _SURELY = 5.5, 0.15, 9.0
_NEARLY, _RIVALLED = 16.0, 10.0
_TAIL = 12.0
"""The place is Student's t with ten degrees of freedom in two dimensions: objects do what they did not before."""
LABELS_DIFFER = 3.0


def obvious(rows: Array, look: Outlook, measured: Array) -> tuple[Rows, Rows] | None:
    """Return rows and boxes that belong together where no box is within reach of two tracks, nor two of one; else None.

    What is out of reach would be at LIMIT in `costs`, whatever is guessed: this is the same choice, without the work.
    """
    table, states, boxes = look.table.T, rows.T, measured.T
    half_way = states[CRUISE] * (0.5 * look.gap)
    middle = states[0:2] + half_way
    reach = np.maximum(np.abs(half_way) * _OTHER_REACH, np.abs(table[0:2] - middle))
    reach += _REACH * np.sqrt(table[12:14]) + _REACH_SIDES * np.sqrt(look.area)
    near = np.abs(boxes[:2, None] - middle[..., None]) < reach[..., None]
    i, j = (near[0] & near[1]).nonzero()
    if len(i) > min(len(rows), len(measured)) or len(set(i.tolist())) < len(i) or len(set(j.tolist())) < len(j):
        return None
    off = boxes[:, j] - table[:4, i]
    off *= off
    off /= table[12:16, i]
    sure = np.maximum(off[0] + off[1], off[2] + off[3]) <= _SURELY
    return (i, j) if sure.all() else None


def costs(look: Outlook, guesses: Guesses, measured: Array) -> Array:
    """Return what it costs to take box j (m, 4: centre, ln sides) for track i, as (n, m); LIMIT where it may not be.

    A change of size costs less the larger it is (Student's t with 3 degrees of freedom): boxes are cut off by the picture's edge and
    by other objects.
    """
    places, (vx, vy) = measured.T[:, None, None], guesses.variances
    x, y = places[0] - guesses.means[0, ..., None], places[1] - guesses.means[1, ..., None]
    x *= x
    x /= vx[..., None]
    y *= y
    y /= vy[..., None]
    far = np.add(x, y, out=x)
    np.putmask(far[1:], far[1:] > _OTHER_FAR, np.inf)
    far[0] = _TAIL * np.log1p(far[0] / (_TAIL - 2))
    mean, var = look.table.T[2:4, :, None], look.table.T[14:16]
    far += (guesses.prices + np.log(vx * vy * (var[0] * var[1] / (look.area * look.area))))[..., None]
    size = measured.T[2:, None] - mean
    size *= size
    size /= 3 * var[..., None]
    size += 1
    cost = far.min(axis=0) + 4 * np.log(size[0] * size[1])
    return np.asarray(np.minimum(cost, LIMIT))


def clear(cost: Array, rows: Rows, taken: Rows) -> bool:
    """Whether no matched track, and no unmatched one, could nearly as well have had another's box."""
    own = cost[rows, taken]
    mutual = cost.take(rows, 0).take(taken, 1)
    mutual -= own
    mutual += mutual.T.copy()
    if np.count_nonzero(mutual < _NEARLY) > len(rows):
        return False
    if len(rows) == len(cost):
        return True
    alone = np.ones(len(cost), np.bool_)
    alone[rows] = False
    return not np.count_nonzero(cost[alone][:, taken] < np.minimum(own + _RIVALLED, LIMIT))


def differ(cost: Array, track_labels: Rows, box_labels: Rows) -> None:
    """Add to the costs (n, m) where labels differ. Labels are numbers; 0 fits any."""
    unlike = (track_labels[:, None] != box_labels) & (track_labels[:, None] > 0) & (box_labels > 0)
    cost += LABELS_DIFFER * unlike
    np.minimum(cost, LIMIT, out=cost)


def choose(cost: Array) -> tuple[Rows, Rows]:
    """Return the rows and columns of the cheapest one-to-one choice; pairs at LIMIT are left unmatched."""
    rows, columns = linear_sum_assignment(cost)
    good = cost[rows, columns] < LIMIT
    if np.count_nonzero(good) == len(good):
        return rows, columns
    return rows[good], columns[good]


def match(cost: Array, weak: Mask, lately: Mask) -> tuple[Rows, Rows]:
    """Return rows, ascending, and boxes that belong together: sure boxes first, then the weak ones (m,) for rows (n,) seen lately."""
    none = np.empty(0, np.intp)
    sure, faint = np.flatnonzero(~weak), np.flatnonzero(weak)
    rows, taken = choose(cost[:, sure]) if len(sure) else (none, none)
    rest = lately.copy()
    rest[rows] = False
    left = np.flatnonzero(rest)
    if not len(left):
        return rows, sure[taken]
    more, faint_taken = choose(cost[np.ix_(left, faint)])
    rows, taken = np.concatenate((rows, left[more])), np.concatenate((sure[taken], faint[faint_taken]))
    order = rows.argsort()
    return rows[order], taken[order]
