"""What is true of one mover, ten times a second: where it is, how fast, and its whole box as a camera would see it alone."""

from dataclasses import dataclass

import numpy as np

from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion, matrices
from roadstead.simulate.world.view import View
from roadstead.types import Floats

EVERY_S = 0.1
SEEN = 0.5
"""A mover is taken as seen while this share of its box lies in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Times t (n,) s, middles xy (n, 2) m, speeds (n,) m/s, courses (n,) rad of its motion (unwrapped), boxes and distances.

    The boxes (n, 4) px are cut at the picture's edge; `share` (n,) of the whole box lies in the picture, 0 behind the camera.
    """

    t: Floats
    xy: Floats
    speed: Floats
    course: Floats
    box: Floats
    far_m: Floats
    share: Floats

    @property
    def feet(self) -> Floats:
        """The middles (n, 2) of the boxes' lower edges, px: where the rules say that a mover is."""
        return np.column_stack(((self.box[:, 0] + self.box[:, 2]) / 2, self.box[:, 3]))

    @property
    def side_px(self) -> Floats:
        """The sides (n,) of squares as large as the boxes."""
        return np.sqrt(np.maximum((self.box[:, 2] - self.box[:, 0]) * (self.box[:, 3] - self.box[:, 1]), 0.0))

    @property
    def seen(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        """When (n,) it is seen, as far as the picture's edge decides it."""
        return np.asarray(self.share >= SEEN)

    def within(self, start: float, end: float) -> "Course":
        """Return the part between two times."""
        rows = (self.t >= start - 1e-9) & (self.t <= end + 1e-9)
        return Course(
            self.t[rows],
            self.xy[rows],
            self.speed[rows],
            self.course[rows],
            self.box[rows],
            self.far_m[rows],
            self.share[rows],
        )


def course_of(body: Body, motion: Motion, view: View, seconds: float) -> Course:
    """Return the course of a body on a motion within the time of a world."""
    first, last = max(motion.start, 0.0), min(motion.end, seconds)
    t = np.arange(np.ceil(first / EVERY_S), np.floor(last / EVERY_S) + 1) * EVERY_S
    if not len(t):
        return Course(t, np.zeros((0, 2)), t, t, np.zeros((0, 4)), t, t)
    state = motion.at(t)
    corners = np.concatenate(body.solids)
    world = np.einsum("nij,kj->nki", matrices(state.turn), corners) + state.xyz_m[:, None, :]
    px = view.project(world.reshape(-1, 3))[0].reshape(len(t), -1, 2)
    ahead = np.asarray(np.isfinite(px).all(axis=(1, 2)))
    px = np.where(ahead[:, None, None], px, 0.0)
    whole = np.concatenate((px.min(axis=1), px.max(axis=1)), axis=1)
    w, h = view.size
    box = np.clip(whole, 0.0, (w, h, w, h))
    area = np.prod(np.maximum(whole[:, 2:] - whole[:, :2], 1e-9), axis=1)
    share = np.prod(box[:, 2:] - box[:, :2], axis=1) / area
    return Course(
        t,
        state.xyz_m[:, :2],
        state.speed_mps,
        np.unwrap(np.radians(90.0 - state.course_deg)),
        box,
        np.linalg.norm(state.xyz_m - np.asarray(view.at_m), axis=1),
        np.where(ahead, share, 0.0),
    )


def hidden(course: Course, behind: Course) -> Floats:
    """Return which share (n,) of the boxes of `behind` the boxes of `course` cover, at the times of `behind`; 0 where it is not nearer."""
    share = np.zeros(len(behind.t))
    _, mine, others = np.intersect1d(
        np.round(behind.t / EVERY_S), np.round(course.t / EVERY_S), assume_unique=True, return_indices=True
    )
    if not len(mine):
        return share
    a, b = behind.box[mine], course.box[others]
    wide = np.minimum(a[:, 2], b[:, 2]) - np.maximum(a[:, 0], b[:, 0])
    high = np.minimum(a[:, 3], b[:, 3]) - np.maximum(a[:, 1], b[:, 1])
    area = np.maximum((a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1]), 1e-9)
    nearer = course.far_m[others] < behind.far_m[mine]
    share[mine] = np.where(nearer & (course.share[others] > 0), np.maximum(wide, 0) * np.maximum(high, 0) / area, 0.0)
    return share
