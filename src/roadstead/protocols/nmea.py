r"""NMEA 0183 lines that carry AIS: sentences, tag blocks, Gatehouse time lines and time stamps at a line's end.

A line is read to a value or to a reason why not; nothing raises. NMEA 0183: a sentence is `!` or `$`, an address, fields
between commas, `*` and the XOR of the bytes between `!` and `*` in hex; since version 4 a tag block
`\s:station,c:time,g:1-2-17*hh\` may stand before it.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

LINE_BYTES = 1024
"""A longer line is cut to this; NMEA allows 82 characters, tag blocks as many again, and loggers add their own."""


class Bad(StrEnum):
    """Why a line or a message cannot be read: the whole list."""

    SENTENCE = "sentence"
    """No sentence, or several in one line, or not the fields of an AIVDM."""
    CHECKSUM = "checksum"
    """The checksum is another one."""
    PAYLOAD = "payload"
    """A character or a number of fill bits that the six-bit armour does not have."""
    EMPTY = "empty"
    """An AIVDM without a payload."""
    LENGTH = "length"
    """A message of a length that its type cannot have."""
    TYPE = "type"
    """A message type beyond 1 to 28, or a part of a type 24 that does not exist."""
    INCOMPLETE = "incomplete"
    """A part of a message whose other parts never came."""


class Sentence(NamedTuple):
    """One AIVDM or AIVDO: a whole message or one of its parts. `address` is e.g. AIVDM, with any talker.

    `origin` is what else tells the parts of one message from those of another: the group of the tag block, or the
    station at the line's end. `t` is the time that the line gives, UTC epoch seconds; `fill` counts unused bits.
    """

    address: bytes
    total: int
    number: int
    sequence: bytes
    channel: bytes
    payload: bytes
    fill: int
    origin: bytes = b""
    t: float | None = None
    broken_tag: bool = False


class Clock(NamedTuple):
    """A Gatehouse line ($PGHP): the time, UTC epoch seconds, of the sentence on the next line; None where it is no time."""

    t: float | None


class Other(StrEnum):
    """A line that is in order and holds no AIS."""

    SENTENCE = "sentence"
    COMMENT = "comment"


Read = Sentence | Clock | Other | Bad


class Tag(NamedTuple):
    """What a tag block says: time (UTC epoch seconds), station, group; `length` of the line is its own, bars included."""

    length: int
    t: float | None = None
    station: bytes = b""
    group: bytes = b""
    broken: bool = False


_VDM = re.compile(
    rb"!([0-9A-Z-]{2}VD[MO]),([1-9]),([1-9]),([0-9]{0,2}),([^,*!$\\]{0,3}),([^,*]*),([^,*]*)\*([0-9A-Fa-f]{2})(.*)",
    re.DOTALL,
)
_ANY = re.compile(rb"[!$]([^!$*\\]*)\*([0-9A-Fa-f]{2})(.*)", re.DOTALL)
_TIME = re.compile(rb"[0-9]{9,13}(?:\.[0-9]+)?")
_STATION = re.compile(rb"[rb][^,]+")
_FILLS = {str(k).encode(): k for k in range(6)}
_MILLISECONDS = 1e11
"""A tag block's c: counts seconds or milliseconds; this many seconds is the year 5138, this many milliseconds 1973."""


def checksum(body: bytes) -> int:
    """Return the XOR of all bytes, 0 to 255; a sentence's is that of what stands between `!` or `$` and `*`.

    >>> f"{checksum(b'AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0'):02X}"
    '4A'
    """
    folded = int.from_bytes(body, "big")
    if len(body) > 64:
        width = 1 << (4 * len(body)).bit_length()
        while width > 256:
            folded ^= folded >> width
            width //= 2
    folded ^= folded >> 256
    folded ^= folded >> 128
    folded ^= folded >> 64
    folded ^= folded >> 32
    folded ^= folded >> 16
    return (folded ^ (folded >> 8)) & 0xFF


def wrap(body: bytes, start: bytes = b"!") -> bytes:
    """Return the sentence of a body: start, body, `*` and checksum, without an end of line."""
    return b"%s%s*%02X" % (start, body, checksum(body))


def tagged(sentence: bytes, *, t: float | None = None, station: str = "") -> bytes:
    """Return a sentence with a tag block before it that gives the time (UTC epoch seconds; c: in whole seconds where it is one) and the station."""
    parts = [b"s:" + station.encode("ascii")] * bool(station)
    if t is not None:
        parts.append(b"c:%d" % (t if t == int(t) else round(t * 1000)))
    return b"\\" + wrap(b",".join(parts), b"") + b"\\" + sentence if parts else sentence


def read_line(line: bytes) -> Read:
    """Read one line, with or without its end, to a value or a reason."""
    if line[:1] != b"!" or line[-1:] <= b" ":
        line = line.strip()
    if line[:1] != b"\\":
        return _read_sentence(line, None)
    tag = read_tag(line)
    return Bad.SENTENCE if tag is None else _read_sentence(line[tag.length :], tag)


def read_tag(line: bytes) -> Tag | None:
    """Read the tag blocks at the beginning of a line; None where they have no end.

    One whose checksum is wrong says nothing but that it is broken: what follows has a checksum of its own.
    """
    end, t, station, group, broken = 0, None, b"", b"", False
    while line[end : end + 1] == b"\\":
        begin, end = end + 1, line.find(b"\\", end + 1) + 1
        if end == 0:
            return None
        body, star, digits = line[begin : end - 1].rpartition(b"*")
        if not star or digits.upper() != b"%02X" % checksum(body):
            broken = True
            continue
        for pair in body.split(b","):
            name, _, value = pair.partition(b":")
            if name == b"c":
                t = read_time(value)
            elif name == b"s":
                station = value
            elif name == b"g":
                group = value.rpartition(b"-")[2]
    return Tag(end, t, station, group, broken)


def read_time(text: bytes) -> float | None:
    """Return a Unix time in s or ms as UTC epoch seconds; None where it is none.

    >>> read_time(b"1418169601000")
    1418169601.0
    """
    if not _TIME.fullmatch(text):
        return None
    t = float(text)
    return t / 1000 if t > _MILLISECONDS else t


def read_suffix(rest: bytes) -> tuple[float | None, bytes]:
    """Return time and station of what loggers add behind a sentence (`,r003669945,1085889680`): the first of each."""
    fields = [f.strip() for f in rest.split(b",")[1:]]
    times = (t for f in fields if (t := read_time(f)) is not None)
    stations = (f for f in fields if _STATION.fullmatch(f))
    return next(times, None), next(stations, b"")


def _read_sentence(line: bytes, tag: Tag | None) -> Read:
    found = _VDM.match(line)
    if found is None:
        return _read_other(line)
    address, total, number, sequence, channel, payload, fill, digits, rest = found.groups()
    if checksum(line[1 : found.end(7)]) != int(digits, 16):
        return Bad.CHECKSUM
    filled = _FILLS.get(fill)
    if filled is None:
        return Bad.PAYLOAD
    if tag is None and not rest and total == number == b"1":
        return Sentence(address, 1, 1, sequence, channel, payload, filled)
    if number > total or _runs_on(rest):
        return Bad.SENTENCE
    return Sentence(address, int(total), int(number), sequence, channel, payload, filled, *_surroundings(tag, rest))


def _surroundings(tag: Tag | None, rest: bytes) -> tuple[bytes, float | None, bool]:
    """Return origin, time, and whether the tag block is broken; the tag block counts before the line's end."""
    t, station = read_suffix(rest)
    if tag is None:
        return station, t, False
    return tag.group or station, (t if tag.t is None else tag.t), tag.broken


def _read_other(line: bytes) -> Read:
    if not line or line[:1] == b"#":
        return Other.COMMENT
    found = _ANY.match(line)
    if found is None or _runs_on(found[3]):
        return Bad.SENTENCE
    if checksum(found[1]) != int(found[2], 16):
        return Bad.CHECKSUM
    if found[1][:5] == b"PGHP,":
        return Clock(_gatehouse(found[1]))
    return Bad.SENTENCE if found[1][2:5] in (b"VDM", b"VDO") else Other.SENTENCE


def _runs_on(rest: bytes) -> bool:
    """Tell whether another sentence stands behind: the end of the line was lost, so neither is certain."""
    return b"!" in rest or b"$" in rest


def _gatehouse(body: bytes) -> float | None:
    """Return the time of `PGHP,1,year,month,day,hour,minute,second,millisecond,…`."""
    try:
        year, month, day, hour, minute, second, milli = (int(f) for f in body.split(b",")[2:9])
        return datetime(year, month, day, hour, minute, second, milli * 1000, tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


@dataclass(slots=True)
class Lines:
    """Makes lines of bytes as they come; where they were cut makes no difference.

    Holds at most LINE_BYTES: the rest of a longer line is dropped and the line counted as `overlong`. Lines of nothing
    but white space are left out.
    """

    counts: Counter[str] = field(default_factory=Counter)
    _held: bytes = b""
    _overlong: bool = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that end in these bytes, without their ends."""
        *ended, rest = chunk.split(b"\n")
        lines = []
        for piece in ended:
            self._hold(piece)
            lines.extend(self.end())
        self._hold(rest)
        return lines

    def end(self) -> list[bytes]:
        """Return what is left as a line, as at the end of a file or datagram."""
        line, self._held = self._held, b""
        self.counts["overlong"] += self._overlong
        self._overlong = False
        line = line.rstrip(b"\r\n")
        return [line] if line.strip() else []

    def _hold(self, piece: bytes) -> None:
        if self._overlong or not piece:
            return
        held = self._held + piece
        self._overlong = len(held) > LINE_BYTES
        self._held = held[:LINE_BYTES]
