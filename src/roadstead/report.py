"""The report of a run: one HTML file that needs nothing else, in Chinese and English."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import cv2
import jinja2
import numpy as np

from roadstead.errors import RecordingError
from roadstead.geometry.schedules import clock
from roadstead.types import Event, Media, Signal, Text

PAGE = "report.html"
PICTURES = 150
"""So many pictures are put into the file itself; the report says how many more lie beside it."""
_END_OF_LOOK = "<!-- end of second look -->"
_PICTURE_WIDTH = 1120
_WIDTH, _LANE = 1000.0, 16.0
_MARKS = 6
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRun:
    """What one camera gave: its source in words, the time it covers, totals by name, when its picture was gone, and notes on it."""

    name: str
    source: str
    start: float | None = None
    end: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    signals: Sequence[Signal] = ()
    notes: Sequence[Text] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCard:
    """One event with its files, its evidence record (empty where it could not be written), and what a second look said."""

    event: Event
    media: Sequence[Media] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    second_look: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run as the report tells it; `started` and `ended` are our clock, `videos` are paths below the run folder."""

    name: str
    software: str
    settings_sha256: str
    started: float
    ended: float
    timezone: str = "UTC"
    cameras: Sequence[CameraRun] = ()
    events: Sequence[EventCard] = ()
    deliveries: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    looks: Mapping[str, int] = field(default_factory=dict)
    videos: Sequence[str] = ()
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Bar:
    x: float
    width: float
    y: float
    event: Event


@dataclass(frozen=True, slots=True)
class _Timeline:
    camera: CameraRun
    height: float
    bars: Sequence[_Bar]
    marks: Sequence[tuple[float, str]]
    gone: Sequence[tuple[float, float]]


def write_report(out: Path, run: RunSummary) -> Path:
    """Write `report.html` into the run folder and return its path; raise RecordingError."""
    zone = ZoneInfo(run.timezone)
    run = replace(run, events=sorted(run.events, key=lambda card: (card.event.start, card.event.id)))
    environment = _environment()
    environment.filters |= {
        "clock": lambda t: clock(t, run.timezone, ms=False),
        "seconds": lambda s: f"{s:.1f} s" if s < 120 else f"{s / 60:.1f} min",
        "number": _number,
        "link": lambda path: "./" + quote(path),
    }
    template = _template("report.html.j2")
    shown = _pictures(out, run.events)
    page = environment.from_string(template).render(
        run=run,
        timelines=[_timeline(camera, run.events, zone) for camera in run.cameras],
        pictures=shown,
        beside=sum(1 for card in run.events if _file(card, "overlay")) - len(shown),
        files={card.event.id: {m.kind: m for m in card.media} for card in run.events},
        outcomes={
            kind: sum(card.event.outcome == kind for card in run.events) for kind in ("violation", "insufficient")
        },
    )
    _write(out, page)
    return out / PAGE


def show_second_looks(out: Path, told: Mapping[str, Mapping[str, Any]]) -> int:
    """Put what second looks said, by event id, into a report that is there; return into how many of its events. RecordingError."""
    path = out / PAGE
    try:
        page = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{path}: there is no report to show it in: {error.strerror}") from error
    look, shown = _environment().get_template("second_look").module, 0
    for event, said in told.items():
        before, begins, rest = page.partition(f"<!-- second look {event} -->")
        _, ends, after = rest.partition(_END_OF_LOOK)
        if ends:
            page, shown = f"{before}{begins}{look.look(said)}{ends}{after}", shown + 1  # type: ignore[attr-defined]  # a macro of the template
    _write(out, page)
    return shown


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.DictLoader({"second_look": _template("second_look.html.j2")}),
    )


def _template(name: str) -> str:
    return resources.files("roadstead").joinpath(name).read_text(encoding="utf-8")


def _write(out: Path, page: str) -> None:
    path = out / PAGE
    temporary = path.with_name(f".{PAGE}.tmp")
    try:
        out.mkdir(parents=True, exist_ok=True)
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise RecordingError(
            f"{path}: the report cannot be written: {error.strerror}; free space or choose another folder"
        ) from error


def _number(value: float | int | str | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _file(card: EventCard, kind: str) -> Media | None:
    return next((m for m in card.media if m.kind == kind and m.missing is None), None)


def _pictures(out: Path, cards: Sequence[EventCard]) -> dict[str, str]:
    """Return each event's overlay picture as a data URI, made smaller; no more than PICTURES of them."""
    found: dict[str, str] = {}
    for card in cards:
        media = _file(card, "overlay")
        if media is None or len(found) == PICTURES:
            continue
        try:
            coded = np.frombuffer((out / media.path).read_bytes(), np.uint8)
        except OSError:
            continue  # the card then says that the picture is not there
        picture = cv2.imdecode(coded, cv2.IMREAD_COLOR) if coded.size else None
        if picture is None:
            continue
        if picture.shape[1] > _PICTURE_WIDTH:
            height = round(picture.shape[0] * _PICTURE_WIDTH / picture.shape[1])
            picture = cv2.resize(picture, (_PICTURE_WIDTH, height), interpolation=cv2.INTER_AREA)
        _, small = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 82])
        found[card.event.id] = "data:image/jpeg;base64," + base64.b64encode(small.tobytes()).decode()
    return found


def _timeline(camera: CameraRun, cards: Sequence[EventCard], zone: ZoneInfo) -> _Timeline:
    events = sorted((c.event for c in cards if c.event.camera == camera.name), key=lambda e: e.start)
    times = [t for t in (camera.start, camera.end) if t is not None] + [t for e in events for t in (e.start, e.end)]
    begin, end = (min(times), max(*times, min(times) + 1)) if times else (0.0, 1.0)

    def x(t: float) -> float:
        return round(min(max((t - begin) / (end - begin), 0), 1) * _WIDTH, 2)

    free: list[float] = []
    bars = []
    for event in events:
        left, width = min(x(event.start), _WIDTH - 6), max(6.0, x(event.end) - x(event.start))
        lane = next((i for i, until in enumerate(free) if until <= left), len(free))
        free[lane : lane + 1] = [left + width + 2]
        bars.append(_Bar(left, width, lane * _LANE, event))
    step = next((s for s in _STEPS_S if (end - begin) / s <= _MARKS), math.ceil((end - begin) / _MARKS / 86400) * 86400)
    face = "%H:%M" if step >= 60 else "%H:%M:%S"
    first = math.ceil(begin / step)
    marks = [
        (x(k * step), f"{datetime.fromtimestamp(k * step, zone):{face}}")
        for k in range(first, math.floor(end / step) + 1)
    ]
    return _Timeline(camera, max(1, len(free)) * _LANE, bars, marks if times else [], _gone(camera, x, end))


def _gone(camera: CameraRun, x: Callable[[float], float], end: float) -> list[tuple[float, float]]:
    """Return where the picture was gone, as (x, width)."""
    spans, since = [], None
    for signal in sorted(camera.signals, key=lambda s: s.t):
        if not signal.ok and since is None:
            since = signal.t
        elif signal.ok and since is not None:
            spans.append((since, signal.t))
            since = None
    if since is not None:
        spans.append((since, end))
    return [(x(a), max(2.0, x(b) - x(a))) for a, b in spans]
