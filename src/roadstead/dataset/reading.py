"""Samples of a folder as a training wants them: in a format, with the classes renamed, of one split, so many."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from roadstead import settings
from roadstead.dataset.classes import IGNORED, entities, pixel_values
from roadstead.dataset.formats import plugins
from roadstead.dataset.samples import Attributes, Entities, Label, Objects, Pixels, Sample, Split, Target
from roadstead.errors import BadInput


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, what was counted on the way, and the classes' names as they were before they were renamed."""

    samples: tuple[Sample, ...]
    counts: Mapping[str, int]
    names: frozenset[str] = frozenset()


def read(
    folder: Path,
    format_table: Mapping[str, Any],
    *,
    class_map: Mapping[str, str],
    split: Split | None = None,
    take: int | None = None,
    seed: int = 0,
    strict: bool = True,
) -> Read:
    """Read a folder in the format of a table (`kind` and its settings), rename classes, keep one split, and some by chance.

    The class map is by label, `name=value` of an attribute, or sort of entity; "" leaves it out: an object goes, an attribute
    is unknown, pixels do not count, tokens are O, and a sample whose only label it was goes. A name in the map that no sample has
    is refused, unless not `strict`: who reads several folders by one map calls `demand_known` with the names of all.
    A sample that says no origin is of the folder's name. Raises BadInput (or BadSettings) where nothing is left.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder")
    plugin = settings.build(plugins, format_table, f"{folder}: format")
    every = list(plugin.read(folder))
    names = frozenset(name for sample in every for name in nameable(sample.target))
    if strict:
        demand_known(class_map, names, str(folder))
    counts = Counter(plugin.counts)
    origin = folder.resolve().name
    samples = [replace(s, origin=s.origin or origin) for s in every if split is None or s.split == split]
    if not samples:
        there = ", ".join(sorted({s.split or "none" for s in every})) or "no sample at all"
        raise BadInput(f"{folder}: has no sample" + (f" of the split {split}; there are: {there}" if split else ""))
    if class_map:
        samples = [kept for s in samples if (kept := mapped(s, class_map, counts)) is not None]
    if take is not None and take < len(samples):
        chosen = set(sorted(range(len(samples)), key=lambda k: _lot(samples[k].id, seed))[:take])
        samples = [s for k, s in enumerate(samples) if k in chosen]
    counts["samples"] = len(samples)
    return Read(tuple(samples), {name: n for name, n in counts.items() if n}, names)


def demand_known(class_map: Mapping[str, str], names: Collection[str], where: str) -> None:
    """Raise BadInput naming the first class of a map that is not among the names, and what is near it."""
    for name in class_map:
        if name not in names:
            near = difflib.get_close_matches(name, sorted(names), n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(sorted(names)) or 'none'}"
            raise BadInput(f"{where}: class_map names {name!r}, which no sample has; {hint}")


def nameable(target: Target | None) -> tuple[str, ...]:
    """Return every class of a target that a class map can name, also of what is ignored or does not occur."""
    match target:
        case Objects(labels=several) | Pixels(labels=several):
            return several
        case Label(label=one):
            return (one,)
        case Attributes(values=values):
            return tuple(f"{name}={value}" for name, value in values.items() if value is not None)
        case Entities(tags=tags):
            return entities(tags)
    return ()


def mapped(sample: Sample, class_map: Mapping[str, str], counts: Counter[str]) -> Sample | None:
    """Return a sample with its classes renamed, None where nothing of it is left; what goes is counted."""
    if isinstance(sample.target, Label):
        name = class_map.get(sample.target.label, sample.target.label)
        counts["samples_left_out"] += not name
        return replace(sample, target=Label(name)) if name else None
    return replace(sample, target=_mapped(sample.target, class_map, counts))


def _mapped(target: Target | None, class_map: Mapping[str, str], counts: Counter[str]) -> Target | None:
    match target:
        case Objects():
            keep = [k for k, name in enumerate(target.labels) if class_map.get(name, name)]
            counts["objects_left_out"] += len(target) - len(keep)
            return _objects(target, keep, class_map)
        case Attributes(values=values):
            return Attributes(dict(_attributes(values, class_map, counts)))
        case Pixels():
            return _pixels(target, class_map)
        case Entities():
            tags = tuple(_tag(tag, class_map) for tag in target.tags)
            counts["tags_left_out"] += sum(a != "O" and b == "O" for a, b in zip(target.tags, tags, strict=True))
            return Entities(target.tokens, tags)
    return target


def _objects(target: Objects, keep: Sequence[int], class_map: Mapping[str, str]) -> Objects:
    columns = {name: tuple(getattr(target, name)[k] for k in keep) for name in _COLUMNS}
    return Objects(
        boxes=target.boxes[keep],
        labels=tuple(class_map.get(target.labels[k], target.labels[k]) for k in keep),
        visible=target.visible[keep],
        **columns,
    )


_COLUMNS = ("masks", "ids", "attributes", "texts", "ignored")


def _attributes(
    values: Mapping[str, str | None], class_map: Mapping[str, str], counts: Counter[str]
) -> Iterable[tuple[str, str | None]]:
    """Yield values renamed: `cover=enclosed` to `covered`, or to `cover=covered`, which says the same."""
    for name, value in values.items():
        new = class_map.get(f"{name}={value}") if value is not None else None
        if new == "":
            counts["attributes_left_out"] += 1
            yield name, None
        else:
            yield name, value if new is None else new.removeprefix(f"{name}=")


def _pixels(pixels: Pixels, class_map: Mapping[str, str]) -> Pixels:
    """Rename classes; where some become one or are left out, the pixels are read and numbered anew."""
    names = tuple(class_map.get(name, name) for name in pixels.labels)
    if "" not in names and len(set(names)) == len(names):
        return replace(pixels, labels=names)
    labels = tuple(dict.fromkeys(name for name in names if name))
    table = np.full(IGNORED + 1, IGNORED, dtype=np.uint8)
    for k, name in enumerate(names):
        table[k] = labels.index(name) if name else IGNORED
    return Pixels(labels, values=table[pixel_values(pixels)])


def _tag(tag: str, class_map: Mapping[str, str]) -> str:
    if tag == "O":
        return tag
    name = class_map.get(tag[2:], tag[2:])
    return f"{tag[:2]}{name}" if name else "O"


def _lot(name: str, seed: int) -> bytes:
    """Return what a sample draws: the same for the same name and seed, whatever the order."""
    return hashlib.sha256(f"{seed} {name}".encode()).digest()
