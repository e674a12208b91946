"""Rows of a text table as columns, all at once: where each cell lies, and numbers and times in them.

What is written plainly (digits and a point; 2022-01-03T00:00:09) is read by arithmetic on the bytes of all rows; the rest
cell by cell, by the rules of `_mapping`. Both give the same values to the last bit: a mantissa below 10^15 and a power of
ten are exact, so their quotient is rounded once, as the nearest float is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from roadstead.positions import Bools, Ints
from roadstead.sources._csv import split
from roadstead.sources._mapping import TIME_UNITS, Clock, number_of, unit_of
from roadstead.types import Floats

HIDDEN = b"\x1f"
"""Stands for a delimiter inside a quoted cell."""

_WIDEST = 24
_DIGITS_EXACT = 15
_ZERO = ord("0")
_STEP_S = 900
_TENS = np.array([float(10**k) for k in range(_DIGITS_EXACT + 1)])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of n rows with k columns each: `data[start[i, j]:end[i, j]]`; `row` are the rows' numbers among those given."""

    data: bytes
    start: Ints
    end: Ints
    row: Ints

    def texts(self, first: int, last: int | None = None) -> list[bytes]:
        """Return the bytes of a column, or of several that stand side by side with what is between them."""
        data, last = self.data, first if last is None else last
        return [data[a:b] for a, b in zip(self.start[:, first].tolist(), self.end[:, last].tolist(), strict=True)]

    def numbers(self, column: int) -> Floats:
        """Return the numbers of a column; NaN for what is none."""
        values, plain = _decimals(self._bytes(), self.start[:, column], self.end[:, column])
        written = self.end[:, column] > self.start[:, column]
        for i in np.flatnonzero(~plain & written).tolist():
            number = number_of(self._text(i, column))
            values[i] = np.nan if number is None else number
        return values

    def times(self, column: int, clock: Clock, counts: Counter[str]) -> Floats:
        """Return the epoch seconds of a column; NaN for what is no time. Counts how they were read."""
        n = len(self.row)
        t, left = np.full(n, np.nan), np.ones(n, dtype=bool)
        if clock.format == "auto":
            t, written = _written(self._bytes(), self.start[:, column], self.end[:, column], clock)
            counts["time_text"] += int(written.sum())
            left = ~written
        if left.any() and (clock.format == "auto" or clock.format in TIME_UNITS):
            left &= ~self._epochs(column, clock, left, t, counts)
        for i in np.flatnonzero(left).tolist():
            value, how = clock.read(self._text(i, column))
            t[i] = np.nan if value is None else value
            counts[f"time_{how}"] += 1
        return t

    def _epochs(self, column: int, clock: Clock, left: Bools, t: Floats, counts: Counter[str]) -> Bools:
        """Fill in the times that are plain numbers; tell which."""
        size = self.end[:, column] - self.start[:, column]
        values, plain = _decimals(self._bytes(), self.start[:, column], self.end[:, column])
        compact = (size == 14) & (clock.format == "auto")
        done = left & plain & ~compact
        for unit in TIME_UNITS:
            of_unit = done & (_units(values) == unit if clock.format == "auto" else clock.format == unit)
            t[of_unit] = values[of_unit] / TIME_UNITS[unit]
            if of_unit.any():
                counts[f"time_{unit}"] += int(of_unit.sum())
        return np.asarray(done)

    def _text(self, row: int, column: int) -> str:
        return self.data[self.start[row, column] : self.end[row, column]].decode("utf-8", "replace")

    def _bytes(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.data, dtype=np.uint8)


def cells(lines: Sequence[bytes], delimiter: str, columns: int) -> Cells:
    """Find the cells of rows; those that have not as many as there are columns are left out."""
    data = b"\n".join(lines)
    if b'"' in data or b"\r" in data or data.count(b"\n") != len(lines) - 1:
        odd = b"\r" in data or data.count(b"\n") != len(lines) - 1
        lines = [_bare(line, delimiter) if odd or b'"' in line else line for line in lines]
        data = b"\n".join(lines)
    sizes = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines))
    ends = np.cumsum(sizes + 1) - 1
    array = np.frombuffer(data, dtype=np.uint8)
    marks = np.append(np.flatnonzero((array == ord(delimiter)) | (array == 10)), len(data))
    found = np.diff(np.searchsorted(marks, ends, side="right"), prepend=0)
    fit = found == columns
    if not fit.all():
        kept = np.flatnonzero(fit)
        if not len(kept):
            empty = np.empty((0, columns), dtype=np.int64)
            return Cells(b"", empty, empty, kept)
        inner = cells([lines[i] for i in kept.tolist()], delimiter, columns)
        return Cells(inner.data, inner.start, inner.end, kept[inner.row])
    end = marks.reshape(-1, columns)
    start = np.concatenate(([0], marks[:-1] + 1)).reshape(-1, columns)
    return Cells(data, start, end, np.arange(len(lines)))


def _bare(line: bytes, delimiter: str) -> bytes:
    """Return a row without quotation marks and ends of lines, delimiters in its cells hidden."""
    if b'"' not in line:
        return line.strip(b"\r\n").replace(b"\r", b" ").replace(b"\n", b" ")
    own = delimiter.encode()
    return own.join(cell.replace(own, HIDDEN) for cell in split(line.strip(b"\r\n"), delimiter))


def _decimals(data: npt.NDArray[np.uint8], start: Ints, end: Ints) -> tuple[Floats, Bools]:
    """Read [+-]digits[.digits]; return the values and which are written so (others, and very long ones, are not)."""
    size = end - start
    n = len(start)
    mantissa, places, digits = (np.zeros(n, dtype=np.int64) for _ in range(3))
    plain, point, negative = size > 0, np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    plain &= size <= _WIDEST
    for at in range(min(int(size.max(initial=0)), _WIDEST)):
        here = at < size
        char = np.where(here, data[np.minimum(start + at, len(data) - 1)], 0)
        digit = char.astype(np.int64) - _ZERO
        number = (digit >= 0) & (digit <= 9)
        dot = char == ord(".")
        fits = number | (dot & ~point) | ~here
        if at == 0:
            negative = char == ord("-")
            fits |= negative | (char == ord("+"))
        plain &= fits
        counted = number & (digits < _DIGITS_EXACT)
        mantissa = np.where(counted, mantissa * 10 + digit, mantissa)
        places += number & point
        digits += number
        point |= dot
    plain &= (digits > 0) & (digits <= _DIGITS_EXACT)
    values = mantissa / _TENS[np.minimum(places, _DIGITS_EXACT)]
    return np.where(plain, np.where(negative, -values, values), np.nan), plain


def _units(values: Floats) -> npt.NDArray[np.str_]:
    limits = np.array([1e11, 1e14, 1e17])
    names = np.array([unit_of(v) for v in (1.0, 1e12, 1e15, 1e18)])
    return np.asarray(names[np.searchsorted(limits, np.abs(values), side="right").clip(max=3)])


def _written(data: npt.NDArray[np.uint8], start: Ints, end: Ints, clock: Clock) -> tuple[Floats, Bools]:
    """Read YYYY-MM-DD[T ]HH:MM:SS[Z]; return epoch seconds and which cells are written so."""
    size = end - start
    zulu = size == 20
    here = zulu | (size == 19)
    if not here.any():
        return np.full(len(start), np.nan), here
    last = len(data) - 1

    def char(at: int) -> npt.NDArray[np.int64]:
        return data[np.minimum(start + at, last)].astype(np.int64)

    for at, allowed in ((4, "-"), (7, "-"), (10, "T "), (13, ":"), (16, ":")):
        mark = char(at)
        here &= np.any([mark == ord(a) for a in allowed], axis=0)
    here &= ~zulu | (char(19) == ord("Z"))
    parts = []
    for first, count in ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)):
        value = np.zeros(len(start), dtype=np.int64)
        for at in range(first, first + count):
            digit = char(at) - _ZERO
            here &= (digit >= 0) & (digit <= 9)
            value = value * 10 + digit
        parts.append(value)
    year, month, day, hour, minute, second = parts
    here &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    days, long_enough = _days(np.where(here, year, 1970), np.where(here, month, 1), np.where(here, day, 1))
    here &= long_enough
    t = days * 86400 + hour * 3600 + minute * 60 + second
    return np.where(here, np.where(zulu, t, t - _offsets_s(np.where(here, t, 0), clock)), np.nan), here


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Return days since 1970-01-01, and whether the month has so many."""
    months = (year - 1970) * 12 + month - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return first + day - 1, day <= following - first


def _offsets_s(local: Ints, clock: Clock) -> Ints:
    """Return how far the zone is ahead of UTC at local times; it changes at quarters of an hour at most."""
    if clock.zone is UTC:
        return np.zeros(len(local), dtype=np.int64)
    quarters, which = np.unique(local // _STEP_S, return_inverse=True)
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001  # times of the zone's own clock
    ahead = []
    for quarter in quarters.tolist():
        there = (epoch + timedelta(seconds=quarter * _STEP_S)).replace(tzinfo=clock.zone)
        ahead.append(int((there.utcoffset() or timedelta()).total_seconds()))
    return np.array(ahead, dtype=np.int64)[which]
