"""Cuts a clip out of recorded video: without coding it anew where an MP4 can hold it as it is, else as H.264."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.video.frame import VideoFrame

from roadstead.errors import BadInput, RecordingError
from roadstead.record import files
from roadstead.record.footage import NoTimes, Reel, Timed, Video, empty, opened
from roadstead.record.ring import Ring, Segment

COPIED = {"h264", "hevc", "av1"}
"""What goes into an MP4 as it is, because browsers and players read it there; anything else is coded anew as H.264."""

_TICKS = 90_000
_MP4 = {"movflags": "+faststart"}
_X264 = {"preset": "veryfast", "crf": "20", "bf": "0", "threads": "1"}
_LISTINGS = 3

Span = tuple[float, float]
"""Start and end, s; or of one picture, its time and length, s."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished clip: the time of its first picture, the end of its last, and what of the asked time it does not show.

    `how` tells whether the pictures are the camera's own bytes; `codec` is the camera's. `corrupt` counts what was
    skipped because it could not be read.
    """

    path: Path
    start: float
    end: float
    sha256: str
    how: Literal["copied", "reencoded"]
    codec: str
    asked: Span
    gaps: tuple[Span, ...] = ()
    corrupt: int = 0


@dataclass(frozen=True, slots=True)
class _Made:
    how: Literal["copied", "reencoded"]
    codec: str
    shown: Sequence[Span]
    corrupt: int


def cut(pieces: Sequence[Segment | Video], start: float, end: float, out: Path) -> Clip:
    """Write [start, end] s of the pieces, in order, to `out` (.mp4); the file appears whole or not at all.

    A copied clip starts at the last keyframe at or before `start`. Raises BadInput for footage that cannot be read,
    RecordingError where nothing was recorded at that time or the clip cannot be written, FileNotFoundError where a
    segment has gone meanwhile.
    """
    try:
        with files.whole(out) as temporary:
            try:
                made = _make(pieces, (start, end), temporary, copy=True)
            except NoTimes:
                made = _make(pieces, (start, end), temporary, copy=False)
            digest = files.sha256(temporary)
    except av.FFmpegError as error:
        raise RecordingError(f"{out}: the clip cannot be made: {error.strerror}") from error
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = f"{error.strerror}; free space or choose another folder"
        raise RecordingError(f"{out}: the clip cannot be written: {reason}") from error
    t, length_s = np.array(made.shown).T
    return Clip(
        path=out,
        start=float(t.min()),
        end=float((t + length_s).max()),
        sha256=digest,
        how=made.how,
        codec=made.codec,
        asked=(start, end),
        gaps=gaps(made.shown, start, end),
        corrupt=made.corrupt,
    )


def cut_ring(ring: Ring, start: float, end: float, out: Path) -> Clip:
    """Cut [start, end] s out of a ring, the segment being written included; raises as `cut` does."""
    for _ in range(_LISTINGS - 1):
        try:
            return cut(ring.during(start, end), start, end, out)
        except FileNotFoundError:
            continue  # the running segment got its final name, or the oldest one went, between listing and opening
    return cut(ring.during(start, end), start, end, out)


def gaps(shown: Sequence[Span], start: float, end: float) -> tuple[Span, ...]:
    """Return the parts of [start, end] in which no picture was shown; `shown` holds (time, length s) of each picture.

    Pictures further apart than 0.5 s and three times the usual distance are a gap between them.
    """
    order = sorted(shown)
    t = np.array([s[0] for s in order])
    usual = float(np.sort(np.diff(t))[(len(t) - 2) // 2]) if len(t) > 1 else order[0][1]
    limit = max(0.5, 3 * usual)
    last = t[-1] + max(order[-1][1], usual)
    slack = max(0.1, 2 * usual)
    found: list[Span] = [(start, min(t[0], end))] if t[0] > start + slack else []
    found += [(float(t[i] + usual), float(t[i + 1])) for i in np.flatnonzero(np.diff(t) > limit) if t[i + 1] > start]
    if last < end - slack:
        found.append((max(last, start), end))
    return tuple((float(a), float(b)) for a, b in found)


def _make(pieces: Sequence[Segment | Video], span: Span, out: Path, *, copy: bool) -> _Made:
    with contextlib.ExitStack() as stack:
        reels, unreadable = _open(pieces, stack)
        if not reels:
            raise _nothing(span)
        codec = reels[0].stream.codec_context.name
        copy = copy and codec in COPIED and all(reel.shape() == reels[0].shape() for reel in reels)
        shown = _copy(reels, span, out) if copy else _reencode(reels, span, out)
        if all(t + length_s <= span[0] for t, length_s in shown):
            raise _nothing(span)
        corrupt = unreadable + sum(reel.corrupt for reel in reels)
        return _Made("copied" if copy else "reencoded", codec, shown, corrupt)


def _open(pieces: Sequence[Segment | Video], stack: contextlib.ExitStack) -> tuple[list[Reel], int]:
    """Open the pieces; of several, those that cannot be read are left out and counted, which leaves a gap."""
    reels: list[Reel] = []
    unreadable = 0
    for piece in pieces:
        if isinstance(piece, Segment) and empty(piece):
            continue
        try:
            reels.append(stack.enter_context(opened(piece)))
        except BadInput:
            if len(pieces) == 1:
                raise
            unreadable += 1
    return reels, unreadable


def _copy(reels: Sequence[Reel], span: Span, out: Path) -> list[Span]:
    start, end = span
    packets = _from_keyframe((timed for reel in reels for timed in reel.timed(start)), start)
    first = next(packets, None)
    if first is None or first.t >= end:
        raise _nothing(span)
    with av.open(str(out), "w", options=_MP4) as target:
        target.metadata["creation_time"] = _utc(first.t)
        stream = target.add_stream_from_template(reels[0].stream)
        stream.time_base = Fraction(1, _TICKS)
        if reels[0].stream.codec_context.name == "hevc":
            stream.codec_context.codec_tag = "hvc1"
        shown: list[Span] = []
        last = -_TICKS * 1000
        for packet, t, decode_t, length_s in itertools.chain((first,), packets):
            if decode_t is not None and decode_t >= end:
                break
            if t < first.t:
                continue  # a leading picture: it needs pictures from before the keyframe
            pts = round((t - first.t) * _TICKS)
            dts = max(last + 1, round((decode_t - first.t) * _TICKS) if decode_t is not None else min(last + 1, pts))
            packet.time_base = stream.time_base
            packet.pts, packet.dts, packet.duration = max(pts, dts), dts, round(length_s * _TICKS)
            packet.stream = stream
            target.mux_one(packet)
            last = dts
            shown.append((t, length_s))
    return shown


def _from_keyframe(packets: Iterable[Timed], start: float) -> Iterator[Timed]:
    """Leave out what comes before the last keyframe at or before `start`, if there is one."""
    held: list[Timed] | None = []
    for timed in packets:
        if held is None:
            yield timed
            continue
        if timed.packet.is_keyframe and timed.t <= start:
            held.clear()
        held.append(timed)
        if timed.decode_t is not None and timed.decode_t > start:
            yield from held
            held = None
    yield from held or ()


def _reencode(reels: Sequence[Reel], span: Span, out: Path) -> list[Span]:
    shown: list[Span] = []
    frames = ((frame, t, length_s) for reel in reels for frame, t, length_s in reel.frames(*span))
    first = next(frames, None)
    if first is None:
        raise _nothing(span)
    width, height = first[0].width // 2 * 2, first[0].height // 2 * 2
    with av.open(str(out), "w", options=_MP4) as target:
        target.metadata["creation_time"] = _utc(first[1])
        rate = reels[0].stream.average_rate
        stream = target.add_stream("libx264", rate=rate or 25, options=_X264)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        if first[0].rotation:
            stream.set_display_rotation(first[0].rotation)
        last = -1
        for frame, t, length_s in itertools.chain((first,), frames):
            picture: VideoFrame = frame.reformat(width, height, "yuv420p")
            picture.pts = last = max(last + 1, round((t - first[1]) * _TICKS))
            picture.time_base = stream.codec_context.time_base
            picture.pict_type = 0
            target.mux(stream.encode(picture))
            shown.append((t, length_s))
        target.mux(stream.encode(None))
    return shown


def _nothing(span: Span) -> RecordingError:
    when = f"between {_utc(span[0])} and {_utc(span[1])}"
    return RecordingError(f"there is no picture {when}; it was never recorded or has been overwritten")


def _utc(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
