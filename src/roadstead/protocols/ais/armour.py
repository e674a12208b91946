"""The six-bit armour of an AIVDM payload, and the six-bit characters within a message (ITU-R M.1371-5, annex 8, table 47).

A message is a whole number of `bits` bits, its first bit the highest. Both codes are as base64 with other letters, so
that the standard library's base64 does the work.
"""

import binascii

ARMOUR = bytes([*range(48, 88), *range(96, 120)])
"""The character of every value 0 to 63."""
LETTERS = bytes([*range(64, 96), *range(32, 64)])
"""The character of every value 0 to 63 within a message; `@` ends a text."""
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FOREIGN = b"!"
_FROM_ARMOUR = bytes(_BASE64[ARMOUR.index(c)] if c in ARMOUR else _FOREIGN[0] for c in range(256))
_TO_ARMOUR = bytes.maketrans(_BASE64, ARMOUR)
_FROM_LETTERS = bytes.maketrans(LETTERS, _BASE64)
_TO_LETTERS = bytes.maketrans(_BASE64, LETTERS)
_PADDING = (b"", b"AAA", b"AA", b"A")


def unarmour(payload: bytes, fill: int) -> tuple[int, int] | None:
    """Return the message in a payload, without its `fill` last bits, and how many bits it has; None on a foreign character.

    An empty payload has no bits, whatever `fill` says.

    >>> unarmour(b"1w", 2)
    (31, 10)
    """
    padding = _PADDING[len(payload) % 4]
    try:
        raw = binascii.a2b_base64(payload.translate(_FROM_ARMOUR) + padding, strict_mode=True)
    except binascii.Error:
        return None
    return int.from_bytes(raw, "big") >> 6 * len(padding) + fill, max(6 * len(payload) - fill, 0)


def armour(message: int, bits: int) -> tuple[bytes, int]:
    """Return the payload of a message, and how many bits it was filled up with.

    >>> armour(31, 10)
    (b'1w', 2)
    """
    fill = -bits % 6
    return _coded(message << fill, (bits + fill) // 6).translate(_TO_ARMOUR), fill


def text(value: int, letters: int) -> str:
    """Return six-bit characters as text: up to the first `@`, without white space behind."""
    return _coded(value, letters).translate(_TO_LETTERS).partition(b"@")[0].rstrip().decode("ascii")


def letters(words: str, count: int) -> int:
    """Return text as so many six-bit characters, `@` behind it; upper case, what the code lacks becomes `?`, the rest is cut off.

    >>> text(letters("Nantong 1", 20), 20)
    'NANTONG 1'
    """
    raw = words.upper().encode("ascii", "replace")
    known = bytes(c if c in LETTERS else ord("?") for c in raw)
    return _number(known[:count].ljust(count, b"@").translate(_FROM_LETTERS))


def _number(base64: bytes) -> int:
    """Return base64 letters as a number of six bits a letter."""
    padding = _PADDING[len(base64) % 4]
    return int.from_bytes(binascii.a2b_base64(base64 + padding), "big") >> 6 * len(padding)


def _coded(value: int, count: int) -> bytes:
    """Return a number as so many base64 letters."""
    over = -count % 4
    raw = (value << 6 * over).to_bytes((count + over) * 3 // 4, "big")
    return binascii.b2a_base64(raw, newline=False)[:count]
