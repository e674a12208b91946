"""Many frames in one array of bytes: where each lies, and all of them without escapes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.positions import Bools, Ints
from roadstead.protocols.jt808.framing import ESCAPE, FLAG, LONGEST

Bytes = npt.NDArray[np.uint8]
PAD = 64
"""Zeros behind the last byte, so that a window that begins within a frame ends within the array."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """`data` and where in it the content of each frame starts and ends (n,), without flags.

    `sound` (n,): no flag within, and no 7D before anything but 01 and 02. `start` ascends, and no two overlap.
    """

    data: Bytes
    start: Ints
    end: Ints
    sound: Bools

    def content(self, k: int) -> bytes:
        """Return the bytes of a frame as they are in the data."""
        return self.data[self.start[k] : self.end[k]].tobytes()


def cut(data: bytes, counts: Counter[str]) -> Stream:
    """Cut one piece into frames, as Framer does; what is none is counted under the same names."""
    array = np.frombuffer(data, dtype=np.uint8)
    flags = np.flatnonzero(array == FLAG)
    start, end = flags[:-1] + 1, flags[1:]
    long = end - start
    good = (long > 0) & (long <= LONGEST)
    if not good.all():
        start, end = start[good], end[good]
        _count(counts, overlong=int((long > LONGEST).sum()), bytes_overlong=int(long[long > LONGEST].sum()))
    outside = int(flags[0]) if len(flags) else len(data)
    _count(counts, bytes_outside=outside, bytes_unfinished=len(data) - 1 - int(flags[-1]) if len(flags) else 0)
    return Stream(array, start, end, np.ones(len(start), dtype=bool))


def stack(frames: Sequence[bytes]) -> Stream:
    """Put frames behind one another; each may have flags or not."""
    size = np.fromiter(map(len, frames), dtype=np.int64, count=len(frames))
    array = np.frombuffer(b"".join(frames) + b"\0", dtype=np.uint8)
    end = np.cumsum(size)
    start = end - size
    start = start + ((size > 0) & (array[start] == FLAG))
    end = end - ((end > start) & (array[end - 1] == FLAG))
    flags = np.flatnonzero(array == FLAG)
    if len(flags) == 2 * len(start) and (flags[::2] == start - 1).all() and (flags[1::2] == end).all():
        sound = np.ones(len(start), dtype=bool)
    else:
        sound = np.searchsorted(flags, start) == np.searchsorted(flags, end)
    return Stream(array, start, end, sound)


def unescaped(stream: Stream) -> Stream:
    """Return the same frames without escapes; those that are not sound are of no use. The data has PAD zeros behind it."""
    data, start, end, sound = stream.data, stream.start, stream.end, stream.sound
    escapes = data == ESCAPE
    marks = np.flatnonzero(escapes)
    if not len(marks):
        return Stream(np.concatenate((data, np.zeros(PAD, dtype=np.uint8))), start, end, sound)
    padded = np.zeros(len(data) + PAD, dtype=np.uint8)
    padded[: len(data)] = data
    after = padded[marks + 1]
    wrong = (after != 1) & (after != 2)
    before_start, before_end = np.searchsorted(marks, start), np.searchsorted(marks, end)
    if wrong.any():
        bad = marks[wrong]
        sound = sound & (np.searchsorted(bad, start) == np.searchsorted(bad, end))
    good = ~wrong
    padded[marks[good] + 1] = 0x7C + after[good]
    keep = np.ones(len(padded), dtype=bool)
    keep[marks] = False
    return Stream(padded[keep], start - before_start, end - before_end, sound)


def exclusive_or(stream: Stream) -> npt.NDArray[np.uint8]:
    """Return the XOR of all bytes of each frame (n,); of an empty one it is of no use."""
    if not len(stream.start):
        return np.zeros(0, dtype=np.uint8)
    pairs = np.empty(2 * len(stream.start), dtype=np.int64)
    pairs[::2], pairs[1::2] = stream.start, stream.end
    return np.asarray(np.bitwise_xor.reduceat(stream.data, pairs)[::2])


def _count(counts: Counter[str], **numbers: int) -> None:
    for name, number in numbers.items():
        if number:
            counts[name] += number
