"""Packets to pictures on a time grid, decoding no more than it takes."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import av
import numpy as np
from av.codec.context import Flags
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from roadstead.errors import SourceLost
from roadstead.sources._clock import Grid, Stamp
from roadstead.types import Image

LOST_AFTER_S = 5.0
"""A live stream whose packets have given no picture for so long, though key pictures came, counts as lost."""
DEMUX_ERRORS = 100
"""So many unreadable places in a row end a file."""
_RETAINED = 31 << 20
"""Memory up to so many bytes at once is kept for the next picture: the most that glibc's malloc takes for its own."""
_UNSTAMPED = frozenset({"mjpeg", "mpjpeg", "h264", "hevc"})
"""Formats that carry no times: the times of arrival count."""


class Times(Protocol):
    """Gives a stamp of the stream its UTC."""

    def stamp(self, pts_s: float | None) -> Stamp:
        """Return the time of a time stamp, in seconds of the stream."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A decoded picture, still in the decoder's colours."""

    stamp: Stamp
    frame: VideoFrame


@dataclass(slots=True)
class Decoding:
    """One opened stream on its way to pictures.

    `key_only` decodes key pictures alone. `silent_s` is set for a live stream: it is lost when nothing came for so long.
    """

    container: InputContainer
    stream: VideoStream
    times: Times
    grid: Grid
    counts: Counter[str]
    threads: int = 1
    key_only: bool = False
    silent_s: float | None = None
    _timed: bool = True
    _by_dts: bool = False
    _intra: bool = False
    _lowest: dict[int, float] = field(default_factory=dict)
    _sparing: bool = False
    _last_t: float | None = None
    _picture_at: float | None = None
    _keys: int = 0

    def shots(self) -> Iterator[Shot]:
        """Yield the picture of each slot of the grid, in ascending time; count what is spared, corrupt or out of order."""
        self._prepare()
        for packet in self._packets():
            if packet.size and not self._stamp(packet):
                continue
            for frame in self._decode(packet):
                stamp = self._stamp_of(frame)
                self._picture_at, self._keys = stamp.received, 0
                if frame.is_corrupt:
                    self.counts["corrupt"] += 1
                elif self._last_t is not None and stamp.t <= self._last_t:
                    self.counts["out_of_order"] += 1
                else:
                    self._last_t = stamp.t
                    if self.grid.take(stamp.t):
                        yield Shot(stamp, frame)

    def _prepare(self) -> None:
        # glibc's malloc learns from the largest block that was freed how much to keep; else it would return a picture's
        # memory to the system each time, and taking it anew costs more than the colours do
        np.empty(_RETAINED, np.uint8)
        context = self.stream.codec_context
        context.thread_count = self.threads
        context.flags |= Flags.copy_opaque | (Flags.low_delay if self.key_only else 0)
        formats = set(self.container.format.name.split(","))
        self._timed = not (self.silent_s is not None and formats & _UNSTAMPED)
        self._by_dts = by_decoding_time(self.container, self.stream)
        self._intra = context.codec.intra_only

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        """Yield the stream's packets, and an empty one at the end; go on behind an unreadable place of a file.

        FFmpeg's parsers keep a packet back and hand it out when the next read fails, so one that took too long to come
        tells of silence too.
        """
        errors = 0
        while errors < DEMUX_ERRORS:
            asked = time.monotonic()
            try:
                for packet in self.container.demux(self.stream):
                    if self.silent_s is not None and time.monotonic() - asked > 0.95 * self.silent_s:
                        raise SourceLost("it sends nothing any more")
                    errors = 0
                    self.counts["packets"] += bool(packet.size)
                    yield packet
                    asked = time.monotonic()
            except av.error.InvalidDataError:
                errors += 1
                self.counts["corrupt"] += 1
            else:
                return
        self.counts["truncated"] += 1

    def _stamp(self, packet: "Packet[VideoStream]") -> bool:
        """Give the packet its time and tell whether it needs decoding at all."""
        if self._timed and (packet.pts is None or self._by_dts):
            return not self.key_only or packet.is_keyframe
        pts = packet.pts if self._timed else None
        stamp = self.times.stamp(None if pts is None else _seconds(pts, packet.time_base))
        packet.opaque = stamp
        if self.key_only and not packet.is_keyframe:
            return False
        if self._intra or self.key_only:
            return self.grid.free(stamp.t)
        self._spare(stamp.t)
        return True

    def _spare(self, t: float) -> None:
        """Let the decoder skip this picture, if nothing else is decoded from it, when its slot has an earlier one.

        Packets come in decoding order, so only what has been seen counts; of a slot's pictures the first is never spared.
        """
        slot = self.grid.slot(t)
        lowest = self._lowest.setdefault(slot, t)
        sparing = slot <= self.grid.taken or lowest < t
        self._lowest[slot] = min(lowest, t)
        if len(self._lowest) > 64:
            self._lowest = {s: low for s, low in self._lowest.items() if s > self.grid.taken}
        if sparing != self._sparing:
            self.stream.codec_context.skip_frame = "NONREF" if sparing else "DEFAULT"
            self._sparing = sparing

    def _decode(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        self._watch_out(packet)
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self.counts["corrupt"] += 1
            return []
        self.counts["decoded"] += len(frames)
        return frames

    def _stamp_of(self, frame: VideoFrame) -> Stamp:
        if isinstance(frame.opaque, Stamp):
            return frame.opaque
        stamp = frame.dts if self._by_dts else frame.pts
        return self.times.stamp(None if stamp is None or frame.time_base is None else _seconds(stamp, frame.time_base))

    def _watch_out(self, packet: "Packet[VideoStream]") -> None:
        """Raise SourceLost when a live stream's key pictures have long been fed to the decoder in vain."""
        received = packet.opaque.received if isinstance(packet.opaque, Stamp) else None
        if received is None:
            return
        self._keys += packet.is_keyframe
        if self._picture_at is None:
            self._picture_at = received
        if self._keys > 2 and received - self._picture_at > LOST_AFTER_S:
            raise SourceLost(f"nothing could be read for {LOST_AFTER_S:g} s, though data came")


def _seconds(stamp: int, base: Fraction) -> float:
    """Return a stamp in seconds: the same as by fractions, but without reducing one for each packet."""
    return stamp * base.numerator / base.denominator


def by_decoding_time(container: InputContainer, stream: VideoStream) -> bool:
    """Whether times of display are not to be trusted: AVI has none, and guesses go wrong where pictures are reordered."""
    return container.format.name == "avi" and bool(stream.codec_context.has_b_frames)


def rgb(frame: VideoFrame, convert: VideoReformatter) -> Image:
    """Return a picture as (h, w, 3) uint8 RGB, upright, read-only and with memory of its own."""
    converted = convert.reformat(frame, format="rgb24", threads=1)
    image = converted.to_ndarray().astype(np.uint8, order="C", copy=converted is frame)
    if frame.rotation % 360:
        image = np.ascontiguousarray(np.rot90(image, frame.rotation // 90))
    image.flags.writeable = False
    return image
