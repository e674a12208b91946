"""Positions from tables: CSV (packed or not), Parquet and GPX."""

import glob
import importlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from roadstead.errors import BadInput, MissingExtra
from roadstead.positions import Position, Raw, Reports
from roadstead.sources import Keep, _csv, _gpx, source
from roadstead.sources._mapping import Clock, Reader, clock_of, flattened
from roadstead.sources._names import Plan, SpeedUnit, bind, demand_fields
from roadstead.sources._rows import Rows

Format = Literal["csv", "parquet", "gpx"]

HEAD = "#columns"
"""What the peer of a record ends with that tells how the rows after it are to be read."""

_GPX_NAMES = ("lat", "lon", "time", "ele", "speed", "course", "sat", "name")
_FORMATS: Mapping[str, Format] = {
    **dict.fromkeys((".csv", ".txt", ".tsv"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    ".gpx": "gpx",
}


@source("table", zh="轨迹表格 (CSV/Parquet/GPX)")
@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Reads the rows of a file, or of all files that a pattern (`*`, `?`, `**`) names, in the order of their names.

    `columns` gives our field the name of their column (`t = "gps_time"`); what is left out is found by its usual name.
    `mover` is who reports where no column says it (else a track's or the file's name). `timezone` holds for times
    without one. `time_format`: auto, s, ms, us, ns, or a pattern as `%d.%m.%Y %H:%M`. `speed_unit` is needed where the
    name of the column does not tell. Every row is kept as it stands; a record before them (JSON; its peer ends with
    `#columns`) says how the file is written.
    """

    feed: str
    path: Path
    format: Format | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    mover: str | None = None
    timezone: str = "UTC"
    time_format: str = "auto"
    speed_unit: SpeedUnit | None = None
    encoding: str | None = None
    batch: Annotated[int, Ge(1), Le(1_000_000)] = 5_000
    clock: Clock = field(init=False, repr=False, compare=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        demand_fields(self.columns)
        object.__setattr__(self, "clock", clock_of(self.timezone, self.time_format))
        try:
            "".encode(self.encoding or "utf-8")
        except LookupError:
            raise BadInput(f"encoding: there is no {self.encoding!r}; write one as utf-8 or gb18030") from None

    @property
    def live(self) -> bool:
        """Never: a file waits."""
        return False

    @property
    def counts(self) -> dict[str, int]:
        """Totals: files, rows, bytes of them."""
        return dict(self._counts)

    def read(self, keep: Keep) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Yield the rows of one file after the other; raise BadInput naming the file that cannot be read."""
        for path in self._paths():
            self._counts["files"] += 1
            for batch in self._batched(self._records(path)):
                yield keep(batch), batch

    def decoder(self) -> "TableDecoder":
        """Return a decoder of rows and of the records before them."""
        return TableDecoder(self)

    def plan(self, names: Sequence[str], where: str) -> Plan:
        """Return how rows with these columns are read; raise BadInput where a place, a time or a unit is missing."""
        try:
            plan = bind(names, self.columns, self.speed_unit)
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from None
        for needed in ("lat", "lon", "t"):
            if needed not in plan.at:
                raise BadInput(
                    f'{where}: no column is known to be {needed}; set columns = {{ {needed} = "…" }};'
                    f" there are: {', '.join(names)[:400]}"
                )
        if "speed" in plan.at and plan.mps is None:
            raise BadInput(
                f"{where}: column {plan.at['speed']!r} does not say its unit; set speed_unit to kmh, mps or knots"
            )
        return plan

    def _paths(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        found = [Path(name) for name in sorted(glob.glob(str(self.path), recursive=True))]  # noqa: PTH207  # an absolute pattern
        files = [path for path in found if path.is_file()]
        if not files:
            raise BadInput(f"{self.path}: there is no such file")
        return files

    def _format(self, path: Path) -> Format:
        suffixes = [s.lower() for s in path.suffixes]
        last = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else "".join(suffixes[-1:])
        found = self.format or _FORMATS.get(last)
        if found is None:
            raise BadInput(f"{path}: its name does not tell what it is; set format to csv, parquet or gpx")
        return found

    def _records(self, path: Path) -> Iterator[list[Raw]]:
        kind = self._format(path)
        peer = path.name
        if kind == "csv":
            return self._of_csv(path, peer)
        return self._of_gpx(path, peer) if kind == "gpx" else self._of_parquet(path, peer)

    def _batched(self, parts: Iterator[list[Raw]]) -> Iterator[list[Raw]]:
        """Cut the rows into batches; those before a file breaks off come too."""
        batch: list[Raw] = []
        broken: BadInput | None = None
        try:
            for part in parts:
                batch += part
                while len(batch) >= self.batch:
                    yield batch[: self.batch]
                    del batch[: self.batch]
        except BadInput as error:
            broken = error
        if batch:
            yield batch
        if broken is not None:
            raise broken

    def _kept(self, rows: Sequence[bytes], peer: str) -> list[Raw]:
        self._counts["rows"] += len(rows)
        self._counts["bytes"] += sum(map(len, rows))
        return list(map(Raw, repeat(None), repeat(peer), rows))

    def _of_csv(self, path: Path, peer: str) -> Iterator[list[Raw]]:
        known: _csv.Dialect | None = None
        pending: list[bytes] = []
        with _csv.opened(path) as file:
            for part in _csv.blocks(path, file):
                block = part
                if known is None:
                    known, block = _csv.dialect(path, part, self.encoding)
                    self.plan(known.names, str(path))
                    yield [_head(peer, "csv", encoding=known.encoding, delimiter=known.delimiter, names=known.names)]
                lines = block.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
                yield self._kept([row for row in _csv.rows(lines, pending, known) if row.strip()], peer)
        if pending:
            yield self._kept(pending, peer)
        if known is None:
            raise BadInput(f"{path}: is empty")

    def _of_gpx(self, path: Path, peer: str) -> Iterator[list[Raw]]:
        tracks = 0
        for item in _gpx.points(path):
            if isinstance(item, bytes):
                yield self._kept([item], peer)
            else:
                tracks += item == ""
                yield [_head(peer, "gpx", track=item or f"{path.stem} {tracks}")]

    def _of_parquet(self, path: Path, peer: str) -> Iterator[list[Raw]]:
        try:
            pa = importlib.import_module("pyarrow")
            parquet = importlib.import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            raise MissingExtra(f"{path}: Parquet needs pyarrow: pip install 'roadstead[parquet]'") from None
        try:
            with parquet.ParquetFile(path) as file:
                names = file.schema_arrow.names
                self.plan(names, str(path))
                yield [_head(peer, "parquet", names=names)]
                for batch in file.iter_batches(batch_size=min(self.batch, 10_000)):
                    yield self._kept([_json(row) for row in batch.to_pylist()], peer)
        except (OSError, pa.ArrowException) as error:
            raise BadInput(f"{path}: cannot be read as Parquet ({str(error).splitlines()[0]})") from None


class TableDecoder:
    """Turns the records of a table into reports; every row becomes one, unless nobody can be told to have sent it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._counts: Counter[str] = Counter()
        self._readers: dict[str, Rows | Reader] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals by name.

        Every record counts under one of read_position, read_no_position, read_columns (before a file's rows),
        bad_columns (too many cells or too few), bad_mover (nobody), bad_row (cannot be read), bad_no_columns (of an
        unknown file), bad_head. Besides, how times were read: time_text, time_compact, time_s, time_ms, time_us,
        time_ns, time_none.
        """
        return {name: count for name, count in self._counts.items() if count}

    def decode(self, records: Sequence[Raw], first: int) -> Reports:
        """Return the reports in some rows, numbered from `first` on."""
        parts: list[Reports] = []
        at = 0
        for peer, found in groupby(records, key=lambda raw: raw.peer):
            same = list(found)
            if peer.endswith(HEAD):
                for raw in same:
                    self._begin(peer.removesuffix(HEAD), raw.data)
            else:
                parts.append(self._rows(peer, same, first + at))
            at += len(same)
        return Reports.joined(parts)

    def _rows(self, peer: str, records: Sequence[Raw], first: int) -> Reports:
        reader = self._readers.get(peer)
        if isinstance(reader, Rows):
            return reader.read(records, first, self._counts)
        if reader is None:
            self._counts["bad_no_columns"] += len(records)
            return Reports.of(())
        made = (self._one(reader, raw, number) for number, raw in enumerate(records, start=first))
        return Reports.of(position for position in made if position is not None)

    def _one(self, reader: Reader, raw: Raw, number: int) -> Position | None:
        values = _values(raw.data)
        if values is None:
            self._counts["bad_row"] += 1
            return None
        return reader.report(values, raw, number, self._count)

    def _begin(self, peer: str, data: bytes) -> None:
        try:
            head = json.loads(data)
            self._readers[peer] = self._reader(peer, head)
        except (ValueError, TypeError, KeyError, RecursionError, LookupError, BadInput):
            self._readers.pop(peer, None)
            self._counts["bad_head"] += 1
            return
        self._counts["read_columns"] += 1

    def _reader(self, peer: str, head: Mapping[str, Any]) -> Rows | Reader:
        table = self._table
        names = _GPX_NAMES if head["format"] == "gpx" else tuple(map(str, head["names"]))
        mover = table.mover or str(head.get("track") or peer.partition(".")[0] or peer)
        if head["format"] == "gpx":
            gpx = bind(names, {}, "mps")
            at = {field: name for field, name in gpx.at.items() if field != "name"}
            return Reader(Plan(at, 1.0, ais=False), table.clock, mover)
        plan = table.plan(names, peer)
        if head["format"] == "parquet":
            return Reader(plan, table.clock, mover)
        dialect = _csv.Dialect(str(head["encoding"]), str(head["delimiter"])[:1] or ",", names)
        "".encode(dialect.encoding)
        return Rows(dialect, plan, table.clock, mover)

    def _count(self, name: str) -> None:
        self._counts[name] += 1


def _values(data: bytes) -> dict[str, Any] | None:
    """Return what a row of Parquet (JSON) or a point of GPX says; None where it cannot be read."""
    if data[:1] == b"<":
        return _gpx.values(data)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return {**flattened(found), **found} if isinstance(found, dict) else None


def _head(peer: str, kind: Format, **how: Any) -> Raw:
    return Raw(None, peer + HEAD, json.dumps({"format": kind, **how}, ensure_ascii=False).encode())


def _json(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, default=_plain).encode("utf-8", "replace")


def _plain(value: Any) -> str:
    """Return what JSON has no form for (times, decimals, bytes) as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
