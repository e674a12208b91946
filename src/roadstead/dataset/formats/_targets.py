"""Every sort of target as JSON, and back, with nothing lost. What the keys mean is in docs/datasets.md."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from roadstead.dataset import masks
from roadstead.dataset.formats._pictures import checked, placed
from roadstead.dataset.formats._rows import Row, maybe_text, number_of
from roadstead.dataset.masks import Mask, Polygons, Rle
from roadstead.dataset.samples import (
    Answer,
    Attributes,
    Chat,
    Entities,
    Label,
    Message,
    Objects,
    Pixels,
    Preference,
    Sample,
    Target,
    Text,
    kind,
)
from roadstead.errors import BadInput
from roadstead.types import Floats, readonly

_ROLES = ("system", "user", "assistant")


def to_row(sample: Sample, folder: Path) -> Row | None:
    """Return a sample's target as JSON: `kind` and the keys of it; files of pixels are brought below the folder."""
    target = sample.target
    if target is None:
        return None
    return {
        "kind": kind(target),
        **(_pixels_row(target, sample, folder) if isinstance(target, Pixels) else _keys(target)),
    }


def _keys(target: Objects | Label | Attributes | Text | Entities | Answer | Chat | Preference) -> Row:
    match target:
        case Objects():
            return {"objects": [object_row(target, k) for k in range(len(target))]}
        case Attributes(values=values):
            return {"values": dict(values)}
        case Entities(tokens=tokens, tags=tags):
            return {"tokens": list(tokens), "tags": list(tags)}
        case Chat(messages=messages):
            return {"messages": message_rows(messages)}
        case Preference(prompt=prompt, chosen=chosen, rejected=rejected):
            return {"prompt": message_rows(prompt), "chosen": chosen, "rejected": rejected}
    return asdict(target)  # texts and numbers alone


def from_row(row: Any, where: str, folder: Path) -> Target | None:
    """Return the target of JSON that `to_row` made; raise BadInput naming the place."""
    if row is None:
        return None
    if not isinstance(row, dict) or row.get("kind") not in _READ:
        raise BadInput(f"{where}: its kind must be one of {', '.join(_READ)}")
    try:
        return _READ[row["kind"]](_Place(row, where, folder))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"{where}: is no {row['kind']}: {error}") from None


@dataclass(frozen=True, slots=True)
class _Place:
    """A row, where it stands, and the folder that its files lie below."""

    row: Row
    where: str
    folder: Path

    def text(self, key: str) -> str:
        value = self.row[key]
        if not isinstance(value, str):
            raise TypeError(f"{key} is no text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.row[key]
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise TypeError(f"{key} is no list of texts")
        return tuple(value)


def object_row(objects: Objects, k: int) -> Row:
    """Return one object as JSON: box, label and what else is known of it."""
    mask, visible = objects.masks[k], float(objects.visible[k])
    extra = {
        "mask": None if mask is None else mask_row(mask),
        "id": objects.ids[k],
        "attributes": dict(objects.attributes[k]) or None,
        "texts": dict(objects.texts[k]) or None,
        "ignored": objects.ignored[k] or None,
        "visible": None if math.isnan(visible) else visible,
    }
    known = {name: value for name, value in extra.items() if value is not None}
    return {"box": objects.boxes[k].tolist(), "label": objects.labels[k], **known}


def objects_of(rows: Any, where: str) -> Objects:
    """Return the objects of JSON rows; raise BadInput naming the place."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{where}: objects must be a list of JSON objects")
    columns = [_object(row, f"{where}: object {k}") for k, row in enumerate(rows, start=1)]
    boxes, labels, shapes, ids, attributes, texts, ignored, visible = (
        zip(*columns, strict=True) if columns else ((),) * 8
    )
    return Objects(
        boxes=np.array(boxes, dtype=np.float64).reshape(-1, 4),
        labels=labels,
        masks=shapes,
        ids=ids,
        attributes=attributes,
        texts=texts,
        ignored=ignored,
        visible=np.array(visible, dtype=np.float64),
    )


def _object(row: Row, where: str) -> tuple[Any, ...]:
    box = row.get("box")
    if not isinstance(box, list) or len(box) != 4:
        raise BadInput(f"{where}: box must hold left, top, right and bottom")
    label = row.get("label")
    if not isinstance(label, str) or not label:
        raise BadInput(f"{where}: label is missing")
    return (
        [number_of(value, f"{where}: box") for value in box],
        label,
        None if row.get("mask") is None else mask_of(row["mask"], f"{where}: mask"),
        maybe_text(row, "id", where) or None,
        _table(row.get("attributes"), where),
        _table(row.get("texts"), where),
        bool(row.get("ignored")),
        math.nan if row.get("visible") is None else number_of(row["visible"], f"{where}: visible"),
    )


def mask_row(mask: Mask) -> Row:
    """Return a mask as JSON: COCO's compressed run lengths with (height, width), or the corners of outlines."""
    if isinstance(mask, Polygons):
        return {"rings": [ring.tolist() for ring in mask.rings]}
    return {"size": [mask.size[1], mask.size[0]], "counts": masks.to_text(mask.counts)}


def mask_of(row: Any, where: str) -> Mask:
    """Return the mask of JSON; raise BadInput."""
    try:
        if "rings" in row:
            return Polygons(tuple(np.array(ring, dtype=np.float64).reshape(-1, 2) for ring in row["rings"]))
        height, width = row["size"]
        return Rle((int(width), int(height)), masks.from_text(row["counts"]))
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput(f"{where}: is neither run lengths (size, counts) nor outlines (rings)") from None


def message_rows(messages: Sequence[Message]) -> list[Row]:
    """Return turns as JSON."""
    return [{"role": message.role, "content": message.content} for message in messages]


def messages_of(rows: Any, where: str) -> tuple[Message, ...]:
    """Return turns of JSON; raise BadInput where a role is none of system, user and assistant."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput(f"{where}: messages must be a list of objects with role and content")
    found = []
    for k, row in enumerate(rows, start=1):
        role, content = row.get("role"), row.get("content")
        if role not in _ROLES or not isinstance(content, str):
            raise BadInput(f"{where}: message {k}: needs a role ({', '.join(_ROLES)}) and content that is a text")
        found.append(Message(role, content))
    return tuple(found)


def way_of(value: Any, where: str) -> Floats | None:
    """Return a way (n, 3) of a list of [t, x, y], None of None; raise BadInput."""
    if value is None:
        return None
    try:
        way = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        way = np.zeros(1)
    if way.size and way.shape[1:] != (3,):
        raise BadInput(f"{where}: way must be a list of [t, x, y]")
    return readonly(way.reshape(-1, 3))


def _table(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value or {}, dict):
        raise BadInput(f"{where}: attributes and texts must be values by name")
    return {str(key): str(inner) for key, inner in (value or {}).items()}


def _pixels_row(pixels: Pixels, sample: Sample, folder: Path) -> Row:
    row: Row = {"labels": list(pixels.labels)}
    if pixels.file is not None:
        return row | {"file": placed(pixels.file, folder, f"masks/{sample.id}")}
    import cv2

    _, data = cv2.imencode(".png", np.asarray(pixels.values))
    return row | {"png": base64.b64encode(data.tobytes()).decode()}


def _pixels(at: _Place) -> Pixels:
    labels = at.texts("labels")
    if isinstance(at.row.get("file"), str):
        return Pixels(labels, file=at.folder / checked(at.row["file"]))
    import cv2

    data = np.frombuffer(base64.b64decode(at.text("png"), validate=True), dtype=np.uint8)
    values = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if values is None or values.ndim != 2 or values.dtype != np.uint8:
        raise BadInput(f"{at.where}: its png is no picture of one channel of 8 bits")
    return Pixels(labels, values=np.asarray(values, dtype=np.uint8))


def _attributes(at: _Place) -> Attributes:
    values = at.row["values"]
    if not all(isinstance(value, str | None) for value in values.values()):
        raise TypeError("a value is neither a text nor null")
    return Attributes(dict(values))


def _answer(at: _Place) -> Answer:
    start = at.row.get("start")
    text = None if at.row["text"] is None else at.text("text")
    return Answer(at.text("question"), text, None if start is None else int(start))


def _preference(at: _Place) -> Preference:
    return Preference(messages_of(at.row["prompt"], at.where), at.text("chosen"), at.text("rejected"))


_READ: Mapping[str, Callable[[_Place], Target]] = {
    "objects": lambda at: objects_of(at.row["objects"], at.where),
    "label": lambda at: Label(at.text("label")),
    "attributes": _attributes,
    "pixels": _pixels,
    "text": lambda at: Text(at.text("text")),
    "entities": lambda at: Entities(at.texts("tokens"), at.texts("tags")),
    "answer": _answer,
    "chat": lambda at: Chat(messages_of(at.row["messages"], at.where)),
    "preference": _preference,
}
