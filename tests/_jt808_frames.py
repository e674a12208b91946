"""Random frames of JT/T 808 for tests: plain, odd and broken ones."""

import random
from collections.abc import Sequence

from _jt808 import new, old, place

EXTRAS = [
    (0x01, "00000064"),
    (0x01, "0064"),
    (0x02, "007d"),
    (0x03, "01a4"),
    (0x03, "7e7d"),
    (0x30, "1f"),
    (0x31, "0c"),
]
EXTRAS += [(0x31, "7d"), (0x30, "0102"), (0xE1, "00" * 28), (0x17, "01"), (0x04, "7e7e")]
TIMES = ["231124061236", "0" * 12, "240229235959", "230229000000", "7e1124061236", "991231235959", "231124246060"]


def frame(rng: random.Random) -> bytes:
    """Return one frame, mostly a plain place."""
    layout = rng.choice([old, new])
    if rng.random() < 0.1:
        return layout(rng.choice([0x0002, 0x0102, 0x0900, 0x8001, 0x0704]), rng.randbytes(rng.randrange(90)))
    words = {"alarms": rng.getrandbits(32), "status": rng.getrandbits(32), "speed": rng.getrandbits(16)}
    body = place(rng.getrandbits(32), rng.getrandbits(32), **words, time=rng.choice(TIMES),
                 extras=rng.choices(EXTRAS, k=rng.randrange(7)))  # fmt: skip
    if rng.random() < 0.1:
        body += rng.choice([b"\x01", b"\x01\x04\x00", b"\x7e", b"\x7d\x7d"])
    if rng.random() < 0.05:
        body = body[: rng.randrange(len(body))]
    phone = rng.choice(["013800138000", "4eb6fb4ad628", "000000000000", "7e7d7e7d7e7d"])
    flags = rng.choice([0, 0, 0, 0, 0, 0x400, 0x8000, 0x4000])
    if layout is new:
        wide = rng.choice([phone.zfill(20), "866496077582164".zfill(20), "ffff" + "0" * 16])
        return new(0x0200, body, phone=wide, serial=rng.getrandbits(16), bits=flags ^ 0x4000)
    return old(0x0200, body, phone=phone, serial=rng.getrandbits(16), bits=flags)


def mutated(rng: random.Random, given: bytes) -> bytes:
    """Return a frame with some bytes changed, left out, doubled or put in."""
    data = bytearray(given)
    for _ in range(rng.randrange(1, 4)):
        k = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0:
                data[k : k + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[k : k + rng.randrange(1, 9)]
            case 2:
                data[k:k] = rng.choice([b"\x7e", b"\x7d", b"\x7d\x01", b"\x7d\x02", rng.randbytes(3)])
            case 3:
                data[k:k] = data[k : k + rng.randrange(30)]
            case 4 if k < len(data):
                data[k] ^= 1 << rng.randrange(8)
            case _:
                data = data[: max(k, 1)]
    return bytes(data)


def batch(seed: int, n: int, broken: float = 0.1, seeds: Sequence[bytes] = ()) -> list[bytes]:
    """Return n frames, a share of them broken; of the given ones too."""
    rng = random.Random(seed)
    made = [rng.choice(seeds) if seeds and rng.random() < 0.5 else frame(rng) for _ in range(n)]
    return [mutated(rng, f) if rng.random() < broken else f for f in made]
