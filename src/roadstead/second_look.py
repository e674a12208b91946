"""A second look at events: a vision-language model answers fixed questions about an event's pictures and describes them.

What it says is kept beside the evidence, in `second_look.json`, and shown in the report. It is evidence for whoever reviews; no
event, score or alert depends on it.
"""

import hashlib
import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np

from roadstead.errors import LookFailed, RecordingError
from roadstead.looks._asking import Answered, Question, prompt, questions, read
from roadstead.looks._plan import LookPlan
from roadstead.record import evidence, files
from roadstead.types import Event, Image, Text

SCHEMA: Final = "roadstead.second_look/1"
FILE: Final = "second_look.json"
_PICTURE: Final = "trigger.jpg"
_AROUND = 0.35
"""How much of its own size is shown around an object, on every side."""
_LEAST_PX = 8
_RAW = 8_000
"""So many letters of what a model said are kept."""
Says = Literal["supports", "contradicts", "undecided"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as a model is shown it: JPEG bytes, and the part of the judged picture that it is (xyxy px; None: all)."""

    jpeg: bytes
    part: tuple[int, int, int, int] | None = None


def kept(out: Path, event_id: str) -> dict[str, Any]:
    """Return what a second look at an event gave; empty where there was none that can be read."""
    try:
        found = json.loads((evidence.event_folder(out, event_id) / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecordingError):
        return {}
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else {}


def look_at(plan: LookPlan, out: Path, event: Event, *, clock: Callable[[], float] = time.time) -> dict[str, Any]:
    """Have a model look at an event's pictures, keep what it said, and return that; empty where the event has no picture.

    A model that gives no answer leaves a record that says so. Raises RecordingError where nothing can be read or kept.
    """
    record = evidence.read(out, event.id)
    shown = pictures(out, event.id, record, plan.side_px)
    if not shown:
        return {}
    asked = questions(event.kind)
    label = str((record.get("subject") or {}).get("label") or "object")
    text = prompt(event.because, label, asked, plan.language, enlarged=len(shown) > 1)
    began, failed, said = clock(), None, ""
    try:
        said = plan.look.answer(text, [picture.jpeg for picture in shown])
    except LookFailed as error:
        failed = str(error)
    answered = read(said, asked)
    told = {
        "schema": SCHEMA,
        "event": event.id,
        "look": {"kind": plan.kind, **plan.look.model},
        "asked_t": began,
        "took_s": round(clock() - began, 3),
        "failed": failed,
        "says": None if failed else says(answered, asked),
        "unread": [] if failed else list(answered.unread),
        "answers": [] if failed else [_answer(question, answered) for question in asked],
        "description": _both(answered.description),
        "pictures": [
            {"of": _PICTURE, "part": s.part and list(s.part), "sha256": hashlib.sha256(s.jpeg).hexdigest()}
            for s in shown
        ],
        "prompt": text,
        "raw": said[:_RAW],
    }
    files.write(
        evidence.event_folder(out, event.id) / FILE, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    )
    return told


def says(answered: Answered, asked: Sequence[Question]) -> Says:
    """Return what the answers say of the event: one against it contradicts, all for it support, else undecided."""
    telling = [(q.supports, answered.replies[q.name]) for q in asked if q.supports is not None]
    if any(reply not in (wanted, "cannot_tell") for wanted, reply in telling):
        return "contradicts"
    return "supports" if telling and all(reply == wanted for wanted, reply in telling) else "undecided"


def pictures(out: Path, event_id: str, record: Mapping[str, Any], side_px: int) -> list[Shown]:
    """Return what a model is shown: the picture that was judged, and the object in it enlarged; nothing of what has no picture."""
    picture = _read(evidence.event_folder(out, event_id) / _PICTURE)
    if picture is None:
        return []
    shown = [Shown(_fitted(picture, side_px))]
    part = _part(record, picture)
    if part is not None:
        x0, y0, x1, y1 = part
        shown.append(Shown(_fitted(picture[y0:y1, x0:x1], side_px), part))
    return shown


def _part(record: Mapping[str, Any], picture: Image) -> tuple[int, int, int, int] | None:
    """Return where the subject is on the picture, with some of what is around it; None where that is not known or too small."""
    subject = record.get("subject") or {}
    boxes, times = subject.get("boxes") or [], subject.get("t") or []
    if not boxes or len(boxes) != len(times):
        return None
    height, width = picture.shape[:2]
    size = (record.get("scene") or {}).get("size") or (width, height)
    at = min(range(len(times)), key=lambda k: abs(times[k] - record["trigger"]["t"]))
    box = np.array(boxes[at]) * np.array([width / size[0], height / size[1]] * 2)
    more = _AROUND * np.tile(box[2:] - box[:2], 2) * (-1, -1, 1, 1)
    x0, y0, x1, y1 = (box + more).clip(0, [width, height, width, height]).round().astype(int).tolist()
    return (x0, y0, x1, y1) if min(x1 - x0, y1 - y0) >= _LEAST_PX else None


def _read(path: Path) -> Image | None:
    try:
        coded = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        return None
    picture = cv2.imdecode(coded, cv2.IMREAD_COLOR) if coded.size else None
    return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _fitted(picture: Image, side_px: int) -> bytes:
    """Return a picture as JPEG whose longer side is at most `side_px`; a small one is enlarged up to four times."""
    longest = max(picture.shape[:2])
    factor = min(side_px / longest, 4.0)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = tuple(max(1, round(side * factor)) for side in (picture.shape[1], picture.shape[0]))
    return evidence.jpeg(np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8), 90)


def _answer(question: Question, answered: Answered) -> dict[str, Any]:
    return {
        "name": question.name,
        "question": _both(question.text),
        "answer": answered.replies[question.name],
        "supports": question.supports,
        "read": question.name not in answered.unread,
    }


def _both(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"en": text.en, "zh": text.zh}


class Looker:
    """Looks at events in a thread of its own, so that nothing waits for it; what it cannot do is counted.

    Counts: `looked`, `failed` (the model gave no answer), `unread` (answers that were no fixed choice), `without_picture`,
    `left` (events for which there was no room or no time), `not_kept`.
    """

    def __init__(self, plan: LookPlan, out: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.problem: str | None = None
        self._plan = plan
        self._out = out
        self._waiting: queue.Queue[Event | None] = queue.Queue(plan.most_waiting)
        self._left = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="second look", daemon=True)
        self._thread.start()

    def ask(self, event: Event) -> None:
        """Have an event looked at when there is time; never waits."""
        if self._closed or not self._plan.wanted(event):
            return
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self.counts["left"] += 1

    def close(self, wait_s: float) -> None:
        """Finish what waits, for at most `wait_s`; what is left then is counted. Once closed, it stays so."""
        if self._closed:
            return
        self._closed = True
        until = time.monotonic() + wait_s
        while not self._waiting.empty() and time.monotonic() < until:
            time.sleep(0.05)
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
            self.counts["left"] += 1
        self._waiting.put(None)
        self._thread.join(max(0.1, until - time.monotonic()))
        if self._thread.is_alive():
            self.counts["left"] += 1
            self._left.set()
        self._plan.look.close()

    def _run(self) -> None:
        while (event := self._waiting.get()) is not None:
            self.counts.update(look_once(self._plan, self._out, event, self._tell))

    def _tell(self, problem: str) -> None:
        if not self._left.is_set():
            self.problem = problem


def look_once(plan: LookPlan, out: Path, event: Event, tell: Callable[[str], None]) -> Counter[str]:
    """Look at one event unless that was done; return what came of it, by the names that `Looker` counts."""
    counts: Counter[str] = Counter()
    if kept(out, event.id).get("failed", "") is None:
        return counts
    try:
        told = look_at(plan, out, event)
    except RecordingError as error:
        tell(str(error))
        return Counter(not_kept=1)
    if not told:
        return Counter(without_picture=1)
    if told["failed"]:
        tell(told["failed"])
        return Counter(failed=1)
    counts["looked"] = 1
    counts["unread"] = len(told["unread"])
    return +counts


def look_again(plan: LookPlan, out: Path, found: Iterable[Event]) -> tuple[Counter[str], list[str]]:
    """Look at the events of a finished run one by one; return the counts and what went wrong, each said once."""
    counts: Counter[str] = Counter()
    problems: dict[str, None] = {}
    try:
        for event in found:
            if plan.wanted(event):
                counts.update(look_once(plan, out, event, lambda problem: problems.update({problem: None})))
    finally:
        plan.look.close()
    return counts, list(problems)
