"""Which column, or key, of a row is what of a sample: shared by tables and JSON."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict

from roadstead.dataset.formats._pictures import checked, placed
from roadstead.dataset.formats._rows import Row, facts, maybe_text, media_of, number_of, of_facts, time_of
from roadstead.dataset.formats._targets import way_of
from roadstead.dataset.samples import Attributes, Label, Sample, Split, Target, Text, kind
from roadstead.errors import BadInput
from roadstead.types import readonly

PREFIX = "attribute."
"""How a column of an attribute begins where none are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Names of columns. Those that a file does not have are passed over.

    `label`, `attributes` and `text` are the target: one of them. `input` is the text that is shown. `way` names the three
    columns of time, x and y where each row is one point, and `track` the column whose rows are one way: it is cut where the
    label changes. `pictures` is the folder that files are named below. `cannot_tell` is the value of an attribute that nobody can tell; an empty cell: it was not looked at.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str = "id"
    file: str = "file"
    pictures: str = "."
    input: str = "input"
    label: str = "label"
    attributes: tuple[str, ...] = ()
    text: str = "text"
    split: str = "split"
    group: str = "group"
    origin: str = "origin"
    t: str = "t"
    way: tuple[str, str, str] | None = None
    track: str = "track"
    cannot_tell: str = "cannot_tell"


def read_rows(
    rows: Sequence[tuple[str, Row]], columns: Columns, folder: Path, split: Split | None, counts: Counter[str]
) -> Iterator[Sample]:
    """Yield the samples of rows; raise BadInput naming the row, or the columns that are missing."""
    known = {name for _, row in rows for name in row}
    if columns.way is not None:
        yield from _ways(rows, columns, known, split)
        return
    if rows:
        _demand_target(columns, known, rows[0][0])
    for number, (where, row) in enumerate(rows, start=1):
        name = maybe_text(row, columns.file, where)
        way = row.get("way")
        yield Sample(
            id=maybe_text(row, columns.id, where) or str(Path(name).with_suffix("") if name else number),
            target=_target(row, columns, known, where),
            media=media_of(name, folder / columns.pictures, where, counts),
            text=maybe_text(row, columns.input, where),
            way=way_of(_parsed(way, where), where) if way else None,
            **facts(_renamed(row, columns), where, split),
        )


def to_rows(samples: Sequence[Sample], columns: Columns, folder: Path, *, flat: bool) -> list[Row]:
    """Return a row a sample; `flat`: for a table, where a way is written as JSON."""
    kinds = sorted({kind(s.target) for s in samples if s.target is not None})
    if len(kinds) > 1:
        raise BadInput(f"{folder}: one table carries one sort of target, not {' and '.join(kinds)}; write jsonl")
    return [_row(sample, columns, folder, flat=flat, blank=not kinds) for sample in samples]


def _row(sample: Sample, columns: Columns, folder: Path, *, flat: bool, blank: bool) -> Row:
    row: Row = {columns.id: sample.id}
    if sample.media is not None:
        row[columns.file] = placed(sample.media, folder / columns.pictures, _place(sample, columns))
    if sample.text:
        row[columns.input] = sample.text
    if blank:
        row[columns.label] = ""
    match sample.target:
        case Label(label=label):
            row[columns.label] = label
        case Text(text=text):
            row[columns.text] = text
        case Attributes(values=values):
            row |= {_column(name, columns): _cell(name, value, columns) for name, value in values.items()}
    if sample.way is not None:
        row["way"] = json.dumps(sample.way.tolist()) if flat else sample.way.tolist()
    known = of_facts(sample) | ({"split": sample.split} if sample.split else {})
    own = {"group": columns.group, "origin": columns.origin, "t": columns.t, "split": columns.split}
    return row | {own.get(name, name): value for name, value in known.items()}


def _place(sample: Sample, columns: Columns) -> str:
    """Return where a picture goes: a folder of its own, unless the setting names one."""
    return checked(sample.id) if columns.pictures != "." else f"pictures/{checked(sample.id)}"


def _column(name: str, columns: Columns) -> str:
    return name if name in columns.attributes else f"{PREFIX}{name}"


def _cell(name: str, value: str | None, columns: Columns) -> str:
    if value in ("", columns.cannot_tell):
        raise BadInput(f"attribute {name}: the value {value!r} stands for something else; set columns.cannot_tell")
    return columns.cannot_tell if value is None else value


def _demand_target(columns: Columns, known: Collection[str], where: str) -> None:
    """Raise BadInput where no column or more than one sort of column is the target."""
    missing = [name for name in columns.attributes if name not in known]
    if missing:
        raise BadInput(f"{where}: there is no column {missing[0]!r}; there are {', '.join(sorted(known))}")
    some = [name for name in (columns.label, columns.text) if name in known]
    if columns.attributes or any(name.startswith(PREFIX) for name in known):
        return
    if not some:
        raise BadInput(
            f"{where}: none of its columns is the target; set columns.label, attributes or text to one of "
            f"{', '.join(sorted(known))}"
        )
    if len(some) > 1:
        raise BadInput(
            f"{where}: has both {some[0]} and {some[1]}: set the one that is not the target to '' "
            "(a text that is shown is columns.input)"
        )


def _target(row: Row, columns: Columns, known: Collection[str], where: str) -> Target | None:
    named = {name: name for name in columns.attributes} | {
        name: name.removeprefix(PREFIX) for name in sorted(known) if name.startswith(PREFIX)
    }
    if named:
        values = {to: maybe_text(row, name, where) for name, to in named.items()}
        told = {name: None if v == columns.cannot_tell else v for name, v in values.items() if v}
        return Attributes(told) if told else None
    if columns.label in known:
        label = maybe_text(row, columns.label, where)
        return Label(label) if label else None
    text = maybe_text(row, columns.text, where)
    return Text(text) if text else None


def _renamed(row: Mapping[str, Any], columns: Columns) -> Row:
    own = {name: row.get(getattr(columns, name)) for name in ("split", "group", "origin", "t")}
    return {"width": row.get("width"), "height": row.get("height"), **own}


def _parsed(value: Any, where: str) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise BadInput(f"{where}: way must be a JSON list of [t, x, y]") from None


def _ways(
    rows: Sequence[tuple[str, Row]], columns: Columns, known: Collection[str], split: Split | None
) -> Iterator[Sample]:
    """Yield one sample for each stretch of a track with one label; tracks in the order they begin, points by time."""
    needed = (*(columns.way or ()), columns.track)
    for name in needed:
        if rows and name not in known:
            raise BadInput(f"{rows[0][0]}: there is no column {name!r}; there are {', '.join(sorted(known))}")
    tracks: dict[str, list[tuple[float, float, float, str, str, Row]]] = {}
    for where, row in rows:
        when, x, y = (row.get(name) for name in needed[:3])
        t = time_of(when, where)
        if t is None:
            raise BadInput(f"{where}: {needed[0]} is missing")
        label = maybe_text(row, columns.label, where)
        point = (t, number_of(x, where), number_of(y, where), label, where, row)
        tracks.setdefault(maybe_text(row, columns.track, where), []).append(point)
    for track, points in tracks.items():
        points.sort(key=lambda p: p[0])
        begins = [k for k, p in enumerate(points) if k == 0 or p[3] != points[k - 1][3]]
        for number, (begin, end) in enumerate(zip(begins, [*begins[1:], len(points)], strict=True)):
            first = points[begin]
            known_of = facts(_renamed(first[5], columns), first[4], split)
            yield Sample(
                id=f"{track}/{number}" if len(begins) > 1 else track,
                target=Label(first[3]) if first[3] else None,
                way=readonly(np.array([p[:3] for p in points[begin:end]])),
                **(known_of | {"group": known_of["group"] or track, "t": first[0]}),
            )
