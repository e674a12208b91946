"""The immutable raw log of a feed: every message as it came, numbered, only ever added to.

A log is a folder of segments. A segment is named by the number of its first record (20 digits and `.raw`) and holds,
all integers little-endian:

    offset  size  what
    0       8     "RSRAWLG1"
    8       8     number of the first record (u64), as in the name
    16      -     records, one after the other

    record: 0     4     mark A9 52 57 9C
            4     4     CRC-32 (zlib) of all that follows in the record
            8     4     length of the message n (u32)
            12    2     length of the peer p (u16)
            14    8     number of the record (u64)
            22    8     t_received, epoch seconds (float64; NaN: not known)
            30    p     peer, UTF-8
            30+p  n     the message

One call of `append` is one `write()`, so what it returned for survives the end of the process; whether it survives a
power cut too is a setting (`sync`). What a kill in the middle of a write left at the end is cut off when the log is
opened, put aside in a file `….torn`, and counted. Damage elsewhere stays where it is: reading goes on at the next record
that is whole, and since records are numbered it is known how many are lost.
"""

import fcntl
import math
import os
import struct
import threading
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from roadstead.errors import BadInput, RecordingError
from roadstead.positions import Raw

MAX_MESSAGE = 16 * 1024 * 1024
"""The longest message that a record takes, bytes."""

_MAGIC = b"RSRAWLG1"
_OPENING = struct.Struct("<8sQ")
_MARK = b"\xa9\x52\x57\x9c"
_HEAD = struct.Struct("<4sIIHQd")
_CHECKED_FROM = 8
_REST = struct.Struct("<IHQd")
_BLOCK = 128 * 1024
_STRIDE = 256


@dataclass(frozen=True, slots=True)
class _Found:
    """One whole record: where it lies in its segment, and what is in it."""

    offset: int
    end: int
    number: int
    raw: Raw


@dataclass(slots=True)
class _Segment:
    """One file: the number of its first record, and the number and offset of some of its records, ascending."""

    path: Path
    first: int
    places: list[tuple[int, int]]

    def note(self, number: int, offset: int) -> None:
        """Keep a place, if it lies far enough behind the last one kept."""
        if number >= self.places[-1][0] + _STRIDE:
            self.places.append((number, offset))

    def before(self, number: int) -> tuple[int, int]:
        """Return number and offset of a place at or before a record."""
        return self.places[max(0, bisect_right(self.places, (number, 1 << 62)) - 1)]


class RawLog:
    """One feed's log. One process writes it (a lock file says which); any may read it."""

    def __init__(self, folder: Path, *, segment_mb: float, sync: bool, write: bool) -> None:
        self._folder = folder
        self._limit = int(segment_mb * 1024 * 1024)
        self._sync = sync
        self._lock = threading.Lock()
        self._held: int | None = None
        self._file: int | None = None
        self._broken = False
        self._segments: list[_Segment] = []
        self._end = 0
        self._next = 0
        self._cut_bytes = 0
        self._torn = 0
        self._appended = 0
        self._damage: dict[tuple[int, int], int] = {}
        self._writes = write

    @classmethod
    def open(cls, folder: Path, segment_mb: float = 64, *, sync: bool = False, write: bool = True) -> Self:
        """Open a log, made where there is none; with `write=False` only to read one that another process may write.

        A new segment begins when one has `segment_mb`; `sync` makes every append wait for the disk. Raises
        RecordingError where the folder cannot be used or another process writes it.
        """
        log = cls(folder, segment_mb=segment_mb, sync=sync, write=write)
        try:
            if write:
                folder.mkdir(parents=True, exist_ok=True)
                log._hold()
            log._find()
        except OSError as error:
            log.close()
            raise RecordingError(
                f"{folder}: the raw log cannot be opened ({error.strerror}); choose a folder that can be written"
            ) from error
        except RecordingError:
            log.close()
            raise
        return log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def counts(self) -> dict[str, int]:
        """Totals since it was opened: records appended; torn ends and bytes cut off; damaged records met when reading."""
        return {
            "appended": self._appended,
            "torn_ends": self._torn,
            "torn_bytes": self._cut_bytes,
            "damaged": sum(self._damage.values()),
        }

    def __len__(self) -> int:
        """How many numbers have been given out."""
        return self._next

    def close(self) -> None:
        """Let go of the files and the lock."""
        with self._lock:
            for held in (self._file, self._held):
                if held is not None:
                    os.close(held)
            self._file = self._held = None
            self._broken = True

    def append(self, records: Sequence[Raw]) -> int:
        """Write messages and return the number of the first; raise RecordingError, and then none of them is kept."""
        with self._lock:
            first = self._next
            if not self._writes or self._broken:
                raise RecordingError(f"{self._folder}: the raw log is not open for writing; open it again")
            if not records:
                return first
            data = b"".join([part for n, raw in enumerate(records, start=first) for part in self._framed(n, raw)])
            try:
                self._write(data, first)
            except OSError as error:
                raise RecordingError(
                    f"{self._folder}: the raw log cannot be written ({error.strerror}); free space or choose another folder"
                ) from error
            self._segments[-1].note(first, self._end)
            self._end += len(data)
            self._next += len(records)
            self._appended += len(records)
            return first

    def read(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, Raw]]:
        """Yield the records from `first` to `last` (inclusive; None: the newest when reading began) with their numbers.

        Damaged ones are left out and counted. Raises RecordingError where a segment cannot be read at all.
        """
        segments, end, following = self._snapshot()
        stop = following if last is None else min(last + 1, following)
        for at, segment in enumerate(segments):
            newest = at + 1 == len(segments)
            beyond = following if newest else segments[at + 1].first
            if segment.first >= stop or beyond <= first:
                continue
            for found in self._whole(segment, first, end if newest else None, beyond):
                if found.number >= stop:
                    return
                yield found.number, found.raw

    def record(self, number: int) -> Raw:
        """Return one record; raise BadInput where the log has none of that number or it is damaged."""
        if number < 0:
            raise BadInput(f"{self._folder}: record {number} cannot be; numbers begin at 0")
        for _, raw in self.read(number, number):
            return raw
        known = self._snapshot()[2]
        why = "is damaged or was removed" if number < known else f"is not there; the newest is {known - 1}"
        raise BadInput(f"{self._folder}: record {number} of the raw log {why}")

    def _framed(self, number: int, raw: Raw) -> tuple[bytes, bytes, bytes]:
        peer = raw.peer.encode("utf-8", "surrogatepass")
        if len(raw.data) > MAX_MESSAGE or len(peer) > 0xFFFF:
            raise RecordingError(
                f"{self._folder}: a message of {len(raw.data)} bytes from a peer of {len(peer)} is too long for the raw log;"
                f" limit it to {MAX_MESSAGE}"
            )
        t = math.nan if raw.t_received is None else raw.t_received
        crc = zlib.crc32(raw.data, zlib.crc32(peer, zlib.crc32(_REST.pack(len(raw.data), len(peer), number, t))))
        return _HEAD.pack(_MARK, crc, len(raw.data), len(peer), number, t), peer, raw.data

    def _write(self, data: bytes, first: int) -> None:
        if self._file is None or self._end >= self._limit:
            self._begin(first)
        assert self._file is not None
        try:
            _write_all(self._file, data)
            if self._sync:
                os.fdatasync(self._file)
        except OSError:
            try:
                os.ftruncate(self._file, self._end)
            except OSError:
                self._broken = True
            raise

    def _begin(self, first: int) -> None:
        """Begin a segment."""
        path = self._folder / f"{first:020d}.raw"
        new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            _write_all(new, _OPENING.pack(_MAGIC, first))
            if self._sync:
                os.fsync(new)
                _sync_folder(self._folder)
        except OSError:
            os.close(new)
            path.unlink()
            raise
        if self._file is not None:
            os.close(self._file)
        self._file, self._end = new, _OPENING.size
        self._segments.append(self._segment(first))

    def _hold(self) -> None:
        self._held = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._held, 32, 0).decode("ascii", "replace").strip() or "?"
            raise RecordingError(
                f"{self._folder}: process {owner} writes this raw log; end it or choose another folder"
            ) from None
        os.ftruncate(self._held, 0)
        os.pwrite(self._held, f"{os.getpid()}\n".encode(), 0)

    def _find(self) -> None:
        """Find the segments and the end of the newest; whoever writes cuts off what is torn there."""
        known = {s.first: s for s in self._segments}
        if not self._folder.is_dir():
            raise RecordingError(f"{self._folder}: there is no raw log; name the folder of one")
        found = sorted(int(p.stem) for p in self._folder.glob("*.raw") if p.stem.isdecimal())
        self._segments = [known.get(n) or self._segment(n) for n in found]
        if not self._segments:
            return
        newest = self._segments[-1]
        size = newest.path.stat().st_size
        self._next, start = newest.before(1 << 62)
        self._end = min(size, start)
        for each in self._frames(newest, self._next, start, size):
            newest.note(each.number, each.offset)
            self._next, self._end = each.number + 1, each.end
        self._pass_damaged(newest, size)
        if self._writes:
            self._cut(newest, size)

    def _segment(self, first: int) -> _Segment:
        return _Segment(self._folder / f"{first:020d}.raw", first, [(first, _OPENING.size)])

    def _pass_damaged(self, segment: _Segment, size: int) -> None:
        """Leave damaged records at the end in their places (their numbers were given out) if all their bytes are there."""
        with segment.path.open("rb") as file:
            if self._end == _OPENING.size < size and file.read(len(_MAGIC)) not in (_MAGIC, bytes(len(_MAGIC))):
                raise RecordingError(f"{segment.path}: is no segment of a raw log; move it elsewhere")
            file.seek(self._end)
            tail = file.read(size - self._end)
        at, lost = 0, 0
        while (length := _claimed(tail, at)) is not None and at + length <= len(tail):
            at, lost = at + length, lost + 1
        if lost:
            self._damage[segment.first, self._end] = lost
        self._end += at
        self._next += lost

    def _cut(self, newest: _Segment, size: int) -> None:
        """Put a torn end aside and go on behind what is whole."""
        if self._end < size or size < _OPENING.size:
            self._torn += 1
            self._cut_bytes += size - self._end if size >= _OPENING.size else size
        if size < _OPENING.size:  # nothing was ever in it
            newest.path.unlink()
            self._segments.pop()
            return
        self._file = os.open(newest.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        if self._end < size:
            aside = newest.path.with_name(f"{newest.path.stem}.{self._end}.torn")
            aside.write_bytes(os.pread(self._file, size - self._end, self._end))
            os.ftruncate(self._file, self._end)

    def _snapshot(self) -> tuple[list[_Segment], int, int]:
        """Return the segments, the size of the newest, and the number that the next record gets."""
        with self._lock:
            if not self._writes:
                self._find()
            return list(self._segments), self._end, self._next

    def _whole(self, segment: _Segment, first: int, end: int | None, beyond: int) -> Iterator[_Found]:
        """Yield the whole records of a segment from a number on; count those that are missing before `beyond`."""
        with self._lock:
            expected, after = segment.before(first)
        for found in self._frames(segment, expected, after, end):
            if found.number > expected:
                self._damage[segment.first, after] = found.number - expected
            expected, after = found.number + 1, found.end
            if found.number >= segment.places[-1][0] + _STRIDE:
                with self._lock:
                    segment.note(found.number, found.offset)
            if found.number >= first:
                yield found
        if beyond > expected:
            self._damage[segment.first, after] = beyond - expected

    def _frames(self, segment: _Segment, number: int, offset: int, end: int | None) -> Iterator[_Found]:
        """Yield every whole record between two offsets; the first of them has that number, if it is whole."""
        try:
            with segment.path.open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size if end is None else end
                yield from _scan(file.fileno(), number, offset, size)
        except OSError as error:
            raise RecordingError(
                f"{segment.path}: cannot be read ({error.strerror}); the other segments may be whole"
            ) from error


def _scan(fd: int, expected: int, offset: int, end: int) -> Iterator[_Found]:
    """Yield whole records; behind damage go on at the next mark whose record is whole and whose number can be."""
    base, block, after = offset, b"", offset
    while offset + _HEAD.size <= end:
        if offset + _HEAD.size > base + len(block):
            base, block = offset, os.pread(fd, min(_BLOCK, end - offset), offset)
        size = _claimed(block, offset - base)
        found = None
        if size is not None and offset + size <= end:
            if offset + size > base + len(block):
                base, block = offset, os.pread(fd, min(max(_BLOCK, size), end - offset), offset)
            found = _parsed(block, offset - base, offset, size)
        if found is not None and 0 <= found.number - expected <= (offset - after) // _HEAD.size:
            yield found
            offset = after = found.end
            expected = found.number + 1
        elif len(block) < _HEAD.size:
            return
        else:
            at = block.find(_MARK, offset + 1 - base)
            offset = base + at if at >= 0 else max(offset + 1, base + len(block) - len(_MARK) + 1)


def _claimed(block: bytes, at: int) -> int | None:
    """Return how long the record at a place says that it is; None where none begins."""
    if len(block) - at < _HEAD.size or not block.startswith(_MARK, at):
        return None
    _, _, length, peer, _, _ = _HEAD.unpack_from(block, at)
    return _HEAD.size + int(peer) + int(length) if length <= MAX_MESSAGE else None


def _parsed(block: bytes, at: int, offset: int, size: int) -> _Found | None:
    """Return the record at a place of a block, None where its check fails."""
    _, crc, _, peer, number, t = _HEAD.unpack_from(block, at)
    if len(block) - at < size or zlib.crc32(memoryview(block)[at + _CHECKED_FROM : at + size]) != crc:
        return None
    body = at + _HEAD.size
    sender = block[body : body + peer].decode("utf-8", "surrogatepass")
    return _Found(
        offset, offset + size, number, Raw(None if math.isnan(t) else t, sender, block[body + peer : at + size])
    )


def _write_all(fd: int, data: bytes) -> None:
    done = os.write(fd, data)
    while done < len(data):  # the disk fills up, or a signal cut the call short
        done += os.write(fd, data[done:])


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
