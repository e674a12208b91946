"""Rows of tables and of JSON Lines, and what every row may say of its sample besides the target."""

import csv
import gzip
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from roadstead.dataset.formats._pictures import checked, there
from roadstead.dataset.samples import Sample, Split, Target, kind
from roadstead.errors import BadInput

Row = dict[str, Any]
PLAIN = "samples"
"""The stem of the file of samples that have no split."""
_SPLITS: Mapping[str, Split] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_LONGEST = 10_000_000
"""So many characters may stand in one cell of a table."""


def split_named(name: str) -> Split | None:
    """Return the split that a name means ("valid" and "dev" are val); None where it means none."""
    return _SPLITS.get(name.lower())


def split_of(value: Any, where: str) -> Split | None:
    """Return the split that a cell names; raise BadInput where it is a word that names none."""
    if value in (None, ""):
        return None
    found = split_named(str(value))
    if found is None:
        raise BadInput(f"{where}: {str(value)!r:.40} is no split: write train, val or test")
    return found


def split_files(folder: Path, suffixes: Sequence[str], file: str = "") -> list[tuple[Path, Split | None]]:
    """Return the files of a folder with their splits: one named by `file`, `<split>.<suffix>` and samples.*, or the only one.

    Raises BadInput where there is none, or where several could be meant.
    """
    if file:
        path = folder / checked(file)
        if not path.is_file():
            raise BadInput(f"{path}: there is no such file")
        return [(path, split_named(path.name.partition(".")[0]))]
    found = sorted(p for p in folder.iterdir() if p.name.endswith(tuple(suffixes))) if folder.is_dir() else []
    named = [(p, split_named(p.name.partition(".")[0])) for p in found]
    sided = [(p, s) for p, s in named if s or p.name.partition(".")[0] == PLAIN]
    if sided:
        return sided
    if len(found) != 1:
        what = (
            f"holds {len(found)} such files ({', '.join(p.name for p in found[:4])}); name one by file" if found else ""
        )
        raise BadInput(f"{folder}: {what or 'holds no file ' + ' or '.join('*' + s for s in suffixes)}")
    return named


def by_split(samples: Iterable[Sample]) -> dict[Split | None, list[Sample]]:
    """Return samples by split, those without first."""
    found: dict[Split | None, list[Sample]] = {None: [], **{side: [] for side in get_args(Split)}}
    for sample in samples:
        found[sample.split].append(sample)
    return {side: some for side, some in found.items() if some}


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file, unpacked where its name ends in .gz; raise BadInput naming it."""
    try:
        data = file.read_bytes()
        return (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise BadInput(f"{file}: cannot be read as text: {error}") from None


def read_table(file: Path, delimiter: str) -> Iterator[tuple[str, Row]]:
    """Yield where each row stands and its cells by column; raise BadInput where a row has more or fewer cells than the first."""
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(io.StringIO(read_text(file), newline=""), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(reader, [])]
        if len(set(header)) != len(header) or not all(header):
            raise BadInput(f"{file}: its first line must name each column once")
        for cells in reader:
            if len(cells) != len(header) and cells:
                raise BadInput(f"{file}: line {reader.line_num}: has {len(cells)} cells, the first line {len(header)}")
            if cells:
                yield f"{file}: line {reader.line_num}", dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise BadInput(f"{file}: line {reader.line_num}: {error}") from None


def read_lines(file: Path) -> Iterator[tuple[str, Row]]:
    """Yield where each JSON object of a file of lines stands, and the object; empty lines are passed over."""
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{file}: line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadInput(f"{where}: is not JSON: {error}") from None
        if not isinstance(row, dict):
            raise BadInput(f"{where}: must be a JSON object")
        yield where, row


def write_table(file: Path, rows: Sequence[Row], delimiter: str) -> None:
    """Write rows with every column that one of them has, in the order they first occur."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, columns, restval="", delimiter=delimiter, lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)


def write_lines(file: Path, rows: Iterable[Row]) -> None:
    """Write one JSON object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{json.dumps(row, ensure_ascii=False, allow_nan=False)}\n" for row in rows)
    file.write_text(text, encoding="utf-8")


def text_of(row: Mapping[str, Any], key: str, where: str) -> str:
    """Return a text that must be there; raise BadInput where it is missing or empty."""
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadInput(f"{where}: {key} is missing or is no text")
    return value


def maybe_text(row: Mapping[str, Any], key: str, where: str) -> str:
    """Return a text that may be missing; raise BadInput where it is something else."""
    value = row.get(key)
    if value is not None and not isinstance(value, str | int | float):
        raise BadInput(f"{where}: {key} must be a text, not {str(value)!r:.40}")
    return "" if value is None else str(value)


def number_of(value: Any, where: str) -> float:
    """Return a finite number; raise BadInput."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"{where}: {str(value)!r:.40} is not a number")
    return number


def time_of(value: Any, where: str) -> float | None:
    """Return UTC epoch seconds of a number or an ISO 8601 time (without a zone: UTC); None of nothing."""
    if value in (None, ""):
        return None
    if isinstance(value, str) and not value.lstrip("-").replace(".", "", 1).replace("e", "", 1).isdigit():
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            raise BadInput(f"{where}: {value!r:.40} is no time: write epoch seconds or ISO 8601") from None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return number_of(value, where)


def media_of(name: str, folder: Path, where: str, counts: Counter[str]) -> Path | None:
    """Return the file that a row names below the folder; None, and counted, where it is not there."""
    if not name:
        return None
    try:
        found = there(folder / checked(name))
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None
    counts["missing_pictures"] += found is None
    return found


def facts(row: Mapping[str, Any], where: str, split: Split | None = None) -> dict[str, Any]:
    """Return what a row says of its sample under `split`, `group`, `origin`, `t`, `width` and `height`, as Sample's fields."""
    size = [row.get(name) for name in ("width", "height")]
    px = [0 if value in (None, "") else int(number_of(value, f"{where}: width and height")) for value in size]
    return {
        "split": split_of(row.get("split"), where) or split,
        "group": maybe_text(row, "group", where),
        "origin": maybe_text(row, "origin", where),
        "t": time_of(row.get("t"), f"{where}: t"),
        "size": (px[0], px[1]),
    }


def of_facts(sample: Sample) -> Row:
    """Return what `facts` reads again; a name that nothing is known of is left out, and so is the split (it names the file)."""
    row: Row = {"group": sample.group, "origin": sample.origin, "t": sample.t}
    if sample.size != (0, 0):
        row |= {"width": sample.size[0], "height": sample.size[1]}
    return {name: value for name, value in row.items() if value not in (None, "")}


def demand(sample: Sample, targets: Sequence[type[Target]], name: str) -> None:
    """Raise BadInput where a format does not carry a sample's sort of target."""
    if sample.target is not None and not isinstance(sample.target, tuple(targets)):
        carried = ", ".join(target.__name__.lower() for target in targets)
        raise BadInput(f"sample {sample.id!r}: has {kind(sample.target)}, and {name} carries {carried}")


def unique(samples: Iterable[Sample], where: Path) -> Iterator[Sample]:
    """Yield samples; raise BadInput at the second of a name."""
    seen: set[str] = set()
    for sample in samples:
        if sample.id in seen:
            raise BadInput(f"{where}: two samples are called {sample.id!r}; each needs a name of its own")
        seen.add(sample.id)
        yield sample


def left(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that are above 0."""
    return {name: n for name, n in counts.items() if n}


FIELDS = frozenset(f.name for f in fields(Sample)) - {"id", "target"}
OF_OBJECTS = frozenset({"masks", "ids", "attributes", "texts", "ignored", "visible"})
"""The fields of samples and of objects that a format may lose."""
