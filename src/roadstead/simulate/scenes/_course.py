"""What is true of one mover on land, ten times a second: where it is, how fast, and its whole box as a camera would see it alone."""

from dataclasses import dataclass, fields

import numpy as np

from roadstead.simulate.scenes._look import Bools, Look, overlap, whole_boxes
from roadstead.simulate.world.body import Body
from roadstead.simulate.world.motion import Motion
from roadstead.simulate.world.view import View
from roadstead.types import Floats

EVERY_S = 0.1
SEEN = 0.5
"""A mover is taken as seen while this share of its box lies in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Course(Look):
    """With middles xy (n, 2) m, speeds (n,) m/s and courses (n,) rad of its motion (unwrapped), and distances (n,) m.

    `share` (n,) of the whole box lies in the picture, 0 behind the camera.
    """

    xy: Floats
    speed: Floats
    course: Floats
    far_m: Floats
    share: Floats

    @property
    def seen(self) -> Bools:
        """When (n,) it is seen, as far as the picture's edge decides it."""
        return np.asarray(self.share >= SEEN)

    def within(self, start: float, end: float) -> "Course":
        """Return the part between two times."""
        rows = (self.t >= start - 1e-9) & (self.t <= end + 1e-9)
        return Course(*(getattr(self, one.name)[rows] for one in fields(self)))


def course_of(body: Body, motion: Motion, view: View, seconds: float) -> Course:
    """Return the course of a body on a motion within the time of a world."""
    first, last = max(motion.start, 0.0), min(motion.end, seconds)
    t = np.arange(np.ceil(first / EVERY_S), np.floor(last / EVERY_S) + 1) * EVERY_S
    if not len(t):
        return Course(t, np.zeros((0, 4)), np.zeros((0, 2)), t, t, t, t)
    state = motion.at(t)
    boxes, ahead = whole_boxes(body, state, view)
    whole = np.where(ahead[:, None], boxes, 0.0)
    box = np.clip(whole, 0.0, (*view.size, *view.size))
    area = np.prod(np.maximum(whole[:, 2:] - whole[:, :2], 1e-9), axis=1)
    share = np.prod(box[:, 2:] - box[:, :2], axis=1) / area
    return Course(
        t=t,
        box=box,
        xy=state.xyz_m[:, :2],
        speed=state.speed_mps,
        course=np.unwrap(np.radians(90.0 - state.course_deg)),
        far_m=np.linalg.norm(state.xyz_m - np.asarray(view.at_m), axis=1),
        share=np.where(ahead, share, 0.0),
    )


def hidden(course: Course, behind: Course) -> Floats:
    """Return which share (n,) of the boxes of `behind` the boxes of `course` cover, at the times of `behind`; 0 where it is not nearer."""
    share = np.zeros(len(behind.t))
    mine, others, covered = overlap(behind, course)
    nearer = course.far_m[others] < behind.far_m[mine]
    share[mine] = np.where(nearer & (course.share[others] > 0), covered, 0.0)
    return share
