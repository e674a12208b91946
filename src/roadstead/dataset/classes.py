"""Which classes a sample shows, whatever sort of target it has."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Attributes, Entities, Label, Objects, Pixels, Sample, Target
from roadstead.errors import BadInput

IGNORED = 255
"""The value of a pixel that does not count."""


def occurrences(target: Target | None) -> tuple[str, ...]:
    """Return the class of each thing that counts: an object, a label, `name=value` of an attribute, an entity, a class of pixels.

    What is ignored, what nobody can tell and what has no classes (texts, chats) gives none.
    """
    match target:
        case Objects():
            return tuple(name for name, out in zip(target.labels, target.ignored, strict=True) if not out)
        case Label(label=one):
            return (one,)
        case Attributes(values=values):
            return tuple(f"{name}={value}" for name, value in sorted(values.items()) if value is not None)
        case Pixels():
            return pixel_classes(target)
        case Entities(tags=tags):
            return entities(tags)
    return ()


def classes(sample: Sample) -> frozenset[str]:
    """Return the classes that a sample shows."""
    return frozenset(occurrences(sample.target))


def entities(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the sort of each entity of BIO or BIOES tags, in order.

    >>> entities(["B-PLATE", "I-PLATE", "O", "S-PLACE"])
    ('PLATE', 'PLACE')
    """
    return tuple(tag[2:] for tag in tags if tag[:2] in ("B-", "S-"))


def pixel_values(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Return the class index of every pixel (height, width), read from the file where they lie in one; raise BadInput."""
    if pixels.values is not None:
        return pixels.values
    return _read(pixels.file) if pixels.file else np.zeros((0, 0), dtype=np.uint8)


def pixel_classes(pixels: Pixels) -> tuple[str, ...]:
    """Return the classes that have a pixel; raise BadInput where a pixel has an index that no class has."""
    there = np.flatnonzero(np.bincount(pixel_values(pixels).ravel(), minlength=IGNORED + 1)[:IGNORED])
    if len(there) and there[-1] >= len(pixels.labels):
        raise BadInput(f"{pixels.file or 'a mask'}: has class {there[-1]}, but there are {len(pixels.labels)} classes")
    return tuple(pixels.labels[k] for k in there)


def _read(file: Path) -> npt.NDArray[np.uint8]:
    import cv2

    try:
        data = np.frombuffer(file.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror}") from None
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    palette = _palette(data.tobytes())
    if picture is not None and palette is not None and picture.ndim == 3:
        return _indices(np.asarray(picture, dtype=np.uint8), palette, file)
    if picture is None or picture.ndim != 2 or picture.dtype != np.uint8:
        raise BadInput(f"{file}: is no picture of one channel of 8 bits, the class of each pixel")
    return np.asarray(picture, dtype=np.uint8)


def _palette(data: bytes) -> npt.NDArray[np.uint8] | None:
    """Return the colours (n, 3) RGB of a PNG of colours by number; None of any other file.

    OpenCV decodes such a picture to its colours, and the numbers are the classes.
    """
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[25:26] != b"\x03":
        return None
    at = 8
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if name == b"PLTE":
            return np.frombuffer(data[at + 8 : at + 8 + length], dtype=np.uint8).reshape(-1, 3)
        at += 12 + length
    return None


def _indices(picture: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8], file: Path) -> npt.NDArray[np.uint8]:
    """Return the number of each pixel's colour; raise BadInput where two classes that may be meant have the same."""
    one = (palette.astype(np.int64) * (65536, 256, 1)).sum(axis=1)
    shown = (picture[:, :, 2::-1].astype(np.int64) * (65536, 256, 1)).sum(axis=2)
    colours, first, times = np.unique(one, return_index=True, return_counts=True)
    where = np.searchsorted(colours, shown).clip(max=len(colours) - 1)
    if (times[where] > 1).any() or (colours[where] != shown).any():
        raise BadInput(
            f"{file}: its palette gives several classes the same colour: save it with one grey channel instead"
        )
    return np.asarray(first[where], dtype=np.uint8)
