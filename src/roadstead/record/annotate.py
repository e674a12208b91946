"""A video of what the watch saw: every analysed picture with its objects, their ids and trails, zones, lines, counts."""

import contextlib
from collections import deque
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from roadstead.errors import RecordingError
from roadstead.geometry.schedules import clock
from roadstead.record import canvas, files
from roadstead.record.scenery import TRAIL_S, Scenery, colour_of, fitted
from roadstead.types import Detections, Event, Floats, Frame, Image, Scene

_TICKS = 90_000
_WIDTHS = (960, 1280)
_X264 = {"preset": "veryfast", "crf": "23", "threads": "1"}


class Annotator:
    """Writes one annotated video; the file appears when it is closed, and not at all if no picture came.

    Usable as a context manager; after an error inside, nothing is left behind.
    """

    def __init__(self, path: Path, scene: Scene, *, timezone: str = "UTC") -> None:
        self._path = path
        self._scene = scene
        self._timezone = timezone
        self._trails: dict[str, deque[tuple[float, float, float]]] = {}
        self._stack = contextlib.ExitStack()
        self._target: tuple[OutputContainer, VideoStream] | None = None
        self._began = 0.0
        self._last = -1

    def __enter__(self) -> "Annotator":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            self.close()
        elif self._target is not None:
            with contextlib.suppress(av.FFmpegError, OSError):
                self._target[0].close()
            self._stack.__exit__(kind, error, None)

    def add(
        self,
        frame: Frame,
        seen: Detections,
        ids: Sequence[str | None],
        *,
        counts: Mapping[str, int] | None = None,
        events: Sequence[Event] = (),
    ) -> None:
        """Write one picture: `seen` and `ids` as the tracker gave them, totals by name, the events open now."""
        width = min(max(frame.size[0], _WIDTHS[0]), _WIDTHS[1])
        picture = canvas.resize(frame.image, width)
        over = fitted(self._scene, frame.size, picture)
        guilty = {event.subject: canvas.RED if event.outcome == "violation" else canvas.AMBER for event in events}
        over.shapes(picture, (*self._scene.zones, *self._scene.lines), canvas.BLUE)
        self._remember(seen, ids)
        for box, label, track in zip(seen.boxes, seen.labels, ids, strict=True):
            self._object(picture, over, box, label, track, guilty)
        self._board(picture, frame, counts or {}, events)
        self._encode(picture, frame.t)

    def close(self) -> None:
        """Finish the video; raise RecordingError."""
        if self._target is None:
            return
        target, stream = self._target
        self._target = None
        try:
            target.mux(stream.encode(None))
            target.close()
            self._stack.close()
        except (av.FFmpegError, OSError) as error:
            raise RecordingError(f"{self._path}: the annotated video cannot be written: {error}") from error

    def _remember(self, seen: Detections, ids: Sequence[str | None]) -> None:
        for box, track in zip(seen.boxes, ids, strict=True):
            if track is not None:
                self._trails.setdefault(track, deque()).append((seen.t, (box[0] + box[2]) / 2, box[3]))
        for track, trail in list(self._trails.items()):
            while trail and trail[0][0] < seen.t - TRAIL_S:
                trail.popleft()
            if not trail:
                del self._trails[track]

    def _object(
        self,
        picture: Image,
        over: Scenery,
        box: Floats,
        label: str,
        track: str | None,
        guilty: Mapping[str, canvas.Colour],
    ) -> None:
        at = over.box(box)
        corners = [(at[0], at[1]), (at[2], at[1]), (at[2], at[3]), (at[0], at[3])]
        if track is None:
            canvas.line(picture, corners, canvas.QUIET, over.unit * 0.5, closed=True)
            return
        colour = guilty.get(track) or colour_of(track)
        trail = np.array([(x, y) for _, x, y in self._trails[track]])
        if len(trail) > 1:
            canvas.line(picture, over.points(trail), colour, over.unit * 0.7, halo=False)
        canvas.line(picture, corners, colour, over.unit * (1.4 if track in guilty else 0.8), closed=True)
        size = max(11, round(over.unit * 5))
        room = max(float(at[2] - at[0]), size * 2.5)
        name = f"{label} {short(track)}"
        shown = name if canvas.width_of(name, size, 600) <= room else short(track)
        canvas.chip(picture, shown, (float(at[0]), float(at[1]) - size * 1.55), size, colour)

    def _board(self, picture: Image, frame: Frame, counts: Mapping[str, int], events: Sequence[Event]) -> None:
        size = max(12, picture.shape[1] // 72)
        lines = [(f"{frame.camera}   {clock(frame.t, self._timezone)}", canvas.PAPER)]
        if counts:
            lines.append(("   ".join(f"{name} {n}" for name, n in counts.items()), canvas.GREEN))
        lines += [
            (f"{e.rule}: {short(e.subject)}", canvas.RED if e.outcome == "violation" else canvas.AMBER) for e in events
        ]
        y = size * 0.6
        for what, ink in lines:
            _, height = canvas.chip(picture, what, (size * 0.6, y), size, canvas.INK, ink=ink, opacity=0.7)
            y += height + 3

    def _encode(self, picture: Image, t: float) -> None:
        height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
        try:
            target, stream = self._target or self._begin(width, height, t)
            shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            if (width, height) != (stream.width, stream.height):
                shown = shown.reformat(stream.width, stream.height)
            shown.pts = self._last = max(self._last + 1, round((t - self._began) * _TICKS))
            shown.time_base = Fraction(1, _TICKS)
            target.mux(stream.encode(shown))
        except (av.FFmpegError, OSError) as error:
            raise RecordingError(f"{self._path}: the annotated video cannot be written: {error}") from error

    def _begin(self, width: int, height: int, t: float) -> tuple[OutputContainer, VideoStream]:
        temporary = self._stack.enter_context(files.whole(self._path))
        target = av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"})
        stream = target.add_stream("libx264", rate=25, options=_X264)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        self._began = t
        self._target = target, stream
        return self._target


def short(track_id: str) -> str:
    """Return the end of a track's id that tells it from others of its camera and day.

    >>> short("gate-2/20260102/17")
    '17'
    """
    return track_id.rstrip("/").rsplit("/", 1)[-1]
