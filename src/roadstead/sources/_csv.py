"""Tables of text: how one is written (encoding, delimiter, names of columns), and its rows as they stand in the file."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadstead.errors import BadInput

BLOCK = 512 * 1024
_DELIMITERS = ",;\t|"
_BOM = b"\xef\xbb\xbf"
_LONGEST_ROW = 100
"""So many lines one row may have; a quotation mark that is never closed must not swallow the file."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one table is written."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]


def text_of(cell: bytes, encoding: str) -> str:
    """Return the text of a cell; what its encoding does not know is tried as the Chinese one, and marked."""
    try:
        return cell.decode(encoding)
    except UnicodeDecodeError:
        return cell.decode("gb18030", "replace")


def split(row: bytes, delimiter: str) -> list[bytes]:
    """Return the cells of one row, quoted or not."""
    try:
        cells = next(csv.reader([row.decode("latin-1").replace("\r", " ").replace("\n", " ")], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [cell.encode("latin-1") for cell in cells]


def opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """Open a table, packed by gzip or not."""
    try:
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from None


def blocks(path: Path, file: gzip.GzipFile | io.BufferedReader) -> Iterator[bytes]:
    """Yield the file in blocks of whole lines (the last one with or without its end); raise BadInput where it breaks off."""
    kept, broken = b"", ""
    while not broken:
        block = bytearray()
        try:
            while len(block) < BLOCK and (part := file.read1(BLOCK)):
                block += part
        except (OSError, EOFError, zlib.error) as error:
            broken = str(error)
        whole, newline, rest = bytes(block).rpartition(b"\n")
        if newline:
            yield kept + whole + newline
            kept = rest
        else:
            kept += rest
        if not block:
            break
    if kept:
        yield kept
    if broken:
        raise BadInput(f"{path}: breaks off or is damaged ({broken}); what came before it was read")


def dialect(path: Path, block: bytes, encoding: str | None) -> tuple[Dialect, bytes]:
    """Return how a table is written, by its first block, and what follows the line of names; raise BadInput."""
    if block[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadInput(f"{path}: is written in UTF-16; save it as UTF-8")
    block = block.removeprefix(_BOM)
    named = encoding or _guessed(block)
    header, _, rest = block.lstrip(b"\r\n").partition(b"\n")
    text = text_of(header, named)
    delimiter = max(_DELIMITERS, key=text.count)
    names = [text_of(cell, named).strip() for cell in split(header.rstrip(b"\r"), delimiter)]
    if len(names) < 2:
        raise BadInput(f"{path}: its first line names no columns; write their names there, with commas between")
    return Dialect(named, delimiter, tuple(names)), rest


def rows(lines: Sequence[bytes], pending: list[bytes], known: Dialect) -> list[bytes]:
    """Return the rows in some lines; one whose quotation is still open stays in `pending` for the next call.

    Lines are one row only if together they have its cells: a stray quotation mark takes none of the lines that follow.
    """
    if not pending and not any(b'"' in line for line in lines):
        return list(lines)
    found: list[bytes] = []
    for line in lines:
        if not pending and line.count(b'"') % 2 == 0:
            found.append(line)
            continue
        pending.append(line)
        closed = sum(part.count(b'"') for part in pending) % 2 == 0
        joined = b"\n".join(pending)
        if closed and len(split(joined, known.delimiter)) == len(known.names):
            found.append(joined)
            pending.clear()
        elif closed or len(pending) > _LONGEST_ROW:
            alone, *others = pending
            pending.clear()
            found += [alone, *rows(others, pending, known)]
    return found


def _guessed(block: bytes) -> str:
    try:
        block[: block.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"
