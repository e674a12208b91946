"""What went wrong between pictures and events: why, in a few words, and on a picture."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw

from roadstead.dataset.truth import FrameRow, Sight
from roadstead.evaluate.events import Verdict
from roadstead.geometry.boxes import areas, iou
from roadstead.simulate import fonts
from roadstead.simulate.observed import LEAST_VISIBLE
from roadstead.types import Floats, Image, readonly

ATTRIBUTES = ("uncovered_load", "dirty_body")
"""Behaviours on attributes: where nothing describes, they cannot be found."""
_FITS, _COVERED = 0.3, 0.5
_TRUE, _TRACK, _MEANT = (120, 220, 255), (255, 190, 60), (255, 60, 60)
_CAPTION_PX, _LINE_PX = 13, 18
_LARGEST_BYTES = 120_000


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What the watch had of one picture: boxes (n, 4) px, and the track of each."""

    t: float
    boxes: Floats
    ids: tuple[str | None, ...]


T = TypeVar("T", FrameRow, Watched)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One recording as it was watched, and what is true of it: who each track is, the sort of each object.

    `suspected` are the rules of which an object was told as "it may be".
    """

    watched: Sequence[Watched]
    frames: Sequence[FrameRow]
    who: Mapping[str, str]
    sorts: Mapping[str, str]
    suspected: Set[tuple[str, str]]

    def truth_at(self, t: float) -> FrameRow:
        """Return what is true of the picture nearest to t."""
        return min(_near(self.frames, t), key=lambda f: abs(f.t - t))

    def watched_at(self, t: float) -> Watched:
        """Return what the watch had of the picture nearest to t."""
        return min(_near(self.watched, t), key=lambda w: abs(w.t - t))

    def sights(self, name: str, start: float, end: float) -> Iterator[tuple[Watched, Sight]]:
        """Yield an object as it showed well enough for a detector, with what the watch had of the same picture."""
        for seen in self.watched:
            if start <= seen.t <= end:
                yield from (
                    (seen, s) for s in self.truth_at(seen.t).seen if s.id == name and s.visible >= LEAST_VISIBLE
                )


def _near(rows: Sequence[T], t: float) -> Sequence[T]:
    k = bisect_left([row.t for row in rows], t)
    return rows[max(0, k - 1) : k + 1] or rows[-1:]


def instant(verdict: Verdict) -> float:
    """Return when a mistake shows best: when it was told, or could have been known."""
    found, act = verdict.found, verdict.act
    if found is not None:
        return found.start if found.told is None else found.told
    assert act is not None
    return act.due


def why(verdict: Verdict, kind: str, record: Record) -> str:
    """Return the reason for a mistake of a kind of behaviour in a few words."""
    if verdict.what == "missed":
        return _why_missed(verdict, kind, record)
    assert verdict.found is not None
    if verdict.what == "duplicate":
        return "told again of the same object"
    of = record.sorts.get(record.who.get(verdict.found.subject, ""))
    whose = "a track of no object" if of is None else f"a track of a {of}"
    if verdict.what == "innocent":
        return f"{whose} that only looks so"
    return whose


def _why_missed(verdict: Verdict, kind: str, record: Record) -> str:
    act = verdict.act
    if act is None or act.subject is None:
        return "not noticed"
    if kind in ATTRIBUTES:
        return "nothing describes attributes here"
    if (verdict.rule, act.subject) in record.suspected:
        return "only suspected"
    sights = list(record.sights(act.subject, act.start, act.due))
    if not sights:
        return "hardly shows"
    hit, swallowed, ids = 0, 0, set()
    for seen, sight in sights:
        own = readonly([sight.box], 4)
        overlaps = iou(own, seen.boxes)[0] if len(seen.boxes) else np.zeros(0)
        if len(overlaps) and overlaps.max() >= _FITS:
            hit += 1
            ids.add(seen.ids[int(overlaps.argmax())])
        elif len(overlaps) and (_shared(own, seen.boxes) >= _COVERED).any():
            swallowed += 1
    if hit < len(sights) / 2:
        return "one box with others" if swallowed > (len(sights) - hit) / 2 else "no box that fits it"
    return "its track broke" if len(ids - {None}) > 1 else "tracked, not found to do it"


def _shared(one: Floats, boxes: Floats) -> Floats:
    """Return which share (n,) of a box (1, 4) each of some boxes (n, 4) covers."""
    low, high = np.maximum(one[:, :2], boxes[:, :2]), np.minimum(one[:, 2:], boxes[:, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=1) / max(float(areas(one)[0]), 1e-9))


def side_px(verdict: Verdict, record: Record) -> float:
    """Return how large the true subject is when the mistake shows: the side of a square, px; 0 where it does not show."""
    name = _meant(verdict, record)
    boxes = [s.box for s in record.truth_at(instant(verdict)).seen if s.id == name]
    return float(np.sqrt(areas(readonly(boxes, 4))[0])) if boxes else 0.0


def _meant(verdict: Verdict, record: Record) -> str | None:
    if verdict.what != "missed" and verdict.found is not None:
        return record.who.get(verdict.found.subject)
    return verdict.act.subject if verdict.act else None


def words(verdict: Verdict, kind: str, reason: str, begin: float) -> str:
    """Return a caption of two lines."""
    what = verdict.what.replace("_", " ")
    act, found, innocent = verdict.act, verdict.found, verdict.innocent
    note = ""
    if verdict.what == "missed" and act is not None:
        note = f"truth: {act.subject} from {act.start - begin:.1f} s, due {act.due - begin:.1f} s: {act.note}"
    elif found is not None:
        note = f"told: {found.because.en}"
    if innocent is not None:
        note += f" (truth: {innocent.note})"
    return f"{what}: {kind}, {instant(verdict) - begin:.1f} s - {reason}\n{note}"


def drawn(image: Image, verdict: Verdict, record: Record, caption: str) -> Image:
    """Return a picture with the true boxes (pale blue), the tracks' (orange), whom it is about (red), and the caption below."""
    seen, truth = record.watched_at(instant(verdict)), record.truth_at(instant(verdict))
    meant = _meant(verdict, record)
    subject = None if verdict.found is None else verdict.found.subject
    h, w = image.shape[:2]
    lines = [part for line in caption.split("\n") for part in wrap(line, int(w / (0.52 * _CAPTION_PX)))]
    made = np.vstack((image, np.zeros((len(lines) * _LINE_PX + 8, w, 3), np.uint8)))
    sheet = Pictures.fromarray(made)
    pen, font = ImageDraw.Draw(sheet), fonts.available()[0].sized(_CAPTION_PX)
    for sight in truth.seen:
        pen.rectangle(sight.box, outline=_MEANT if sight.id == meant else _TRUE, width=2 if sight.id == meant else 1)
    for box, name in zip(seen.boxes, seen.ids, strict=True):
        if name is not None:
            pen.rectangle((*box,), outline=_TRACK, width=3 if name == subject else 1)
    for k, line in enumerate(lines):
        pen.text((6, h + 3 + k * _LINE_PX), line, font=font, fill=(255, 255, 255))
    return np.asarray(sheet)


def write_jpeg(path: Path, picture: Image) -> None:
    """Write a picture as a JPEG of at most 120 kB."""
    for quality in (88, 80, 72, 64, 56, 48):
        data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        if len(data) <= _LARGEST_BYTES:
            break
    path.write_bytes(data.tobytes())
