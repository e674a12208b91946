"""From the integers of AIS to SI units; ITU-R M.1371-5, annex 8, table 48."""

KNOT_MPS = 1852 / 3600
SPEED_NONE = 1023
LONG_SPEED_NONE = 63
COURSE_END = 3600
HEADING_END = 360
HEADING_NONE = 511
TURN_FAST = 127
TURN_NONE = -128
ALTITUDE_NONE = 4095
PER_DEGREE = 600_000
LAT_NONE = 91 * PER_DEGREE
LON_NONE = 181 * PER_DEGREE
TURN_ROOT = 4.733
"""The rate of turn is sent as 4.733 times the square root of degrees a minute."""


def latitude(raw: int) -> float | None:
    """Return degrees north of 1/600000 degree; None for 91."""
    return None if raw == LAT_NONE else raw / PER_DEGREE


def longitude(raw: int) -> float | None:
    """Return degrees east of 1/600000 degree; None for 181."""
    return None if raw == LON_NONE else raw / PER_DEGREE


def speed(raw: int) -> float | None:
    """Return m/s of 0.1 kn; None for 1023."""
    return None if raw == SPEED_NONE else raw * 0.1 * KNOT_MPS


def course(raw: int) -> float | None:
    """Return degrees of 0.1 degree; None from 3600 ("not available") on."""
    return raw / 10 if raw < COURSE_END else None


def heading(raw: int) -> float | None:
    """Return degrees; None from 360 on (511 is "not available")."""
    return float(raw) if raw < HEADING_END else None


def turn(raw: int) -> float | None:
    """Return degrees a minute, to starboard positive; None for -128 (none) and ±127 (more than 10 degrees a minute)."""
    if abs(raw) >= TURN_FAST:
        return None
    root = raw / TURN_ROOT
    return root * abs(root)


def aircraft_speed(raw: int) -> float | None:
    """Return m/s of knots as type 9 sends them; None for 1023."""
    return None if raw == SPEED_NONE else raw * KNOT_MPS


def long_range_speed(raw: int) -> float | None:
    """Return m/s of knots as type 27 sends them; None for 63."""
    return None if raw == LONG_SPEED_NONE else raw * KNOT_MPS


def long_range_course(raw: int) -> float | None:
    """Return degrees as type 27 sends them; None from 360 on."""
    return float(raw) if raw < HEADING_END else None


def altitude(raw: int) -> float | None:
    """Return metres; None for 4095."""
    return None if raw == ALTITUDE_NONE else float(raw)
