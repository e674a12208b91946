"""What a camera that misses nothing sees of one mover, as if nothing hid it: boxes around its solids, and who lies on whom."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import State, matrices
from roadstead.simulate.world.view import View
from roadstead.types import Floats

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
_SAME_S = 0.01
"""Instants are the same if they agree to so much."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Boxes (n, 4) xyxy px, cut at the picture's edge, at the times t (n,) s."""

    t: Floats
    box: Floats

    @property
    def feet(self) -> Floats:
        """The middles (n, 2) of the boxes' lower edges, px: where the rules say that a mover is."""
        return np.column_stack(((self.box[:, 0] + self.box[:, 2]) / 2, self.box[:, 3]))

    @property
    def side_px(self) -> Floats:
        """The sides (n,) of squares as large as the boxes."""
        return np.asarray(np.sqrt(np.prod(self.box[:, 2:] - self.box[:, :2], axis=1)))


def whole_boxes(body: Body, state: State, view: View) -> tuple[Floats, Bools]:
    """Return the boxes (n, 4) px around those of a body's solids that lie wholly before the camera, and whether (n,) all do.

    They reach beyond the picture's edge; NaN where no solid lies before the camera.
    """
    corners = np.concatenate(body.solids)
    world = np.einsum("nij,kj->nki", matrices(state.turn), corners) + state.xyz_m[:, None, :]
    px = view.project(world.reshape(-1, 3))[0].reshape(*world.shape[:2], 2)
    first = np.cumsum([0, *(len(solid) for solid in body.solids[:-1])])
    low, high = np.minimum.reduceat(px, first, axis=1), np.maximum.reduceat(px, first, axis=1)
    boxes = np.concatenate((np.fmin.reduce(low, axis=1), np.fmax.reduce(high, axis=1)), axis=1)
    return boxes, np.asarray(np.isfinite(low).all(axis=(1, 2)))


def overlap(one: Look, other: Look) -> tuple[Rows, Rows, Floats]:
    """Return the rows (k,) of the instants at which both are looked at, and which share (k,) of the boxes of `one` the others cover."""
    _, mine, theirs = np.intersect1d(
        np.round(one.t / _SAME_S), np.round(other.t / _SAME_S), assume_unique=True, return_indices=True
    )
    a, b = one.box[mine], other.box[theirs]
    common = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    share = np.prod(common.clip(min=0), axis=1) / np.maximum(np.prod(a[:, 2:] - a[:, :2], axis=1), 1e-9)
    return mine, theirs, share


def runs(mask: Bools) -> list[tuple[int, int]]:
    """Return first and last row of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(int)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
