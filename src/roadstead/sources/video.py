"""A video file: every slot of the analysis rate has its picture, none is ever dropped."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import av
from annotated_types import Ge, Gt, Le
from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from roadstead.errors import BadInput
from roadstead.sources import source
from roadstead.sources._av import file_times, note_missing, opened_file
from roadstead.sources._clock import Grid, Steady
from roadstead.sources._decode import Decoding, Shot, rgb
from roadstead.types import Frame


@source("video", zh="视频文件")
@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """Reads a file at `fps` pictures a second; `start` is the UTC epoch second of its first moment.

    `paced` plays it as fast as it was filmed, as a camera would, but drops nothing.
    """

    camera: str
    path: Path
    start: float = 0.0
    fps: Annotated[float, Gt(0)] = 5.0
    paced: bool = False
    threads: Annotated[int, Ge(1), Le(64)] = 1
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Never: every picture is looked at."""
        return False

    @property
    def counts(self) -> dict[str, int]:
        """Totals: packets, decoded, frames (yielded), corrupt, out_of_order, time_missing, time_jumps, truncated, packets_missing."""
        return dict(self._counts)

    @property
    def footage(self) -> tuple[str, float]:
        """The file, and the time of its first moment."""
        return str(self.path), self.start

    @property
    def length_s(self) -> float | None:
        """What the file's header says, if it says anything."""
        with opened_file(self.path) as (container, _):
            return container.duration / av.time_base if container.duration else None

    def read(self) -> Iterator[Frame]:
        """Yield the pictures; raise BadInput for what is no video, or holds no picture that can be read."""
        convert, frames = VideoReformatter(), 0
        with opened_file(self.path) as (container, stream):
            for shot in self._shots(container, stream):
                frames += 1
                self._counts["frames"] += 1
                yield Frame(self.camera, shot.stamp.t, rgb(shot.frame, convert), shot.stamp.received)
        if not frames:
            raise BadInput(f"{self.path}: holds no picture that can be read")

    def _shots(self, container: InputContainer, stream: VideoStream) -> Iterator[Shot]:
        before = self._counts["packets"]
        decoding = Decoding(
            container,
            stream,
            file_times(container, stream, self.start, self._counts),
            Grid(self.fps, self.start),
            self._counts,
            threads=self.threads,
            key_only=_keys_suffice(stream, 1 / self.fps),
        )
        yield from _at_its_pace(decoding.shots()) if self.paced else decoding.shots()
        note_missing(stream, self._counts["packets"] - before, self._counts)
        if _ends_early(container, stream, self._counts["packets"] - before):
            self._counts["truncated"] += 1


def _ends_early(container: InputContainer, stream: VideoStream, packets: int) -> bool:
    """Whether a header that counts no pictures tells of a longer video than came: by more than a second and a tenth."""
    alone = len(container.streams) == 1
    if stream.frames or not alone or not container.duration or not stream.average_rate:
        return False
    told_s, came_s = container.duration / av.time_base, packets / float(stream.average_rate)
    return told_s - came_s > max(1.0, 0.1 * told_s)


def _at_its_pace(shots: Iterator[Shot]) -> Iterator[Shot]:
    """Hand each shot on when its time has come, counted from the first one."""
    clock, began = Steady(), None
    for shot in shots:
        if began is None:
            began = time.monotonic() - shot.stamp.t
        time.sleep(max(0.0, began + shot.stamp.t - time.monotonic()))
        yield replace(shot, stamp=replace(shot.stamp, received=clock.now()))


def _keys_suffice(stream: VideoStream, period_s: float) -> bool:
    """Whether the file's index promises two key pictures in every analysis period, so that nothing else needs decoding."""
    entries, base, duration = stream.index_entries, stream.time_base, stream.duration
    if base is None or duration is None or stream.codec_context.codec.intra_only:
        return False
    keys = [entry.timestamp for entry in entries if entry.is_keyframe]
    ends = [*keys, (stream.start_time or 0) + duration]
    return bool(keys) and all(float((b - a) * base) <= period_s / 2 for a, b in pairwise(ends))
