"""Every way in for reports, for tests: messages that must come through, damaged ones, and how they become records."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from _damage import BYTES, TEXTS, damaged, deep, lying_frame
from _jt808 import new, old, place
from roadstead.positions import Decoder, Position, Raw, Reports
from roadstead.protocols.ais.encode import messages_of, sentences
from roadstead.protocols.jt808.framing import Framer
from roadstead.protocols.nmea import LINE_BYTES, Lines, tagged
from roadstead.sources.forward import Forward
from roadstead.sources.jt808 import Jt808
from roadstead.sources.mqtt import Mqtt
from roadstead.sources.nmea import Nmea
from roadstead.sources.table import Table

T0 = 1_760_000_000
Random = random.Random


@dataclass(frozen=True)
class Way:
    """One way in: message k of those that must come through and its mover, a damaged one, how messages become records."""

    good: Callable[[int], tuple[str, bytes]]
    bad: Callable[[Random], bytes]
    decoder: Callable[[], Decoder]
    records: Callable[[Sequence[bytes], Random], list[Raw]]
    first: tuple[Raw, ...] = ()


def spot(k: int) -> tuple[float, float]:
    """Return where message k is from: degrees, in six digits."""
    return round(31 + k % 9973 * 1e-4, 6), round(121 + k % 10007 * 1e-4, 6)


def singly(messages: Sequence[bytes], _rng: Random) -> list[Raw]:
    return [Raw(T0 + 0.01 * k, "somebody", data) for k, data in enumerate(messages)]


def pieces(stream: bytes, rng: Random) -> Iterator[bytes]:
    """Yield a stream as it might be received."""
    at = 0
    while at < len(stream):
        step = rng.choice([1, 7, 536, 1460, 65536])
        yield stream[at : at + step]
        at += step


# JT/T 808


def terminal(k: int) -> tuple[str, bytes]:
    lat, lon = spot(k)
    name = f"139{k:08d}"
    body = place(round(lat * 1e6), round(lon * 1e6), extras=[(1, "00000064"), (0x31, "0c")])
    layout, width = (old, 12) if k % 2 else (new, 20)
    return name, layout(0x0200, body, phone=name.zfill(width))


def bad_frame(rng: Random) -> bytes:
    if rng.random() < 0.5:
        return lying_frame(rng)
    return damaged(rng, lying_frame(rng) if rng.random() < 0.2 else terminal(rng.randrange(99))[1], BYTES)


def framed(messages: Sequence[bytes], rng: Random) -> list[Raw]:
    """Cut what was sent into frames, as the gateway does; every byte of it is counted."""
    framer, frames, stream = Framer(), list[bytes](), b"".join(messages)
    for piece in pieces(stream, rng):
        frames += framer.feed(piece)
    framer.close()
    assert sum(n for name, n in framer.counts.items() if name.startswith("bytes_")) == len(stream)
    assert framer.counts["frames"] == len(frames)
    return singly(frames, rng)


# AIS


def vessel(k: int) -> tuple[str, bytes]:
    lat, lon = spot(k)
    name = f"{412_000_000 + k}"
    said = Position(mover=name, t=None, lat=lat, lon=lon, speed_mps=5.0, course_deg=90.0, extra={"message": 1})
    (line,) = (line for message in messages_of(said) for line in sentences(message))
    return name, b"\n" + line + b"\r\n"


NAMES = [
    b"!AIVDM,2,1,3,B,55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53,0*3E\n",
    b"!AIVDM,2,2,3,B,1@0000000000000,2*55\n",
    b"$PGHP,1,2026,1,2,3,4,5,678,412,2,1111111,1,01*00\n",
    tagged(vessel(0)[1].strip(), t=T0, station="a") + b"\n",
    b"\\g:1-2-7,s:r1*42\\" + vessel(1)[1].strip() + b"\n",
]


def bad_line(rng: Random) -> bytes:
    given = rng.choice(NAMES) if rng.random() < 0.5 else vessel(rng.randrange(99))[1]
    found = damaged(rng, given, TEXTS)
    if rng.random() < 0.3:  # damaged, and yet with the right checksum
        inner = bytes(b for b in found.partition(b"!")[2].partition(b"*")[0] if b > 32)
        check = 0
        for byte in inner:
            check ^= byte
        found = b"!%s*%02X\n" % (inner, check)
    return found * (rng.randrange(1, 200) if rng.random() < 0.01 else 1)


def lined(messages: Sequence[bytes], rng: Random) -> list[Raw]:
    """Cut what was sent into lines, as a receiver's feed does; none is left out but the blank ones."""
    stream, cutter, lines = b"".join(messages), Lines(), list[bytes]()
    for piece in pieces(stream, rng):
        lines += cutter.feed(piece)
    lines += cutter.end()
    sent = stream.split(b"\n")
    assert len(lines) == sum(bool(line[:LINE_BYTES].strip()) for line in sent)
    assert cutter.counts["overlong"] == sum(len(line) > LINE_BYTES for line in sent)
    return singly(lines, rng)


# Tables


COLUMNS = ("id", "time", "lat", "lon", "speed_kmh", "course", "name", "mileage_m")
HEAD = {"format": "csv", "encoding": "utf-8", "delimiter": ",", "names": COLUMNS}


def row(k: int) -> tuple[str, bytes]:
    lat, lon = spot(k)
    return f"truck {k}", f"truck {k},2026-03-04T05:{k % 60:02d}:06,{lat},{lon},36.5,90,沪A{k:05d},1000".encode()


def bad_row(rng: Random) -> bytes:
    if rng.random() < 0.3:  # whole, but for its cells
        cells = row(rng.randrange(99))[1].split(b",")
        at = rng.randrange(len(cells))
        cells[at] = damaged(rng, cells[at], TEXTS)
        if rng.random() < 0.3:
            rng.shuffle(cells)
        return b",".join(cells)
    return damaged(rng, row(rng.randrange(99))[1], TEXTS)


# JSON


def message(k: int) -> tuple[str, bytes]:
    lat, lon = spot(k)
    said = {"deviceId": f"truck {k}", "time": T0 + k, "lat": lat, "lon": lon, "speed_kmh": 36, "name": "苏B12345"}
    return f"truck {k}", json.dumps(said, ensure_ascii=k % 2 == 0).encode()


def forwarded(k: int) -> tuple[str, bytes]:
    lat, lon = spot(k)
    if k % 3 == 0:
        return f"truck {k}", f"id=truck+{k}&lat={lat}&lon={lon}&timestamp={T0 + k}&speed=3&valid=true".encode()
    where = {"latitude": lat, "longitude": lon, "fixTime": "2026-03-04T05:06:07.000+00:00", "speed": 3, "valid": True}
    return f"truck {k}", json.dumps({"position": where, "device": {"uniqueId": f"truck {k}"}}).encode()


def bad_json(good: Callable[[int], tuple[str, bytes]]) -> Callable[[Random], bytes]:
    def bad(rng: Random) -> bytes:
        if rng.random() < 0.002:
            return deep(rng)
        data = good(rng.randrange(99))[1]
        if rng.random() < 0.1:
            data = b"[" + b",".join([data] * rng.randrange(4)) + b"]"
        return damaged(rng, data, TEXTS)

    return bad


CSV = Table(feed="f", path=Path("t.csv"))
WAYS = {
    "jt808": Way(terminal, bad_frame, Jt808(feed="f").decoder, framed),
    "ais": Way(vessel, bad_line, Nmea(feed="f", path=Path("x")).decoder, lined),
    "table": Way(row, bad_row, CSV.decoder, singly, (Raw(None, "somebody#columns", json.dumps(HEAD).encode()),)),
    "mqtt": Way(message, bad_json(message), Mqtt(feed="f", host="h", topics=("f/+",)).decoder, singly),
    "forward": Way(forwarded, bad_json(forwarded), Forward(feed="f").decoder, singly),
}


def round_of(way: Way, rng: Random, first: int, n: int) -> tuple[list[Raw], dict[str, tuple[float, float]]]:
    """Return n messages as records, a quarter of them whole, and where the whole ones are from."""
    wanted, sent = dict[str, tuple[float, float]](), list[bytes]()
    for k in range(first, first + n):
        if rng.random() < 0.25:
            name, data = way.good(100 + k)
            wanted[name] = spot(100 + k)
            sent.append(data)
        else:
            sent.append(way.bad(rng))
    return way.records(sent, rng), wanted


def decoded(decoder: Decoder, records: Sequence[Raw], first: int, rng: Random) -> Reports:
    """Decode in batches of any size."""
    at, parts = 0, list[Reports]()
    while at < len(records):
        step = rng.choice([1, 5, 63, 64, 1000, 5000])
        parts.append(decoder.decode(records[at : at + step], first + at))
        at += step
    return Reports.joined(parts)


def check_reports(reports: Reports, wanted: dict[str, tuple[float, float]], first: int, end: int) -> None:
    assert ((reports.raw >= first) & (reports.raw < end)).all()
    numbers = (reports.t, reports.lat, reports.lon, reports.speed_mps, reports.course_deg, *reports.columns.values())
    assert not any(np.isinf(values).any() for values in numbers)
    placed = (np.abs(reports.lat) <= 90) & (np.abs(reports.lon) <= 180) & np.isfinite(reports.t)
    names = [reports.movers[m] for m in reports.mover[placed].tolist()]
    lats, lons = np.round(reports.lat[placed], 5).tolist(), np.round(reports.lon[placed], 5).tolist()
    seen = set(zip(names, lats, lons, strict=True))
    lost = {name for name, (lat, lon) in wanted.items() if (name, round(lat, 5), round(lon, 5)) not in seen}
    assert not lost
