"""What several behaviours ask of a mover: is it still seen, where is it, and how large is it."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from roadstead.geometry.homography import to_image
from roadstead.geometry.paths import noise_so_far
from roadstead.geometry.zones import Bools, inside
from roadstead.types import Floats, Line, Mover, Scene, Space, Track, View, Zone

LATELY_S = 1.5
"""A mover unseen for longer gives no more evidence of what lasts."""

WIDEST_BOXES = 0.4
"""Jitter never widens a margin beyond this, in box sizes."""
_NOISES = 4.5
"""Jitter keeps a point within so many standard deviations of where it is: one in 150,000 lies further."""
_NOISE_S = 20.0

Rows = npt.NDArray[np.intp]
Shape = TypeVar("Shape", Zone, Line)


@dataclass(frozen=True, slots=True, eq=False)
class Ruler:
    """A mover's positions (n, 2), the space they are in, and lengths in that space."""

    points: Floats
    space: Space
    box: float | None

    def length(self, metres: float, boxes: float) -> float:
        """Return a setting's length: metres on the ground, so many box sizes on the picture."""
        return metres if self.box is None else boxes * self.box


def seen_lately(mover: Mover, view: View) -> bool:
    """Tell whether the mover's last point is fresh."""
    return len(mover.t) > 0 and view.t - float(mover.t[-1]) <= LATELY_S


def ruler(mover: Mover) -> Ruler | None:
    """Return the mover's positions on the ground, else on the picture; None where neither is known."""
    ground = mover.points("m")
    if ground is not None:
        return Ruler(ground, "m", None)
    if isinstance(mover, Track) and len(mover.t):
        return Ruler(feet(mover.boxes), "px", mover.size_px)
    return None


def feet(boxes: Floats) -> Floats:
    """Return the middle of each box's lower edge (n, 2); the same as `Track.points("px")`, of any rows."""
    marks = np.empty((len(boxes), 2))
    marks[:, 0] = (boxes[:, 0] + boxes[:, 2]) / 2
    marks[:, 1] = boxes[:, 3]
    return marks


def sides_px(boxes: Floats) -> Floats:
    """Return the side of a square as large as each box (n,)."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return np.sqrt(np.maximum(width * height, 0.0))


def on_picture(shape: Shape, scene: Scene) -> Shape | None:
    """Return the shape as it lies on the picture; None where part of it has no place there.

    A box jitters by pixels, so a track is compared with a line or an edge on the picture, wherever that was drawn.
    """
    if shape.space == "px":
        return shape
    if scene.homography is None:
        return None
    corners = shape.polygon if isinstance(shape, Zone) else np.array((shape.start, shape.end))
    drawn = to_image(scene.homography, corners)
    if not np.isfinite(drawn).all():
        return None
    if isinstance(shape, Zone):
        return replace(shape, polygon=drawn, space="px")
    (ax, ay), (bx, by) = drawn.tolist()
    return replace(shape, start=(ax, ay), end=(bx, by), space="px")


def placed(
    shape: Shape, mover: Mover, view: View, *, boxes: float, metres: float
) -> tuple[Shape, Floats, Floats] | None:
    """Return a shape, the mover's points (n, 2) in the shape's space, and the margins (n,) there.

    A track is compared on the picture with a margin of so many box sizes, anything else on the ground with metres; the
    margin is never less than the jitter of the positions asks for. None where the mover has no positions in that space.
    """
    if isinstance(mover, Track):
        drawn = on_picture(shape, view.scene)
        if drawn is not None:
            marks, sides = feet(mover.boxes), sides_px(mover.boxes)
            band = np.minimum(_NOISES * noise_so_far(mover.t, marks, _NOISE_S), WIDEST_BOXES * sides)
            return drawn, marks, np.maximum(boxes * sides, band)
    points = mover.points(shape.space)
    if points is None:
        return None
    return shape, points, np.maximum(metres, _NOISES * noise_so_far(mover.t, points, _NOISE_S))


def in_zone(name: str | None, mover: Mover, view: View, first: int = 0) -> Bools | None:
    """Tell at which points from row `first` on (n - first,) the mover was in the named zone (None: everywhere).

    None where its place is not known.
    """
    if name is None:
        return np.ones(len(mover.t) - first, dtype=bool)
    zone = view.scene.zones[name]
    if isinstance(mover, Track) and zone.space == "px":
        return inside(zone, feet(mover.boxes[first:]))
    points = mover.points(zone.space)
    return None if points is None else inside(zone, points[first:])


def sureness(value: float, threshold: float) -> float:
    """Return how far a value is beyond its threshold, as a score: 0.5 at the threshold, towards 1 far beyond it.

    >>> sureness(60.0, 60.0), sureness(120.0, 60.0)
    (0.5, 0.75)
    """
    return 1.0 if threshold <= 0 else min(1.0, max(0.0, 1.0 - 0.5 * threshold / max(value, 1e-9)))
