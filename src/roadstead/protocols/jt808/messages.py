"""The messages: one value each, to and from the bytes of a body.

Every message keeps what it does not know (`rest`, or `remainder`), so that encoding gives back what was decoded. Strings
may be filled up or damaged: `strings.clean` makes them fit for people and tables.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from roadstead.protocols.jt808 import location
from roadstead.protocols.jt808._lists import Batch, Parameters, Resend
from roadstead.protocols.jt808._media import MultimediaData, MultimediaEvent
from roadstead.protocols.jt808._session import (
    Answer,
    Authenticate,
    Heartbeat,
    Logout,
    Register,
    RegisterAnswer,
    Registration,
    Result,
    TerminalAnswer,
    Text,
    TimeAnswer,
    TimeQuery,
    Unknown,
)
from roadstead.protocols.jt808.header import Header, frames
from roadstead.protocols.jt808.location import Location

__all__ = [
    "Answer",
    "Authenticate",
    "Batch",
    "Heartbeat",
    "Location",
    "Logout",
    "Message",
    "MultimediaData",
    "MultimediaEvent",
    "Parameters",
    "Register",
    "RegisterAnswer",
    "Registration",
    "Resend",
    "Result",
    "TerminalAnswer",
    "Text",
    "TimeAnswer",
    "TimeQuery",
    "Unknown",
    "compose",
    "decode",
    "encode",
]

Message = (
    Register
    | Authenticate
    | Heartbeat
    | Logout
    | TerminalAnswer
    | Resend
    | TimeQuery
    | TimeAnswer
    | Location
    | Batch
    | MultimediaEvent
    | MultimediaData
    | Answer
    | RegisterAnswer
    | Parameters
    | Text
    | Unknown
)

DECODERS: Mapping[int, Callable[[bytes, Header], Message]] = MappingProxyType(
    {
        TerminalAnswer.number: TerminalAnswer.decode,
        Heartbeat.number: Heartbeat.decode,
        Logout.number: Logout.decode,
        TimeQuery.number: TimeQuery.decode,
        Resend.UPWARD: Resend.decode,
        Register.number: Register.decode,
        Authenticate.number: Authenticate.decode,
        Batch.number: Batch.decode,
        MultimediaEvent.number: MultimediaEvent.decode,
        MultimediaData.number: MultimediaData.decode,
        Answer.number: Answer.decode,
        Resend.DOWNWARD: Resend.decode,
        TimeAnswer.number: TimeAnswer.decode,
        RegisterAnswer.number: RegisterAnswer.decode,
        Parameters.number: Parameters.decode,
        Text.number: Text.decode,
        Location.number: lambda body, _: location.decode(body),
    }
)
"""The messages that are understood, by their number."""


def decode(header: Header, body: bytes) -> Message:
    """Return the message of a header and body; raises BadFrame: body, where its fixed part is too short.

    A message that is not known, a part of a split one (join it first) and an encrypted body stay Unknown.
    """
    decoder = DECODERS.get(header.message)
    if decoder is None or header.encryption or (header.total is not None and header.total > 1):
        return Unknown(header.message, body)
    return decoder(body, header)


def encode(message: Message, version: int | None = None) -> bytes:
    """Return the body, in the layout of 2019 where a version is given; raises ValueError where a field does not fit."""
    return message.encode(version)


def compose(message: Message, phone: str, serial: int, version: int | None = None) -> list[bytes]:
    """Return the frames of a message, ready to be sent: more than one where it is longer than 1023 bytes."""
    return frames(Header(message.number, phone, serial, version), message.encode(version))
