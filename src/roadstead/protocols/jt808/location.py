"""The report of a place (0x0200), which also stands in batches (0x0704) and before pictures (0x0801).

28 bytes: alarms u32, status u32, latitude u32 and longitude u32 in millionths of a degree, altitude u16 m, speed u16 in
0.1 km/h, direction u16 degrees, time BCD[6] in GMT+8. Then extras, each id u8, length u8, value; always walked by length.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from types import MappingProxyType
from typing import ClassVar

from roadstead.protocols.jt808 import times
from roadstead.protocols.jt808.framing import BadFrame

BASE = 28
IGNITION, FIX, SOUTH, WEST, ENCRYPTED = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 5
LOAD_SHIFT = 8

MILEAGE, FUEL, RECORDER, EVENT, SIGNAL, SATELLITES = 0x01, 0x02, 0x03, 0x04, 0x30, 0x31
VIDEO, LOST_CHANNELS, COVERED_CHANNELS, STORAGE, ABNORMAL_DRIVING = 0x14, 0x15, 0x16, 0x17, 0x18
VEHICLE_SIGNALS, INPUTS, ANALOG = 0x25, 0x2A, 0x2B
WIDTHS: Mapping[int, int] = MappingProxyType(
    {
        MILEAGE: 4,
        FUEL: 2,
        RECORDER: 2,
        EVENT: 2,
        VIDEO: 4,
        LOST_CHANNELS: 4,
        COVERED_CHANNELS: 4,
        STORAGE: 2,
        VEHICLE_SIGNALS: 4,
        INPUTS: 2,
        ANALOG: 4,
        SIGNAL: 1,
        SATELLITES: 1,
    }
)
"""The length of each extra that holds one number, bytes; an extra of another length means something else."""

_BASE = Struct(">IIIIHHH6s")


@dataclass(frozen=True, slots=True)
class Location:
    """One place and what the terminal says besides.

    `lat` and `lon` are signed degrees, as sent: also where they are swapped, 0 or beyond 90. `time` are the six bytes of
    the device's clock (`times.stamp` makes them). `extras` are (id, value) in their order, some ids more than once;
    `remainder` is what is left of an extra that was cut off.
    """

    number: ClassVar[int] = 0x0200

    alarms: int
    status: int
    lat: float
    lon: float
    altitude_m: int
    speed_kmh: float
    course_deg: int
    time: bytes
    extras: tuple[tuple[int, bytes], ...] = ()
    remainder: bytes = b""

    @property
    def t(self) -> float | None:
        """The device's clock, UTC epoch seconds; None where it is no time."""
        return times.seconds(self.time)

    @property
    def load(self) -> int:
        """0 empty, 1 half, 2 reserved, 3 full."""
        return self.status >> LOAD_SHIFT & 3

    @property
    def mileage_m(self) -> float | None:
        """The vehicle's odometer (extra 0x01)."""
        found = self.value(MILEAGE)
        return None if found is None else found * 100.0

    @property
    def fuel_l(self) -> float | None:
        """Fuel in the tank (extra 0x02)."""
        found = self.value(FUEL)
        return None if found is None else found / 10

    @property
    def recorder_mps(self) -> float | None:
        """The speed that the driving recorder measures at the wheels (extra 0x03)."""
        found = self.value(RECORDER)
        return None if found is None else found / 10 / 3.6

    @property
    def satellites(self) -> int | None:
        """Satellites used (extra 0x31)."""
        return self.value(SATELLITES)

    @property
    def signal(self) -> int | None:
        """Strength of the mobile network (extra 0x30)."""
        return self.value(SIGNAL)

    @property
    def video_alarms(self) -> int | None:
        """The alarm word of JT/T 1078 (extra 0x14): bit 0 video loss, 1 occlusion, 2 storage."""
        return self.value(VIDEO)

    def value(self, number: int) -> int | None:
        """Return the first extra of this id as a number, if it has the length that WIDTHS tells for it."""
        width = WIDTHS.get(number)
        for id_, value in self.extras:
            if id_ == number and len(value) == width:
                return int.from_bytes(value, "big")
        return None

    def encode(self, _version: int | None = None) -> bytes:
        """Return the body. The hemisphere bits follow the signs of `lat` and `lon`."""
        status = _signed(_signed(self.status, SOUTH, self.lat), WEST, self.lon)
        base = _BASE.pack(
            self.alarms,
            status,
            abs(round(self.lat * 1e6)),
            abs(round(self.lon * 1e6)),
            self.altitude_m & 0xFFFF,
            round(self.speed_kmh * 10),
            self.course_deg,
            self.time,
        )
        return base + b"".join(bytes((id_, len(value))) + value for id_, value in self.extras) + self.remainder


def decode(body: bytes, start: int = 0, end: int | None = None) -> Location:
    """Return the location in the bytes from `start` to `end` of a body; raises BadFrame: body."""
    if end is None:
        end = len(body)
    if end - start < BASE:
        raise BadFrame("body")
    alarms, status, lat, lon, altitude, speed, course, time = _BASE.unpack_from(body, start)
    extras: list[tuple[int, bytes]] = []
    at = start + BASE
    last = end - 2
    while at <= last:
        value = at + 2
        after = value + body[at + 1]
        if after > end:
            break
        extras.append((body[at], body[value:after]))
        at = after
    return Location(
        alarms,
        status,
        -lat / 1e6 if status & SOUTH else lat / 1e6,
        -lon / 1e6 if status & WEST else lon / 1e6,
        altitude - 0x10000 if altitude & 0x8000 else altitude,
        speed / 10,
        course,
        time,
        tuple(extras),
        body[at:end],
    )


def _signed(status: int, bit: int, degrees: float) -> int:
    """Return the status with the bit of a hemisphere as the sign tells; 0 leaves it."""
    if degrees == 0:
        return status
    return status | bit if degrees < 0 else status & ~bit
