"""Which pixels are an object's: run lengths as COCO writes them, or polygons.

Run lengths count pixels down the columns, from the left: first those outside the object, then those inside, and so on.
COCO writes them as a list of numbers or, compressed, as a string; both are read and written here alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from roadstead.errors import BadInput
from roadstead.types import Floats, readonly

Pixels = npt.NDArray[np.bool_]
"""(height, width), True inside the object."""
_ZERO = 48
"""The character that stands for 0 in a compressed string ("0"); each character carries 5 bits and whether more follow."""


@dataclass(frozen=True, slots=True)
class Rle:
    """Run lengths of a picture of `size` (width, height), px; they begin with the pixels outside."""

    size: tuple[int, int]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if any(n < 0 for n in self.counts) or sum(self.counts) != self.size[0] * self.size[1]:
            raise BadInput(
                f"run lengths of {sum(self.counts)} pixels do not fit a picture of {self.size[0]} x {self.size[1]} px"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Polygons:
    """Outlines (k >= 3, 2), px; what lies in any of them is inside."""

    rings: tuple[Floats, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rings", tuple(readonly(ring, 2) for ring in self.rings))
        if any(len(ring) < 3 for ring in self.rings):
            raise BadInput("a polygon needs three corners or more")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Polygons):
            return NotImplemented
        return len(self.rings) == len(other.rings) and all(
            np.array_equal(a, b) for a, b in zip(self.rings, other.rings, strict=True)
        )

    def __hash__(self) -> int:
        return hash(tuple(ring.tobytes() for ring in self.rings))


Mask = Rle | Polygons


def encode(pixels: Pixels) -> Rle:
    """Return the run lengths of a mask (height, width).

    >>> import numpy as np
    >>> encode(np.array([[False, True], [True, True]])).counts
    (1, 3)
    """
    flat = np.asarray(pixels, dtype=bool).ravel(order="F")
    turns = np.flatnonzero(np.diff(flat)) + 1
    edges = [0, *turns.tolist(), len(flat)]
    counts = [b - a for a, b in pairwise(edges)] if len(flat) else []
    height, width = pixels.shape
    return Rle((width, height), (0, *counts) if len(flat) and flat[0] else tuple(counts))


def decode(rle: Rle) -> Pixels:
    """Return the mask (height, width) of run lengths."""
    inside = np.arange(len(rle.counts)) % 2 == 1
    return np.repeat(inside, rle.counts).reshape(rle.size[::-1], order="F")


def to_text(counts: Sequence[int]) -> str:
    """Write run lengths as COCO's compressed string: from the fourth on the difference to the last but one, 5 bits a character.

    After `rleToString` of the COCO API (maskApi.c).
    """
    written = bytearray()
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            written.append(_ZERO + (bits | 0x20 if more else bits))
    return written.decode()


def from_text(text: str) -> tuple[int, ...]:
    """Read COCO's compressed string; raise BadInput where it is none."""
    counts: list[int] = []
    value = shift = 0
    for character in text.encode():
        bits = character - _ZERO
        if not 0 <= bits < 0x40:
            raise BadInput(f"{chr(character)!r} does not belong into compressed run lengths")
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            value -= (1 << shift) if bits & 0x10 else 0
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value = shift = 0
    if shift:
        raise BadInput("compressed run lengths end in the middle of a number")
    return tuple(counts)


def pixels_of(mask: Mask, size: tuple[int, int]) -> Pixels:
    """Return a mask (height, width) on a picture of `size` (width, height), px; of polygons the pixels whose middle is inside."""
    if isinstance(mask, Rle):
        return decode(mask)
    pixels = np.zeros(size[::-1], dtype=bool)
    for ring in mask.rings:
        pixels |= _inside(ring, size)
    return pixels


def _inside(ring: Floats, size: tuple[int, int]) -> Pixels:
    """Return the pixels inside one outline, by the even-odd rule: those with an odd number of edges to their left."""
    width, height = size
    middles = np.arange(height) + 0.5
    edges = np.zeros((height, width + 1), dtype=np.int64)
    for (x0, y0), (x1, y1) in zip(ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True):
        rows = np.flatnonzero((middles >= min(y0, y1)) & (middles < max(y0, y1)))
        if len(rows):
            x = x0 + (middles[rows] - y0) * (x1 - x0) / (y1 - y0)
            edges[rows, np.clip(np.ceil(x - 0.5), 0, width).astype(np.intp)] += 1
    return np.asarray(np.cumsum(edges, axis=1)[:, :width] % 2 == 1)


def area_px(mask: Mask) -> float:
    """Return how many pixels are inside; of polygons the sum of their areas by the shoelace formula."""
    if isinstance(mask, Rle):
        return float(sum(mask.counts[1::2]))
    return float(sum(abs(_twice_area(ring)) / 2 for ring in mask.rings))


def _twice_area(ring: Floats) -> float:
    x, y = ring.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
