"""The messages, each with the integers that were sent, and what they mean as properties.

Fields are named as in gpsd's AIVDM description and hold the bits as sent (ITU-R M.1371-5, annex 8): `speed` 0.1 kn,
`lon` and `lat` 1/600000 degree, `course` 0.1 degree, `heading` degrees, `draught` 0.1 m, distances from the antenna in
m. Flags are 0 or 1. Properties are in the units of roadstead.positions and None where nothing was sent.
"""

from typing import NamedTuple, Protocol

from roadstead.protocols.ais import scales


class _Placed(Protocol):
    """What has a place and a motion in raw units."""

    @property
    def lat(self) -> int: ...
    @property
    def lon(self) -> int: ...


class _Moving(Protocol):
    @property
    def speed(self) -> int: ...
    @property
    def course(self) -> int: ...


class _Headed(Protocol):
    @property
    def heading(self) -> int: ...


class _Sized(Protocol):
    @property
    def to_bow(self) -> int: ...
    @property
    def to_stern(self) -> int: ...
    @property
    def to_port(self) -> int: ...
    @property
    def to_starboard(self) -> int: ...


class Placed:
    """Latitude and longitude of 1/600000 degree."""

    __slots__ = ()

    @property
    def lat_deg(self: _Placed) -> float | None:
        """Degrees north; values beyond 90 stay, only 91 ("not available") is None."""
        return scales.latitude(self.lat)

    @property
    def lon_deg(self: _Placed) -> float | None:
        """Degrees east; values beyond 180 stay, only 181 ("not available") is None."""
        return scales.longitude(self.lon)


class Moving:
    """Speed and course of 0.1 kn and 0.1 degree."""

    __slots__ = ()

    @property
    def speed_mps(self: _Moving) -> float | None:
        """Speed over ground; 102.2 kn stands for that or more."""
        return scales.speed(self.speed)

    @property
    def course_deg(self: _Moving) -> float | None:
        """Course over ground; None from 360 on."""
        return scales.course(self.course)


class Headed:
    """Heading in degrees."""

    __slots__ = ()

    @property
    def heading_deg(self: _Headed) -> float | None:
        """True heading; None from 360 on."""
        return scales.heading(self.heading)

    @property
    def heading_invalid(self: _Headed) -> bool:
        """Whether the heading is one of 360 to 510, which mean nothing (511 is "not available")."""
        return 360 <= self.heading <= 510


class Sized:
    """Size of the ship by the distances from its antenna."""

    __slots__ = ()

    @property
    def length_m(self: _Sized) -> float | None:
        """From bow to stern."""
        return float(self.to_bow + self.to_stern) or None

    @property
    def beam_m(self: _Sized) -> float | None:
        """From port to starboard."""
        return float(self.to_port + self.to_starboard) or None


class _PositionA(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    status: int
    turn: int
    speed: int
    accuracy: int
    lon: int
    lat: int
    course: int
    heading: int
    second: int
    maneuver: int = 0
    raim: int = 0
    radio: int = 0


class PositionA(_PositionA, Placed, Moving, Headed):
    """Types 1, 2 and 3: position of a ship with a class A transponder."""

    __slots__ = ()

    @property
    def turn_deg_min(self) -> float | None:
        """Rate of turn, to starboard positive; None also for ±127, "more than 10 degrees a minute"."""
        return scales.turn(self.turn)


class _BaseStation(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    accuracy: int
    lon: int
    lat: int
    epfd: int = 0
    raim: int = 0
    radio: int = 0


class BaseStation(_BaseStation, Placed):
    """Type 4: time and place of a base station."""

    __slots__ = ()


class _StaticA(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    ais_version: int
    imo: int
    callsign: str
    shipname: str
    shiptype: int
    to_bow: int
    to_stern: int
    to_port: int
    to_starboard: int
    epfd: int
    month: int
    day: int
    hour: int
    minute: int
    draught: int
    destination: str
    dte: int = 0


class StaticA(_StaticA, Sized):
    """Type 5: what a ship with a class A transponder is, and its voyage; month to minute is the expected arrival."""

    __slots__ = ()


class _Aircraft(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    alt: int
    speed: int
    accuracy: int
    lon: int
    lat: int
    course: int
    second: int
    regional: int = 0
    dte: int = 0
    assigned: int = 0
    raim: int = 0
    radio: int = 0


class Aircraft(_Aircraft, Placed):
    """Type 9: position of an aircraft in search and rescue; speed in whole knots, `alt` in m."""

    __slots__ = ()

    @property
    def speed_mps(self) -> float | None:
        """Speed over ground; 1022 kn stands for that or more."""
        return scales.aircraft_speed(self.speed)

    @property
    def course_deg(self) -> float | None:
        """Course over ground; None from 360 on."""
        return scales.course(self.course)

    @property
    def altitude_m(self) -> float | None:
        """Height; 4094 stands for that or more."""
        return scales.altitude(self.alt)


class _PositionB(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    reserved: int
    speed: int
    accuracy: int
    lon: int
    lat: int
    course: int
    heading: int
    second: int
    regional: int = 0
    cs: int = 1
    display: int = 0
    dsc: int = 0
    band: int = 0
    msg22: int = 0
    assigned: int = 0
    raim: int = 0
    radio: int = 0


class PositionB(_PositionB, Placed, Moving, Headed):
    """Type 18: position of a ship with a class B transponder."""

    __slots__ = ()


class _ExtendedB(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    reserved: int
    speed: int
    accuracy: int
    lon: int
    lat: int
    course: int
    heading: int
    second: int
    regional: int
    shipname: str
    shiptype: int
    to_bow: int
    to_stern: int
    to_port: int
    to_starboard: int
    epfd: int = 0
    raim: int = 0
    dte: int = 0
    assigned: int = 0


class ExtendedB(_ExtendedB, Placed, Moving, Headed, Sized):
    """Type 19: position of a ship with a class B transponder, and what it is."""

    __slots__ = ()


class _Aid(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    aid_type: int
    name: str
    accuracy: int
    lon: int
    lat: int
    to_bow: int
    to_stern: int
    to_port: int
    to_starboard: int
    epfd: int
    second: int
    off_position: int = 0
    regional: int = 0
    raim: int = 0
    virtual_aid: int = 0
    assigned: int = 0


class Aid(_Aid, Placed, Sized):
    """Type 21: an aid to navigation; `name` with its extension."""

    __slots__ = ()


class NameB(NamedTuple):
    """Type 24, part A: the name."""

    type: int
    repeat: int
    mmsi: int
    part: int
    shipname: str


class _DetailsB(NamedTuple):
    type: int
    repeat: int
    mmsi: int
    part: int
    shiptype: int
    vendorid: str
    model: int
    serial: int
    callsign: str
    to_bow: int
    to_stern: int
    to_port: int
    to_starboard: int
    epfd: int = 0


class DetailsB(_DetailsB):
    """Type 24, part B: what the ship is. A craft that belongs to a ship sends the ship's MMSI in place of its size."""

    __slots__ = ()

    @property
    def mothership(self) -> int | None:
        """MMSI of the ship that this craft (98MIDxxxx) belongs to."""
        if not self.auxiliary:
            return None
        return self.to_bow << 21 | self.to_stern << 12 | self.to_port << 6 | self.to_starboard

    @property
    def auxiliary(self) -> bool:
        """Whether this is a craft that belongs to a ship."""
        return self.mmsi // 10_000_000 == 98

    @property
    def length_m(self) -> float | None:
        """From bow to stern."""
        return None if self.auxiliary else float(self.to_bow + self.to_stern) or None

    @property
    def beam_m(self) -> float | None:
        """From port to starboard."""
        return None if self.auxiliary else float(self.to_port + self.to_starboard) or None


class LongRange(NamedTuple):
    """Type 27: position for satellites; 1/600 degree, whole knots and degrees; `gnss` 0 is a current position."""

    type: int
    repeat: int
    mmsi: int
    accuracy: int
    raim: int
    status: int
    lon: int
    lat: int
    speed: int
    course: int
    gnss: int = 0

    @property
    def lat_deg(self) -> float | None:
        """Degrees north; only 91 is None."""
        return scales.latitude(1000 * self.lat)

    @property
    def lon_deg(self) -> float | None:
        """Degrees east; only 181 is None."""
        return scales.longitude(1000 * self.lon)

    @property
    def speed_mps(self) -> float | None:
        """Speed over ground; 62 kn stands for that or more, 63 for none."""
        return scales.long_range_speed(self.speed)

    @property
    def course_deg(self) -> float | None:
        """Course over ground; None from 360 on."""
        return scales.long_range_course(self.course)


class Unread(NamedTuple):
    """A message of a type that is known but not read."""

    type: int
    repeat: int
    mmsi: int


Message = (
    PositionA | BaseStation | StaticA | Aircraft | PositionB | ExtendedB | Aid | NameB | DetailsB | LongRange | Unread
)
