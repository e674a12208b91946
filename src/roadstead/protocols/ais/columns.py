"""Many lines at once: the positions that one sentence of a fixed length holds, as columns.

Takes types 1-4, 9 and 18 of 168 bits and 27 of 96, after verifying form, checksum and armour; what it takes, decode.py
reads to the same numbers. All other lines are left to the caller, right or wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from roadstead.positions import Bools, Ints
from roadstead.protocols.ais.armour import ARMOUR
from roadstead.protocols.ais.layout import LAYOUTS, Layout

_Bytes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.int64]

_TYPES: Mapping[int, tuple[tuple[int, ...], ...]] = {28: ((1, 2, 3), (4,), (9,), (18,)), 16: ((27,),)}
"""Which types have payloads of so many characters, by layout."""
_HEAD = 11
"""Length of `!AIVDM,1,1,`; sequence number, comma and channel follow (1 to 3 bytes), then `,payload,0*hh`."""
_WORD_BITS = 24
_FOREIGN = 255


def _table(of: Mapping[int, int]) -> _Bytes:
    values = np.full(256, _FOREIGN, dtype=np.uint8)
    for character, value in of.items():
        values[character] = value
    return values


_SIXBIT = _table({c: v for v, c in enumerate(ARMOUR)})
_HEX = _table({ord(c): int(c, 16) for c in "0123456789abcdefABCDEF"})
_TALKER = _table(dict.fromkeys(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", 1)) == 1
_DIGIT = _table(dict.fromkeys(b"0123456789", 1)) == 1
_CHANNEL = _table(dict.fromkeys(b",*!$\\", 1)) != 1


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Messages of one layout: the indices of their lines, ascending (n,), and every field by its name (n,) as it was sent."""

    layout: Layout
    rows: Ints
    fields: Mapping[str, Ints]


def read_columns(lines: Sequence[bytes], begins: Mapping[int, int] | None = None) -> list[Group]:
    """Decode what can be decoded at once; `begins` tells where in a line its sentence begins, where not at 0."""
    lengths = np.fromiter(map(len, lines), dtype=np.int64, count=len(lines))
    ends = np.cumsum(lengths)
    starts = ends - lengths
    if begins:
        starts[list(begins)] += np.fromiter(begins.values(), dtype=np.int64, count=len(begins))
        lengths = ends - starts
    buffer = np.frombuffer(b"".join(lines), dtype=np.uint8)
    found: list[Group] = []
    for letters, layouts in _TYPES.items():
        taken = [_sentences(buffer, starts, lengths, letters, middle) for middle in (1, 2, 3)]
        rows = np.concatenate([r for r, _ in taken])
        sextets = np.concatenate([s for _, s in taken])
        found.extend(_groups(rows, sextets, layouts))
    return found


def _sentences(buffer: _Bytes, starts: Ints, lengths: Ints, letters: int, middle: int) -> tuple[Ints, _Bytes]:
    """Return the lines that are whole sentences of so many letters, and their six-bit values (n, letters)."""
    begin = _HEAD + middle + 1
    length = begin + letters + 5
    rows = np.flatnonzero(lengths == length)
    if not len(rows):
        return rows, np.empty((0, letters), dtype=np.uint8)
    text = np.lib.stride_tricks.sliding_window_view(buffer, length)[starts[rows]]
    sextets = _SIXBIT[text[:, begin : begin + letters]]
    good = _formed(text, middle, begin + letters)
    good &= (sextets.view("<u4") & 0xC0C0C0C0 == 0).all(axis=1)
    high, low = _HEX[text[:, -2]], _HEX[text[:, -1]]
    good &= (high | low) != _FOREIGN
    good &= np.bitwise_xor.reduce(text[:, 1:-3], axis=1) == (high << 4 | low)
    return rows[good], sextets[good]


def _formed(text: _Bytes, middle: int, end: int) -> Bools:
    """Tell which rows have the form of a sentence: all but the payload and the checksum."""
    column = text.T
    good = _TALKER[column[1]] & _TALKER[column[2]]
    good &= (column[5] == ord("M")) | (column[5] == ord("O"))
    fixed = {0: "!", 3: "V", 4: "D", 6: ",", 7: "1", 8: ",", 9: "1", 10: ","}
    fixed |= {_HEAD + middle: ",", end: ",", end + 1: "0", end + 2: "*"}
    for at, character in fixed.items():
        good &= column[at] == ord(character)
    comma = column[_HEAD : _HEAD + middle] == ord(",")
    if middle == 1:
        return np.asarray(good & comma[0])
    if middle == 2:
        return np.asarray(good & (comma[0] & _CHANNEL[column[_HEAD + 1]] | _DIGIT[column[_HEAD]] & comma[1]))
    return np.asarray(good & _DIGIT[column[_HEAD]] & comma[1] & _CHANNEL[column[_HEAD + 2]])


def _groups(rows: Ints, sextets: _Bytes, layouts: Sequence[tuple[int, ...]]) -> Iterator[Group]:
    kinds = sextets[:, 0]
    for numbers in layouts:
        chosen = np.flatnonzero(np.isin(kinds, numbers))
        if len(chosen):
            chosen = chosen[np.argsort(rows[chosen], kind="stable")]
            layout = LAYOUTS[numbers[0]]
            yield Group(layout, rows[chosen], _fields(_words(sextets[chosen]), layout))


def _words(sextets: _Bytes) -> _Words:
    """Return messages as words of 24 bits, (words, n)."""
    four = sextets.view("<u4")
    words = (four & 0x3F) << 18 | (four & 0x3F00) << 4 | (four >> 10) & 0xFC0 | four >> 24
    return np.ascontiguousarray(words.T).astype(np.int64)


def _fields(words: _Words, layout: Layout) -> dict[str, Ints]:
    return {f.name: _field(words, f.start, f.width, signed=f.kind == "i") for f in layout.fields}


def _field(words: _Words, start: int, width: int, *, signed: bool) -> Ints:
    first, last = start // _WORD_BITS, (start + width - 1) // _WORD_BITS
    value = words[first]
    for k in range(first + 1, last + 1):
        value = value << _WORD_BITS | words[k]
    value = value >> (last + 1) * _WORD_BITS - start - width & (1 << width) - 1
    return np.asarray(value - ((value & 1 << width - 1) << 1)) if signed else value
