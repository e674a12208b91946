"""What a message says, as reports: where a ship is, and what it says of itself."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from roadstead.positions import Kind, Position, Static
from roadstead.protocols.ais import messages as m

Known = dict[str, float | None]


class Receipt(NamedTuple):
    """How a message came: its time, when and from whom it was received, and the number of its record."""

    t: float | None
    t_received: float | None
    peer: str
    raw: int


def positions(message: m.Message, receipt: Receipt) -> tuple[Position, ...]:
    """Return the reports in a message: one, two (types 19 and 21 say where and what), or none.

    The mover is the MMSI in nine digits, or as many more as were sent. Only type 4 gives a full time, and that is the
    base station's; so `t` is the receiver's.
    """
    kind: Any = type(message)
    place, said = _PLACES.get(kind), _STATICS.get(kind)
    if place is None:
        return () if said is None else (_static(said(message), message, receipt),)
    found = place(message, receipt)
    return (found,) if said is None else (found, _static(said(message), message, receipt))


def _position_a(sent: m.PositionA, receipt: Receipt) -> Position:
    extra: Known = {
        "message": sent.type,
        "nav_status": sent.status,
        "turn_deg_min": sent.turn_deg_min,
        "accuracy": sent.accuracy,
        "second": sent.second,
        "class_b": 0,
    }
    return _moving(sent, receipt, sent.heading_deg, extra)


def _position_b(sent: m.PositionB | m.ExtendedB, receipt: Receipt) -> Position:
    extra: Known = {"message": sent.type, "accuracy": sent.accuracy, "second": sent.second, "class_b": 1}
    return _moving(sent, receipt, sent.heading_deg, extra)


def _aircraft(sent: m.Aircraft, receipt: Receipt) -> Position:
    extra: Known = {"message": 9, "altitude_m": sent.altitude_m, "accuracy": sent.accuracy, "second": sent.second}
    return _moving(sent, receipt, None, extra)


def _long_range(sent: m.LongRange, receipt: Receipt) -> Position:
    return _moving(sent, receipt, None, {"message": 27, "nav_status": sent.status, "accuracy": sent.accuracy})


def _moving(
    sent: m.PositionA | m.PositionB | m.ExtendedB | m.Aircraft | m.LongRange,
    receipt: Receipt,
    heading_deg: float | None,
    extra: Known,
) -> Position:
    return Position(
        mover=f"{sent.mmsi:09d}",
        t=receipt.t,
        t_received=receipt.t_received,
        lat=sent.lat_deg,
        lon=sent.lon_deg,
        speed_mps=sent.speed_mps,
        course_deg=sent.course_deg,
        heading_deg=heading_deg,
        peer=receipt.peer,
        raw=receipt.raw,
        extra={name: float(value) for name, value in extra.items() if value is not None},
    )


def _fixed(sent: m.BaseStation | m.Aid, receipt: Receipt) -> Position:
    """Return where a base station or an aid to navigation is; the `second` of the former is of its own clock."""
    return Position(
        mover=f"{sent.mmsi:09d}",
        t=receipt.t,
        t_received=receipt.t_received,
        lat=sent.lat_deg,
        lon=sent.lon_deg,
        peer=receipt.peer,
        raw=receipt.raw,
        extra={"message": float(sent.type), "accuracy": float(sent.accuracy), "second": float(sent.second)},
    )


def _static(said: Static, sent: m.Message, receipt: Receipt) -> Position:
    return Position(
        mover=f"{sent.mmsi:09d}",
        t=receipt.t,
        t_received=receipt.t_received,
        kind=Kind.STATIC,
        peer=receipt.peer,
        static=said,
        raw=receipt.raw,
        extra={"message": float(sent.type)},
    )


def _static_a(sent: m.StaticA) -> Static:
    return Static(
        name=sent.shipname or None,
        call_sign=sent.callsign or None,
        imo=sent.imo or None,
        kind=sent.shiptype or None,
        length_m=sent.length_m,
        beam_m=sent.beam_m,
        draught_m=sent.draught / 10 or None,
        destination=sent.destination or None,
    )


def _extended_b(sent: m.ExtendedB) -> Static:
    return Static(name=sent.shipname or None, kind=sent.shiptype or None, length_m=sent.length_m, beam_m=sent.beam_m)


def _aid(sent: m.Aid) -> Static:
    return Static(name=sent.name or None, length_m=sent.length_m, beam_m=sent.beam_m)


def _name_b(sent: m.NameB) -> Static:
    return Static(name=sent.shipname or None)


def _details_b(sent: m.DetailsB) -> Static:
    return Static(
        call_sign=sent.callsign or None, kind=sent.shiptype or None, length_m=sent.length_m, beam_m=sent.beam_m
    )


_PLACES: Mapping[type, Callable[[Any, Receipt], Position]] = {
    m.PositionA: _position_a,
    m.PositionB: _position_b,
    m.ExtendedB: _position_b,
    m.Aircraft: _aircraft,
    m.LongRange: _long_range,
    m.BaseStation: _fixed,
    m.Aid: _fixed,
}
_STATICS: Mapping[type, Callable[[Any], Static]] = {
    m.StaticA: _static_a,
    m.ExtendedB: _extended_b,
    m.Aid: _aid,
    m.NameB: _name_b,
    m.DetailsB: _details_b,
}
