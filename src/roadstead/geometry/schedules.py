"""Local time: when a rule is in force, and how a time is written."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from roadstead.types import Schedule

_DATED_S = 365 * 86400.0
"""A recording without a date counts from 0; no camera reports from 1970."""


def clock(t: float, timezone: str, *, ms: bool = True) -> str:
    """Write an epoch second as local time; of a recording without a date, as hours, minutes and seconds from its start.

    >>> clock(1767625200.25, "Asia/Shanghai"), clock(75.5, "Asia/Shanghai"), clock(75.5, "UTC", ms=False)
    ('2026-01-05 23:00:00.250 +0800', '00:01:15.500', '00:01:15')

    A time that no calendar has, as a broken device sends it, is written as its number.

    >>> clock(1e300, "UTC")
    '1e+300 s'
    """
    dated = abs(t) >= _DATED_S
    try:
        local = datetime.fromtimestamp(t, ZoneInfo(timezone if dated else "UTC"))
    except (OverflowError, ValueError, OSError):
        return f"{t:g} s"
    text = f"{local:%Y-%m-%d %H:%M:%S}" if dated else f"{local:%H:%M:%S}"
    text += f".{local.microsecond // 1000:03d}" if ms else ""
    return f"{text} {local:%z}" if dated and ms else text


def active(schedule: Schedule, t: float) -> bool:
    """Tell whether epoch second t lies in the schedule; a window past midnight belongs to the day it began on.

    >>> night = Schedule("Asia/Shanghai", frozenset({0}), 22 * 60, 6 * 60)  # Monday 22:00 to Tuesday 06:00
    >>> active(night, 1767625200.0), active(night, 1767711600.0)  # Mon 2026-01-05 23:00, Tue 2026-01-06 23:00
    (True, False)
    """
    local = datetime.fromtimestamp(t, ZoneInfo(schedule.timezone))
    minute = local.hour * 60 + local.minute
    if schedule.start_min <= schedule.end_min:
        return local.weekday() in schedule.days and schedule.start_min <= minute < schedule.end_min
    if minute >= schedule.start_min:
        return local.weekday() in schedule.days
    yesterday = (local - timedelta(days=1)).weekday()
    return yesterday in schedule.days and minute < schedule.end_min
