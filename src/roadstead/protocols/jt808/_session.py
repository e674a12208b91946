"""Who speaks: registering, authenticating, staying alive, answering."""

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import ClassVar, Self

from roadstead.protocols.jt808 import times
from roadstead.protocols.jt808.framing import BadFrame
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.strings import fixed, padded, raw, text

_AREAS = Struct(">HH")
_ANSWER = Struct(">HHB")
_REGISTERED = Struct(">HB")


class Result(IntEnum):
    """How a message was taken (0x0001, 0x8001)."""

    OK = 0
    FAILED = 1
    BAD_MESSAGE = 2
    UNSUPPORTED = 3
    ALARM_PROCESSED = 4


class Registration(IntEnum):
    """How a registration was taken (0x8100)."""

    OK = 0
    VEHICLE_ALREADY_REGISTERED = 1
    NO_SUCH_VEHICLE = 2
    TERMINAL_ALREADY_REGISTERED = 3
    NO_SUCH_TERMINAL = 4


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message whose body is not read: its number and bytes."""

    number: int
    body: bytes

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body."""
        return self.body


@dataclass(frozen=True, slots=True)
class _Bare:
    """A message that says all by its number; some terminals add bytes."""

    rest: bytes = b""

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body."""
        return cls(body)

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body."""
        return self.rest


@dataclass(frozen=True, slots=True)
class Heartbeat(_Bare):
    """0x0002: the terminal is alive."""

    number: ClassVar[int] = 0x0002


@dataclass(frozen=True, slots=True)
class Logout(_Bare):
    """0x0003: the terminal gives up its registration."""

    number: ClassVar[int] = 0x0003


@dataclass(frozen=True, slots=True)
class TimeQuery(_Bare):
    """0x0004: the terminal asks for the time (2019)."""

    number: ClassVar[int] = 0x0004


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """0x8004: the time, six bytes of BCD in UTC (`times.stamp(t, 0)` makes them)."""

    number: ClassVar[int] = 0x8004

    time: bytes
    rest: bytes = b""

    @property
    def t(self) -> float | None:
        """UTC epoch seconds; None where the digits are no time."""
        return times.seconds(self.time, 0)

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        _at_least(body, times.WIDTH)
        return cls(body[: times.WIDTH], body[times.WIDTH :])

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body."""
        return self.time + self.rest


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer: to which serial and message, and how it was taken (Result)."""

    serial: int
    message: int
    result: int
    rest: bytes = b""

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        _at_least(body, _ANSWER.size)
        serial, message, result = _ANSWER.unpack_from(body)
        return cls(serial, message, result, body[_ANSWER.size :])

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body."""
        return _ANSWER.pack(self.serial, self.message, self.result) + self.rest


@dataclass(frozen=True, slots=True)
class TerminalAnswer(_Answer):
    """0x0001: the terminal's general answer."""

    number: ClassVar[int] = 0x0001


@dataclass(frozen=True, slots=True)
class Answer(_Answer):
    """0x8001: the platform's general answer."""

    number: ClassVar[int] = 0x8001


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """0x8100: how the registration of that serial was taken (Registration), and the token if it was."""

    number: ClassVar[int] = 0x8100

    serial: int
    result: int
    token: str = ""

    @classmethod
    def decode(cls, body: bytes, _header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        _at_least(body, _REGISTERED.size)
        serial, result = _REGISTERED.unpack_from(body)
        return cls(serial, result, text(body[_REGISTERED.size :]))

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body."""
        return _REGISTERED.pack(self.serial, self.result) + raw(self.token)


@dataclass(frozen=True, slots=True)
class Register:
    """0x0100: which terminal in which vehicle.

    `province` and `city` are codes of GB/T 2260, `colour` the plate's (0: no plate, `plate` is the VIN). The widths of
    maker, model and terminal are those of the `edition`, 2011, 2013 or 2019; None: 2019 with a version, else 2013.
    """

    number: ClassVar[int] = 0x0100
    WIDTHS: ClassVar[dict[int, tuple[int, int, int]]] = {2011: (5, 8, 7), 2013: (5, 20, 7), 2019: (11, 30, 30)}

    province: int
    city: int
    maker: str
    model: str
    terminal: str
    colour: int
    plate: str
    edition: int | None = None

    @classmethod
    def decode(cls, body: bytes, header: Header) -> Self:
        """Read the body; of the older editions, 2011 is the shorter one. Raises BadFrame: body."""
        edition = 2019 if header.version is not None else 2013 if len(body) >= _register_size(2013) else 2011
        _at_least(body, _register_size(edition))
        province, city = _AREAS.unpack_from(body)
        names, at = [], _AREAS.size
        for width in cls.WIDTHS[edition]:
            names.append(fixed(body[at : at + width]))
            at += width
        maker, model, terminal = names
        return cls(province, city, maker, model, terminal, body[at], text(body[at + 1 :]), edition)

    def encode(self, version: int | None = None) -> bytes:
        """Return the body."""
        edition = self.edition or (2013 if version is None else 2019)
        names = (self.maker, self.model, self.terminal)
        fields = [padded(name, width) for name, width in zip(names, self.WIDTHS[edition], strict=True)]
        return _AREAS.pack(self.province, self.city) + b"".join(fields) + bytes((self.colour,)) + raw(self.plate)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """0x0102: the token of the registration; in 2019 with IMEI and software version (None: not sent)."""

    number: ClassVar[int] = 0x0102
    IMEI: ClassVar[int] = 15
    SOFTWARE: ClassVar[int] = 20

    token: str
    imei: str | None = None
    software: str | None = None
    rest: bytes = b""

    @classmethod
    def decode(cls, body: bytes, header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        if header.version is None:
            return cls(text(body))
        _at_least(body, 1)
        _at_least(body, 1 + body[0])
        token, rest = text(body[1 : 1 + body[0]]), body[1 + body[0] :]
        if len(rest) < cls.IMEI + cls.SOFTWARE:
            return cls(token, rest=rest)
        imei, software = fixed(rest[: cls.IMEI]), fixed(rest[cls.IMEI : cls.IMEI + cls.SOFTWARE])
        return cls(token, imei, software, rest[cls.IMEI + cls.SOFTWARE :])

    def encode(self, version: int | None = None) -> bytes:
        """Return the body; in the older layout it is the token alone."""
        token = raw(self.token)
        if version is None:
            return token
        if len(token) > 255:
            raise ValueError(f"a token of {len(token)} bytes does not fit; its length is one byte")
        known = b""
        if self.imei is not None or self.software is not None:
            known = padded(self.imei or "", self.IMEI) + padded(self.software or "", self.SOFTWARE)
        return bytes((len(token),)) + token + known + self.rest


@dataclass(frozen=True, slots=True)
class Text:
    """0x8300: a text for the driver; `flags` say how it is shown, `kind` (2019) 1 notice, 2 service."""

    number: ClassVar[int] = 0x8300

    flags: int
    text: str
    kind: int | None = None

    @classmethod
    def decode(cls, body: bytes, header: Header) -> Self:
        """Read the body; raises BadFrame: body."""
        typed = header.version is not None
        _at_least(body, 2 if typed else 1)
        return cls(body[0], text(body[2:]), body[1]) if typed else cls(body[0], text(body[1:]))

    def encode(self, version: int | None = None) -> bytes:
        """Return the body; in 2019 the kind is 1 where none is given."""
        kind = b"" if version is None else bytes((1 if self.kind is None else self.kind,))
        return bytes((self.flags,)) + kind + raw(self.text)


def _register_size(edition: int) -> int:
    return _AREAS.size + sum(Register.WIDTHS[edition]) + 1


def _at_least(body: bytes, size: int) -> None:
    if len(body) < size:
        raise BadFrame("body")
