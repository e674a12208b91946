"""What is known to be true of a recording: `truth.jsonl`, one JSON object a line, `row` says what it tells of.

    {"row": "scene", "camera": "junction", "scene": "junction", "seed": 7, "begin": …, "seconds": 60, "fps": 10, "size": [960, 540], …}
    {"row": "object", "camera": "junction", "id": "truck-1", "label": "truck", "sort": "dump_truck", "attributes": {"cover": "uncovered"}, "texts": {"plate": "沪A·12345"}, "mover": "13000000001"}
    {"row": "event", "view": "junction", "rule": "no-parking", "kind": "stopped", "subject": "car-3", "start": …, "end": …, "due": …, "note": "…"}
    {"row": "innocent", "view": "junction", "kind": "stopped", "subject": "truck-2", "start": …, "end": …, "note": "waited 20 s at a red light"}
    {"row": "fault", "camera": "junction", "kind": "blocked", "form": "leaf", "start": …, "end": …}
    {"row": "report_fault", "feed": "trucks", "kind": "frozen_fix", "mover": "13000000001", "start": …, "end": …}
    {"row": "link", "camera": "junction", "object": "truck-1", "mover": "13000000001", "start": …, "end": …}
    {"row": "frame", "camera": "junction", "t": …, "seen": [{"id": "truck-1", "box": […], "whole": […], "visible": 0.93, "xy_m": […], "speed_mps": …, "course_deg": …}]}

Times are UTC epoch seconds, boxes xyxy px of a picture of the scene's size.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from roadstead.errors import BadInput

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRow:
    """A recording of one camera. `conditions` say light, weather and lens; `assets` which stock it was made of."""

    row: ClassVar[str] = "scene"
    camera: str
    scene: str
    seed: int
    begin: float
    seconds: float
    fps: float
    size: tuple[int, int]
    assets: str = "train"
    conditions: Mapping[str, str | float] = field(default_factory=lambda: _NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """Something that moves or lies in the picture: `label` is its class, `sort` its kind, `mover` who reports for it."""

    row: ClassVar[str] = "object"
    camera: str
    id: str
    label: str
    sort: str
    attributes: Mapping[str, str] = field(default_factory=lambda: _NONE)
    texts: Mapping[str, str] = field(default_factory=lambda: _NONE)
    mover: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """What must be found: by which rule of which kind, of whom (an object, or a mover of a feed), from when to when.

    `view` is the camera or feed that shows it. `due` is the first instant at which the rule, with its own times, can know.
    """

    row: ClassVar[str] = "event"
    view: str
    rule: str
    kind: str
    subject: str
    start: float
    end: float
    due: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InnocentRow:
    """What looks nearly like a violation of a kind and is none."""

    row: ClassVar[str] = "innocent"
    view: str
    kind: str
    subject: str
    start: float
    end: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """A camera that cannot see properly, from when to when."""

    row: ClassVar[str] = "fault"
    camera: str
    kind: str
    form: str = ""
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFaultRow:
    """A fault of position reports, by the name of the anomaly that has to find it."""

    row: ClassVar[str] = "report_fault"
    feed: str
    kind: str
    mover: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """An object in a camera's picture and a mover that reports are one and the same, while it is in the picture."""

    row: ClassVar[str] = "link"
    camera: str
    object: str
    mover: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One object in one picture: the box of what shows, the whole box cut at the picture's edge, the share that shows (0-1)."""

    id: str
    box: tuple[float, float, float, float]
    whole: tuple[float, float, float, float]
    visible: float
    xy_m: tuple[float, float]
    speed_mps: float
    course_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """One picture, and who is in it."""

    row: ClassVar[str] = "frame"
    camera: str
    t: float
    seen: tuple[Sight, ...] = ()


Row = SceneRow | ObjectRow | EventRow | InnocentRow | FaultRow | ReportFaultRow | LinkRow | FrameRow
_ROWS: Mapping[str, type[Row]] = MappingProxyType(
    {
        kind.row: kind
        for kind in (SceneRow, ObjectRow, EventRow, InnocentRow, FaultRow, ReportFaultRow, LinkRow, FrameRow)
    }
)


def to_line(row: Row) -> str:
    """Write one row as a line without its end; lengths keep 2 decimals, shares 3, times all of theirs."""
    return json.dumps({"row": row.row, **_rounded(_values(row))}, ensure_ascii=False, allow_nan=False)


def write(rows: Iterable[Row], path: Path) -> None:
    """Write `truth.jsonl`."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(to_line(row) + "\n" for row in rows)


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a `truth.jsonl`; raise BadInput naming file and line on what does not fit."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as truth: {error}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield from_line(line, f"{path}: line {number}")


def from_line(text: str, where: str = "truth") -> Row:
    """Read one line; raise BadInput beginning with `where`."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{where}: is not a line of JSON: {error}") from None
    kind = _ROWS.get(values.pop("row", "")) if isinstance(values, dict) else None
    if kind is None:
        raise BadInput(f'{where}: must be a JSON object whose "row" is one of {", ".join(_ROWS)}')
    known = {f.name for f in fields(kind)}
    if strange := sorted(values.keys() - known):
        raise BadInput(f"{where}: a row {kind.row!r} has no field {strange[0]!r}; it has: {', '.join(sorted(known))}")
    try:
        if kind is FrameRow:
            values["seen"] = tuple(Sight(**_tuples(one)) for one in values.get("seen", ()))
        return kind(**_tuples(values))
    except (TypeError, AttributeError) as error:
        raise BadInput(f"{where}: does not fit a row {kind.row!r}: {error}") from None


def _values(one: Row | Sight) -> dict[str, Any]:
    values = {f.name: getattr(one, f.name) for f in fields(one)}
    if isinstance(one, FrameRow):
        values["seen"] = [_values(sight) for sight in one.seen]
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


_DECIMALS = {"box": 2, "whole": 2, "xy_m": 3, "visible": 3, "speed_mps": 3, "course_deg": 2}


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Round what would only make the file longer."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        if name == "seen":
            made[name] = [_rounded(one) for one in value]
        elif name in _DECIMALS:
            n = _DECIMALS[name]
            made[name] = [round(float(v), n) for v in value] if isinstance(value, tuple) else round(float(value), n)
        else:
            made[name] = value
    return made
