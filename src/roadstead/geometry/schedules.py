"""When a rule is in force, in local time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from roadstead.types import Schedule


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
