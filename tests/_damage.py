"""Messages damaged at random for tests: bits, pieces and numbers, and frames sealed again after their lengths were made to lie."""

import random
import re
from collections.abc import Callable, Sequence

from _jt808 import new, old, place, sealed

HUGE = [b"1e308", b"-1e308", b"1e999", b"NaN", b"Infinity", b"-1", b"0", b"9" * 40, b"1e-320", b"", b"null", b'"x"']
HUGE += [b"253402300800", b"-62135596800", b"9223372036854775807", b"0001-01-01T00:00:00+14:00", b"true", b"[]", b"{}"]
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")


def bits(rng: random.Random, given: bytes) -> bytes:
    """Return the bytes with up to eight bits turned over."""
    data = bytearray(given)
    for _ in range(rng.randrange(1, 9)):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def cut(rng: random.Random, given: bytes) -> bytes:
    """Return a piece of the bytes."""
    a, b = sorted((rng.randrange(len(given) + 1), rng.randrange(len(given) + 1)))
    return given[a:b]


def holed(rng: random.Random, given: bytes) -> bytes:
    """Return the bytes without a piece."""
    a = rng.randrange(len(given) + 1)
    return given[:a] + given[a + rng.randrange(1, 12) :]


def doubled(rng: random.Random, given: bytes) -> bytes:
    """Return the bytes with a piece twice."""
    a = rng.randrange(len(given) + 1)
    return given[:a] + given[a : a + rng.randrange(1, 60)] + given[a:]


def swapped(rng: random.Random, given: bytes) -> bytes:
    """Return the bytes with two pieces in each other's place."""
    a, b, c = sorted(rng.randrange(len(given) + 1) for _ in range(3))
    return given[:a] + given[b:c] + given[a:b] + given[c:]


def filled(rng: random.Random, given: bytes) -> bytes:
    """Return the bytes with others put in."""
    a = rng.randrange(len(given) + 1)
    return given[:a] + rng.randbytes(rng.randrange(1, 40)) + given[a:]


def huge(rng: random.Random, given: bytes) -> bytes:
    """Return a text with one of its numbers replaced by what is none, or beyond all bounds."""
    found = list(_NUMBER.finditer(given))
    if not found:
        return rng.choice(HUGE)
    chosen = rng.choice(found)
    return given[: chosen.start()] + rng.choice(HUGE) + given[chosen.end() :]


def noise(rng: random.Random, _given: bytes) -> bytes:
    """Return nothing of what was given."""
    return rng.choice([b"", rng.randbytes(rng.randrange(400)), bytes(rng.randrange(60)), b"\x7e" * rng.randrange(9)])


BYTES: Sequence[Callable[[random.Random, bytes], bytes]] = (bits, cut, holed, doubled, swapped, filled, noise)
TEXTS: Sequence[Callable[[random.Random, bytes], bytes]] = (*BYTES, huge, huge)


def damaged(rng: random.Random, given: bytes, how: Sequence[Callable[[random.Random, bytes], bytes]]) -> bytes:
    """Return a message damaged in one way, or in two."""
    once = rng.choice(how)(rng, given)
    return rng.choice(how)(rng, once) if rng.random() < 0.3 else once


def lying_extras(rng: random.Random) -> bytes:
    """Return extras of which at least one has a length that is not its own."""
    made = b""
    for _ in range(rng.randrange(1, 5)):
        value = rng.randbytes(rng.choice([0, 1, 2, 4, 4, 9, 30]))
        length = rng.choice([len(value), rng.randrange(256), 255, 0])
        made += bytes([rng.choice([1, 2, 3, 4, 0x14, 0x2A, 0x30, 0x31, 0xE1, rng.randrange(256)]), length]) + value
    return made + cut_extra(rng)


def cut_extra(rng: random.Random) -> bytes:
    """Return an extra whose length says more than there is."""
    length = rng.randrange(1, 256)
    return bytes([rng.randrange(256), length]) + rng.randbytes(rng.randrange(length))


def lying_frame(rng: random.Random) -> bytes:
    """Return a JT/T 808 frame whose checksum is right and whose contents are not."""
    layout = rng.choice([old, new])
    phone = rng.choice(["013800138000", "ffffffffffff", "000000000000", f"{rng.getrandbits(48):012x}"])
    phone = phone if layout is old else phone.zfill(20)
    body = place(rng.getrandbits(32), rng.getrandbits(32), time=f"{rng.getrandbits(48):012x}") + lying_extras(rng)
    match rng.randrange(6):
        case 0:  # a length that is not its own
            return layout(0x0200, body[: rng.randrange(30)], phone=phone, bits=rng.getrandbits(16))
        case 1:  # a batch whose count and lengths lie
            items = b"".join(rng.choice([len(body), rng.randrange(400)]).to_bytes(2, "big") + body for _ in range(3))
            return layout(0x0704, rng.getrandbits(16).to_bytes(2, "big") + b"\x01" + items[:900], phone=phone)
        case 2:  # a part of what may never come whole
            part = rng.choice([rng.getrandbits(32), 0x0003_0000 | rng.randrange(5)]).to_bytes(4, "big")
            at = 12 if layout is old else 17
            whole = _unsealed(layout(rng.choice([0x0200, 0x0704, 0x0801]), body, phone=phone, serial=rng.randrange(9)))
            attributes = (int.from_bytes(whole[2:4], "big") | 0x2000).to_bytes(2, "big")
            return sealed(whole[:2] + attributes + whole[4:at] + part + whole[at:])
        case 3:  # a plate in GBK that is none
            return layout(0x0100, bytes(25) + rng.choice([b"\x81", b"\xff\xfe\x80", rng.randbytes(12)]), phone=phone)
        case 4:  # any message with any body
            return layout(
                rng.choice([rng.getrandbits(16), 0x0801, 0x0102, 0x0005]), rng.randbytes(rng.randrange(80)), phone
            )
        case _:
            return layout(0x0200, body[:900], phone=phone)


def _unsealed(frame: bytes) -> bytes:
    return frame[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")[:-1]


def deep(rng: random.Random) -> bytes:
    """Return JSON that is nested deeper than anybody reads, closed or not."""
    depth = rng.choice([10, 17, 200, 5000, 100_000])
    opening, closing = rng.choice([(b"[", b"]"), (b'{"position":', b"}")])
    return opening * depth + b"1" + closing * rng.choice([depth, 0])
