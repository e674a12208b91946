"""Pictures, sound and video of the terminal."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from roadstead.protocols.jt808 import location
from roadstead.protocols.jt808.framing import BadFrame
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import BASE, Location

_MEDIA = Struct(">IBBBB")
_JPEG = b"\xff\xd8"


@dataclass(frozen=True, slots=True)
class MultimediaEvent:
    """0x0800: a picture (kind 0), sound (1) or video (2) was taken, in which format, why and by which channel."""

    number: ClassVar[int] = 0x0800

    id: int
    kind: int
    format: int
    event: int
    channel: int
    rest: bytes = b""

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        if len(body) < _MEDIA.size:
            raise BadFrame("body")
        id_, kind, format_, event, channel = _MEDIA.unpack_from(body)
        return cls(id_, kind, format_, event, channel, body[_MEDIA.size :])

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body."""
        return _MEDIA.pack(self.id, self.kind, self.format, self.event, self.channel) + self.rest


@dataclass(frozen=True, slots=True)
class MultimediaData:
    """0x0801: the file itself, and where it was taken: the 28 bytes of a location, which the edition of 2011 lacks."""

    number: ClassVar[int] = 0x0801

    id: int
    kind: int
    format: int
    event: int
    channel: int
    location: Location | None
    data: bytes

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body; there is no location where it is too short for one, or the picture begins in its place.

        Raises BadFrame: body.
        """
        if len(body) < _MEDIA.size:
            raise BadFrame("body")
        id_, kind, format_, event, channel = _MEDIA.unpack_from(body)
        start, after = _MEDIA.size, _MEDIA.size + BASE
        if len(body) < after or body[start : start + 2] == _JPEG:
            return cls(id_, kind, format_, event, channel, None, body[start:])
        return cls(id_, kind, format_, event, channel, location.decode(body, start, after), body[after:])

    def encode(self, version: int | None = None) -> bytes:
        """Return the body."""
        place = b"" if self.location is None else self.location.encode(version)
        return _MEDIA.pack(self.id, self.kind, self.format, self.event, self.channel) + place + self.data
