"""The header of a message: the layout of 2011 and 2013, and that of 2019.

Both begin with the message number u16 and the attributes u16: bits 0-9 the length of the body, 10-12 its encryption, 13
whether it is split, 14 whether the layout is that of 2019. 2011 and 2013 go on with the phone BCD[6] and the serial u16;
2019 with the version u8, the phone BCD[10] and the serial u16. A split message adds total u16 and index u16.
"""

import re
from dataclasses import dataclass, replace
from struct import Struct

from roadstead.protocols.jt808.framing import SHORTEST, BadFrame, wrap

LONGEST_BODY = 1023
"""What the ten bits of the length allow; bytes."""
VERSIONED, SPLIT = 0x4000, 0x2000

_OLD = Struct(">HH6sH")
_NEW = Struct(">HHB10sH")
_PART = Struct(">HH")


@dataclass(frozen=True, slots=True)
class Header:
    """What every message begins with.

    `phone` are the digits as sent, with leading zeros (12, or 20 in 2019), in hexadecimal: some terminals send letters.
    `version` is the version byte of 2019, None in the older layout. `encryption` are the three bits (1 is RSA). `total`
    and `index` (from 1) are given in the parts of a split message. `misflagged`: the layout is not the one that bit 14
    announces.
    """

    message: int
    phone: str
    serial: int = 0
    version: int | None = None
    encryption: int = 0
    total: int | None = None
    index: int | None = None
    misflagged: bool = False

    @property
    def identity(self) -> str:
        """The phone without leading zeros: the same in both layouts."""
        return self.phone.lstrip("0") or "0"


def size(*, versioned: bool, split: bool) -> int:
    """Return the length of a header, bytes.

    >>> size(versioned=False, split=False), size(versioned=True, split=True)
    (12, 21)
    """
    return (_NEW.size if versioned else _OLD.size) + (_PART.size if split else 0)


def parse(payload: bytes) -> tuple[Header, bytes]:
    """Return the header and the body of an unwrapped frame.

    The layout is the one that bit 14 announces, or else the other, as the length fits. Raises BadFrame: short, length.
    """
    length = len(payload)
    if length < SHORTEST:
        raise BadFrame("short")
    attributes = payload[2] << 8 | payload[3]
    start = length - (attributes & LONGEST_BODY)
    if start == 12 and not attributes & (VERSIONED | SPLIT):
        message, _, phone, serial = _OLD.unpack_from(payload)
        return Header(message, phone.hex(), serial, None, attributes >> 10 & 7), payload[12:]
    versioned = attributes & VERSIONED != 0
    part = _PART.size if attributes & SPLIT else 0
    if start != (17 if versioned else 12) + part:
        versioned = not versioned
        if start != (17 if versioned else 12) + part:
            raise BadFrame("length")
    return read(payload, versioned=versioned)


def read(payload: bytes, *, versioned: bool) -> tuple[Header, bytes]:
    """Return the header and what follows it in one layout, whatever the length says; raises BadFrame: short."""
    if len(payload) < SHORTEST:
        raise BadFrame("short")
    attributes = payload[2] << 8 | payload[3]
    split = attributes & SPLIT
    start = (17 if versioned else 12) + (4 if split else 0)
    if len(payload) < start:
        raise BadFrame("short")
    version = None
    if versioned:
        message, _, version, phone, serial = _NEW.unpack_from(payload)
    else:
        message, _, phone, serial = _OLD.unpack_from(payload)
    total, index = _PART.unpack_from(payload, start - 4) if split else (None, None)
    misflagged = versioned != (attributes & VERSIONED != 0)
    encryption = attributes >> 10 & 7
    return Header(message, phone.hex(), serial, version, encryption, total, index, misflagged), payload[start:]


def build(header: Header, body: bytes) -> bytes:
    """Return header and body as bytes, to be wrapped; raises ValueError where a field does not fit."""
    if len(body) > LONGEST_BODY:
        raise ValueError(f"a body of {len(body)} bytes does not fit into one frame of at most {LONGEST_BODY}; split it")
    versioned = header.version is not None
    attributes = len(body) | (header.encryption & 7) << 10
    attributes |= VERSIONED if versioned != header.misflagged else 0
    phone = _phone(header.phone, 20 if versioned else 12)
    tail = b""
    if header.total is not None and header.index is not None:
        attributes |= SPLIT
        tail = _PART.pack(header.total, header.index)
    if header.version is not None:
        head = _NEW.pack(header.message, attributes, header.version, phone, header.serial)
    else:
        head = _OLD.pack(header.message, attributes, phone, header.serial)
    return head + tail + body


def frames(header: Header, body: bytes) -> list[bytes]:
    """Return the frames of a message: one, or its parts with the serials that follow one another."""
    if len(body) <= LONGEST_BODY:
        return [wrap(build(header, body))]
    cuts = range(0, len(body), LONGEST_BODY)
    return [
        wrap(
            build(
                replace(header, serial=header.serial + k & 0xFFFF, total=len(cuts), index=k + 1),
                body[cut : cut + LONGEST_BODY],
            )
        )
        for k, cut in enumerate(cuts)
    ]


def _phone(digits: str, width: int) -> bytes:
    short = digits.lstrip("0")
    if len(short) > width or re.fullmatch("[0-9a-fA-F]*", short) is None:
        raise ValueError(f"the phone {digits!r} is not a number of at most {width} digits")
    return bytes.fromhex(short.zfill(width))
