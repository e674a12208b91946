"""Short ways to write found events and what is true."""

from typing import Any

from roadstead.dataset.truth import EventRow, InnocentRow, Row, SceneRow
from roadstead.types import Event, Text

SCENE = SceneRow(camera="gate", scene="gate", seed=1, begin=0.0, seconds=60.0, fps=10.0, size=(640, 360))


def found(start: float, end: float, subject: str = "gate-1", **changes: Any) -> Event:
    values: dict[str, Any] = {
        "id": f"{subject}@{start}",
        "camera": "gate",
        "rule": "no-parking",
        "kind": "stopped",
        "outcome": "violation",
        "score": 1.0,
        "because": Text("It stands.", "停留。"),
        "measured": {},
    }
    return Event(subject=subject, start=start, end=end, **{**values, **changes})


def act(start: float, end: float, subject: str = "truck-1", *, due: float | None = None, **changes: Any) -> Row:
    values = {"view": "gate", "rule": "no-parking", "kind": "stopped"} | changes
    return EventRow(subject=subject, start=start, end=end, due=start if due is None else due, **values)


def innocent(start: float, end: float, subject: str = "truck-2", **changes: Any) -> Row:
    values = {"view": "gate", "kind": "stopped", "note": "a red light"} | changes
    return InnocentRow(subject=subject, start=start, end=end, **values)
