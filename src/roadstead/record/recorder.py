"""Copies a camera's stream to its ring without decoding it, in a process of its own, for as long as its parent lives."""

import contextlib
import json
import os
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from roadstead.errors import BadInput, RecordingError
from roadstead.record import files
from roadstead.record.ring import Ring, stamp

CODECS = {"h264", "hevc", "av1", "mpeg4", "mpeg2video", "mjpeg", "vp9"}
"""What an MP4 can hold as the camera sent it."""

UNSTAMPED = {"mjpeg", "mpjpeg", "h264", "hevc"}
"""Formats that carry no times: the time of arrival counts."""

_FRAGMENTED = {
    "movflags": "+frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "500000",
    "flush_packets": "1",
}
_TIMEOUT_S = 10.0
_BACK_OFF_S = (0.5, 30.0)
_WINDOW_S = 60.0
_JUMP_S = 10.0
_RENAME_S = 0.05
_UNTIMED = 50
_TICK = Fraction(1, 90_000)


@dataclass(slots=True)
class Anchor:
    """A stream's clock against ours: the least delay between a picture's timestamp and its arrival in the last minute.

    The packet that was held up least on its way tells best when a timestamp was "now"; a later one is only late.
    """

    _least: deque[tuple[float, float]] = field(default_factory=deque)

    def learn(self, stamp_s: float, received: float) -> bool:
        """Take in one arrival; return False when the stream's clock has jumped, and begin anew from it."""
        offset = received - stamp_s
        jumped = bool(self._least) and abs(offset - self._least[0][1]) > _JUMP_S
        if jumped:
            self._least.clear()
        while self._least and self._least[-1][1] >= offset:
            self._least.pop()
        self._least.append((received, offset))
        while self._least[0][0] < received - _WINDOW_S:
            self._least.popleft()
        return not jumped

    def t(self, stamp_s: float) -> float:
        """Return the UTC of a timestamp."""
        return stamp_s + self._least[0][1]


class Status:
    """What a recorder did so far, kept in `status.json` of its ring."""

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.state = "connecting"
        self.reason = ""
        self.last_segment_end: float | None = None
        self._path = folder / "status.json"
        self._written = 0.0

    def save(self, now: float, *, at_once: bool = False) -> None:
        """Write the file, at most once a second; a disk that refuses is counted and shown when it recovers."""
        if not at_once and 0 <= now - self._written < 1.0:
            return
        self._written = now
        shown = {
            "state": self.state,
            "reason": self.reason,
            "t": now,
            "pid": os.getpid(),
            "last_segment_end": self.last_segment_end,
            "counts": dict(sorted(self.counts.items())),
        }
        try:
            files.write(self._path, json.dumps(shown, indent=1).encode())
        except RecordingError:
            self.counts["write_errors"] += 1


def check(url: str) -> None:
    """Raise BadInput if what shall be recorded is no stream."""
    if "://" not in url:
        raise BadInput(f"{url}: is no stream; a file needs no recording, clips are cut from it directly")


def record(
    url: str,
    ring: Ring,
    stop: threading.Event,
    *,
    options: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Fill a ring from a stream until `stop` is set; reconnects for ever. Raises BadInput for what is no stream.

    `options` are libav's, beside RTSP over TCP.
    """
    check(url)
    status = Status(ring.folder)
    for part in ring.folder.glob("*.part"):
        status.counts["recovered" if ring.recover(part) else "discarded"] += 1
    wait_s = _BACK_OFF_S[0]
    while not stop.is_set():
        before = status.counts["packets"]
        try:
            with _connected(url, options or {}) as (container, stream):
                status.state, status.reason = "recording", ""
                _copy(container, stream, Writer(ring, status, stream, clock), stop)
            status.reason = "the stream ended"
        except (av.FFmpegError, OSError, RecordingError) as error:
            status.reason = _without_password(str(error))
        if stop.is_set():
            break
        status.state = "reconnecting"
        status.counts["reconnects"] += 1
        status.save(clock(), at_once=True)
        wait_s = _BACK_OFF_S[0] if status.counts["packets"] > before else min(wait_s * 2, _BACK_OFF_S[1])
        stop.wait(wait_s * random.uniform(0.7, 1.3))
    status.state = "stopped"
    status.save(clock(), at_once=True)


@contextlib.contextmanager
def _connected(url: str, options: Mapping[str, str]) -> Iterator[tuple[InputContainer, VideoStream]]:
    usual = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}
    with av.open(url, "r", options=usual | dict(options), timeout=(_TIMEOUT_S, _TIMEOUT_S)) as container:
        if not container.streams.video:
            raise RecordingError(f"{url}: carries no video")
        stream = container.streams.video[0]
        if stream.codec_context.name not in CODECS:
            raise RecordingError(
                f"{url}: {stream.codec_context.name} cannot be kept in a ring; set the camera to H.264"
            )
        yield container, stream


def _copy(container: InputContainer, stream: VideoStream, writer: "Writer", stop: threading.Event) -> None:
    """Copy one connection's pictures until it ends or `stop` is set."""
    timed = not set(container.format.name.split(",")) & UNSTAMPED
    with contextlib.closing(writer):
        for packet in container.demux(stream):
            if packet.size:
                writer.take(packet, timed=timed)
            if stop.is_set():
                return


class Writer:
    """Lays the packets of one connection down as segments."""

    def __init__(self, ring: Ring, status: Status, stream: VideoStream, clock: Callable[[], float]) -> None:
        self._ring = ring
        self._status = status
        self._stream = stream
        self._clock = clock
        self._tick = stream.time_base or _TICK
        self._anchor = Anchor()
        self._open: _Open | None = None
        self._untimed: list[av.Packet[VideoStream]] = []

    def take(self, packet: "av.Packet[VideoStream]", *, timed: bool) -> None:
        """Write one packet; one without a time (often a connection's first, a keyframe) goes before the next that has one."""
        now = self._clock()
        if packet.is_corrupt:
            self._status.counts["corrupt"] += 1
            return
        if not timed:
            packet.pts = packet.dts = round(now / self._tick)
        shown = packet.pts if packet.pts is not None else packet.dts
        if shown is None:
            self._status.counts["without_time"] += 1
            self._untimed = [*self._untimed[-_UNTIMED:], packet]
            return
        step = round(1 / (self._stream.average_rate or 25) / self._tick)
        held, self._untimed = self._untimed, []
        for before, earlier in zip(range(len(held), 0, -1), held, strict=True):
            earlier.pts = earlier.dts = shown - before * step
            self._lay(earlier, shown - before * step, now)
        self._lay(packet, shown, now)

    def _lay(self, packet: "av.Packet[VideoStream]", shown: int, now: float) -> None:
        """Lay a packet down; begin a new segment at a keyframe when the running one is long enough."""
        self._status.counts["packets"] += 1
        self._status.counts["bytes"] += packet.size
        shown_s = float(shown * self._tick)
        steady = self._anchor.learn(shown_s, now)
        if not steady:
            self._status.counts["clock_jumps"] += 1
            self._finish(now)
        if packet.is_keyframe and (self._open is None or shown_s - self._open.first_s >= self._ring.segment_s):
            self._finish(now)
            self._begin(shown_s)
        if self._open is None:
            self._status.counts["before_keyframe"] += 1
            return
        try:
            self._open.place(self._anchor.t(self._open.first_s))
            self._open.write(packet, shown_s)
        except (av.FFmpegError, OSError) as error:
            self._drop(error, now)
        self._status.save(now)

    def close(self) -> None:
        """Finish the running segment."""
        self._finish(self._clock())

    def _begin(self, shown_s: float) -> None:
        try:
            self._open = _Open(self._ring.folder, self._stream, shown_s, self._anchor.t(shown_s))
        except (av.FFmpegError, OSError) as error:
            self._drop(error, self._clock())

    def _finish(self, now: float) -> None:
        if self._open is None:
            return
        done = self._open
        try:
            done.container.close()
            self._ring.finish(done.part, done.start, done.length_s)
        except (av.FFmpegError, OSError) as error:
            self._drop(error, now)
            return
        self._open = None
        self._status.counts["segments"] += 1
        self._status.last_segment_end = done.start + done.length_s
        self._status.counts["evicted"] += self._ring.evict(now)

    def _drop(self, error: Exception, now: float) -> None:
        """Keep what is whole of the running segment, make room, and go on with the next keyframe."""
        self._status.counts["write_errors"] += 1
        self._status.reason = f"cannot write: {error}"
        done, self._open = self._open, None
        with contextlib.suppress(OSError):
            self._status.counts["evicted"] += self._ring.evict_oldest(now)
        if done is not None:
            with contextlib.suppress(av.FFmpegError, OSError):
                done.container.close()
            with contextlib.suppress(av.FFmpegError, OSError):
                self._status.counts["recovered"] += self._ring.recover(done.part)
        self._status.save(now)


class _Open:
    """The segment being written; its times begin with 0 at its first packet."""

    def __init__(self, folder: Path, template: VideoStream, first_s: float, start: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.part = folder / f"{stamp(start)}.part"
        self.first_s = first_s
        self.start = self._named = start
        self.length_s = 0.0
        self.container = av.open(str(self.part), "w", format="mp4", options=_FRAGMENTED)
        self._stream = self.container.add_stream_from_template(template)
        self._stream.time_base = _TICK
        self._tick = template.time_base or _TICK
        self._usual_s = 1 / float(template.average_rate or 25)
        self._first: int | None = None
        self._last = -1

    def place(self, start: float) -> None:
        """Take in a better guess at when the segment began: the first packets of a connection often come late and at once."""
        self.start = start
        better = self.part.with_name(f"{stamp(start)}.part")
        if abs(start - self._named) > _RENAME_S and not better.exists():
            self.part = self.part.replace(better)
            self._named = start

    def write(self, packet: "av.Packet[VideoStream]", shown_s: float) -> None:
        """Write one packet; a missing or falling decoding time is put just behind the last one."""
        dts = packet.dts if packet.dts is not None else packet.pts
        pts = packet.pts if packet.pts is not None else packet.dts
        if self._first is None:
            self._first = dts
        zero = self._first or 0
        length_s = float((packet.duration or 0) * self._tick) or self._usual_s
        out_dts = max(self._last + 1, round(((dts or 0) - zero) * self._tick / _TICK))
        out_pts = max(out_dts, round(((pts or 0) - zero) * self._tick / _TICK))
        packet.stream = self._stream
        packet.time_base = _TICK
        packet.pts, packet.dts, packet.duration = out_pts, out_dts, round(length_s / _TICK)
        self.container.mux_one(packet)
        self._last = out_dts
        self.length_s = max(self.length_s, shown_s - self.first_s + length_s)


def _without_password(text: str) -> str:
    return re.sub(r"://[^/@\s]*@", "://***@", text)
