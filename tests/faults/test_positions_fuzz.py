"""Damaged frames, lines, rows and messages in great number: nothing raises, all of it is counted, what is whole comes through."""

import json
import resource
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from _damage import BYTES, TEXTS, cut_extra, damaged, lying_extras
from _feeds import handled
from _gateway import PLACE, Phone, eventually, running
from _inputs import (
    COLUMNS,
    WAYS,
    Random,
    bad_frame,
    bad_row,
    check_reports,
    decoded,
    pieces,
    round_of,
    row,
    spot,
    terminal,
    vessel,
)
from _jt808 import new, old, place
from roadstead import checking, config, runner, screen
from roadstead.errors import BadInput
from roadstead.positions import Raw, Reports
from roadstead.protocols import jt809
from roadstead.reporting import judged
from roadstead.sources.jt808 import Jt808

ROUND = 5_000
GROWTH_MB = 60
"""A byte kept of each of a million messages would be less, a report kept of each far more."""


def check_way(name: str, n: int) -> None:
    way, rng = WAYS[name], Random(f"fuzz {name}")
    decoder = way.decoder()
    decoder.decode(way.first, 0)
    total, memory_kb = len(way.first), 0
    for first in range(0, n, ROUND):
        records, wanted = round_of(way, rng, first, ROUND)
        reports = decoded(decoder, records, total, rng)
        check_reports(reports, wanted, total, total + len(records))
        total += len(records)
        assert handled(decoder.counts) == total
        if first == 4 * ROUND:
            memory_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if memory_kb:
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_kb < GROWTH_MB * 1024
    bad = sum(count for kind, count in decoder.counts.items() if kind.startswith("bad_"))
    assert n / 20 < bad < n * 2


@pytest.mark.parametrize("name", WAYS)
def test_some_thousand_of_each(name: str) -> None:
    check_way(name, ROUND)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("name", "n"), [("jt808", 300_000), ("ais", 300_000), ("table", 150_000), ("mqtt", 100_000), ("forward", 50_000)]
)
def test_a_million_in_all(name: str, n: int) -> None:
    check_way(name, n)


# JT/T 809


def from_platform(k: int, lat: float, lon: float, *, kind: int = jt809.REAL_TIME) -> bytes:
    """Return a frame of 2011 with one place, its CRC by the table-free algorithm of the standard library."""
    millionths = round(lon * 1e6).to_bytes(4, "big") + round(lat * 1e6).to_bytes(4, "big")
    data = b"\x01" * (kind == jt809.BACKFILL) + bytes.fromhex("00130707dc0f0f0f") + millionths + bytes(20)
    plate = f"粤A{k:05d}".encode("gbk").ljust(21, b"\0")
    return platform_frame(plate + b"\x02" + kind.to_bytes(2, "big") + len(data).to_bytes(4, "big") + data)


def platform_frame(body: bytes) -> bytes:
    head = (26 + len(body)).to_bytes(4, "big") + bytes(4) + b"\x12\x00" + bytes(4) + b"\x01\0\0" + bytes(5)
    payload = head + body
    payload += jt809.crc(payload).to_bytes(2, "big")
    for byte, pair in ((b"\x5a", b"\x5a\x02"), (b"\x5b", b"\x5a\x01"), (b"\x5e", b"\x5e\x02"), (b"\x5d", b"\x5e\x01")):
        payload = payload.replace(byte, pair)
    return b"\x5b" + payload + b"\x5d"


def check_platforms(n: int) -> None:
    rng = Random("fuzz 809")
    read, refused, whole = 0, 0, 0
    for k in range(n):
        lat, lon = spot(k)
        given = from_platform(k % 100_000, lat, lon, kind=rng.choice([0x1202, 0x1203]))
        chance = rng.random()
        if chance < 0.4:
            given = damaged(rng, given, BYTES)
        elif chance < 0.6:  # the CRC is right, the body is not
            given = platform_frame(damaged(rng, given[24:-3], BYTES)[:900])
        try:
            _, found = jt809.decode(given)
        except jt809.BadFrame as bad:
            refused += bad.reason in jt809.REASONS
            continue
        read += 1
        if chance >= 0.6:
            whole += 1
            assert isinstance(found, jt809.Vehicle)
            (where,) = found.places
            assert isinstance(where, jt809.Gnss)
            assert (where.lat, where.lon) == (lat, lon)
    assert read + refused == n
    assert n / 3 < whole < read
    assert n / 10 < refused


def test_some_thousand_frames_between_platforms() -> None:
    check_platforms(ROUND)


@pytest.mark.long
def test_a_hundred_thousand_frames_between_platforms() -> None:
    check_platforms(100_000)


# Extras


def of_terminal(data: Sequence[bytes]) -> tuple[Reports, dict[str, int]]:
    decoder = Jt808(feed="f").decoder()
    return decoder.decode([Raw(1.0, "p", frame) for frame in data], 0), dict(decoder.counts)


@pytest.mark.parametrize("n", [1, 500], ids=["one by one", "as columns"])
@pytest.mark.parametrize("layout", [old, new])
def test_a_place_with_broken_extras_is_a_place(layout: Callable[..., bytes], n: int) -> None:
    rng = Random(3)
    frames = [
        layout(0x0200, place(31_000_000 + k, 121_000_000 - k, extras=[(1, "000003e8")]) + cut_extra(rng))
        for k in range(n)
    ]
    reports, counts = of_terminal(frames)
    assert reports.lat.tolist() == [(31_000_000 + k) / 1e6 for k in range(n)]
    assert reports.lon.tolist() == [(121_000_000 - k) / 1e6 for k in range(n)]
    assert reports.column("mileage_m").tolist() == [100_000.0] * n, "what stood before the broken one is read"
    assert counts == {"read_location": n, "cut_extras": n}


def test_a_batch_loses_only_what_is_broken() -> None:
    rng = Random(4)
    whole = [place(31_000_000 + k, 121_000_000) for k in range(6)]
    whole[2] += lying_extras(rng)
    short = whole[4][:20]
    items = [*whole[:4], short, whole[5]]
    body = (9).to_bytes(2, "big") + b"\x01" + b"".join(len(item).to_bytes(2, "big") + item for item in items)
    reports, counts = of_terminal([old(0x0704, body)])
    assert reports.lat.tolist() == [31.0, 31.000001, 31.000002, 31.000003, 31.000005]
    assert counts == {"read_batch": 1, "cut_batches": 1}


def test_a_broken_extra_keeps_the_connection() -> None:
    rng = Random(5)
    with running(auth_s=60) as gate, Phone(gate.port) as phone:
        phone.authenticate()
        for _ in range(20):
            answer = phone.ask(0x0200, PLACE + lying_extras(rng))
            assert answer[-1] == 0, "taken"
        assert phone.ask(0x0200, PLACE)[-1] == 0
        assert gate.counts["connections"] == 1
        assert sum(frame[1:3] == b"\x02\x00" for frame in gate.frames()) == 21


# Files


def frame_line(rng: Random, k: int) -> bytes:
    """Return a line of a file of frames, with a time before it that may be none."""
    when = rng.choice([b"", b"1760000000.5 ", b"2026-01-02T03:04:05+08:00,1.2.3.4:5,", *ODD_TIMES])
    return when + terminal(k)[1].hex().encode()


ODD_TIMES = [b"0001-01-01T00:00:00+14:00 ", b"9999-12-31T23:59:59-14:00 ", b"9" * 400 + b" ", b"2026-13-01T00:00:00Z "]
LINES: dict[str, Callable[[Random, int], bytes]] = {
    "jt808_file": frame_line,
    "nmea": lambda _, k: vessel(k)[1],
    "table": lambda _, k: row(k)[1],
}


@pytest.mark.parametrize("kind", LINES)
def test_damaged_files_are_checked(tmp_path: Path, kind: str) -> None:
    rng = Random(f"file {kind}")
    path = tmp_path / "reports.csv"
    lines = [LINES[kind](rng, k) for k in range(400)]
    some = [line if k % 4 else damaged(rng, line, TEXTS) for k, line in enumerate(lines)]
    head = ",".join(COLUMNS).encode() + b"\n" if kind == "table" else b""
    path.write_bytes(head + b"\n".join(some))
    found = checking.check([path], kind=kind)
    assert handled(found.counts) == found.counts["messages"]
    assert len(found.fleet.reports.movers) >= 300


def test_a_stray_quotation_mark_takes_no_other_row(tmp_path: Path) -> None:
    lines = [row(k)[1] for k in range(60)]
    for k in (3, 9, 10, 30, 59):
        lines[k] = lines[k].replace(b"truck", b'tr"uck')
    lines[20] = lines[20].replace("沪".encode(), b'"two\nlines"')
    path = tmp_path / "reports.csv"
    path.write_bytes(",".join(COLUMNS).encode() + b"\n" + b"\n".join(lines))
    movers = checking.check([path]).fleet.reports.movers
    assert {row(k)[0] for k in range(60) if k not in (3, 9, 10, 30, 59)} <= set(movers)


def test_a_table_cut_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    rng = Random(6)
    path = tmp_path / "reports.csv"
    whole = ",".join(COLUMNS).encode() + b"\n" + b"\n".join(row(k)[1] for k in range(50))
    read, refused = 0, list[str]()
    for _ in range(150):
        path.write_bytes(damaged(rng, whole, BYTES))
        try:
            found = checking.check([path])
        except BadInput as error:
            refused.append(str(error))
        else:
            assert handled(found.counts) == found.counts["messages"]
            read += 1
    assert read > 20
    assert all(str(path) in sentence for sentence in refused)


# All the way


def test_what_is_left_of_damaged_messages_is_judged(tmp_path: Path) -> None:
    parts = []
    for name, way in WAYS.items():
        rng, decoder = Random(f"judged {name}"), way.decoder()
        decoder.decode(way.first, 0)
        records, _ = round_of(way, rng, 0, 600)
        parts.append(decoded(decoder, records, len(way.first), rng))
    reports = Reports.joined(parts)
    plan = checking._plan((), "table", None, None, None, None)  # every anomaly at its defaults
    seen = judged(reports, plan.stages)
    assert len(seen.fleet) == len(reports)
    kinds = {looked.name: looked.kind for looked in plan.checks}
    done = checking.Checked(
        feed="f", timezone="Asia/Shanghai", counts={}, judged=seen, found=seen.evidence, kinds=kinds
    )
    for path in checking.write(tmp_path, done):
        assert path.stat().st_size
    said = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert said["reports"]["all"] == len(reports)
    assert sum(said["places"].values()) == int((reports.kind == 0).sum())


# A gateway


def test_a_gateway_keeps_what_is_whole_among_what_is_damaged() -> None:
    rng, sent, wanted = Random("gateway"), list[bytes](), set[bytes]()
    for k in range(1500):
        good = rng.random() < 0.3
        frame = old(0x0200, place(31_000_000 + k), phone="013800000001", serial=k) if good else bad_frame(rng)
        sent.append(frame)
        wanted |= {frame} if good else set()
    with running(auth_s=60, max_per_terminal=1e6) as gate, Phone(gate.port) as phone:
        phone.authenticate()
        before = gate.counts
        reader = threading.Thread(target=phone.closed, args=(20,))
        for piece in pieces(b"".join(sent), rng):
            phone.socket.sendall(piece)
        phone.socket.shutdown(socket.SHUT_WR)
        reader.start()
        reader.join()
        assert eventually(lambda: wanted <= set(gate.frames()))
        assert gate.counts["connections"] == 1
        new = {name: n - before.get(name, 0) for name, n in gate.counts.items() if name.startswith("bytes_")}
        assert sum(new.values()) == len(b"".join(sent))
        decoder = gate.feed.decoder()
        reports = decoder.decode(gate.log, 0)
        assert handled(decoder.counts) == len(gate.log)
        assert {(31_000_000 + k) / 1e6 for k in range(1500) if sent[k] in wanted} <= set(reports.lat.tolist())


def test_a_watch_of_damaged_rows_ends_with_its_report(tmp_path: Path) -> None:
    rng = Random("watch")
    rows = [row(k)[1] if k % 3 else bad_row(rng) for k in range(200)]
    rows += [
        row(k)[1].replace(b"2026-03-04T05", time) for k, time in enumerate([b"1e300", b"-1e300", b"99999999999999"])
    ]
    rows += [b"truck 1,1e300,31.0,121.0,36.5,90,x,1000", b"truck 1,-9e18,31.0,121.0,1e300,90,x,1e300"]
    (tmp_path / "t.csv").write_bytes(",".join(COLUMNS).encode() + b"\n" + b"\n".join(rows))
    feed = '[feeds.t]\nlabel = "truck"\nsource = { kind = "table", path = "t.csv" }\n'
    (tmp_path / "t.toml").write_text(f'name = "t"\n{feed}')
    with screen.watching(quiet=True) as show:
        run = runner.run(config.load(tmp_path / "t.toml"), tmp_path / "run", fast=True, annotate=False, show=show)
    assert not run.problems
    assert (tmp_path / "run" / "report.html").stat().st_size
    assert run.cameras[0].counts["reports"] >= 130
