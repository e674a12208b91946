"""Which object a track was, and when: that whose true box overlaps with the track's in most pictures of a time."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from roadstead import observations
from roadstead.dataset.truth import FrameRow, Row, SceneRow
from roadstead.errors import BadInput
from roadstead.geometry.boxes import iou
from roadstead.types import Detections, readonly

LEAST_IOU = 0.3
"""Boxes that overlap less are not of one object."""
_NEAR_S = 0.5
"""What is told of an instant is of the pictures so near to it."""
Seen = tuple[Detections, Sequence[str | None]]
"""What was seen in one picture, and the track of each box (None: of none)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The object of a track in each picture: ascending times and the names. A tracker may pass a track on to another object."""

    t: tuple[float, ...]
    objects: tuple[str, ...]

    def during(self, start: float, end: float) -> str:
        """Return the object in most pictures from start to end; where there is none, in most of all pictures."""
        first, last = bisect_left(self.t, start - _NEAR_S), bisect_right(self.t, end + _NEAR_S)
        return Counter(self.objects[first:last] or self.objects).most_common(1)[0][0]


@dataclass(frozen=True, slots=True, eq=False)
class _Camera:
    """The truth of one camera: times of its pictures, ascending, what is in each, how far apart they are s, their size px."""

    times: Sequence[float]
    frames: Sequence[FrameRow]
    step_s: float
    size: tuple[int, int] | None

    def at(self, t: float) -> FrameRow | None:
        """Return the picture nearest to t, at most half a step away."""
        k = bisect_left(self.times, t)
        near = min(
            (i for i in (k - 1, k) if 0 <= i < len(self.times)), key=lambda i: abs(self.times[i] - t), default=None
        )
        return None if near is None or abs(self.times[near] - t) > 0.51 * self.step_s else self.frames[near]


def identities(pictures: Iterable[Seen], truth: Sequence[Row]) -> dict[str, dict[str, Identity]]:
    """Return, by camera, the object of each track; a track that overlaps with none in any picture is left out.

    Only cameras of which there are pictures with tracks and true boxes are in it.
    """
    cameras = _cameras(truth)
    votes: dict[str, dict[str, list[tuple[float, str]]]] = {}
    for seen, ids in pictures:
        known = cameras.get(seen.camera)
        rows = [i for i, track in enumerate(ids) if track is not None]
        frame = known.at(seen.t) if known and rows else None
        if known is None or frame is None:
            continue
        of_camera = votes.setdefault(seen.camera, {})
        if not frame.seen:
            continue
        scale = (1.0, 1.0) if known.size is None else (known.size[0] / seen.size[0], known.size[1] / seen.size[1])
        overlaps = iou(readonly(seen.boxes[rows] * (*scale, *scale)), readonly([one.box for one in frame.seen], 4))
        for i, row in enumerate(rows):
            best = int(np.argmax(overlaps[i]))
            if overlaps[i, best] >= LEAST_IOU:
                of_camera.setdefault(str(ids[row]), []).append((seen.t, frame.seen[best].id))
    return {
        camera: {track: Identity(*zip(*sorted(said), strict=True)) for track, said in tracks.items()}
        for camera, tracks in votes.items()
    }


def of_log(path: Path) -> Iterator[Seen]:
    """Yield what an observation log says was seen, with the tracks it names; raise BadInput naming the line.

    A last line without its end was cut short by a kill and is left out.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                where = f"{path}: line {number}"
                try:
                    row = observations.read_row(line, where)
                except BadInput:
                    if line.endswith("\n"):
                        raise
                    return
                seen = observations.from_row(row, where)
                if isinstance(seen, Detections):
                    yield seen, _ids(row, len(seen), where)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as an observation log: {error}") from None


def _ids(row: Mapping[str, object], n: int, where: str) -> list[str | None]:
    ids = row.get("ids", [None] * n)
    if not isinstance(ids, list) or len(ids) != n:
        raise BadInput(f"{where}: ids must be {n} names or nulls, one for each box")
    return [None if track is None else str(track) for track in ids]


def _cameras(truth: Sequence[Row]) -> dict[str, _Camera]:
    sizes = {row.camera: row.size for row in truth if isinstance(row, SceneRow)}
    frames: dict[str, list[FrameRow]] = {}
    for row in truth:
        if isinstance(row, FrameRow):
            frames.setdefault(row.camera, []).append(row)
    made = {}
    for camera, some in frames.items():
        some.sort(key=lambda f: f.t)
        times = [f.t for f in some]
        step_s = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
        made[camera] = _Camera(times, some, step_s, sizes.get(camera))
    return made
