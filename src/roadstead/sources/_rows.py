"""Rows of a text table as reports, by columns: the same values as `_mapping.Reader` gives row by row."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from roadstead.positions import COLUMNS, Bools, Ints, Raw, Reports, Static
from roadstead.sources._cells import HIDDEN, Cells, cells
from roadstead.sources._csv import Dialect, text_of
from roadstead.sources._mapping import KNOTS_UNKNOWN_MPS, Clock, extra_of, mover_of, static_of
from roadstead.sources._names import Plan
from roadstead.types import Floats

K = TypeVar("K", bound=Hashable)

_STATIC = ("name", "call_sign", "imo", "kind", "length", "beam", "draught", "destination", "device")
_WORDS = frozenset({"ignition", "fix", "encrypted", "accuracy", "class_b"})


@dataclass(frozen=True, slots=True)
class _New:
    """Cells that were not seen before."""


_NEW = _New()
_REMEMBERED = 200_000


class Rows:
    """Reads the rows of one table: how it is written, its plan, its times; `mover` where the rows do not say who."""

    def __init__(self, dialect: Dialect, plan: Plan, clock: Clock, mover: str) -> None:
        self._dialect = dialect
        self._plan = plan
        self._clock = clock
        self._mover = mover
        self._interned: dict[Static | None, Static | None] = {}
        self._said: dict[tuple[bytes, ...], Static | None] = {}
        self._at = {field: dialect.names.index(name) for field, name in plan.at.items() if name in dialect.names}

    def read(self, records: Sequence[Raw], first: int, counts: Counter[str]) -> Reports:
        """Return the reports in rows of one file; count every row as read_… or bad_…."""
        found = cells([raw.data for raw in records], self._dialect.delimiter, len(self._dialect.names))
        counts["bad_columns"] += len(records) - len(found.row)
        names, mover = self._movers(found)
        if (mover < 0).any():
            chosen = mover >= 0
            counts["bad_mover"] += int((~chosen).sum())
            found = Cells(found.data, found.start[chosen], found.end[chosen], found.row[chosen])
            mover = mover[chosen]
        if not len(mover):
            return Reports.of(())
        numbers = self._numbers(found)
        lat, lon = self._place(numbers("lat"), numbers("lon"))
        placed = np.isfinite(lat) & np.isfinite(lon)
        counts["read_position"] += int(placed.sum())
        counts["read_no_position"] += int((~placed).sum())
        statics, static = self._statics(found)
        received = np.array([np.nan if raw.t_received is None else raw.t_received for raw in records])[found.row]
        if "t_received" in self._at:
            said = found.times(self._at["t_received"], self._clock, Counter())
            received = np.where(np.isfinite(said), said, received)
        return Reports(
            movers=names,
            peers=(records[0].peer,),
            statics=statics,
            mover=mover,
            kind=np.zeros(len(mover), dtype=np.int64),
            t=self._times(found, counts),
            t_received=received,
            lat=lat,
            lon=lon,
            speed_mps=self._speed(numbers("speed")),
            course_deg=self._angle(numbers("course")),
            heading_deg=self._angle(numbers("heading")),
            backfilled=np.zeros(len(mover), dtype=bool),
            peer=np.zeros(len(mover), dtype=np.int64),
            static=static,
            raw=found.row + first,
            columns={name: self._extra(found, name) for name in COLUMNS if name in self._at},
        )

    def _text(self, cell: bytes) -> str:
        return text_of(cell.replace(HIDDEN, self._dialect.delimiter.encode()), self._dialect.encoding)

    def _texts(self, joined: Sequence[bytes]) -> list[str]:
        """Return the texts of cells that stand side by side, in several runs."""
        own = self._dialect.delimiter
        texts = text_of(own.encode().join(joined), self._dialect.encoding).split(own)
        return [text.replace("\x1f", own) for text in texts] if any("\x1f" in text for text in texts) else texts

    def _movers(self, found: Cells) -> tuple[tuple[str, ...], Ints]:
        if "mover" not in self._at:
            return (self._mover,), np.zeros(len(found.row), dtype=np.int64)
        table: dict[str, int] = {}

        def code(cell: bytes) -> int:
            name = mover_of(self._text(cell), self._plan)
            return -1 if name is None else table.setdefault(name, len(table))

        codes = _coded(found.texts(self._at["mover"]), code)
        return tuple(table), codes

    def _statics(self, found: Cells) -> tuple[tuple[Static, ...], Ints]:
        """Return what the movers say of themselves; rows whose cells are the same bytes are looked at once."""
        at = {name: self._at[name] for name in _STATIC if name in self._at}
        if not at:
            return (), np.full(len(found.row), -1, dtype=np.int64)
        table: dict[int, int] = {}
        said: list[Static] = []
        runs = [found.texts(first, last) for first, last in _runs(sorted(at.values()))]
        names = sorted(at, key=at.__getitem__)

        def code(joined: tuple[bytes, ...]) -> int:
            made = self._said.get(joined, _NEW)
            if isinstance(made, _New):
                made = static_of(dict(zip(names, self._texts(joined), strict=True)).get)
                made = self._said[joined] = self._interned.setdefault(made, made)
            if made is None:
                return -1
            if id(made) not in table:  # of equal ones there is one object: `_interned`
                table[id(made)] = len(said)
                said.append(made)
            return table[id(made)]

        codes = _coded(list(zip(*runs, strict=True)), code)
        if len(self._said) > _REMEMBERED:
            self._said.clear()
            self._interned.clear()
        return tuple(said), codes

    def _numbers(self, found: Cells) -> Callable[[str], Floats]:
        def of(field: str) -> Floats:
            at = self._at.get(field)
            return np.full(len(found.row), np.nan) if at is None else found.numbers(at)

        return of

    def _times(self, found: Cells, counts: Counter[str]) -> Floats:
        if "t" in self._at:
            return found.times(self._at["t"], self._clock, counts)
        counts["time_none"] += len(found.row)
        return np.full(len(found.row), np.nan)

    def _place(self, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
        unknown = np.asarray((lat == 91) | (lon == 181)) & self._plan.ais
        return np.where(unknown, np.nan, lat), np.where(unknown, np.nan, lon)

    def _angle(self, degrees: Floats) -> Floats:
        known: Bools = (degrees >= 0) & (degrees < 360 if self._plan.ais else degrees <= 360)
        return np.where(known, degrees % 360.0, np.nan)

    def _speed(self, value: Floats) -> Floats:
        mps = value * (np.nan if self._plan.mps is None else self._plan.mps)
        known = mps >= 0
        if self._plan.ais:
            known &= mps < KNOTS_UNKNOWN_MPS - 1e-9
        return np.where(known, mps, np.nan)

    def _extra(self, found: Cells, name: str) -> Floats:
        at = self._at[name]
        if name not in _WORDS:
            return found.numbers(at)

        def value(cell: bytes) -> float:
            number = extra_of(name, self._text(cell))
            return np.nan if number is None else number

        known: dict[bytes, float] = {}
        return np.array([known[c] if c in known else known.setdefault(c, value(c)) for c in found.texts(at)])


def _coded(keys: Sequence[K], code: Callable[[K], int]) -> Ints:
    """Return the code of each key; equal keys are coded once."""
    known: dict[K, int] = {}
    return np.array([known[k] if k in known else known.setdefault(k, code(k)) for k in keys], dtype=np.int64)


def _runs(columns: Sequence[int]) -> list[tuple[int, int]]:
    """Return first and last of the columns that stand side by side."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and column == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], column)
        else:
            runs.append((column, column))
    return runs
