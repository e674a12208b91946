"""Going through the bytes of one frame from left to right, and noting what each is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roadstead.types import Text

Show = Callable[[bytes], str | Text]


@dataclass(frozen=True, slots=True)
class Row:
    """Some bytes of a frame: `offset` in the frame as it was given, `hex` without escapes, and what they mean."""

    offset: int
    hex: str
    name: Text
    value: Text
    note: str = ""
    problem: Text | None = None


class Walk:
    """The bytes of one frame without escapes, where each was in what was given, and the rows so far."""

    def __init__(self, data: bytes, origin: Sequence[int], clause: str = "") -> None:
        self.data = data
        self.at = 0
        self.end = len(data)
        self.rows: list[Row] = []
        self.clause = clause
        self._origin = origin

    @property
    def left(self) -> int:
        """How many bytes are not explained yet."""
        return self.end - self.at

    def peek(self, width: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        return self.data[self.at : min(self.at + width, self.end)]

    def take(self, width: int, name: Text, show: Show, problem: Text | None = None) -> bytes:
        """Explain the next bytes; where fewer are left, say so. Returns them."""
        piece = self.peek(width)
        if len(piece) < width:
            cut = Text(f"cut off: {len(piece)} of {width} bytes", f"被截断：应有 {width} 字节，实有 {len(piece)} 字节")
            problem = cut if problem is None else problem
        shown = show(piece) if len(piece) == width else piece.hex()
        value = shown if isinstance(shown, Text) else Text(shown, shown)
        if piece or width:
            offset = self._origin[self.at] if self.at < len(self._origin) else -1
            self.rows.append(Row(offset, piece.hex(), name, value, self._note(len(piece)), problem))
        self.at += len(piece)
        return piece

    def rest(self, name: Text, show: Show, problem: Text | None = None) -> bytes:
        """Explain all that is left, if anything is."""
        return self.take(self.left, name, show, problem)

    def _note(self, length: int) -> str:
        """Return the clause, and that there are escapes where more bytes were sent."""
        after = self.at + length
        first, last = self._origin[self.at : self.at + 1], self._origin[after : after + 1]
        escaped = bool(first) and bool(last) and last[0] - first[0] > length
        return "; ".join(part for part in (self.clause, "escaped 转义" if escaped else "") if part)


def hexed(piece: bytes) -> str:
    """Return bytes as they are."""
    return piece.hex()


def number(piece: bytes) -> str:
    """Return an unsigned number."""
    return str(int.from_bytes(piece, "big"))
