"""Structured texts as fields: JSON objects, or lines of `key: value`."""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

Form = Literal["json", "lines"]
_LINE = re.compile(r"^\s*[-*]?\s*(?P<key>[^:：]{1,40}?)\s*[:：]\s*(?P<value>.*?)\s*$")
_LEAST = 2
"""A text of one line with a colon is a sentence, not a table."""


def form(text: str) -> Form | None:
    """Return how a text holds its fields; None where it holds none."""
    if _json(text) is not None:
        return "json"
    return "lines" if len(_lines(text) or ()) >= _LEAST else None


def fields(text: str, form: Form) -> dict[str, str] | None:
    """Return a text's fields; None where it does not keep the form.

    Inner fields are named `outer.inner`, entries of a list `name.0`. Values are compared as text with single spaces, in small letters.

    >>> fields('{"plate": "京A12345", "at": {"hour": 7}}', "json")
    {'plate': '京a12345', 'at.hour': '7'}
    """
    found = _json(text) if form == "json" else _lines(text)
    return None if found is None else {key: " ".join(value.split()).lower() for key, value in found.items()}


def _json(text: str) -> dict[str, str] | None:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return dict(_flat(value)) if isinstance(value, Mapping) else None


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    inner: list[tuple[Any, Any]] | None = None
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    if inner:
        return [row for key, each in inner for row in _flat(each, f"{name}.{key}" if name else str(key))]
    return [(name, value if isinstance(value, str) else json.dumps(value))] if name else []


def _lines(text: str) -> dict[str, str] | None:
    """Return the fields of lines that are all `key: value`; None where one is not, or a key comes twice."""
    rows = [_LINE.match(line) for line in text.splitlines() if line.strip()]
    if not rows or any(row is None for row in rows):
        return None
    found = {row["key"].lower(): row["value"] for row in rows if row is not None}
    return found if len(found) == len(rows) else None
