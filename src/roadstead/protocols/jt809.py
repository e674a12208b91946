"""JT/T 809, from platform to platform: the frame, and the places of vehicles in it. Decoding only.

`5B | header, body, CRC; escaped | 5D`: 5B is sent as 5A 01, 5A as 5A 02, 5D as 5E 01 and 5E as 5E 02. The header is length
u32 (of the whole frame without escapes, both flags included), serial u32, business u16, access code u32, version 3 bytes,
encryption u8, key u32, and in 2019 the time u64. The CRC-16/CCITT-FALSE is over header and body. Unlike in JT/T 808 the
longitude comes first and speeds are whole km/h.
"""

import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from types import MappingProxyType
from typing import Literal

from roadstead.errors import BadInput
from roadstead.protocols.jt808 import framing as jt808
from roadstead.protocols.jt808 import location
from roadstead.protocols.jt808.location import Location
from roadstead.protocols.jt808.strings import clean, text
from roadstead.protocols.jt808.times import EAST_8_S

VEHICLE = 0x1200
REAL_TIME, BACKFILL = 0x1202, 0x1203

Reason = Literal["flag", "escape", "short", "checksum", "length", "body"]
REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        "flag": "it does not begin with 5B and end with 5D, or one stands within; cut the stream at its flags",
        "escape": "a 5A or 5E is followed by neither 01 nor 02; the frame was damaged on its way",
        "short": "it is shorter than a header; the frame was cut",
        "checksum": "the CRC does not fit; the frame was damaged on its way",
        "length": "the length in the header is not its own; the frame was cut or joined",
        "body": "the body does not hold what its lengths say; the sender speaks a dialect, or the body is encrypted",
    }
)
"""Why a frame is refused: the word that is counted, and what it means."""

_HEADER = Struct(">IIHI3sBI")
_TIME_2019 = Struct(">Q")
_VEHICLE = Struct(">21sBHI")
_GNSS = Struct(">BBBHBBBIIHHIHHII")
_LENGTH = Struct(">BI")
_PLATFORM = Struct(">11sI")
_PLATFORMS = 3
_ESCAPES = ((b"\x5a\x01", b"\x5b"), (b"\x5e\x01", b"\x5d"), (b"\x5a\x02", b"\x5a"), (b"\x5e\x02", b"\x5e"))


class BadFrame(BadInput):
    """A frame that cannot be read; `reason` is one of REASONS."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"a JT/T 809 frame cannot be read: {REASONS[reason]}")
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Header:
    """What every message begins with. `sent` is the time of 2019, UTC epoch seconds as the sender counts; None in 2011."""

    serial: int
    business: int
    access_code: int
    version: tuple[int, int, int]
    encrypted: bool
    key: int
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class Gnss:
    """A place of the edition of 2011. `encrypted`: a secrecy plug-in has shifted it. `t` None: the digits are no time."""

    encrypted: bool
    t: float | None
    lon: float
    lat: float
    speed_kmh: int
    recorder_kmh: int
    mileage_km: int
    course_deg: int
    altitude_m: int
    status: int
    alarms: int


@dataclass(frozen=True, slots=True)
class Embedded:
    """A place of the edition of 2019: that of JT/T 808 as it came, and (id, alarms) of up to three platforms."""

    encrypted: bool
    location: Location
    platforms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Vehicle:
    """0x1200: of which vehicle (plate and colour together), which kind of data, and its places (REAL_TIME, BACKFILL).

    `rest` is what is not read: all of it for other kinds.
    """

    header: Header
    plate: str
    colour: int
    kind: int
    places: tuple[Gnss | Embedded, ...]
    rest: bytes = b""

    @property
    def backfilled(self) -> bool:
        """Whether the places are sent later."""
        return self.kind == BACKFILL


def crc(payload: bytes) -> int:
    """Return the CRC-16/CCITT-FALSE: polynomial 0x1021, beginning with 0xFFFF.

    >>> hex(crc(b"123456789"))
    '0x29b1'
    """
    return binascii.crc_hqx(payload, 0xFFFF)


def unwrap(frame: bytes) -> bytes:
    """Return header and body of a frame with both flags; raises BadFrame: flag, escape, short, checksum, length."""
    content = frame[1:-1]
    if frame[:1] != b"\x5b" or frame[-1:] != b"\x5d" or len(frame) < 2 or b"\x5b" in content or b"\x5d" in content:
        raise BadFrame("flag")
    payload = _unescape(content)
    if len(payload) < _HEADER.size + 2:
        raise BadFrame("short")
    if crc(payload[:-2]) != int.from_bytes(payload[-2:], "big"):
        raise BadFrame("checksum")
    if int.from_bytes(payload[:4], "big") != len(payload) + 2:
        raise BadFrame("length")
    return payload[:-2]


def parse(payload: bytes, edition: int = 2011) -> tuple[Header, bytes]:
    """Return the header and body of an unwrapped frame in the layout of 2011 or 2019; raises BadFrame: short."""
    size = _HEADER.size + (_TIME_2019.size if edition >= 2019 else 0)
    if len(payload) < size:
        raise BadFrame("short")
    _, serial, business, access_code, version, encrypted, key = _HEADER.unpack_from(payload)
    sent = _TIME_2019.unpack_from(payload, _HEADER.size)[0] if edition >= 2019 else None
    major, minor, patch = version
    return Header(serial, business, access_code, (major, minor, patch), encrypted != 0, key, sent), payload[size:]


def decode(frame: bytes) -> tuple[Header, Vehicle | bytes]:
    """Return the header of a frame and its vehicle (0x1200), or else its body.

    Which edition a vehicle is in shows by the lengths; other bodies are cut as in 2011. Raises BadFrame.
    """
    payload = unwrap(frame)
    header, body = parse(payload)
    if header.business != VEHICLE or header.encrypted:
        return header, body
    for edition in (2011, 2019):
        if edition == 2019 and len(body) < _TIME_2019.size:
            break
        header, body = parse(payload, edition)
        if len(body) >= _VEHICLE.size and _VEHICLE.unpack_from(body)[3] == len(body) - _VEHICLE.size:
            return header, vehicle(header, body)
    raise BadFrame("body")


def vehicle(header: Header, body: bytes) -> Vehicle:
    """Return what a body of 0x1200 says; raises BadFrame: body."""
    if len(body) < _VEHICLE.size:
        raise BadFrame("body")
    plate, colour, kind, length = _VEHICLE.unpack_from(body)
    data = body[_VEHICLE.size : _VEHICLE.size + length]
    if len(data) < length or (kind == BACKFILL and not data):
        raise BadFrame("body")
    places: list[Gnss | Embedded] = []
    at = 0
    if kind in (REAL_TIME, BACKFILL):
        count, at = (1, 0) if kind == REAL_TIME else (data[0], 1)
        for place, after in _places(data, at):
            if len(places) == count:
                break
            places.append(place)
            at = after
    return Vehicle(header, clean(text(plate)), colour, kind, tuple(places), data[at:])


def gnss(body: bytes, start: int = 0) -> Gnss:
    """Return the place in the 36 bytes of the edition of 2011; raises BadFrame: body."""
    if len(body) < start + _GNSS.size:
        raise BadFrame("body")
    encrypted, day, month, year, hour, minute, second, lon, lat, *rest = _GNSS.unpack_from(body, start)
    try:
        t: float | None = datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp() - EAST_8_S
    except ValueError:
        t = None
    speed, recorder, mileage, course, altitude, status, alarms = rest
    return Gnss(encrypted != 0, t, lon / 1e6, lat / 1e6, speed, recorder, mileage, course, altitude, status, alarms)


def embedded(body: bytes, start: int = 0) -> tuple[Embedded, int]:
    """Return the place of the edition of 2019 and where it ends; raises BadFrame: body."""
    if len(body) < start + _LENGTH.size:
        raise BadFrame("body")
    encrypted, length = _LENGTH.unpack_from(body, start)
    at = start + _LENGTH.size
    end = at + length
    if end > len(body):
        raise BadFrame("body")
    try:
        place = location.decode(body, at, end)
    except jt808.BadFrame as short:
        raise BadFrame("body") from short
    platforms: list[tuple[str, int]] = []
    while len(platforms) < _PLATFORMS and end + _PLATFORM.size <= len(body):
        name, alarms = _PLATFORM.unpack_from(body, end)
        platforms.append((clean(text(name)), alarms))
        end += _PLATFORM.size
    return Embedded(encrypted != 0, place, tuple(platforms)), end


def _places(data: bytes, start: int) -> Iterator[tuple[Gnss | Embedded, int]]:
    """Yield the places in some data and where each ends: of 2011 where only 36 bytes each fit, or else of 2019."""
    old = (len(data) - start) % _GNSS.size == 0 and not _is_embedded(data, start)
    while start < len(data):
        if old:
            yield gnss(data, start), start + _GNSS.size
            start += _GNSS.size
        else:
            place, start = embedded(data, start)
            yield place, start


def _is_embedded(data: bytes, start: int) -> bool:
    """Tell whether a length of JT/T 808 stands where 2011 has day, month and year: its high bytes are 0, a day is not."""
    return len(data) >= start + _LENGTH.size and data[start + 1] == 0 and data[start + 2] == 0


def _unescape(content: bytes) -> bytes:
    marks = content.count(b"\x5a") + content.count(b"\x5e")
    if not marks:
        return content
    if sum(content.count(pair) for pair, _ in _ESCAPES) != marks:
        raise BadFrame("escape")
    for pair, byte in _ESCAPES:
        content = content.replace(pair, byte)
    return content
