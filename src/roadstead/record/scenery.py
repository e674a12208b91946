"""A scene's zones and lines, and tracks with their trails, drawn on a picture of any size."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.geometry import homography
from roadstead.record import canvas
from roadstead.record.canvas import Colour
from roadstead.types import Floats, Image, Line, Scene, Space, Track, readonly

TRAIL_S = 12.0
"""How far back a trail is drawn."""


@dataclass(frozen=True, slots=True)
class Scenery:
    """A scene over a picture: `scale` (x, y) takes px of the scene to px of the picture, `unit` is a line's width."""

    scene: Scene
    scale: tuple[float, float]
    unit: float

    def points(self, points: Floats, space: Space = "px") -> Floats:
        """Return the points (n, 2) of the scene on this picture; NaN where they cannot be seen."""
        if space == "m":
            if self.scene.homography is None:
                return readonly(np.full((len(points), 2), np.nan))
            points = homography.to_image(self.scene.homography, points)
        return readonly(points * np.array(self.scale))

    def box(self, box: Floats) -> Floats:
        """Return a box xyxy of the scene on this picture."""
        return readonly(np.asarray(box) * np.array([*self.scale, *self.scale]))

    def shapes(self, image: Image, named: Collection[str], colour: Colour) -> None:
        """Draw every zone and line; those in `named` in `colour` and with their names, the others quietly."""
        for name, zone in self.scene.zones.items():
            at = self.points(zone.polygon, zone.space)
            if not np.isfinite(at).all():
                continue
            strong = name in named
            canvas.fill(image, at, colour if strong else canvas.QUIET, 0.2 if strong else 0.08)
            canvas.line(image, at, colour if strong else canvas.QUIET, self.unit * (1 if strong else 0.6), closed=True)
            if strong:
                self._name(image, name, at[np.argmin(at[:, 1])], colour)
        for name, drawn in self.scene.lines.items():
            self._line(image, drawn, colour if name in named else canvas.QUIET, strong=name in named)

    def _line(self, image: Image, drawn: Line, colour: Colour, *, strong: bool) -> None:
        ends = self.points(readonly([drawn.start, drawn.end], 2), drawn.space)
        if not np.isfinite(ends).all():
            return
        canvas.line(image, ends, colour, self.unit * (1.4 if strong else 0.8))
        way = ends[1] - ends[0]
        length = float(np.hypot(*way))
        if length < 1:
            return
        middle, forward = ends.mean(axis=0), np.array([-way[1], way[0]]) / length
        tip = middle + forward * 12 * self.unit
        canvas.arrow(image, tuple(middle), tuple(tip), colour, self.unit * 0.9)
        if strong:
            self._name(image, drawn.name, ends[1], colour)

    def _name(self, image: Image, name: str, at: Floats, colour: Colour) -> None:
        size = round(self.unit * 6)
        canvas.chip(image, name, (float(at[0]) + self.unit * 2, float(at[1]) - size), size, colour, opacity=0.85)

    def trail(self, image: Image, track: Track, until: float, colour: Colour, width: float) -> None:
        """Draw where a track's foot point went up to a time, fading into the past, with a dot each second."""
        feet = track.points("px")
        if feet is None:
            return
        chosen = (track.t <= until) & (track.t >= until - TRAIL_S)
        t, at = track.t[chosen], self.points(feet[chosen])
        if len(t) > 1:
            canvas.line(image, at, canvas.INK, width + 2, halo=False)
        for i in range(1, len(t)):
            fresh = 1 - (until - t[i]) / TRAIL_S
            faded = _mixed(colour, canvas.INK, 0.35 + 0.65 * fresh)
            canvas.line(image, at[i - 1 : i + 1], faded, width * (0.5 + 0.5 * fresh), halo=False)
        seconds = np.floor(t)
        for x, y in at[1:][np.diff(seconds) > 0]:
            canvas.dot(image, (float(x), float(y)), width * 0.9, canvas.PAPER)

    def last_box(self, track: Track, t: float) -> Floats | None:
        """Return where a track was at its last observation up to `t`, on this picture; None before its first."""
        rows = np.flatnonzero(track.t <= t + 1e-6)
        return self.box(track.boxes[rows[-1]]) if len(rows) else None


def fitted(scene: Scene, taken: tuple[int, int], image: Image) -> Scenery:
    """Return the scene over `image`, which is a picture of `taken` (width, height) px scaled to another size."""
    drawn_on = scene.size or taken
    height, width = image.shape[:2]
    return Scenery(scene, (width / drawn_on[0], height / drawn_on[1]), max(1.0, width / 480))


def colour_of(track_id: str) -> Colour:
    """Return the colour that a track has in every picture."""
    return canvas.TRACKS[sum(track_id.encode()) % len(canvas.TRACKS)]


def named_in(settings: Mapping[str, object] | Sequence[object]) -> frozenset[str]:
    """Return every string in a rule's settings; those that are names of zones and lines are the ones it looks at."""
    found: set[str] = set()
    for value in settings.values() if isinstance(settings, Mapping) else settings:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, (Mapping, list, tuple)):
            found |= named_in(value)
    return frozenset(found)


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    return tuple(round(x * share + y * (1 - share)) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]  # three
