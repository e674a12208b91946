"""The picture that explains an event: who, where, which way, against which limit, under which rule."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.geometry.schedules import clock
from roadstead.record import canvas
from roadstead.record.canvas import Colour
from roadstead.record.facts import Fact
from roadstead.record.scenery import Scenery, fitted
from roadstead.types import Event, Floats, Image, Text, Track, View

_WIDTHS = (1280, 1920)
"""Narrower pictures are enlarged before anything is written on them, wider ones reduced."""
_BLANK = (960, 540)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What stands beside the picture: the rule's title, the facts, the names of the shapes the rule looks at, the time zone.

    `no_picture` says why there is no picture, where that is so.
    """

    title: Text
    facts: Sequence[Fact] = ()
    named: Collection[str] = ()
    timezone: str = "UTC"
    no_picture: str = "there is none"


def overlay(image: Image | None, view: View, event: Event, caption: Caption) -> Image:
    """Return the trigger picture (h, w, 3) RGB with the scene, the tracks and a caption; a plain ground where it is None."""
    taken = (image.shape[1], image.shape[0]) if image is not None else view.scene.size or _extent(view)
    width = min(max(taken[0], _WIDTHS[0]), _WIDTHS[1])
    if image is None:
        ground: Image = np.full((round(taken[1] * width / taken[0]), width, 3), 38, np.uint8)
    else:
        ground = canvas.resize(image, width)
    over = fitted(view.scene, taken, ground)
    colour = canvas.RED if event.outcome == "violation" else canvas.AMBER
    subject = next((track for track in view.tracks if track.id == event.subject), None)
    box = over.last_box(subject, view.t) if subject else None
    picture = canvas.dim(ground, box, 0.22)
    over.shapes(picture, caption.named, canvas.BLUE)
    for track in view.tracks:
        if track.id != event.subject:
            _other(picture, over, track, view.t)
    if subject is not None and box is not None:
        _subject(picture, over, subject, box, view.t, colour)
    _stamp(picture, event, view.t, caption, blank=image is None)
    return np.vstack((picture, panel(width, event, caption, colour)))


def _extent(view: View) -> tuple[int, int]:
    """Return a picture size that all boxes lie in, for a replay of a scene of unknown size."""
    reach = [track.boxes.max(axis=0) for track in view.tracks if len(track.boxes)]
    if not reach:
        return _BLANK
    most = np.max(reach, axis=0)
    return max(_BLANK[0], round(float(most[2]))), max(_BLANK[1], round(float(most[3])))


def _other(picture: Image, over: Scenery, track: Track, t: float) -> None:
    box = over.last_box(track, t)
    if box is None:
        return
    x0, y0, x1, y1 = box
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    canvas.line(picture, corners, canvas.QUIET, over.unit * 0.6, closed=True, halo=False)
    size = round(over.unit * 4.6)
    canvas.text(picture, track.label, (float(x0) + 3, float(y0) - size * 1.25), size, canvas.QUIET)


def _subject(picture: Image, over: Scenery, track: Track, box: Floats, t: float, colour: Colour) -> None:
    over.trail(picture, track, t, colour, over.unit * 1.3)
    canvas.corners(picture, box, colour, over.unit * 1.5)
    canvas.dot(picture, (float(box[0] + box[2]) / 2, float(box[3])), over.unit * 2, colour)
    size = round(over.unit * 6.5)
    votes = [f"{vote.label}" for vote in track.attributes.values() if vote.label is not None]
    above = float(box[1]) - size * 1.9
    at = (float(box[0]), above if above > size * 2 else float(box[3]) + size * 0.5)
    canvas.chip(picture, " · ".join((track.label, track.id, *votes)), at, size, colour)


def _stamp(picture: Image, event: Event, t: float, caption: Caption, *, blank: bool) -> None:
    size = round(picture.shape[1] / 64)
    what = f"{event.camera}   {clock(t, caption.timezone)}"
    canvas.chip(picture, what, (size * 0.6, size * 0.6), size, canvas.INK, ink=canvas.PAPER, opacity=0.72)
    if blank:
        canvas.chip(picture, f"no picture 无画面: {caption.no_picture}", (size * 0.6, size * 2.6), size, canvas.AMBER)


def panel(width: int, event: Event, caption: Caption, colour: Colour) -> Image:
    """Return the caption: on the left what was found, on the right the values and their limits."""
    size = round(width / 58)
    margin = round(size * 1.2)
    column = round(width * 0.58)
    left = _sentences(event, caption, size, column - 2 * margin)
    facts = caption.facts[:10]
    row = round(size * 1.5)
    height = max(sum(step for *_, step in left), row * len(facts)) + 2 * margin
    panel: Image = np.full((height, width, 3), (22, 27, 34), np.uint8)
    panel[:, : max(6, size // 3)] = colour
    y = margin
    for what, letter, ink, weight, step in left:
        canvas.text(panel, what, (margin + size // 2, y), letter, ink, weight=weight, halo=False)
        y += step
    for i, fact in enumerate(facts):
        at = margin + i * row
        if i % 2 == 0:
            canvas.plate(panel, (column, at - size // 4, width - margin // 2, at + row - size // 4), (32, 39, 48), 1.0)
        ink = canvas.AMBER if fact.limit else canvas.PAPER
        canvas.text(panel, fact.label, (column + size // 2, at), round(size * 0.92), canvas.QUIET, halo=False)
        right = width - margin - canvas.width_of(fact.shown, size, 650)
        canvas.text(panel, fact.shown, (right, at - 1), size, ink, weight=650, halo=False)
    return panel


def _sentences(event: Event, caption: Caption, size: int, width: int) -> list[tuple[str, int, Colour, int, int]]:
    """Return the lines of the caption's left side: text, size, colour, weight, and the step to the next line."""
    sure = event.outcome == "violation"
    tone = canvas.RED if sure else canvas.AMBER
    what = "VIOLATION 违规" if sure else "INSUFFICIENT EVIDENCE 证据不足"
    lines = [(f"{what}   score {event.score:.2f}", round(size * 0.85), tone, 700, round(size * 1.5))]
    big, step = round(size * 1.5), round(size * 2.0)
    title = f"{caption.title.en}  {caption.title.zh}" if caption.title.zh != caption.title.en else caption.title.en
    lines += [(line, big, canvas.PAPER, 700, step) for line in canvas.wrap(title, big, width, 700)]
    for sentence, ink in ((event.because.zh, canvas.PAPER), (event.because.en, canvas.QUIET)):
        lines += [(line, size, ink, 450, round(size * 1.4)) for line in canvas.wrap(sentence, size, width, 450)]
    if event.legal is not None:
        small = round(size * 0.85)
        law = f"{event.legal.reference} ({event.legal.version})"
        lines += [(line, small, canvas.BLUE, 450, round(small * 1.5)) for line in canvas.wrap(law, small, width, 450)]
    return lines
