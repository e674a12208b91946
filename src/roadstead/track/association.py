"""Which box is which track: costs from where the tracks should be, and the cheapest one-to-one choice.

A cost is -2 ln of the likelihood of the box given the track (in units of the track's own size), so that a track whose place is
well known outbids one that could be anywhere.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from roadstead.track.state import Array, Mask, Outlook, Rows

LIMIT = 4.0
"""A pair that costs more is less likely than a new object."""
_OTHER_FAR = 9.0
_TAIL = 12.0
"""The place is Student's t with ten degrees of freedom in two dimensions: objects do what they did not before."""
LABELS_DIFFER = 3.0


def costs(look: Outlook, measured: Array, track_labels: Rows, box_labels: Rows) -> Array:
    """Return what it costs to take box j (m, 4: centre, ln sides) for track i, as (n, m); LIMIT where it may not be.

    Labels are numbers; 0 fits any. A change of size costs less the larger it is (Student's t with 3 degrees of freedom):
    boxes are cut off by the picture's edge and by other objects.
    """
    off = measured[None] - look.mean[:, None]
    off *= off
    off /= look.var[:, None]
    shape = 4 * np.log1p(off[..., 2:] / 3).sum(axis=2)
    var, scale = look.var, look.side**4
    size_var = var[:, 2] * var[:, 3] / scale
    place = off[..., 0] + off[..., 1]
    cost = _TAIL * np.log1p(place / (_TAIL - 2)) + np.log(var[:, 0] * var[:, 1] * size_var)[:, None]
    prices = look.other_price + np.log(look.other_var[..., 0] * look.other_var[..., 1] * size_var)
    for mean, var, price in zip(look.other_mean, look.other_var, prices, strict=True):
        other = measured[None, :, :2] - mean[:, None]
        other *= other
        other /= var[:, None]
        place = other[..., 0] + other[..., 1]
        np.minimum(cost, np.where(place <= _OTHER_FAR, place + price[:, None], LIMIT), out=cost)
    cost += shape
    differ = (track_labels[:, None] != box_labels[None]) & (track_labels[:, None] > 0) & (box_labels[None] > 0)
    cost += LABELS_DIFFER * differ
    return np.minimum(cost, LIMIT, out=cost)


def choose(cost: Array) -> tuple[Rows, Rows]:
    """Return the rows and columns of the cheapest one-to-one choice; pairs at LIMIT are left unmatched."""
    rows, columns = linear_sum_assignment(cost)
    good = cost[rows, columns] < LIMIT
    return rows[good], columns[good]


def match(cost: Array, weak: Mask, lately: Mask) -> tuple[Rows, Rows]:
    """Return rows and boxes that belong together: sure boxes first, then the weak ones (m,) for rows (n,) seen lately."""
    none = np.empty(0, np.intp)
    if not cost.size:
        return none, none
    if not weak.any():
        return choose(cost)
    sure, faint = np.flatnonzero(~weak), np.flatnonzero(weak)
    rows, taken = choose(cost[:, sure]) if len(sure) else (none, none)
    rest = lately.copy()
    rest[rows] = False
    left = np.flatnonzero(rest)
    if not len(left):
        return rows, sure[taken]
    more, faint_taken = choose(cost[np.ix_(left, faint)])
    return np.concatenate((rows, left[more])), np.concatenate((sure[taken], faint[faint_taken]))
