"""Frames of JT/T 808: `7E | header, body, checksum; escaped | 7E`.

Within a frame 7E is sent as 7D 02 and 7D as 7D 01. The checksum is the XOR of all bytes of header and body before they
are escaped. A broken frame costs nothing but itself: reading goes on at the next 7E.
"""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from roadstead.errors import BadInput

FLAG = 0x7E
ESCAPE = 0x7D
SHORTEST = 12
"""The shortest header, of the layout of 2011 and 2013; bytes."""
LONGEST = 4096
"""The most bytes between two flags; a whole frame has at most 21 + 1023 + 1, twice that where every byte is escaped."""

Reason = Literal["flag", "escape", "short", "checksum", "length", "body"]
REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        "flag": "a 7E stands within the frame; split the bytes at every 7E",
        "escape": "a 7D is followed by neither 01 nor 02; the frame was damaged on its way",
        "short": "the frame is shorter than a header; the frame was cut",
        "checksum": "the XOR of all bytes is not 0; the frame was damaged on its way",
        "length": "the length in the header fits neither the layout of 2013 nor that of 2019; the frame was damaged or cut",
        "body": "the body is shorter than the fixed part of its message; the terminal speaks a dialect",
    }
)
"""Why a frame is refused: the word that is counted, and what it means."""


class BadFrame(BadInput):
    """A frame that cannot be read; `reason` is one of REASONS."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"a JT/T 808 frame cannot be read: {REASONS[reason]}")
        self.reason: Reason = reason


def checksum(payload: bytes) -> int:
    """Return the XOR of all bytes.

    >>> checksum(bytes.fromhex("7e017f"))
    0
    """
    folded = int.from_bytes(payload, "little")
    if len(payload) > 128:
        width = 1 << (len(payload) - 1).bit_length() + 2
        while width >= 1024:
            folded ^= folded >> width
            width >>= 1
    folded ^= folded >> 512
    folded ^= folded >> 256
    folded = (folded ^ folded >> 128) & 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
    folded ^= folded >> 64
    folded ^= folded >> 32
    folded ^= folded >> 16
    return (folded ^ folded >> 8) & 0xFF


def escape(payload: bytes) -> bytes:
    """Return the bytes as they are sent between two flags.

    >>> escape(bytes.fromhex("7e7d30")).hex()
    '7d027d0130'
    """
    return payload.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(content: bytes) -> bytes:
    """Return what was sent, without escapes; raises BadFrame: flag, escape."""
    if b"\x7e" in content:
        raise BadFrame("flag")
    marks = content.count(b"\x7d")
    if not marks:
        return content
    if content.count(b"\x7d\x01") + content.count(b"\x7d\x02") != marks:
        raise BadFrame("escape")
    return content.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")


def wrap(payload: bytes) -> bytes:
    """Return the frame of a header and body: with checksum, escapes and flags."""
    return b"\x7e%b\x7e" % escape(payload + bytes((checksum(payload),)))


def unwrap(frame: bytes) -> bytes:
    """Return header and body of a frame, given with or without its flags.

    Raises BadFrame: flag, escape, short, checksum. The length is checked by `header.parse`.
    """
    inner = frame[1:-1] if frame[:1] == b"\x7e" == frame[-1:] and len(frame) > 1 else content(frame)
    payload = inner if b"\x7d" not in inner and b"\x7e" not in inner else unescape(inner)
    if len(payload) <= SHORTEST:
        raise BadFrame("short")
    if checksum(payload):
        raise BadFrame("checksum")
    return payload[:-1]


def content(frame: bytes) -> bytes:
    """Return what stands between the flags of a frame, still escaped; all of it where it has none."""
    start = 1 if frame[:1] == b"\x7e" else 0
    end = len(frame) - 1 if len(frame) > start and frame[-1:] == b"\x7e" else len(frame)
    return frame[start:end]


class Framer:
    """Cuts a stream of bytes into frames, however it was received.

    What stands between two flags is a frame, whether it can be read or not; runs of flags and one flag shared by two
    frames are allowed. `counts` holds frames, overlong and the bytes: bytes_framed (between flags), bytes_flags,
    bytes_outside (before the first flag), bytes_overlong (more than LONGEST without a flag) and, once closed,
    bytes_unfinished. Together the bytes are those that were fed, less the at most LONGEST that are held.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._held = b""
        self._opened = False
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes as they came; return the frames that they complete, still escaped, each with both flags."""
        if b"\x7e" not in chunk:
            self._hold(chunk)
            return []
        head, *middle, tail = chunk.split(b"\x7e")
        self._hold(head)
        frames: list[bytes] = []
        if self._held:
            self._emit(self._held, frames)
        for part in middle:
            if part:
                self._emit(part, frames)
        self.counts["bytes_flags"] += len(middle) + 1
        self._held, self._opened, self._skipping = b"", True, False
        self._hold(tail)
        return frames

    def close(self) -> None:
        """Count what was not finished; nothing more comes."""
        if self._held:
            self.counts["bytes_unfinished"] += len(self._held)
        self._held, self._opened, self._skipping = b"", False, False

    def _emit(self, part: bytes, frames: list[bytes]) -> None:
        if len(part) > LONGEST:
            self.counts["overlong"] += 1
            self.counts["bytes_overlong"] += len(part)
            return
        self.counts["frames"] += 1
        self.counts["bytes_framed"] += len(part)
        frames.append(b"\x7e%b\x7e" % part)

    def _hold(self, part: bytes) -> None:
        """Keep the beginning of a frame; count what is outside or too long."""
        if not part:
            return
        if not self._opened:
            self.counts["bytes_outside"] += len(part)
        elif self._skipping:
            self.counts["bytes_overlong"] += len(part)
        elif len(self._held) + len(part) > LONGEST:
            self.counts["overlong"] += 1
            self.counts["bytes_overlong"] += len(self._held) + len(part)
            self._held, self._skipping = b"", True
        else:
            self._held += part
