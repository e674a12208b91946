"""Times in BCD, many at once: the same values as `times.seconds`."""

import calendar

import numpy as np
import numpy.typing as npt

from roadstead.protocols.jt808.times import EAST_8_S, decimal, seconds
from roadstead.types import Floats


def epoch_s(stamps: npt.NDArray[np.uint8]) -> Floats:
    """Return UTC epoch seconds (n,) of BCD YYMMDDhhmmss in GMT+8 (n, 6); NaN where the digits are no time."""
    year, month, day = _YEAR[stamps[:, 0]], _MONTH[stamps[:, 1]], _DAY[stamps[:, 2]]
    return np.asarray(
        _DAYS[year + month + day] + _HOUR[stamps[:, 3]] + _SIXTY[stamps[:, 4]] * 60 + _SIXTY[stamps[:, 5]]
    )


def _digits(limit: int, otherwise: float) -> Floats:
    """Return the value of every byte as two decimal digits, and something else where it is none below the limit."""
    values = [decimal(b) for b in range(256)]
    return np.array([otherwise if v is None or v >= limit else v for v in values], dtype=np.float64)


_YEAR = (_digits(100, 100) * 13 * 32).astype(np.int64)
_MONTH = (_digits(13, 0) * 32).astype(np.int64)
_DAY = _digits(32, 0).astype(np.int64)
_HOUR = _digits(24, np.nan) * 3600
_SIXTY = _digits(60, np.nan)


def _table() -> Floats:
    """Return midnight in GMT+8 as UTC epoch seconds by year, month and day; NaN where there is no such day."""
    table = np.full((101, 13, 32), np.nan)
    for year in range(100):
        for month in range(1, 13):
            days = calendar.monthrange(2000 + year, month)[1]
            first = seconds(bytes.fromhex(f"{year:02}{month:02}01000000"), EAST_8_S)
            table[year, month, 1 : days + 1] = np.nan if first is None else first + 86400.0 * np.arange(days)
    return table.ravel()


_DAYS = _table()
