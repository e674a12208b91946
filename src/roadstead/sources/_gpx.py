"""GPX: track points as they stand in the file, and what one of them says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from roadstead.errors import BadInput

_BLOCK = 1024 * 1024
_POINTS = frozenset({"trkpt", "rtept"})
_TRACKS = frozenset({"trk", "rte"})


class _Forbidden(Exception):
    """The file declares a document type or entities."""


class _Points:
    """Collects what the blocks hold that a parser is fed with: a text is the name of a track, a pair the bytes of a point.

    The pair is where its opening tag begins and where its closing tag does; a track begins with a name that is empty.
    """

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._forbid
        self.parser.EntityDeclHandler = self._forbid
        self.found: list[tuple[int, int] | str] = []
        self._path: list[str] = []
        self._begun = -1
        self._name = ""

    def _forbid(self, *_: Any) -> None:
        raise _Forbidden

    def _start(self, name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._path.append(local)
        if local in _TRACKS:
            self._name = ""
            self.found.append("")
        elif local in _POINTS:
            self._begun = self.parser.CurrentByteIndex

    def _text(self, text: str) -> None:
        if self._path[-1] == "name" and self._path[-2:-1] and self._path[-2] in _TRACKS:
            self._name += text

    def _end(self, _: str) -> None:
        local = self._path.pop()
        if local in _POINTS and self._begun >= 0:
            self.found.append((self._begun, self.parser.CurrentByteIndex))
            self._begun = -1
        elif local == "name" and self._path and self._path[-1] in _TRACKS:
            self.found.append(self._name.strip())

    @property
    def needed_from(self) -> int:
        """From which byte on the file is still needed: that of a point that has begun, or where the parser is."""
        return self._begun if self._begun >= 0 else max(0, self.parser.CurrentByteIndex)


def points(path: Path) -> Iterator[bytes | str]:
    """Yield each track's beginning ("", and its name where it has one) and each point's text; raise BadInput."""
    collected = _Points()
    kept, at = b"", 0
    try:
        with path.open("rb") as file:
            while True:
                block = file.read(_BLOCK)
                if at == 0 and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise BadInput(f"{path}: is written in UTF-16; save it as UTF-8")
                kept += block
                collected.parser.Parse(block, not block)
                for each in collected.found:
                    yield each if isinstance(each, str) else _closed(kept, each[0] - at, each[1] - at)
                collected.found.clear()
                if not block:
                    return
                kept, at = kept[collected.needed_from - at :], collected.needed_from
    except _Forbidden:
        raise BadInput(f"{path}: declares a document type or entities, which no track needs; remove them") from None
    except expat.ExpatError as error:
        raise BadInput(f"{path}: is no whole GPX file ({error}); what came before that was read") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from None


def _closed(data: bytes, start: int, end: int) -> bytes:
    """Return the text of a point up to the end of its closing tag; that of an empty element is its opening tag."""
    head, closing, _ = data[start:end].partition(b">")
    return head + closing if head.endswith(b"/") else data[start : data.index(b">", end) + 1]


def values(point: bytes) -> dict[str, str] | None:
    """Return what a point says: its attributes and the texts of its elements by name; None where it cannot be read."""
    found: dict[str, str] = {}
    path: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        if not path:
            found.update(attributes)
        path.append(name.rpartition(":")[2])

    def text(characters: str) -> None:
        if len(path) > 1 and characters.strip():
            found[path[-1]] = characters.strip()

    def forbid(*_: Any) -> None:
        raise _Forbidden

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop() and None
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = forbid
    try:
        parser.Parse(point, True)  # noqa: FBT003  # the C interface takes it so
    except (expat.ExpatError, _Forbidden):
        return None
    return found
