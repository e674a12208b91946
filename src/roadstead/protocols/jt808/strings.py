"""Strings of JT/T 808: GBK, in fields that are filled up with NUL. Any bytes can be read, and written back the same."""


def text(raw: bytes) -> str:
    """Return a string; bytes that are no GBK stand in it as lone surrogates, so that nothing is lost.

    >>> text(bytes.fromhex("d4c1413132333435"))
    '粤A12345'
    """
    return raw.decode("gbk", "surrogateescape")


def raw(string: str) -> bytes:
    """Return the bytes of a string; what GBK does not have becomes a question mark."""
    try:
        return string.encode("gbk", "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(_one(c) for c in string)


def fixed(field: bytes) -> str:
    """Return the string of a field that is filled up with NUL on the right; NULs elsewhere stay."""
    return text(field.rstrip(b"\0"))


def padded(string: str, width: int) -> bytes:
    """Return a field of `width` bytes; raises ValueError where the string is longer."""
    found = raw(string)
    if len(found) > width:
        raise ValueError(f"{string!r} has {len(found)} bytes in GBK and does not fit into {width}")
    return found.ljust(width, b"\0")


def clean(string: str) -> str:
    """Return a string for people and tables: without filling on either side, and with U+FFFD for what is no character."""
    shown = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in string)
    return "".join(c for c in shown.strip("\0 \t\r\n") if c != "\0")


def _one(character: str) -> bytes:
    try:
        return character.encode("gbk", "surrogateescape")
    except UnicodeEncodeError:
        return b"?"
