"""JT/T 808: reports per second of our two paths, beside a plain decoder that only takes fields out.

    python benchmarks/_positions_jt808.py [--few]

50,000 frames of 0x0200, a third with escapes, in both layouts, with three to six extras: made here, the same for all.
"scalar" is `unwrap`, `parse` and `decode` of one frame after the other, with every check and all extras as values;
"columns" takes all of them in one piece of bytes, cuts it, and gives the columns that positions are judged by. The plain
decoder is a loop of `struct` written as most people would: it trusts its input, checks the XOR only, reads one layout at a
time by bit 14, and gives a dict. It does less, so its cost is what there is to be compared with, not a bar.

All run in one process on one thread, in turns; what counts is the processor time of the best round, so that what else
runs on the machine takes little part. Bars: scalar 100,000 and columns 800,000 a second.
Exit code 1 where a bar is missed.
"""

import argparse
import csv
import os
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from roadstead.protocols.jt808 import columns, framing, header, messages
from roadstead.protocols.jt808.header import Header
from roadstead.protocols.jt808.location import MILEAGE, RECORDER, SATELLITES, SIGNAL, Location
from roadstead.protocols.jt808.times import stamp

RESULTS = Path(__file__).with_name("results") / "jt808.csv"
FRAMES, ROUNDS, START = 50_000, 9, 1_700_000_000
BARS = {"scalar": 100_000, "columns": 800_000}
BASE = struct.Struct(">IIIIHHH6s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", action="store_true", help="a tenth of the frames, and write nothing")
    few = parser.parse_args().few
    frames = made(FRAMES // 10 if few else FRAMES)
    stream = b"".join(frames)
    agree(frames, stream)
    runs: Mapping[str, Callable[[], object]] = {
        "plain": lambda: one_by_one(plain, frames),
        "scalar": lambda: one_by_one(scalar, frames),
        "columns": lambda: columns.decode(stream),
        "columns of a list": lambda: columns.decode(frames),
    }
    rows = report(in_turns(runs, len(frames)), frames)
    for row in rows:
        print("{measure:40} {value:>12} {unit:14} {bar:>12} {verdict}".format(**row))
    if not few:
        with RESULTS.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return int(any(row["verdict"] == "MISSED" for row in rows))


def made(n: int) -> list[bytes]:
    """Return n frames of 300 trucks around Shanghai, a third of them with escapes."""
    rng = random.Random(0)
    frames: list[bytes] = []
    escaped = 0
    while len(frames) < n:
        truck = rng.randrange(300)
        extras = [(MILEAGE, rng.randrange(10**7).to_bytes(4, "big")), (RECORDER, rng.randrange(900).to_bytes(2, "big"))]
        extras += [(SIGNAL, bytes([rng.randrange(32)])), (SATELLITES, bytes([rng.randrange(24)]))]
        extras += rng.sample([(0x02, b"\x01\x90"), (0x25, bytes(4)), (0xE1, bytes(8))], rng.randrange(3))
        place = Location(
            alarms=0,
            status=0xC0003,
            lat=31 + rng.random(),
            lon=121 + rng.random(),
            altitude_m=rng.randrange(60),
            speed_kmh=rng.randrange(900) / 10,
            course_deg=rng.randrange(360),
            time=stamp(START + 10 * len(frames)),
            extras=tuple(extras[rng.randrange(2) :]),
        )
        head = Header(0x0200, str(13_800_000_000 + truck), rng.getrandbits(16), 1 if truck % 2 else None)
        (frame,) = header.frames(head, place.encode())
        wanted = 3 * escaped < len(frames)
        if (b"\x7d" in frame) == wanted:
            escaped += wanted
            frames.append(frame)
    return frames


def scalar(frame: bytes) -> tuple[Header, messages.Message]:
    head, body = header.parse(framing.unwrap(frame))
    return head, messages.decode(head, body)


def one_by_one(decode: Callable[[bytes], object], frames: Sequence[bytes]) -> None:
    for frame in frames:
        decode(frame)


def plain(frame: bytes) -> dict[str, object]:
    """Decode a frame as most people would."""
    data = frame[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    total = 0
    for byte in data:
        total ^= byte
    if total:
        raise ValueError("checksum")
    message, attributes = struct.unpack_from(">HH", data)
    start = 17 if attributes & 0x4000 else 12
    phone = data[5:15] if attributes & 0x4000 else data[4:10]
    alarms, status, lat, lon, altitude, speed, course, when = BASE.unpack_from(data, start)
    digits = when.hex()
    moment = time.strptime(f"20{digits}", "%Y%m%d%H%M%S")
    extras = {}
    at = start + 28
    while at + 2 < len(data):
        extras[data[at]] = data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    return {
        "message": message,
        "phone": phone.hex().lstrip("0"),
        "alarms": alarms,
        "status": status,
        "lat": lat / 1e6,
        "lon": lon / 1e6,
        "altitude": altitude,
        "speed": speed / 10,
        "course": course,
        "time": moment,
        "extras": extras,
    }


def agree(frames: Sequence[bytes], stream: bytes) -> None:
    """Make sure that all three say the same of the first frames, and that none is left out."""
    counts: Counter[str] = Counter()
    found = columns.decode(stream, counts=counts)
    if counts["read_location"] != len(frames):
        raise SystemExit(f"of {len(frames)} frames {dict(counts)} were read")
    for k, frame in enumerate(frames[:500]):
        ours, theirs = scalar(frame)[1], plain(frame)
        same = isinstance(ours, Location) and (ours.lat, ours.lon) == (theirs["lat"], theirs["lon"])
        if not same or (found.lat[k], found.movers[found.mover[k]]) != (theirs["lat"], theirs["phone"]):
            raise SystemExit(f"the decoders do not agree on frame {k}: {frame.hex()}")


def in_turns(runs: Mapping[str, Callable[[], object]], n: int) -> dict[str, float]:
    """Return the frames per second of each, of its best round."""
    best = dict.fromkeys(runs, 0.0)
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.process_time()
            run()
            best[name] = max(best[name], n / (time.process_time() - start))
    return best


def report(speeds: Mapping[str, float], frames: Sequence[bytes]) -> list[dict[str, str]]:
    """Return the rows of the result: measure, value, unit, bar, verdict."""
    rows: list[dict[str, str]] = []

    def row(measure: str, value: str, unit: str, bar: str = "", *, good: bool = True) -> None:
        verdict = ("ok" if good else "MISSED") if bar else ""
        rows.append({"measure": measure, "value": value, "unit": unit, "bar": bar, "verdict": verdict})

    row("frames", str(len(frames)), "")
    row("bytes of a frame, mean", f"{np.mean([len(f) for f in frames]):.1f}", "bytes")
    row("frames with escapes", f"{np.mean([b'}' in f for f in frames]):.3f}", "share")
    for name, speed in speeds.items():
        bar = BARS.get(name)
        row(name, f"{speed:.0f}", "frames/s", "" if bar is None else f">= {bar}", good=bar is None or speed >= bar)
    for name in ("scalar", "columns", "columns of a list"):
        row(f"{name} over plain", f"{speeds[name] / speeds['plain']:.2f}", "x")
    return rows


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
