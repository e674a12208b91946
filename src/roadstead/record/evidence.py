"""The evidence folder of an event: pictures, clip, and a record from which the decision can be made again.

`evidence/<event id>/` below the run folder holds trigger.jpg (the picture as it was judged), overlay.jpg, evidence.json
and, once the video is there, clip.mp4. The folder appears whole; evidence.json names the SHA-256 of each file.
"""

import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from roadstead.errors import RecordingError
from roadstead.record import files
from roadstead.record.clip import Clip
from roadstead.record.facts import facts
from roadstead.record.overlay import Caption, overlay
from roadstead.record.scenery import named_in
from roadstead.types import Event, Frame, Image, Media, Scene, Schedule, Text, Track, View

SCHEMA = "roadstead.evidence/1"
OTHERS_S = 15.0
"""How much of the tracks beside the subject's is kept, up to the trigger."""
REPLAYED = "replayed from recorded detections, which hold no pictures"

Kind = Literal["clip", "trigger", "overlay", "record", "reports"]
_FILE: Mapping[Kind, str] = {
    "trigger": "trigger.jpg",
    "overlay": "overlay.jpg",
    "clip": "clip.mp4",
    "record": "evidence.json",
    "reports": "reports.jsonl",
}
_NOT_YET = "not cut yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRecord:
    """A rule as it was enforced: its title, its behaviour's settings, the classes it names (none: all) and its times."""

    title: Text
    settings: Mapping[str, Any] = field(default_factory=dict)
    classes: Sequence[str] = ()
    schedules: Sequence[Schedule] = ()
    gap_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What decided, the same for all events of a camera in a run: made once. Passwords have been taken out of `source`.

    `detector` says kind and settings, and of a model the bundle's name and sha256.
    """

    software: str
    settings_sha256: str
    source: Mapping[str, Any]
    detector: Mapping[str, Any]
    rules: Mapping[str, RuleRecord]
    timezone: str = "UTC"


def write(
    out: Path, event: Event, view: View, frame: Frame | None, provenance: Provenance, *, no_picture: str = REPLAYED
) -> tuple[Media, ...]:
    """Write an event's folder below the run folder `out`, as a whole; raise RecordingError.

    `view` is what was judged, `frame` the picture of the act (it may be a little older); `no_picture` says why `frame` is None. Writing the same again changes
    nothing and keeps the clip; another finding under the same id (other settings) takes the old one's place.
    """
    rule = rule_of(event, provenance)
    pictures = _pictures(event, view, frame, rule, provenance.timezone, no_picture)
    record = _record(event, view, frame, rule, provenance) | {"files": {"clip": {"missing": _NOT_YET}}}
    return keep(out, event, record, pictures, no_picture)


def rule_of(event: Event, provenance: Provenance) -> RuleRecord:
    """Return the rule that an event is of."""
    return provenance.rules.get(event.rule) or RuleRecord(title=Text(event.kind.replace("_", " "), event.kind))


def keep(
    out: Path, event: Event, record: dict[str, Any], pictures: Mapping[Kind, bytes | None], missing: str
) -> tuple[Media, ...]:
    """Write a record and its files as a whole folder; `missing` says why a file of None is not there. See `write`."""
    folder = event_folder(out, event.id)
    kept = {
        kind: {"path": _FILE[kind], "sha256": hashlib.sha256(content).hexdigest()} if content else {"missing": missing}
        for kind, content in pictures.items()
    }
    record = record | {"files": kept | record.get("files", {})}
    before = _read(folder)
    if before is not None and _same(before, record):
        return media(out, event.id)
    fresh = folder.with_name(f".{event.id}.{os.getpid()}.new")
    try:
        for left in folder.parent.glob(f".{event.id}.*.new"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        fresh.mkdir(parents=True)
        for kind, content in pictures.items():
            if content:
                (fresh / _FILE[kind]).write_bytes(content)
        (fresh / _FILE["record"]).write_bytes(_json(record))
        files.swap_folder(fresh, folder)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise RecordingError(
            f"{folder}: the evidence cannot be written: {error.strerror}; free space or choose another folder"
        ) from error
    return media(out, event.id)


def add_clip(out: Path, event: Event, clip: Clip | str) -> tuple[Media, ...]:
    """Complete an event's record with its clip (at `clip_path`), or with the reason why there is none; raise RecordingError."""
    folder = event_folder(out, event.id)
    record = _needed(folder)
    if isinstance(clip, str):
        record["files"]["clip"] = {"missing": clip}
    else:
        record["files"]["clip"] = {
            "path": _FILE["clip"],
            "sha256": clip.sha256,
            "start": clip.start,
            "end": clip.end,
            "asked": clip.asked,
            "gaps": clip.gaps,
            "how": clip.how,
            "codec": clip.codec,
            "corrupt": clip.corrupt,
        }
    return _rewrite(out, folder, record, event)


def update(out: Path, event: Event) -> tuple[Media, ...]:
    """Bring an event's record up to date with what became of it; raise RecordingError."""
    folder = event_folder(out, event.id)
    return _rewrite(out, folder, _needed(folder), event)


def event_folder(out: Path, event_id: str) -> Path:
    """Return where an event's evidence belongs; raise RecordingError for an id that can be no folder's name."""
    if not re.fullmatch(r"\w[\w.-]{0,127}", event_id, re.ASCII):
        raise RecordingError(f"{event_id!r} cannot be the name of an evidence folder; use letters, digits, . _ and -")
    return out / "evidence" / event_id


def clip_path(out: Path, event_id: str) -> Path:
    """Return where an event's clip belongs."""
    return event_folder(out, event_id) / _FILE["clip"]


def read(out: Path, event_id: str) -> dict[str, Any]:
    """Return an event's record; raise RecordingError where there is none."""
    return _needed(event_folder(out, event_id))


def media(out: Path, event_id: str) -> tuple[Media, ...]:
    """Return the files of an event's folder; raise RecordingError where there is no record."""
    folder = event_folder(out, event_id)
    record = _needed(folder)
    found = [
        Media(event_id, kind, f"evidence/{event_id}/{_FILE[kind]}", entry.get("sha256"), entry.get("missing"))
        for kind, entry in record["files"].items()
    ]
    path = f"evidence/{event_id}/{_FILE['record']}"
    return (*found, Media(event_id, "record", path, files.sha256(folder / _FILE["record"])))


def _pictures(
    event: Event, view: View, frame: Frame | None, rule: RuleRecord, timezone: str, no_picture: str
) -> dict[Kind, bytes | None]:
    caption = Caption(
        title=rule.title,
        facts=facts(event.measured, rule.settings.keys()),
        named=named_in(rule.settings),
        timezone=timezone,
        no_picture=no_picture,
    )
    shown = replace(view, t=frame.t) if frame else view
    drawn = overlay(frame.image if frame else None, shown, event, caption)
    return {"trigger": jpeg(frame.image, 95) if frame else None, "overlay": jpeg(drawn, 88)}


def jpeg(image: Image, quality: int) -> bytes:
    """Return a picture as a JPEG file's bytes."""
    ok, coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise RecordingError(f"a picture of {image.shape[1]} x {image.shape[0]} px cannot be made a JPEG")
    return coded.tobytes()


def _record(event: Event, view: View, frame: Frame | None, rule: RuleRecord, provenance: Provenance) -> dict[str, Any]:
    subject = next((track for track in view.tracks if track.id == event.subject), None)
    return {
        **decision(event, rule),
        "trigger": {
            "t": frame.t if frame else view.t,
            "judged_t": view.t,
            "t_received": frame.t_received if frame else None,
            "picture_size": frame.size if frame else None,
            "impaired": view.impaired,
        },
        "scene": scene_record(view.scene),
        "subject": _track(subject, -math.inf, view.t) if subject else None,
        "others": [_track(track, view.t - OTHERS_S, view.t) for track in view.tracks if track is not subject],
        **origin(provenance),
        "detector": provenance.detector,
    }


def decision(event: Event, rule: RuleRecord) -> dict[str, Any]:
    """Return the parts of a record that say what was found, and by which rule."""
    return {
        "schema": SCHEMA,
        "event": event_record(event),
        "rule": {"name": event.rule, "kind": event.kind, **plain(rule), "legal": plain(event.legal)},
        "measures": [fact.record() for fact in facts(event.measured, rule.settings.keys())],
    }


def origin(provenance: Provenance) -> dict[str, Any]:
    """Return the parts of a record that say what it was made from and by."""
    return {
        "source": provenance.source,
        "software": {"name": "roadstead", "version": provenance.software},
        "settings_sha256": provenance.settings_sha256,
        "timezone": provenance.timezone,
    }


def event_record(event: Event) -> dict[str, Any]:
    """Return an event for a record."""
    return {f.name: plain(getattr(event, f.name)) for f in fields(event)}


def scene_record(scene: Scene) -> dict[str, Any]:
    """Return what was known of the view, or of the ground, for a record."""
    ground = scene.homography
    return {
        "camera": scene.camera,
        "size": scene.size,
        "zones": {name: {"polygon": zone.polygon, "space": zone.space} for name, zone in scene.zones.items()},
        "lines": {
            name: {"start": line.start, "end": line.end, "space": line.space} for name, line in scene.lines.items()
        },
        "homography": {"matrix": ground.matrix, "residual_m": ground.residual_m} if ground else None,
        "origin": scene.origin,
        "ways": {name: way.points for name, way in scene.ways.items()},
    }


def _track(track: Track, start: float, end: float) -> dict[str, Any]:
    """Return a track's observations in [start, end]: times, boxes xyxy px of the scene's picture size, ground places m."""
    rows = (track.t >= start) & (track.t <= end)
    return {
        "id": track.id,
        "label": track.label,
        "born": track.born,
        "t": track.t[rows],
        "boxes": track.boxes[rows],
        "scores": track.scores[rows],
        "xy_m": None if track.xy_m is None else track.xy_m[rows],
        "attributes": track.attributes,
    }


def _same(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a record tells the same finding; what became of the event later, and its clip, do not matter."""
    fresh = json.loads(_json(now))
    later = {"event", "measures", "files"}
    pictures = fresh["files"].keys() - {"clip"}
    return all(before.get(key) == fresh[key] for key in fresh.keys() - later) and all(
        before["files"].get(kind) == fresh["files"][kind] for kind in pictures
    )


def _rewrite(out: Path, folder: Path, record: dict[str, Any], event: Event) -> tuple[Media, ...]:
    settings = record["rule"]["settings"]
    record["event"] = event_record(event)
    record["measures"] = [fact.record() for fact in facts(event.measured, settings.keys())]
    files.write(folder / _FILE["record"], _json(record))
    return media(out, event.id)


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / _FILE["record"]).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def _needed(folder: Path) -> dict[str, Any]:
    found = _read(folder)
    if found is None:
        raise RecordingError(f"{folder}: holds no evidence record that can be read; write the event's evidence again")
    return found


def _json(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON, one line for each of its parts; what is not a finite number becomes null."""
    parts = (f"{json.dumps(key)}: {_part(value)}" for key, value in record.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _part(value: Any) -> str:
    """Return a part of a record as JSON; what was read from JSON is so already."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """Return a value as what JSON knows."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and np.isfinite(value).all():
        return value.tolist()
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    elif is_dataclass(value):
        value = {f.name: getattr(value, f.name) for f in fields(value)}
    elif isinstance(value, (set, frozenset)):
        value = sorted(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
