"""Messages that hold lists: places sent later, parts to be sent again, settings of a terminal.

The count may lie. What is there is read; where the count says something else, it is kept beside.
"""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from roadstead.protocols.jt808 import location
from roadstead.protocols.jt808.framing import BadFrame
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import BASE, Location

_U16 = Struct(">H")
_BATCH = Struct(">HB")
_PARAMETER = Struct(">IB")


@dataclass(frozen=True, slots=True)
class Batch:
    """0x0704: several places at once; `kind` 0 as usual, 1 backfill from a blind zone.

    `items` are places, or bytes where an item is too short to be one. `count` is what the message says, None: as many
    as there are. `missing_bytes` of the last item were cut off. `remainder` is what could not be read.
    """

    number: ClassVar[int] = 0x0704
    BACKFILL: ClassVar[int] = 1

    kind: int
    items: tuple[Location | bytes, ...]
    count: int | None = None
    missing_bytes: int = 0
    remainder: bytes = b""

    @property
    def locations(self) -> tuple[Location, ...]:
        """The places."""
        return tuple(item for item in self.items if isinstance(item, Location))

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        if len(body) < _BATCH.size:
            raise BadFrame("body")
        count, kind = _BATCH.unpack_from(body)
        items: list[Location | bytes] = []
        at, missing = _BATCH.size, 0
        while at + 2 <= len(body):
            length = _U16.unpack_from(body, at)[0]
            end = min(at + 2 + length, len(body))
            if end - at - 2 < min(length, BASE):
                break
            missing = at + 2 + length - end
            items.append(body[at + 2 : end] if length < BASE else location.decode(body, at + 2, end))
            at = end
        told = None if count == len(items) else count
        return cls(kind, tuple(items), told, missing, body[at:])

    def encode(self, version: int | None = None) -> bytes:
        """Return the body."""
        bodies = [item.encode(version) if isinstance(item, Location) else item for item in self.items]
        lengths = [len(b) for b in bodies]
        if lengths:
            lengths[-1] += self.missing_bytes
        written = (_U16.pack(length) + b for length, b in zip(lengths, bodies, strict=True))
        count = len(bodies) if self.count is None else self.count
        return _BATCH.pack(count, self.kind) + b"".join(written) + self.remainder


@dataclass(frozen=True, slots=True)
class Resend:
    """0x8003 (and `upward` 0x0005): asks for parts of the split message whose first part had that serial.

    `indices` begin with 1. The count before them is one byte, in 2019 two; `wide` tells where a sender does otherwise.
    """

    DOWNWARD: ClassVar[int] = 0x8003
    UPWARD: ClassVar[int] = 0x0005

    serial: int
    indices: tuple[int, ...]
    upward: bool = False
    wide: bool | None = None
    count: int | None = None
    rest: bytes = b""

    @property
    def number(self) -> int:
        """The number of the message."""
        return self.UPWARD if self.upward else self.DOWNWARD

    @classmethod
    def decode(cls, body: bytes, header: Header) -> Self:
        """Read the body, with the width of the count that fits the length; raises BadFrame: body."""
        usual = header.version is not None or header.message == cls.UPWARD
        if len(body) < 3 + usual:
            raise BadFrame("body")
        wide = not usual if _fits(body, wide=not usual) and not _fits(body, wide=usual) else usual
        start = 4 if wide else 3
        count = int.from_bytes(body[2:start], "big")
        there = min(count, (len(body) - start) // 2)
        indices = tuple(_U16.unpack_from(body, start + 2 * k)[0] for k in range(there))
        return cls(
            _U16.unpack_from(body)[0],
            indices,
            header.message == cls.UPWARD,
            None if wide == usual else wide,
            None if there == count else count,
            body[start + 2 * there :],
        )

    def encode(self, version: int | None = None) -> bytes:
        """Return the body."""
        wide = self.wide if self.wide is not None else version is not None or self.upward
        count = len(self.indices) if self.count is None else self.count
        head = _U16.pack(self.serial) + count.to_bytes(2 if wide else 1, "big")
        return head + b"".join(_U16.pack(i) for i in self.indices) + self.rest


@dataclass(frozen=True, slots=True)
class Parameters:
    """0x8103: settings for the terminal, (id u32, value). `count` is what the message says, None: as many as there are."""

    number: ClassVar[int] = 0x8103

    items: tuple[tuple[int, bytes], ...]
    count: int | None = None
    remainder: bytes = b""

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        if not body:
            raise BadFrame("body")
        items: list[tuple[int, bytes]] = []
        at = 1
        while at + _PARAMETER.size <= len(body):
            id_, length = _PARAMETER.unpack_from(body, at)
            after = at + _PARAMETER.size + length
            if after > len(body):
                break
            items.append((id_, body[at + _PARAMETER.size : after]))
            at = after
        return cls(tuple(items), None if body[0] == len(items) else body[0], body[at:])

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body."""
        count = len(self.items) if self.count is None else self.count
        return bytes((count,)) + b"".join(_PARAMETER.pack(i, len(v)) + v for i, v in self.items) + self.remainder


def _fits(body: bytes, *, wide: bool) -> bool:
    start = 4 if wide else 3
    return len(body) >= start and len(body) - start == 2 * int.from_bytes(body[2:start], "big")
