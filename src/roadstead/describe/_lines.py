"""Pieces of writing to lines: what stands on one baseline is read from left to right, however far apart it was painted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roadstead.describe._reading import Reading
from roadstead.types import Floats

_ON_A_LINE, _AS_HIGH = 0.5, 0.6
"""How far off a line a piece's middle may be, in heights, and how high the lower of two pieces must be against the other."""
_FARTHEST = 12.0
"""Pieces farther apart than so many heights are two lines: a name and a number at the two ends of a hull."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A piece of writing: corners (4, 2) px from the top left one clockwise, what it says, and how sure that is."""

    corners: Floats
    text: str
    score: float

    @property
    def middle(self) -> Floats:
        """The middle (2,), px."""
        return np.asarray(self.corners.mean(axis=0))

    @property
    def along(self) -> Floats:
        """The way the writing goes, (2,), of length 1."""
        way = self.corners[1] + self.corners[2] - self.corners[0] - self.corners[3]
        return np.asarray(way / max(float(np.linalg.norm(way)), 1e-9))

    @property
    def high_px(self) -> float:
        """Its height, px."""
        left, right = self.corners[3] - self.corners[0], self.corners[2] - self.corners[1]
        return float(np.linalg.norm(left) + np.linalg.norm(right)) / 2

    @property
    def wide_px(self) -> float:
        """Its width, px."""
        top, below = self.corners[1] - self.corners[0], self.corners[2] - self.corners[3]
        return float(np.linalg.norm(top) + np.linalg.norm(below)) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Pieces from left to right."""

    pieces: tuple[Piece, ...]

    @property
    def high_px(self) -> float:
        """The height of the highest piece, px."""
        return max(piece.high_px for piece in self.pieces)

    def reading(self) -> Reading:
        """Return what the line says, without spaces; every sign is as sure as its piece is as a whole."""
        texts = ["".join(piece.text.split()) for piece in self.pieces]
        sure = [piece.score for piece, text in zip(self.pieces, texts, strict=True) for _ in text]
        return Reading("".join(texts), tuple(sure))


def lines(pieces: Sequence[Piece]) -> tuple[Line, ...]:
    """Join pieces that stand on one baseline and are about as high; lines by height, the highest first."""
    found: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: float(one.middle[0])):
        fitting = [line for line in found if _goes_on(line[-1], piece)]
        if fitting:
            min(fitting, key=lambda line: _off(line[-1], piece)).append(piece)
        else:
            found.append([piece])
    return tuple(sorted((Line(tuple(line)) for line in found), key=lambda line: -line.high_px))


def _goes_on(last: Piece, piece: Piece) -> bool:
    low, high = sorted((last.high_px, piece.high_px))
    apart = float(np.linalg.norm(piece.middle - last.middle)) - (piece.wide_px + last.wide_px) / 2
    return low >= _AS_HIGH * high and _off(last, piece) <= _ON_A_LINE * high and apart <= _FARTHEST * high


def _off(last: Piece, piece: Piece) -> float:
    """Return how far a piece's middle lies off the line that the last one is on, px."""
    x, y = last.along if last.wide_px >= piece.wide_px else piece.along
    dx, dy = piece.middle - last.middle
    return abs(float(x * dy - y * dx))
