"""Reports of messages: what a terminal said, as it said it. Nothing is judged here and nothing is left out."""

from roadstead.positions import Kind, Position, Static
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import ENCRYPTED, FIX, IGNITION, MILEAGE, RECORDER, SATELLITES, SIGNAL, Location
from roadstead.protocols.jt808.messages import Batch, Message, MultimediaData, Register
from roadstead.protocols.jt808.strings import clean

DOWNLINK = 0x8000
"""Messages from here on are the platform's."""


def position(
    header: Header,
    location: Location,
    *,
    t_received: float | None = None,
    peer: str = "",
    raw: int = -1,
    backfilled: bool = False,
) -> Position:
    """Return the report in a location: of the terminal of the header, as kept in the record `raw` of the raw log."""
    status = location.status
    extra: dict[str, float] = {
        "status": status,
        "alarms": location.alarms,
        "load": location.load,
        "ignition": status & IGNITION,
        "fix": (status & FIX) >> 1,
        "encrypted": (status & ENCRYPTED) >> 5,
        "altitude_m": location.altitude_m,
        "message": header.message,
    }
    for number, value in location.extras:
        if number == MILEAGE and len(value) == 4:
            extra.setdefault("mileage_m", int.from_bytes(value, "big") * 100.0)
        elif number == RECORDER and len(value) == 2:
            extra.setdefault("recorder_mps", int.from_bytes(value, "big") / 10 / 3.6)
        elif number == SATELLITES and len(value) == 1:
            extra.setdefault("satellites", value[0])
        elif number == SIGNAL and len(value) == 1:
            extra.setdefault("signal", value[0])
    return Position(
        mover=header.identity,
        t=location.t,
        t_received=t_received,
        lat=location.lat,
        lon=location.lon,
        speed_mps=location.speed_kmh / 3.6,
        course_deg=location.course_deg,
        backfilled=backfilled,
        peer=peer,
        raw=raw,
        extra=extra,
    )


def reports(
    header: Header, message: Message, *, t_received: float | None = None, peer: str = "", raw: int = -1
) -> list[Position]:
    """Return the reports in a message: its places; of a registration who it is; of any other that the link is alive.

    What the platform sends has none.
    """
    if header.message >= DOWNLINK:
        return []
    found: list[Position] = []
    if isinstance(message, Location):
        found = [position(header, message, t_received=t_received, peer=peer, raw=raw)]
    elif isinstance(message, Batch):
        late = message.kind == Batch.BACKFILL
        found = [
            position(header, place, t_received=t_received, peer=peer, raw=raw, backfilled=late)
            for place in message.locations
        ]
    elif isinstance(message, MultimediaData) and message.location is not None:
        found = [position(header, message.location, t_received=t_received, peer=peer, raw=raw)]
    return found or [_alive(header, message, t_received, peer, raw)]


def _alive(header: Header, message: Message, t_received: float | None, peer: str, raw: int) -> Position:
    """Return the report of a message without a place."""
    static = None
    if isinstance(message, Register):
        static = Static(name=clean(message.plate) or None, device=clean(message.terminal) or None)
    return Position(
        mover=header.identity,
        t=None,
        t_received=t_received,
        kind=Kind.LINK if static is None else Kind.STATIC,
        peer=peer,
        static=static,
        raw=raw,
        extra={"message": header.message},
    )
