"""A ring of video segments on disk, one folder a camera: names, listing, locks, limits, recovery.

A finished segment is `20260102T030405678Z-4000.mp4`: the UTC time of its first picture and its length in ms. The one
being written ends in `.part`; it is a fragmented MP4, so every whole fragment in it can be read while it grows.
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av

from roadstead.record import files

_NAME = re.compile(r"(\d{8}T\d{9})Z(?:-(\d+))?\.(mp4|part)")
_HOLD_S = 3600.0
"""A lock that nobody released is void this long after the end of its time: its owner died."""

_JOIN_S = 0.02
"""Segments closer together than this follow each other without a gap: their names are rounded to ms."""
_OVERLAP_S = 10.0
"""A longer overlap is no better knowledge of the clock but a clock that was set back."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the ring: from the time of its first picture to `end`, or None while it is being written."""

    path: Path
    start: float
    end: float | None


@dataclass(frozen=True, slots=True)
class Ring:
    """A folder of segments and its limits: no more than `keep_s` seconds and `keep_bytes` bytes, unless locked."""

    folder: Path
    segment_s: float = 4.0
    keep_s: float = 3600.0
    keep_bytes: int = 20_000_000_000

    def segments(self) -> tuple[Segment, ...]:
        """Return every segment, oldest first; none where the folder does not exist."""
        found = (_segment(path) for path in self.folder.glob("*.*"))
        return _abutting(sorted((s for s in found if s is not None), key=lambda s: s.start))

    def during(self, start: float, end: float) -> tuple[Segment, ...]:
        """Return the segments that hold anything of [start, end]; the first one begins with a keyframe before it."""
        every = self.segments()
        last = [i for i, s in enumerate(every) if s.start <= start]
        first = last[-1] if last else 0
        return tuple(s for s in every[first:] if s.start < end and (s.end is None or s.end > start))

    def lock(self, name: str, start: float, end: float) -> None:
        """Keep what was recorded in [start, end] until `unlock(name)`; raise RecordingError."""
        files.write(self._locks / name, json.dumps([start, end]).encode())

    def unlock(self, name: str) -> None:
        """Release a lock; nothing happens if there is none."""
        (self._locks / name).unlink(missing_ok=True)

    def evict(self, now: float) -> int:
        """Delete the oldest segments beyond the limits, never a locked one; return how many."""
        locks = self._held(now)
        finished = [(s, s.path.stat().st_size) for s in self.segments() if s.end is not None]
        total = sum(size for _, size in finished)
        gone = 0
        for segment, size in finished:
            end = segment.end or segment.start
            if total <= self.keep_bytes and end >= now - self.keep_s:
                break
            if any(segment.start <= stop and end >= start for start, stop in locks):
                continue
            segment.path.unlink()
            total -= size
            gone += 1
        return gone

    def evict_oldest(self, now: float) -> int:
        """Delete the oldest segment that is not locked, to make room on a full disk; return how many."""
        locks = self._held(now)
        for s in self.segments():
            if s.end is not None and not any(s.start <= stop and s.end >= start for start, stop in locks):
                s.path.unlink()
                return 1
        return 0

    def finish(self, part: Path, start: float, length_s: float) -> Path:
        """Give a complete segment its final name, durably."""
        files.sync(part)
        while (final := self.folder / f"{stamp(start)}-{round(length_s * 1000)}.mp4").exists():
            start += 0.001
        part.replace(final)
        files.sync(self.folder)
        return final

    def recover(self, part: Path) -> bool:
        """Finish a segment whose writer died: keep what is whole of it; False if that is nothing (it is deleted)."""
        segment = _segment(part)
        whole = whole_fragments(part.read_bytes())
        if segment is None or whole == 0:
            part.unlink()
            return False
        os.truncate(part, whole)
        with av.open(str(part), "r") as container:
            stream = container.streams.video[0]
            ends = [(p.pts, p.pts + (p.duration or 0)) for p in container.demux(stream) if p.pts is not None]
            length_s = float((max(end for _, end in ends) - ends[0][0]) * (stream.time_base or 0)) if ends else 0.0
        self.finish(part, segment.start, length_s)
        return True

    @property
    def _locks(self) -> Path:
        return self.folder / "locks"

    def _held(self, now: float) -> Sequence[tuple[float, float]]:
        held = []
        for path in self._locks.glob("[!.]*"):
            try:
                start, end = json.loads(path.read_text())
            except FileNotFoundError:
                continue
            if now > end + _HOLD_S:
                path.unlink(missing_ok=True)
            else:
                held.append((start, end))
        return held


def stamp(t: float) -> str:
    """Return a UTC time as the name of a segment, in ms.

    >>> stamp(1767323045.678)
    '20260102T030405678Z'
    """
    ms = round(t * 1000)
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y%m%dT%H%M%S}{ms % 1000:03d}Z"


def whole_fragments(content: bytes) -> int:
    """Return how many leading bytes of a fragmented MP4 are whole: the header and every moof with its mdat; 0 if none.

    Box layout: ISO/IEC 14496-12, 4.2 (32-bit size, type, or size 1 and a 64-bit size).
    """
    at = good = 0
    kinds: set[bytes] = set()
    while at + 16 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        if size < 8 or at + size > len(content):
            break
        at += size
        kinds.add(kind)
        if kind == b"mdat":
            good = at
    return good if {b"moov", b"moof"} <= kinds else 0


def _abutting(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Move a segment that reaches into the next one to end where that begins.

    The later a segment, the better its stream's clock was known when it was named (the least delay only gets less).
    """
    placed = list(segments)
    for i in range(len(placed) - 2, -1, -1):
        segment, after = placed[i], placed[i + 1]
        if segment.end is not None and after.start - _JOIN_S < segment.end < after.start + _OVERLAP_S:
            placed[i] = Segment(segment.path, segment.start + after.start - segment.end, after.start)
    return tuple(placed)


def _segment(path: Path) -> Segment | None:
    match = _NAME.fullmatch(path.name)
    if match is None or (match[2] is None) != (match[3] == "part"):
        return None
    start = datetime.strptime(match[1] + "000Z", "%Y%m%dT%H%M%S%f%z").timestamp()
    return Segment(path, start, start + int(match[2]) / 1000 if match[2] else None)
