"""Messages to sentences, and reports to messages: for simulators and tests."""

import math
from collections.abc import Iterator
from typing import Any

from roadstead.positions import Kind, Position, Static
from roadstead.protocols import nmea
from roadstead.protocols.ais import messages as m
from roadstead.protocols.ais import scales
from roadstead.protocols.ais.armour import armour, letters
from roadstead.protocols.ais.layout import LAYOUTS, STATIC_B, Layout

LETTERS_A_LINE = 60
"""A sentence of NMEA 0183 has at most 82 characters, and the rest of an AIVDM takes up to 20 of them."""


def encode(message: m.Message) -> tuple[int, int]:
    """Return a message as a number and how many bits it has.

    Raises ValueError naming the field where a value does not fit its bits, or the type where it is not one that is read.
    """
    part = getattr(message, "part", None)
    layout = LAYOUTS.get(message.type) if part is None else STATIC_B[part]
    if layout is None:
        raise ValueError(f"type = {message.type} is none that is read, so it cannot be written")
    value = 0
    for field in layout.fields:
        given: Any = getattr(message, field.name)
        raw = letters(given, field.width // 6) if field.kind == "t" else given
        low, high = (-(1 << field.width - 1), 1 << field.width - 1) if field.kind == "i" else (0, 1 << field.width)
        if not low <= raw < high:
            raise ValueError(f"{field.name} = {given} does not fit into {field.width} bits")
        value |= (raw & (1 << field.width) - 1) << layout.size - field.start - field.width
    return _extended(message, value, layout)


def sentences(message: m.Message, *, address: str = "AIVDM", channel: str = "A", sequence: int = 0) -> list[bytes]:
    """Return the lines of a message, without ends; several carry the sequence number (0-9)."""
    payload, fill = armour(*encode(message))
    cut = [payload[k : k + LETTERS_A_LINE] for k in range(0, len(payload), LETTERS_A_LINE)]
    number = str(sequence) if len(cut) > 1 else ""
    return [
        nmea.wrap(
            f"{address},{len(cut)},{k},{number},{channel},{piece.decode('ascii')},{fill if k == len(cut) else 0}".encode()
        )
        for k, piece in enumerate(cut, start=1)
    ]


def messages_of(position: Position) -> Iterator[m.Message]:
    """Yield the messages that say what a report says: by its `message` column, or 1 and 5 (18 and 24 of class B).

    The mover must be an MMSI. Values are rounded to the steps of AIS; what is None is sent as "not available".
    """
    mmsi, class_b = int(position.mover), position.extra.get("class_b") == 1
    number = int(position.extra.get("message", 18 if class_b else 1))
    if position.kind is Kind.STATIC:
        yield from _static(mmsi, position.static or Static(), class_b=class_b or number == 24)
    elif position.kind is Kind.POSITION:
        yield _position_b(mmsi, position) if number == 18 else _position_a(mmsi, number, position)


def _extended(message: m.Message, value: int, layout: Layout) -> tuple[int, int]:
    """Append the letters of a text that is longer than its field, in whole bytes as M.1371 has it."""
    if not layout.extension:
        return value, layout.size
    width = next(f.width for f in layout.fields if f.name == layout.extension) // 6
    more = getattr(message, layout.extension)[width : width + (layout.most - layout.size) // 6]
    bits = 6 * len(more) + -6 * len(more) % 8
    return value << bits | letters(more, len(more)) << bits - 6 * len(more), layout.size + bits


def _position_a(mmsi: int, number: int, position: Position) -> m.PositionA:
    extra = position.extra
    return m.PositionA(
        type=number if number in (1, 2, 3) else 1,
        repeat=0,
        mmsi=mmsi,
        status=int(extra.get("nav_status", 15)),
        turn=_turn(extra.get("turn_deg_min")),
        accuracy=int(extra.get("accuracy", 0)),
        second=int(extra.get("second", 60)),
        **_motion(position),
    )


def _position_b(mmsi: int, position: Position) -> m.PositionB:
    return m.PositionB(
        type=18,
        repeat=0,
        mmsi=mmsi,
        reserved=0,
        accuracy=int(position.extra.get("accuracy", 0)),
        second=int(position.extra.get("second", 60)),
        **_motion(position),
    )


def _motion(position: Position) -> dict[str, int]:
    lat, lon, speed, course, heading = (
        position.lat,
        position.lon,
        position.speed_mps,
        position.course_deg,
        position.heading_deg,
    )
    return {
        "speed": scales.SPEED_NONE
        if speed is None
        else min(round(speed / scales.KNOT_MPS * 10), scales.SPEED_NONE - 1),
        "lat": scales.LAT_NONE if lat is None else round(lat * scales.PER_DEGREE),
        "lon": scales.LON_NONE if lon is None else round(lon * scales.PER_DEGREE),
        "course": scales.COURSE_END if course is None else round(course * 10) % scales.COURSE_END,
        "heading": scales.HEADING_NONE if heading is None else round(heading) % scales.HEADING_END,
    }


def _turn(deg_min: float | None) -> int:
    if deg_min is None:
        return scales.TURN_NONE
    raw = min(round(scales.TURN_ROOT * math.sqrt(abs(deg_min))), scales.TURN_FAST - 1)
    return -raw if deg_min < 0 else raw


def _static(mmsi: int, said: Static, *, class_b: bool) -> Iterator[m.Message]:
    length, beam = round(said.length_m or 0), round(said.beam_m or 0)
    size = {
        "to_bow": length - length // 2,
        "to_stern": length // 2,
        "to_port": beam - beam // 2,
        "to_starboard": beam // 2,
    }
    head = {"repeat": 0, "mmsi": mmsi}
    name, call_sign, kind = said.name or "", said.call_sign or "", said.kind or 0
    if class_b:
        yield m.NameB(type=24, part=0, shipname=name, **head)
        yield m.DetailsB(
            type=24, part=1, shiptype=kind, vendorid="", model=0, serial=0, callsign=call_sign, **size, **head
        )
        return
    arrival = {"month": 0, "day": 0, "hour": 24, "minute": 60}
    yield m.StaticA(
        type=5,
        ais_version=0,
        imo=said.imo or 0,
        callsign=call_sign,
        shipname=name,
        shiptype=kind,
        epfd=1,
        draught=round(10 * (said.draught_m or 0)),
        destination=said.destination or "",
        **arrival,
        **size,
        **head,
    )
