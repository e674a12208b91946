"""Frames of JT/T 808 for tests: the vectors of the development data, and a decoder of its own to compare with."""

import json
from collections.abc import Sequence
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any


def vectors(data: Path) -> list[dict[str, Any]]:
    """Return the vectors: name, hex, header, xor_ok, len_ok, body, location."""
    found: list[dict[str, Any]] = json.loads((data / "jt808" / "vectors.json").read_text(encoding="utf-8"))
    return found


def lines(data: Path, name: str) -> list[bytes]:
    """Return the frames of one of the files beside the vectors."""
    return [bytes.fromhex(line) for line in (data / "jt808" / name).read_text(encoding="ascii").split()]


def sealed(payload: bytes) -> bytes:
    """Return the frame of a header and body, made byte by byte."""
    out = bytearray(b"\x7e")
    for byte in [*payload, reduce(xor, payload, 0)]:
        out += {0x7E: b"\x7d\x02", 0x7D: b"\x7d\x01"}.get(byte, bytes([byte]))
    return bytes(out + b"\x7e")


def old(message: int, body: bytes, phone: str = "013800138000", serial: int = 1, bits: int = 0) -> bytes:
    """Return the frame of a message in the layout of 2013; `bits` are set in the attributes."""
    attributes = len(body) | bits
    head = message.to_bytes(2, "big") + attributes.to_bytes(2, "big") + bytes.fromhex(phone) + serial.to_bytes(2, "big")
    return sealed(head + body)


def new(message: int, body: bytes, phone: str = "00000000013800138000", serial: int = 1, bits: int = 0x4000) -> bytes:
    """Return the frame of a message in the layout of 2019, version 1; `bits` are set in the attributes."""
    head = message.to_bytes(2, "big") + (len(body) | bits).to_bytes(2, "big") + b"\x01" + bytes.fromhex(phone)
    return sealed(head + serial.to_bytes(2, "big") + body)


def place(
    lat: int = 31_000_000,
    lon: int = 121_000_000,
    *,
    alarms: int = 0,
    status: int = 3,
    speed: int = 425,
    time: str = "231124061236",
    extras: Sequence[tuple[int, str]] = (),
) -> bytes:
    """Return the body of a 0x0200; lat and lon in millionths, speed in 0.1 km/h, extras as (id, hex)."""
    words = b"".join(word.to_bytes(4, "big") for word in (alarms, status, lat, lon))
    shorts = b"".join(short.to_bytes(2, "big") for short in (40, speed, 270))
    tail = b"".join(bytes([id_, len(value) // 2]) + bytes.fromhex(value) for id_, value in extras)
    return words + shorts + bytes.fromhex(time) + tail


def verdict(frame: bytes) -> str:
    """Return why a frame must be refused, or "ok": what the standard says, read byte by byte."""
    inner = frame[1:-1]
    if 0x7E in inner:
        return "flag"
    out, k = bytearray(), 0
    while k < len(inner):
        if inner[k] == 0x7D:
            k += 1
            if inner[k : k + 1] not in (b"\x01", b"\x02"):
                return "escape"
            out.append(0x7D if inner[k] == 1 else 0x7E)
        else:
            out.append(inner[k])
        k += 1
    if len(out) < 13:
        return "short"
    if reduce(xor, out) != 0:
        return "checksum"
    attributes = int.from_bytes(out[2:4], "big")
    heads = (12, 17) if not attributes & 0x2000 else (16, 21)
    return "ok" if len(out) - 1 - (attributes & 0x3FF) in heads else "length"
