"""What several behaviours ask of a mover: is it still seen, where is it, and how large is it."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from roadstead.behaviours._reports import edge_margins, lately
from roadstead.geometry.homography import to_image
from roadstead.geometry.paths import noise_so_far
from roadstead.geometry.zones import Bools, inside
from roadstead.types import Floats, Line, Mover, Scene, Space, Track, View, Zone

LATELY_S = 1.5
"""A track unseen for longer gives no more evidence of what lasts; see `lately_s` for reports."""

_AT_EDGE = 0.003
"""A box nearer to the picture's edge than this share of its width is cut by it."""
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
    """Tell whether the mover's last point is fresh: LATELY_S for a track, at least 200 s for reports."""
    return lately(mover, view, LATELY_S)


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


def uncut(mover: Mover, scene: Scene) -> Bools:
    """Tell which rows (n,) show a box that the picture's edge does not cut; all of a path, and where its size is not known."""
    if not isinstance(mover, Track) or scene.size is None:
        return np.ones(len(mover.t), dtype=bool)
    w, h = scene.size
    near = _AT_EDGE * w
    b = mover.boxes
    return np.asarray((b[:, 0] > near) & (b[:, 1] > near) & (b[:, 2] < w - near) & (b[:, 3] < h - near))


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

    A track is compared on the picture with a margin of so many box sizes, or on the ground with metres, and never less
    than the jitter of its positions asks for. Reports are compared on the ground with the metres alone, since what looks
    like jitter between rare reports is turning; within a zone, with at most half of its depth. None where the mover has
    no positions in that space.
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
    if isinstance(mover, Track):
        return shape, points, np.maximum(metres, _NOISES * noise_so_far(mover.t, points, _NOISE_S))
    if isinstance(shape, Zone):
        return shape, points, edge_margins(shape, points, metres)
    return shape, points, np.full(len(points), metres)


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
