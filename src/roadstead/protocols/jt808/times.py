"""Times of JT/T 808: BCD YYMMDDhhmmss, in GMT+8 where a terminal says it and in UTC where the platform answers (0x8004).

The century is not sent: 2000 to 2099.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

EAST_8_S = 8 * 3600
WIDTH = 6

_EPOCH = date(1970, 1, 1).toordinal()
_DIGITS = tuple((b >> 4) * 10 + (b & 15) if b & 15 < 10 and b >> 4 < 10 else 100 for b in range(256))
"""The value of a byte of two decimal digits; 100 where it is none."""


def decimal(byte: int) -> int | None:
    """Return the value of a byte of two decimal digits; None where it is none."""
    return _DIGITS[byte] if _DIGITS[byte] < 100 else None


def seconds(stamp: bytes, zone_s: int = EAST_8_S) -> float | None:
    """Return UTC epoch seconds; None where the digits are no time.

    >>> seconds(bytes.fromhex("181015101010"))
    1539569410.0
    """
    days = _days(stamp[:3])
    hour, minute, second = _DIGITS[stamp[3]], _DIGITS[stamp[4]], _DIGITS[stamp[5]]
    if days is None or hour > 23 or minute > 59 or second > 59:
        return None
    return float(days * 86400 + hour * 3600 + minute * 60 + second - zone_s)


def stamp(t: float, zone_s: int = EAST_8_S) -> bytes:
    """Return the six bytes of a time, UTC epoch seconds, to the second.

    >>> stamp(1539569410.0).hex()
    '181015101010'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(t // 1) + zone_s)
    return bytes.fromhex(f"{moment:%y%m%d%H%M%S}")


@lru_cache(maxsize=4096)
def _days(day: bytes) -> int | None:
    """Return the days since 1970 of three bytes YYMMDD."""
    year, month, number = (_DIGITS[b] for b in day)
    if year > 99:
        return None
    try:
        return date(2000 + year, month, number).toordinal() - _EPOCH
    except ValueError:
        return None
