"""A stop line on the ground, and ways as they are seen from it."""

from dataclasses import dataclass

import numpy as np

from roadstead.geometry.homography import to_ground
from roadstead.types import Floats, Homography, Line, Scene, Zone

_APPROACH_M, _EXIT_M = 10.0, 4.0
"""The heading before the line is taken over at least so many metres, and that at the end of a way."""
_CLEAR_SIGMA = 6.0
"""Ends of a heading lie so many standard deviations apart: it is then known to about 15 degrees."""
_CAME_M = 3.0
"""A track that begins near the line came from there if it then moves on across it by this."""


@dataclass(frozen=True, slots=True)
class StopLine:
    """One end and length, m, of a line on the ground; `forward` and `right` are unit vectors of who drives over it."""

    start: tuple[float, float]
    forward: tuple[float, float]
    right: tuple[float, float]
    span_m: tuple[float, float]

    def seen_from(self, ground: Floats) -> Floats:
        """Return positions (n, 2) m as metres still to go to the line (negative beyond it) and metres to the right."""
        off = ground - np.asarray(self.start)
        return np.column_stack((-(off @ np.asarray(self.forward)), off @ np.asarray(self.right)))

    def crossed_from_near(self, seen: Floats, near_m: float) -> bool:
        """Whether a way (n, 2), as seen from the line, begins at most `near_m` from it and leads on across it."""
        aside = max(self.span_m[0] - seen[0, 1], seen[0, 1] - self.span_m[1], 0.0)
        return bool(np.hypot(seen[0, 0], aside) <= near_m and seen[0, 0] - seen[-1, 0] >= _CAME_M)

    def turned_deg(self, seen: Floats, sigma_m: float) -> float | None:
        """Return the angle to the right from before the line to the last 4 m of a way (n, 2), or the last 6 `sigma_m`.

        None where the way is shorter. Where too little was seen before the line, it is taken to come square to it.
        """
        last = _chord(seen[::-1], max(_EXIT_M, _CLEAR_SIGMA * sigma_m))
        if last is None:
            return None
        first = _chord(seen[seen[:, 0] > 0], max(_APPROACH_M, _CLEAR_SIGMA * sigma_m))
        came = 0.0 if first is None else np.arctan2(first[1], -first[0])
        angle = np.arctan2(-last[1], last[0]) - came
        return float(np.rad2deg((angle + np.pi) % (2 * np.pi) - np.pi))


def stop_line(scene: Scene, line: str, approach: str) -> StopLine | None:
    """Return a scene's line as who comes from the approach sees it; None where the ground is not known."""
    drawn, zone = scene.lines[line], scene.zones[approach]
    ends = _ends(drawn, scene.homography)
    middle = _middle(zone, scene.homography)
    if ends is None or middle is None:
        return None
    along = ends[1] - ends[0]
    length = float(np.hypot(*along))
    forward = np.array([-along[1], along[0]]) / length
    if (middle - ends[0]) @ forward > 0:
        forward = -forward
    right = np.array([forward[1], -forward[0]])
    if _mirrored(scene.homography):
        right = -right
    reach = float(along @ right)
    return StopLine(
        (float(ends[0][0]), float(ends[0][1])),
        (float(forward[0]), float(forward[1])),
        (float(right[0]), float(right[1])),
        (min(0.0, reach), max(0.0, reach)),
    )


def _mirrored(ground: Homography | None) -> bool:
    """Whether the calibration's metres run the other way round than a map: seen from above, its y is not left of its x."""
    return ground is not None and float(np.linalg.det(ground.matrix)) > 0


def _ends(line: Line, ground: Homography | None) -> Floats | None:
    ends = np.array([line.start, line.end], dtype=np.float64)
    return ends if line.space == "m" else _on_ground(ends, ground)


def _middle(zone: Zone, ground: Homography | None) -> Floats | None:
    middle = zone.polygon.mean(axis=0, keepdims=True)
    found = middle if zone.space == "m" else _on_ground(middle, ground)
    return None if found is None else found[0]


def _on_ground(points: Floats, ground: Homography | None) -> Floats | None:
    if ground is None:
        return None
    found = to_ground(ground, points)
    return found if np.isfinite(found).all() else None


def _chord(seen: Floats, least_m: float) -> Floats | None:
    """Return the difference (2,) from the first point to the first one at least `least_m` away."""
    if not len(seen):
        return None
    off = seen - seen[0]
    far = np.flatnonzero(np.hypot(*off.T) >= least_m)
    return off[far[0]] if len(far) else None
