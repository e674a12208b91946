"""The observation log: one JSON line for each picture that was looked at, and for each signal lost or returned.

    {"camera": "gate", "t": 12.4, "size": [640, 360], "boxes": [[x0, y0, x1, y1]], "scores": [0.9], "labels": ["truck"],
     "ids": ["gate-7"], "votes": [{"cover": {"label": "open", "score": 0.8, "views": 5}}]}
    {"camera": "gate", "t": 14.0, "signal": false, "reason": "…"}

Numbers are written so that reading gives back the same float64, bit for bit. `ids` are what the tracker said when the
line was written, for people to read; a replay tracks anew. `votes` stands only where a box had attributes.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from roadstead.errors import BadInput
from roadstead.types import Detections, Signal, Vote


def to_line(detections: Detections, ids: Sequence[str | None] = ()) -> str:
    """Write one picture's detections as a line without its end; `ids` is empty or names each box's track."""
    row: dict[str, Any] = {
        "camera": detections.camera,
        "t": float(detections.t),
        "size": [int(side) for side in detections.size],
        "boxes": detections.boxes.tolist(),
        "scores": detections.scores.tolist(),
        "labels": list(detections.labels),
        "ids": list(ids) if ids else [None] * len(detections),
    }
    if any(detections.votes):
        row["votes"] = [{name: _vote_row(vote) for name, vote in of_box.items()} for of_box in detections.votes]
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def signal_line(signal: Signal) -> str:
    """Write a signal lost or returned as a line without its end."""
    row = {"camera": signal.camera, "t": float(signal.t), "signal": signal.ok, "reason": signal.reason}
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def from_line(text: str, where: str = "observation") -> Detections | Signal:
    """Read one line; raise BadInput beginning with `where` (a file and line number) on anything that does not fit."""
    return from_row(read_row(text, where), where)


def read_row(text: str | bytes, where: str) -> dict[str, Any]:
    """Read one line as a JSON object; NaN and Infinity are refused."""
    try:
        row = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: is not a line of JSON: {error}") from None
    if not isinstance(row, dict):
        raise BadInput(f"{where}: must be a JSON object with camera, t and either boxes or signal")
    return row


def from_row(row: Mapping[str, Any], where: str) -> Detections | Signal:
    """Make the value that a row of the log stands for; raise BadInput naming the field that does not fit."""
    camera, t = _field(row, "camera", where, str), _number(_field(row, "t", where, int, float), "t", where)
    if "signal" in row:
        return Signal(camera, t, _field(row, "signal", where, bool), str(row.get("reason", "")))
    boxes = [_numbers(box, "boxes", where, 4) for box in _field(row, "boxes", where, list)]
    scores = _numbers(_field(row, "scores", where, list), "scores", where, len(boxes))
    labels = _field(row, "labels", where, list)
    if len(labels) != len(boxes) or not all(isinstance(label, str) for label in labels):
        raise BadInput(f"{where}: labels must be {len(boxes)} names, one for each box")
    return Detections(camera, t, _size(row, where), boxes, scores, tuple(labels), _votes(row, len(boxes), where))  # type: ignore[arg-type]  # lists become read-only arrays in Detections


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _field(row: Mapping[str, Any], name: str, where: str, *kinds: type) -> Any:
    value = row.get(name)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        state = "is missing" if name not in row else f"has the wrong type: {str(value)!r:.60}"
        raise BadInput(f"{where}: {name} {state}")
    return value


def _number(value: Any, name: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{where}: {name} holds {str(value)!r:.60}, which is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadInput(f"{where}: {name} holds a number that is too large")
    return number


def _numbers(values: Any, name: str, where: str, n: int) -> list[float]:
    if not isinstance(values, list) or len(values) != n:
        raise BadInput(f"{where}: {name} must hold {n} numbers here")
    return [_number(value, name, where) for value in values]


def _size(row: Mapping[str, Any], where: str) -> tuple[int, int]:
    size = _field(row, "size", where, list)
    if len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        raise BadInput(f"{where}: size must be the picture's width and height, px")
    return size[0], size[1]


def _vote_row(vote: Vote) -> dict[str, Any]:
    return {"label": vote.label, "score": vote.score, "views": vote.views}


def _votes(row: Mapping[str, Any], n: int, where: str) -> tuple[dict[str, Vote], ...]:
    rows = row.get("votes")
    if rows is None:
        return ()
    if not isinstance(rows, list) or len(rows) != n or not all(isinstance(of_box, dict) for of_box in rows):
        raise BadInput(f"{where}: votes must be {n} objects, one for each box")
    return tuple({name: _vote(vote, name, where) for name, vote in of_box.items()} for of_box in rows)


def _vote(row: Any, name: str, where: str) -> Vote:
    fits = isinstance(row, dict) and isinstance(row.get("label"), str | None) and type(row.get("views")) is int
    if not fits:
        raise BadInput(f"{where}: the vote on {name} must have label, score and views")
    return Vote(row["label"], _number(row.get("score"), f"the vote on {name}", where), row["views"])
