"""Values to table rows and back, without loss: what comes out equals what went in."""

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa

from roadstead.types import Event, Legal, Measured, Media, Text, Track, Vote


def text_of(value: object) -> str:
    """Return compact JSON; a number that is not finite becomes null (unknown is None)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def plain(measured: Measured) -> dict[str, float | int | str | None]:
    """Return the measured values as JSON can carry them: numpy numbers as Python's, what is not finite as None."""
    return {name: _plain(value) for name, value in measured.items()}


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def event_row(event: Event, at: float) -> dict[str, Any]:
    """Return the row of an event that is recorded at `at`."""
    return {
        "id": event.id,
        "camera": event.camera,
        "rule": event.rule,
        "kind": event.kind,
        "subject": event.subject,
        "start_t": event.start,
        "end_t": event.end,
        "outcome": event.outcome,
        "score": event.score,
        "because_en": event.because.en,
        "because_zh": event.because.zh,
        "measured": text_of(plain(event.measured)),
        "legal_reference": event.legal.reference if event.legal else None,
        "legal_version": event.legal.version if event.legal else None,
        "closed": event.closed,
        "told_t": event.told,
        "recorded_t": at,
        "updated_t": at,
    }


def event_of(row: sa.Row[Any]) -> Event:
    """Return the event of a row."""
    legal = None if row.legal_reference is None else Legal(row.legal_reference, row.legal_version)
    return Event(
        id=row.id,
        camera=row.camera,
        rule=row.rule,
        kind=row.kind,
        subject=row.subject,
        start=row.start_t,
        end=row.end_t,
        outcome=row.outcome,
        score=row.score,
        because=Text(row.because_en, row.because_zh),
        measured=json.loads(row.measured),
        legal=legal,
        told=row.told_t,
        closed=row.closed,
    )


def media_row(media: Media) -> dict[str, Any]:
    """Return the row of a file; without a hash and without a reason it is still to come."""
    state = "ready" if media.sha256 is not None else "missing" if media.missing is not None else "pending"
    return {
        "event": media.event,
        "kind": media.kind,
        "path": media.path,
        "sha256": media.sha256,
        "missing": media.missing,
        "state": state,
    }


def media_of(row: sa.Row[Any]) -> Media:
    """Return the file of a row."""
    return Media(row.event, row.kind, row.path, row.sha256, row.missing)


def track_row(track: Track) -> dict[str, Any]:
    """Return the row of a track that has at least one point."""
    columns = [track.t, *track.boxes.T, track.scores]
    if track.xy_m is not None:
        columns += [*track.xy_m.T]
    return {
        "id": track.id,
        "camera": track.camera,
        "label": track.label,
        "born_t": track.born,
        "start_t": float(track.t[0]),
        "end_t": float(track.t[-1]),
        "on_ground": track.xy_m is not None,
        "points": zlib.compress(np.asarray(columns, dtype="<f8").tobytes(), 1),
        "attributes": text_of({name: [v.label, v.score, v.views] for name, v in track.attributes.items()}),
    }


def track_of(row: sa.Row[Any]) -> Track:
    """Return the track of a row."""
    columns = np.frombuffer(zlib.decompress(row.points), dtype="<f8").reshape(8 if row.on_ground else 6, -1)
    attributes: Mapping[str, Vote] = {name: Vote(*vote) for name, vote in json.loads(row.attributes).items()}
    return Track(
        id=row.id,
        camera=row.camera,
        label=row.label,
        born=row.born_t,
        t=columns[0],
        boxes=columns[1:5].T,
        scores=columns[5],
        xy_m=columns[6:8].T if row.on_ground else None,
        attributes=attributes,
    )


def joined(older: Track, newer: Track) -> Track:
    """Return `newer` with the points of `older` that lie before or after it: a tracker forgets the oldest points."""
    before, after = older.t < newer.t[0], older.t > newer.t[-1]
    if not (before.any() or after.any()):
        return newer

    def around(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.concatenate((old[before], new, old[after]))

    both = older.xy_m is not None and newer.xy_m is not None
    return Track(
        id=newer.id,
        camera=newer.camera,
        label=newer.label,
        born=min(older.born, newer.born),
        t=around(older.t, newer.t),
        boxes=around(older.boxes, newer.boxes),
        scores=around(older.scores, newer.scores),
        xy_m=around(older.xy_m, newer.xy_m) if both and older.xy_m is not None and newer.xy_m is not None else None,
        attributes=newer.attributes,
    )
