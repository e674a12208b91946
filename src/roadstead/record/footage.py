"""Reads compressed pictures out of recorded video: a segment of a ring, the one being written, or a whole file."""

from __future__ import annotations

import contextlib
import heapq
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from roadstead.errors import BadInput
from roadstead.record.ring import Segment, whole_fragments

_QUICK = {"analyzeduration": "1", "probesize": "32"}
"""A segment's header says all that is needed; libav shall not decode pictures to find out more."""
_GIVE_UP = 100
"""Errors in a row after which the rest of a file counts as unreadable."""


@dataclass(frozen=True, slots=True)
class Video:
    """A plain video file; `start` is the time at which its stream begins (of its first picture)."""

    path: Path
    start: float = 0.0


class Timed(NamedTuple):
    """A packet, when its picture is shown, when it must be decoded (None: not said), and for how long it is shown."""

    packet: Packet[VideoStream]
    t: float
    decode_t: float | None
    length_s: float


class NoTimes(Exception):  # caught by the cutter, never seen by a user
    """The packets do not say when their pictures are shown; only decoding tells."""


@dataclass(slots=True)
class Reel:
    """One opened piece of footage. `corrupt` counts what could not be read so far."""

    name: str
    container: InputContainer
    stream: VideoStream
    anchor: Segment | Video
    corrupt: int = 0
    _first: int | None = field(default=None, init=False)
    _tick: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._tick = float(self.stream.time_base or 1 / 90_000)

    def shape(self) -> tuple[object, ...]:
        """Return what must be equal for two reels to be joined without coding them anew."""
        c = self.stream.codec_context
        return c.name, c.width, c.height, c.extradata

    def timed(self, since: float) -> Iterator[Timed]:
        """Yield packets from a keyframe at or before `since` (or the first there is); raise NoTimes."""
        if self._unordered:
            raise NoTimes
        for packet in self._packets(since):
            if packet.pts is None:
                raise NoTimes
            decode_t = None if packet.dts is None else self._t(packet.dts)
            yield Timed(packet, self._t(packet.pts), decode_t, self._length_s(packet.duration))

    def frames(self, start: float, end: float) -> Iterator[tuple[VideoFrame, float, float]]:
        """Yield the pictures of [start, end) in order, each with its time and length, s."""
        unordered = self._unordered
        times: list[float] = []
        n = 0
        for packet in itertools.chain(self._packets(start), (None,)):
            length_s = self._length_s(packet.duration if packet else None)
            if packet is not None:
                heapq.heappush(times, self._t(packet.pts) if packet.pts is not None else self._t(0) + n * length_s)
                n += 1
            for frame in self._decode(packet):
                # where the file gives no order of showing, the pictures come out in it, so the times do too
                earliest = heapq.heappop(times) if times else end
                t = earliest if unordered or frame.pts is None else self._t(frame.pts)
                if t >= end:
                    return
                if t >= start:
                    yield frame, t, length_s

    @property
    def _unordered(self) -> bool:
        """Whether the timestamps only count the packets: an AVI with pictures that are coded out of order."""
        return self.container.format.name == "avi" and bool(self.stream.codec_context.has_b_frames)

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return self.stream.codec_context.decode(packet)
        except (av.error.InvalidDataError, av.error.EOFError):
            self.corrupt += 1
            return []

    def _t(self, pts: int) -> float:
        """Return the time at which the picture with this timestamp was taken."""
        if isinstance(self.anchor, Video):
            return self.anchor.start + (pts - (self.stream.start_time or 0)) * self._tick
        return self.anchor.start + (pts - (self._first or 0)) * self._tick

    def _length_s(self, duration: int | None) -> float:
        return (duration or 0) * self._tick or 1 / float(self.stream.average_rate or 25)

    def _packets(self, since: float) -> Iterator[Packet[VideoStream]]:
        if self._seek(since):
            packets = self._from_keyframe()
            first = next(packets, None)
            if first is not None and (first.pts is None or self._t(first.pts) <= since):
                yield first
                yield from packets
                return
            self._reopen()  # the index led behind `since`, or there is none
        yield from self._from_keyframe()

    def _from_keyframe(self) -> Iterator[Packet[VideoStream]]:
        started = False
        for packet in self._demux():
            if packet.size == 0:
                continue
            if packet.is_corrupt:
                self.corrupt += 1
                continue
            started = started or packet.is_keyframe
            if not started:
                continue
            if self._first is None:
                self._first = packet.pts
            yield packet

    def _seek(self, since: float) -> bool:
        """Go near the keyframe before `since`; only whole files are long enough for it to matter."""
        if not isinstance(self.anchor, Video):
            return False
        ahead = int((since - self.anchor.start - 1.0) / self._tick)
        if ahead <= 0:
            return False
        wanted = ahead + (self.stream.start_time or 0)
        try:
            self.container.seek(wanted, stream=self.stream, backward=True)
        except av.FFmpegError:  # a failed seek leaves the position undefined
            self._reopen()
            return False
        return True

    def _reopen(self) -> None:
        self.container.close()
        self.container = av.open(_file(self.anchor), "r")
        self.stream = self.container.streams.video[0]
        self.stream.codec_context.thread_count = 1

    def _demux(self) -> Iterator[Packet[VideoStream]]:
        failed = 0
        while failed < _GIVE_UP:
            try:
                for packet in self.container.demux(self.stream):
                    failed = 0
                    yield packet
            except (av.error.InvalidDataError, av.error.OSError):
                self.corrupt += 1
                failed += 1
            else:
                return


@contextlib.contextmanager
def opened(piece: Segment | Video) -> Iterator[Reel]:
    """Open a piece of footage; raise BadInput for what is no video, FileNotFoundError for a segment that is gone."""
    try:
        container = av.open(_file(piece), "r", options=_QUICK if isinstance(piece, Segment) else {})
        if not container.streams.video:
            container.close()
            raise BadInput(f"{piece.path}: holds no video; choose another file")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        reel = Reel(str(piece.path), container, stream, piece)
        try:
            yield reel
        finally:
            reel.container.close()
    except av.error.FileNotFoundError as error:
        if isinstance(piece, Segment):
            raise FileNotFoundError(f"{piece.path}: the segment is gone") from error
        raise BadInput(f"{piece.path}: there is no such video") from error
    except av.error.InvalidDataError as error:
        raise BadInput(f"{piece.path}: is no video that can be read (is it cut off, or of another kind?)") from error


def empty(piece: Segment) -> bool:
    """Whether nothing of a segment that is being written is whole yet."""
    return piece.end is None and whole_fragments(piece.path.read_bytes()) == 0


def _file(piece: Segment | Video) -> str | io.BytesIO:
    """Return what to open: of a segment that is still written only the part that is whole."""
    if isinstance(piece, Video) or piece.end is not None:
        return str(piece.path)
    content = piece.path.read_bytes()
    return io.BytesIO(content[: whole_fragments(content)])
