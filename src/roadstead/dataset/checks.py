"""What is wrong with a data set, each kind of it once: how bad, how often, where, and what to do."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from roadstead.dataset.classes import classes, pixel_classes, pixel_values
from roadstead.dataset.masks import Polygons, Rle
from roadstead.dataset.pictures import Look, looks
from roadstead.dataset.samples import (
    Answer,
    Attributes,
    Chat,
    Entities,
    Label,
    Objects,
    Pixels,
    Preference,
    Sample,
    Split,
    Text,
    kind,
)
from roadstead.dataset.splits import leaks
from roadstead.dataset.tags import broken
from roadstead.errors import BadInput

Severity = Literal["error", "warning", "note"]
SHOWN = 5
"""So many examples of a finding are kept."""
FEW = 2
"""A class that fewer samples of a split show cannot be learned or judged there."""
OUTSIDE = 0.5
"""A box that reaches so many px out of its picture is rounded, not wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that is wrong: `count` times, some `examples`, and what to do about it."""

    id: str
    severity: Severity
    count: int
    what: str
    examples: tuple[str, ...]
    do: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found in so many samples, errors first; `pictures` were decoded."""

    samples: int
    pictures: int
    found: tuple[Finding, ...]

    @property
    def bad(self) -> bool:
        """Whether there is an error among them."""
        return any(one.severity == "error" for one in self.found)

    def lines(self) -> list[str]:
        """Return the findings for people, a few lines each."""
        told = [f"{self.samples} samples, {self.pictures} pictures decoded"]
        for one in self.found:
            told.append(f"{one.severity}: {one.id}, {one.count} times: {one.what}; {one.do}")
            told += [f"    {example}" for example in one.examples]
            if one.count > len(one.examples):
                told.append(f"    and {one.count - len(one.examples)} more")
        return told if self.found else [*told, "nothing is wrong"]

    def record(self) -> dict[str, Any]:
        """Return the findings for JSON."""
        return {"bad": self.bad, **asdict(self)}


_KINDS: Mapping[str, tuple[Severity, str, str]] = {
    "no_samples": ("error", "there is no sample", "look whether the folder and the format are the right ones"),
    "repeated_id": ("error", "two samples have the same name", "give each sample a name of its own"),
    "missing_picture": ("error", "the picture is not there", "bring the file, or take the sample out"),
    "corrupt_picture": ("error", "the picture cannot be decoded whole", "save it anew from its source, or take it out"),
    "wrong_size": ("error", "the picture is not of the size that the labels are for", "correct width and height"),
    "degenerate_box": ("error", "a box has no area, or is not finite", "take the box out, or draw it anew"),
    "box_outside": ("error", "a box lies outside its picture", "look whether the labels are of another size"),
    "box_beyond": ("warning", "a box reaches beyond its picture", "cut it at the edge"),
    "repeated_box": ("warning", "the same box with the same class is there twice", "take one of them out"),
    "mask_size": ("error", "a mask is of another size than its picture", "make it anew for this picture"),
    "empty_mask": ("warning", "a mask is empty, or an outline lies outside", "take it out"),
    "bad_pixels": ("error", "the pixels' classes cannot be read, or have a number without a class", "mend the mask"),
    "empty_class": ("error", "a class has no name", "name it"),
    "unknown_class": (
        "error",
        "a class is none of those that are known",
        "rename it by class_map, or leave it out by ''",
    ),
    "missing_class": ("warning", "a class that is known does not occur", "label some, or take it from the list"),
    "similar_classes": ("warning", "two classes differ in case, spaces or a plural alone", "rename one by class_map"),
    "empty_text": ("error", "a text is empty", "write it, or take the sample out"),
    "bad_tags": ("error", "a sequence of tags is broken", "mend the tags: an entity begins with B"),
    "no_assistant": ("error", "a chat without an answer of the assistant: nothing of it is learned", "take it out"),
    "bad_answer": ("error", "the answer does not stand in the text at its start", "correct start or the answer"),
    "same_answers": ("error", "the chosen and the rejected answer are the same", "take the pair out"),
    "mixed_targets": ("warning", "samples have several sorts of targets", "split the data set by task"),
    "unlabelled": ("note", "a sample is still to label", "label it; training leaves it out"),
    "duplicate": ("warning", "the same picture is there more than once on one side", "keep one of them"),
    "leak": ("error", "one side can be seen from another", "split by group, or take it out of one side"),
    "class_in_no_training": ("error", "a class is judged that is never trained", "split anew, or leave the class out"),
    "too_few": ("warning", f"fewer than {FEW} samples of a split show a class", "label more, or split anew"),
    "reading": ("warning", "reading left something out or found it odd", "see what the format counts"),
}
"""Every kind of finding: how bad it is, what it means, and what to do."""

_OF_TEXT = (Answer, Chat, Entities, Preference)
"""Targets that need no picture."""
Told = tuple[str, str]
"""A kind of finding, and one example of it."""


def check(
    samples: Sequence[Sample],
    *,
    known: Sequence[str] = (),
    counts: Mapping[str, int] | None = None,
    pictures: bool = True,
) -> Findings:
    """Look at every sample and at all of them together.

    `known` are the classes that there should be (none: any), `counts` those of reading. Without `pictures` none is decoded,
    so that corrupt files, wrong sizes and leaks by looks stay unseen.
    """
    seen = looks(samples) if pictures else {}
    told: list[Told] = []
    for sample in samples:
        told += _of_picture(sample, seen, pictures=pictures)
        told += _of_target(sample)
    told += _of_names(samples)
    told += _of_classes(samples, known)
    told += _of_sides(samples)
    told += [("duplicate", line) for line in _duplicates(samples, seen)]
    told += [("leak", str(leak)) for leak in leaks(samples, seen)]
    told += [("reading", f"{name}: {n}") for name, n in (counts or {}).items() if n and name != "samples"]
    return Findings(len(samples), len(seen), _gathered(told))


def _gathered(told: Sequence[Told]) -> tuple[Finding, ...]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for name, example in told:
        by_kind[name].append(example)
    order = get_args(Severity)
    made = [
        Finding(name, _KINDS[name][0], len(some), _KINDS[name][1], tuple(some[:SHOWN]), _KINDS[name][2])
        for name, some in by_kind.items()
    ]
    return tuple(sorted(made, key=lambda one: (order.index(one.severity), list(_KINDS).index(one.id))))


def _of_picture(sample: Sample, seen: Mapping[Path, Look], *, pictures: bool) -> Iterator[Told]:
    if sample.media is None:
        if not sample.text.strip() and sample.way is None and not isinstance(sample.target, _OF_TEXT):
            yield "missing_picture", sample.id
        return
    look = seen.get(sample.media)
    if look is None:
        if not pictures and not sample.media.is_file():
            yield "missing_picture", f"{sample.id}: {sample.media}"
    elif look.problem:
        yield "corrupt_picture", f"{sample.id}: {sample.media} {look.problem}"
    elif sample.size not in ((0, 0), look.size):
        sizes = f"{sample.size[0]} x {sample.size[1]} px, the file {look.size[0]} x {look.size[1]}"
        yield "wrong_size", f"{sample.id}: {sizes}"


def _of_target(sample: Sample) -> Iterator[Told]:
    if sample.target is None:
        yield "unlabelled", sample.id
    else:
        yield from _CHECKS[type(sample.target)](sample, sample.target)


def _objects(sample: Sample, target: Objects) -> Iterator[Told]:
    width, height = sample.size
    for k, (x0, y0, x1, y1) in enumerate(target.boxes.tolist()):
        where = f"{sample.id}: object {k + 1} ({target.labels[k]}), {x0:g} {y0:g} {x1:g} {y1:g}"
        if not np.isfinite((x0, y0, x1, y1)).all() or x1 <= x0 or y1 <= y0:
            yield "degenerate_box", where
        elif width and (x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height):
            yield "box_outside", f"{where} in {width} x {height}"
        elif width and (min(x0, y0) < -OUTSIDE or x1 > width + OUTSIDE or y1 > height + OUTSIDE):
            yield "box_beyond", f"{where} in {width} x {height}"
        if not target.labels[k].strip():
            yield "empty_class", where
        yield from _mask(sample, target, k, where)
    rows = Counter(zip(map(tuple, target.boxes.tolist()), target.labels, strict=True))
    for (box, label), n in rows.items():
        if n > 1:
            yield "repeated_box", f"{sample.id}: {label} at {' '.join(f'{v:g}' for v in box)}, {n} times"


def _mask(sample: Sample, target: Objects, k: int, where: str) -> Iterator[Told]:
    mask, (width, height) = target.masks[k], sample.size
    if isinstance(mask, Rle):
        if width and mask.size != sample.size:
            yield "mask_size", f"{where}: {mask.size[0]} x {mask.size[1]} in {width} x {height}"
        elif not sum(mask.counts[1::2]):
            yield "empty_mask", where
    elif isinstance(mask, Polygons) and width:
        corners = np.concatenate(mask.rings) if mask.rings else np.zeros((0, 2))
        inside = (corners > 0).all(axis=1) & (corners < (width, height)).all(axis=1)
        if not len(corners) or not (inside.any() or np.ptp(corners, axis=0).min() > 0):
            yield "empty_mask", where


def _label(sample: Sample, target: Label) -> Iterator[Told]:
    if not target.label.strip():
        yield "empty_class", sample.id


def _attributes(sample: Sample, target: Attributes) -> Iterator[Told]:
    for name, value in target.values.items():
        if not name.strip() or (value is not None and not value.strip()):
            yield "empty_class", f"{sample.id}: {name}={value}"


def _pixels(sample: Sample, target: Pixels) -> Iterator[Told]:
    try:
        pixel_classes(target)
    except BadInput as error:
        yield "bad_pixels", f"{sample.id}: {error}"
        return
    height, width = pixel_values(target).shape
    if sample.size not in ((0, 0), (width, height)):
        yield "mask_size", f"{sample.id}: {width} x {height} in {sample.size[0]} x {sample.size[1]}"


def _text(sample: Sample, target: Text) -> Iterator[Told]:
    if not target.text.strip():
        yield "empty_text", sample.id


def _entities(sample: Sample, target: Entities) -> Iterator[Told]:
    if not target.tokens or not all(token.strip() for token in target.tokens):
        yield "empty_text", f"{sample.id}: has no token, or an empty one"
    wrong = broken(target.tags)
    if wrong is not None:
        yield "bad_tags", f"{sample.id}: token {wrong[0] + 1}: {wrong[1]}"


def _answer(sample: Sample, target: Answer) -> Iterator[Told]:
    if not sample.text.strip() or not target.question.strip():
        yield "empty_text", sample.id
    if target.text is not None:
        at = target.start if target.start is not None else sample.text.find(target.text)
        if at < 0 or sample.text[at : at + len(target.text)] != target.text:
            yield "bad_answer", f"{sample.id}: {target.text!r:.40} at {target.start}"


def _chat(sample: Sample, target: Chat) -> Iterator[Told]:
    if not any(m.role == "assistant" and m.content.strip() for m in target.messages):
        yield "no_assistant", sample.id
    if not all(m.content.strip() for m in target.messages):
        yield "empty_text", f"{sample.id}: a message is empty"


def _preference(sample: Sample, target: Preference) -> Iterator[Told]:
    if not target.chosen.strip() or not target.rejected.strip() or not target.prompt:
        yield "empty_text", sample.id
    elif target.chosen == target.rejected:
        yield "same_answers", sample.id


_CHECKS: Mapping[type, Callable[[Sample, Any], Iterator[Told]]] = {
    Objects: _objects,
    Label: _label,
    Attributes: _attributes,
    Pixels: _pixels,
    Text: _text,
    Entities: _entities,
    Answer: _answer,
    Chat: _chat,
    Preference: _preference,
}


def _of_names(samples: Sequence[Sample]) -> Iterator[Told]:
    if not samples:
        yield "no_samples", "0 samples"
    for name, n in Counter(sample.id for sample in samples).items():
        if n > 1:
            yield "repeated_id", f"{name}, {n} times"
    kinds = Counter(kind(sample.target) for sample in samples if sample.target is not None)
    if len(kinds) > 1:
        yield "mixed_targets", ", ".join(f"{n} {name}" for name, n in sorted(kinds.items()))


def _of_classes(samples: Sequence[Sample], known: Sequence[str]) -> Iterator[Told]:
    there = Counter(name for sample in samples for name in _classes(sample))
    for name, n in sorted(there.items()):
        if known and name not in known:
            yield "unknown_class", f"{name}, in {n} samples"
    yield from (("missing_class", name) for name in known if name not in there)
    alike: dict[str, list[str]] = defaultdict(list)
    for name in sorted(there):
        alike[_plain(name)].append(name)
    yield from (("similar_classes", " and ".join(names)) for names in alike.values() if len(names) > 1)


def _of_sides(samples: Sequence[Sample]) -> Iterator[Told]:
    """Tell of classes that a split shows too seldom, and of those that are judged but not trained."""
    sides: dict[Split, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        if sample.split:
            sides[sample.split].update(_classes(sample))
    if "train" not in sides or len(sides) < 2:
        return
    every = sorted({name for side in sides.values() for name in side})
    for name in every:
        for split in sorted(sides):
            n = sides[split][name]
            if split == "train" and not n:
                yield "class_in_no_training", name
            elif n < FEW:
                yield "too_few", f"{name}: {n} in {split}"


def _classes(sample: Sample) -> frozenset[str]:
    """Return a sample's classes; none where its pixels cannot be read, which is told elsewhere."""
    try:
        return classes(sample)
    except BadInput:
        return frozenset()


def _plain(name: str) -> str:
    text = "".join(character for character in name.casefold() if character.isalnum())
    return text.removesuffix("s") if len(text) > 3 else text


def _duplicates(samples: Sequence[Sample], seen: Mapping[Path, Look]) -> Iterator[str]:
    """Tell of pictures with the same bytes in different files of one side."""
    same: dict[tuple[str, Split | None], dict[Path, str]] = defaultdict(dict)
    for sample in samples:
        if sample.media is not None and (look := seen.get(sample.media)) and look.sha256:
            same[look.sha256, sample.split].setdefault(sample.media, sample.id)
    for files in same.values():
        if len(files) > 1:
            yield ", ".join(list(files.values())[:4])
