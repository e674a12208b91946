"""Values as others write them (texts, numbers, times with and without a zone) as one report."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from roadstead.errors import BadInput
from roadstead.positions import COLUMNS, Position, Raw, Static
from roadstead.sources._names import Plan

TIME_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
KNOTS_UNKNOWN_MPS = 102.3 * 1852 / 3600
"""AIS: speed "not available" (ITU-R M.1371, 1023 tenths of a knot)."""

_TIME = re.compile(
    r"\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})秒?([.,]\d+)?)?)?"
    r"\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?\s*",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"\s*((?:19|20)\d{2})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\s*")
_TRUE = frozenset({"1", "true", "yes", "on", "是", "b"})
_FALSE = frozenset({"0", "false", "no", "off", "否", "a"})
_FLAGS = frozenset({"ignition", "fix", "encrypted", "accuracy", "class_b"})

_NOTHING = Static()

Count = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are written: `zone` for those without one; `format` "auto", a unit of TIME_UNITS or one of strptime."""

    zone: tzinfo = UTC
    format: str = "auto"

    def read(self, value: Any) -> tuple[float | None, str]:
        """Return epoch seconds (None: cannot be read) and how it was read: text, compact, s, ms, us, ns, none."""
        if isinstance(value, bool) or value is None:
            return None, "none"
        if self.format not in TIME_UNITS and self.format != "auto":
            return self._by_pattern(str(value))
        if isinstance(value, str):
            if found := _COMPACT.fullmatch(value):
                return self._moment([int(part) for part in found.groups()]), "compact"
            if found := _TIME.fullmatch(value):
                return self._written(found), "text"
        number = number_of(value)
        if number is None:
            return None, "none"
        unit = self.format if self.format != "auto" else unit_of(number)
        return number / TIME_UNITS[unit], unit

    def _by_pattern(self, text: str) -> tuple[float | None, str]:
        try:
            t = datetime.strptime(text.strip(), self.format)  # noqa: DTZ007  # the zone follows
            return (t if t.tzinfo else t.replace(tzinfo=self.zone)).timestamp(), "text"
        except (ValueError, OverflowError):
            return None, "none"

    def _written(self, found: re.Match[str]) -> float | None:
        *parts, fraction, zone = found.groups()
        t = self._moment([int(part or 0) for part in parts], zone)
        return None if t is None else t + (float("0." + fraction[1:]) if fraction else 0.0)

    def _moment(self, parts: list[int], zone: str | None = None) -> float | None:
        year, month, day, hour, minute, second = parts
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=zone_of(zone) or self.zone).timestamp()
        except (ValueError, OverflowError):
            return None


def zone_of(text: str | None) -> tzinfo | None:
    """Return the zone at the end of a time; None: there is none."""
    if text is None:
        return None
    if text.upper() in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-away if text[0] == "-" else away)


def unit_of(number: float) -> str:
    """Return the unit that an epoch time must be in: seconds until the year 5138, and so on."""
    return next((unit for limit, unit in ((1e11, "s"), (1e14, "ms"), (1e17, "us")) if abs(number) < limit), "ns")


def clock_of(timezone_name: str, time_format: str) -> Clock:
    """Return how times are written; raise BadInput for a zone that there is not or a format that is none."""
    if time_format not in TIME_UNITS and time_format != "auto" and "%" not in time_format:
        raise BadInput(
            f"time_format: {time_format!r} is none; write auto, s, ms, us, ns or a pattern as %Y-%m-%d %H:%M:%S"
        )
    try:
        return Clock(UTC if timezone_name == "UTC" else ZoneInfo(timezone_name), time_format)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"timezone: there is no {timezone_name!r}; write one as UTC or Asia/Shanghai") from None


def number_of(value: Any) -> float | None:
    """Return a finite number, None for anything else."""
    if not isinstance(value, int | float | str) or value == "":
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not (isinstance(value, str) and "_" in value) else None


def text_of(value: Any) -> str | None:
    """Return a text without blanks around it, None for an empty one and for what is no single value."""
    if isinstance(value, str):
        return (value.replace("\x00", "") if "\x00" in value else value).strip() or None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def mover_of(value: Any, plan: Plan) -> str | None:
    """Return who reports; an MMSI has nine digits, those that a table has dropped in front are put back."""
    text = text_of(value)
    return text.zfill(9) if text and plan.ais and text.isascii() and text.isdecimal() else text


def angle_of(number: float | None, plan: Plan) -> float | None:
    """Return a course or heading in [0, 360), None for what is none; 360 is north but "not available" in AIS."""
    if number is None or not 0 <= number <= 360 or (plan.ais and number == 360):
        return None
    return number % 360.0


def speed_of(number: float | None, plan: Plan) -> float | None:
    """Return a speed in m/s, None for what is none, negative, or "not available" in AIS."""
    if number is None or plan.mps is None or number < 0:
        return None
    mps = number * plan.mps
    return None if plan.ais and mps >= KNOTS_UNKNOWN_MPS - 1e-9 else mps


def place_of(lat: float | None, lon: float | None, plan: Plan) -> tuple[float | None, float | None]:
    """Return a place; None, None where AIS says "not available" (91, 181)."""
    return (None, None) if plan.ais and (lat == 91 or lon == 181) else (lat, lon)


def static_of(get: Callable[[str], Any]) -> Static | None:
    """Return what a mover says of itself, None where that is nothing; 0 is AIS for "not available"."""
    number = text_of(get("imo"))
    imo = number and number_of(number.upper().removeprefix("IMO"))
    kind = number_of(get("kind"))
    made = Static(
        name=text_of(get("name")),
        call_sign=text_of(get("call_sign")),
        imo=int(imo) if imo and imo.is_integer() and imo > 0 else None,
        kind=int(kind) if kind is not None and kind in range(1, 100) else None,
        length_m=_size(get("length")),
        beam_m=_size(get("beam")),
        draught_m=_size(get("draught")),
        destination=text_of(get("destination")),
        device=text_of(get("device")),
    )
    return made if made != _NOTHING else None


def _size(value: Any) -> float | None:
    size = number_of(value)
    return size if size is not None and size > 0 else None


def extra_of(name: str, value: Any) -> float | None:
    """Return the value of an optional column; flags may be written as words, the class of a transponder as A or B."""
    number = number_of(value)
    if number is None and name in _FLAGS and isinstance(value, str):
        word = value.strip().casefold()
        return 1.0 if word in _TRUE else 0.0 if word in _FALSE else None
    return number


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes one report of the values of one row or message; `mover` is who reports where the row does not say."""

    plan: Plan
    clock: Clock
    mover: str | None = None
    extras: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extras", tuple(name for name in COLUMNS if name in self.plan.at))

    def report(self, values: Mapping[str, Any], raw: Raw, number: int, count: Count) -> Position | None:
        """Return the report, None where nobody can be told to have sent it; count what became of it."""
        plan = self.plan

        def get(name: str) -> Any:
            return values.get(plan.at[name]) if name in plan.at else None

        mover = mover_of(get("mover"), plan) or self.mover
        if mover is None:
            count("bad_mover")
            return None
        t, how = self.clock.read(get("t"))
        received, _ = self.clock.read(get("t_received"))
        count(f"time_{how}")
        lat, lon = place_of(number_of(get("lat")), number_of(get("lon")), plan)
        count("read_no_position" if lat is None or lon is None else "read_position")
        if plan.mps is None and get("speed") is not None:
            count("speed_without_unit")
        extra = {name: extra_of(name, get(name)) for name in self.extras}
        return Position(
            mover=mover,
            t=t,
            t_received=raw.t_received if received is None else received,
            lat=lat,
            lon=lon,
            speed_mps=speed_of(number_of(get("speed")), plan),
            course_deg=angle_of(number_of(get("course")), plan),
            heading_deg=angle_of(number_of(get("heading")), plan),
            peer=raw.peer,
            static=static_of(get),
            raw=number,
            extra={name: value for name, value in extra.items() if value is not None},
        )


def flattened(value: Any, prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Return the single values of nested tables and lists by their dotted paths, down to the sixteenth level."""
    if isinstance(value, Mapping):
        pairs = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(str(at), inner) for at, inner in enumerate(value)]
    else:
        return {prefix: value}
    found: dict[str, Any] = {}
    for key, inner in pairs if depth < 16 else ():
        found |= flattened(inner, f"{prefix}.{key}" if prefix else key, depth + 1)
    return found
