"""Events as `roadstead events --json` and `roadstead replay --json` print them: a JSON list, or one event a line."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from roadstead.errors import BadInput
from roadstead.types import Event, Legal, Outcome, Text

_TEXTS = ("id", "camera", "rule", "kind", "subject")
_NUMBERS = ("start", "end", "score")


def read(path: Path) -> list[Event]:
    """Read the events of a file; raise BadInput naming the file and the entry that does not fit."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as events: {error}") from None
    try:
        rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line]
    except ValueError as error:
        raise BadInput(f"{path}: is neither a JSON list of events nor one event a line: {error}") from None
    return [of_row(row, f"{path}: event {number}") for number, row in enumerate(rows, start=1)]


def of_row(row: Any, where: str) -> Event:
    """Make the event that a row stands for; raise BadInput beginning with `where`."""
    if not isinstance(row, dict):
        raise BadInput(f"{where}: must be a JSON object")
    if strange := sorted(row.keys() - {f.name for f in fields(Event)}):
        raise BadInput(f"{where}: has no field {strange[0]!r}; hand in what `roadstead events --json` prints")
    for name in _TEXTS:
        if not isinstance(row.get(name), str):
            raise BadInput(f"{where}: {name} must be a text")
    texts: dict[str, Any] = {name: row[name] for name in _TEXTS}
    numbers: dict[str, Any] = {name: _number(row, name, where) for name in _NUMBERS}
    if row.get("outcome") not in get_args(Outcome):
        raise BadInput(f"{where}: outcome must be {' or '.join(get_args(Outcome))}")
    because, legal, measured = row.get("because"), row.get("legal"), row.get("measured", {})
    if not isinstance(measured, dict):
        raise BadInput(f"{where}: measured must be values by name")
    return Event(
        **texts,
        **numbers,
        outcome=row["outcome"],
        because=Text(*_pair(because, ("en", "zh"), f"{where}: because")),
        measured=measured,
        legal=None if legal is None else Legal(*_pair(legal, ("reference", "version"), f"{where}: legal")),
        told=None if row.get("told") is None else _number(row, "told", where),
        closed=bool(row.get("closed", False)),
    )


def _number(row: Mapping[str, Any], name: str, where: str) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"{where}: {name} must be a number")
    return float(value)


def _pair(value: Any, names: tuple[str, str], where: str) -> tuple[str, str]:
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in names):
        raise BadInput(f"{where} must have {names[0]} and {names[1]}")
    return value[names[0]], value[names[1]]
