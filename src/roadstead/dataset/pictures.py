"""What a picture's file is: its bytes, its size, and how it looks in 64 bits."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from roadstead.dataset.samples import Sample

_ENDS = ((b"\xff\xd8", b"\xff\xd9", "JPEG"), (b"\x89PNG", b"IEND", "PNG"))
"""How a file begins, what it must have near its end, and what it is."""
_TAIL = 4096
_FLAT = 8
"""Pictures whose 9 x 8 small version spans fewer grey levels look like any other of one colour: they are not compared."""


@dataclass(frozen=True, slots=True)
class Look:
    """A picture: `problem` where it cannot be used ("" otherwise), sha256 of the file, (width, height) px.

    `dhash` and `mirrored` are 64 bits, of the picture and of its mirror image; None where there is too little to see.
    """

    problem: str = ""
    sha256: str = ""
    size: tuple[int, int] = (0, 0)
    dhash: int | None = None
    mirrored: int | None = None


def look(file: Path) -> Look:
    """Read and decode a picture; never raises for what is wrong with the file."""
    import cv2

    try:
        data = file.read_bytes()
    except OSError as error:
        return Look(f"cannot be read: {error.strerror}")
    sha256 = hashlib.sha256(data).hexdigest()
    picture = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if picture is None:
        return Look(_problem(data), sha256)
    size = (picture.shape[1], picture.shape[0])
    small = cv2.resize(picture, (9, 8), interpolation=cv2.INTER_AREA)
    if int(small.max()) - int(small.min()) < _FLAT:
        return Look("", sha256, size)
    return Look("", sha256, size, dhash(np.asarray(small, dtype=np.uint8)), dhash(small[:, ::-1].astype(np.uint8)))


def _problem(data: bytes) -> str:
    """Return why a file that cannot be decoded cannot."""
    for begin, end, name in _ENDS:
        if data.startswith(begin) and end not in data[-_TAIL:]:
            return f"is cut off: a {name} without its end"
    return "cannot be decoded" if data else "is empty"


def size_px(file: Path) -> tuple[int, int]:
    """Return a picture's (width, height) px, by its head where that tells, else by decoding it; (0, 0) where it is none.

    A JPEG with Exif may be turned when it is decoded, so it is decoded.
    """
    try:
        with file.open("rb") as content:
            head = content.read(65536)
    except OSError:
        return (0, 0)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if head.startswith(b"\xff\xd8") and b"Exif" not in head:
        found = _jpeg_size(head)
        if found is not None:
            return found
    return look(file).size


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Return (width, height) of the first frame header (SOF) among a JPEG's segments (ITU-T T.81, B.1.1.3, B.2.2)."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(head[at + 7 : at + 9], "big"), int.from_bytes(head[at + 5 : at + 7], "big")
        at += 2 + length
    return None


def looks(samples: Sequence[Sample]) -> dict[Path, Look]:
    """Return the look of every picture, each file once, in order."""
    return {file: look(file) for file in dict.fromkeys(s.media for s in samples if s.media)}


def dhash(small: npt.NDArray[np.uint8]) -> int:
    """Return the difference hash of a grey picture of 8 rows and 9 columns: whether each pixel is darker than its right one."""
    bits = small[:, :-1] < small[:, 1:]
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


def near(left: Sequence[int], right: Sequence[int], distance: int) -> list[tuple[int, int, int]]:
    """Return the pairs (index left, index right, distance) of 64-bit hashes that differ in at most `distance` bits."""
    a, b = np.array(left, dtype=np.uint64), np.array(right, dtype=np.uint64)
    found = []
    rows = max(1, 4_000_000 // max(1, len(b)))
    for begin in range(0, len(a), rows):
        apart = np.bitwise_count(a[begin : begin + rows, None] ^ b[None, :])
        for i, j in np.argwhere(apart <= distance).tolist():
            found.append((begin + i, j, int(apart[i, j])))
    return found
