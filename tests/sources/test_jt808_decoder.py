"""Records of a gateway to reports, and a fleet of simulated terminals that a gateway goes away from."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _gateway import PLACE, frame, running
from roadstead.positions import ROWS, Kind, Raw, Reports
from roadstead.protocols.jt808.messages import Location
from roadstead.rawlog import RawLog
from roadstead.simulate.reports.terminals import Habits, LoadResult, Terminal, circling, fleet, load, run
from roadstead.sources.jt808 import Jt808

PHONE = "13800000001"


def record(data: bytes, k: int = 0) -> Raw:
    return Raw(1000.0 + k, f"tcp:10.0.0.{k % 3}:1", data)


def mixed() -> list[Raw]:
    """Records of every kind: places, batches, parts in odd order, notes, refused and broken frames."""
    register = bytes.fromhex("001f0073") + b"MAKER" + bytes(20) + b"DEV0001" + b"\x02" + "沪A12345".encode("gbk")
    batch = b"\0\x03\x01" + (b"\0\x1c" + PLACE) * 3
    made = [b"#open", frame(0x0100, PHONE, 1, register), frame(0x0102, PHONE, 2, b"token"), frame(0x0002, PHONE, 3)]
    made += [
        frame(0x0200, f"1380000{k % 7:04}", 10 + k, PLACE[:22] + bytes((0x26, 1, 2, 3, k % 60 // 10 * 16 + k % 10, 5)))
        for k in range(150)
    ]
    made += [frame(0x0704, PHONE, 200, batch[:40], part="00020001"), frame(0x0200, PHONE, 77, PLACE, version=1)]
    made += [frame(0x0704, PHONE, 201, batch[40:], part="00020002"), frame(0x0200, PHONE, 78, PLACE, part="00010001")]
    made += [
        frame(0x0704, PHONE, 205, batch),
        frame(0x0801, PHONE, 206, bytes(8) + PLACE + b"\xff\xd8"),
        b"#unframed GET /",
    ]
    made += [b"#refused " + frame(0x0200, PHONE, 9, PLACE), b"\x7e\x02\x00\x7e", frame(0x0200, PHONE, 9, PLACE[:20])]
    made += [frame(0x0200, PHONE, 9, PLACE)[:-2] + b"\x7e", b"#close idle 13800000001 13800000002"]
    return [record(data, k) for k, data in enumerate(made)]


def rows(reports: Reports) -> list[tuple[object, ...]]:
    """The reports as values, so that tables in another order are the same."""
    names = sorted(reports.columns)
    tables = {"mover": reports.movers, "peer": reports.peers, "static": reports.statics}
    found = []
    for k in range(len(reports)):
        own: list[object] = []
        for name in ROWS:
            value = getattr(reports, name)[k]
            own.append((tables[name][value] if value >= 0 else None) if name in tables else repr(float(value)))
        own.append(tuple((n, repr(float(reports.columns[n][k]))) for n in names if np.isfinite(reports.columns[n][k])))
        found.append(tuple(own))
    return found


def test_every_record_becomes_what_it_says() -> None:
    records = mixed()
    decoder = Jt808(feed="gate").decoder()
    reports = decoder.decode(records, 500)
    counts = decoder.counts
    assert sum(n for name, n in counts.items() if name.startswith(("read_", "bad_"))) == len(records)
    assert {k: n for k, n in counts.items() if k.startswith("bad_")} == {
        "bad_unframed": 1, "bad_refused": 1, "bad_short": 1, "bad_body": 1, "bad_checksum": 1,
    }  # fmt: skip
    places = reports.kind == Kind.POSITION
    assert places.sum() == 150 + 2 + 3 + 3 + 1
    assert set(reports.lat[places]) == {33.672128}
    assert reports.backfilled.sum() == 6
    assert (reports.kind == Kind.STATIC).sum() == 1
    assert (reports.statics[0].name, reports.statics[0].device) == ("沪A12345", "DEV0001")
    closed = (reports.kind == Kind.LINK) & (reports.column("message") == 0)
    assert [reports.movers[m] for m in reports.mover[closed]] == [PHONE, "13800000002"]
    assert reports.raw.min() == 501
    assert (np.diff(reports.raw) >= 0).all()
    joined = 500 + 4 + 150 + 2
    assert reports.backfilled[reports.raw == joined].tolist() == [True] * 3, "with the part that completes it"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 170), max_size=8))
def test_the_reports_do_not_depend_on_how_the_records_are_cut(cuts: list[int]) -> None:
    records = mixed()
    feed = Jt808(feed="gate")
    whole, parts = feed.decoder(), feed.decoder()
    edges = sorted({0, len(records), *(min(c, len(records)) for c in cuts)})
    cut = [row for a, b in pairwise(edges) for row in rows(parts.decode(records[a:b], a))]
    assert cut == rows(whole.decode(records, 0))
    assert dict(whole.counts) == dict(parts.counts)


def test_one_by_one_and_by_columns_are_the_same() -> None:
    records = mixed()
    one, many = Jt808(feed="gate").decoder(), Jt808(feed="gate").decoder()
    singly = [row for k, r in enumerate(records) for row in rows(one.decode([r], k))]
    assert singly == rows(many.decode(records, 0))
    assert dict(one.counts) == dict(many.counts)


@pytest.mark.data
def test_real_frames_are_all_accounted_for(data: Path) -> None:
    vectors = json.loads((data / "jt808" / "vectors.json").read_text(encoding="utf-8"))
    frames = [bytes.fromhex(v["hex"]) for v in (vectors.values() if isinstance(vectors, dict) else vectors)]
    decoder = Jt808(feed="gate").decoder()
    reports = decoder.decode([Raw(None, "", f) for f in frames], 0)
    assert sum(n for name, n in decoder.counts.items() if name.startswith(("read_", "bad_"))) == len(frames)
    assert (reports.kind == Kind.POSITION).sum() > 10


def test_a_load_is_answered_and_kept() -> None:
    with running() as gate:
        result = load("127.0.0.1", gate.port, 20, rate_hz=5.0, seconds=1.0)
        counts = result.counts
        assert counts["terminals"] == counts["connections"] == 20
        assert counts["answered"] == counts["sent"] == len(result.latency_s) > 60
        assert (result.unanswered, counts["unsent"]) == (0, 0)
        assert 0 < result.latency_ms(50) <= result.latency_ms(99) < 1000
    assert len(gate.frames()) == counts["frames"]
    reports = gate.feed.decoder().decode(gate.log, 0)
    places = reports.where(reports.kind == Kind.POSITION)
    assert len(set(places.mover.tolist())) == 20
    assert np.abs(places.t - places.t_received).max() < 3


def test_a_terminal_whose_registration_is_refused_does_not_hammer(tmp_path: Path) -> None:
    path = tmp_path / "terminals.csv"
    path.write_text("phone\n1\n", encoding="utf-8")
    with running(terminals=path) as gate:
        habits = Habits(seconds=0.6, drain_s=0.0, reconnect_s=0.2)
        result = asyncio.run(run("127.0.0.1", gate.port, fleet(1), habits))
        assert result.counts["registrations_refused"] >= 1
        assert gate.counts["connections"] <= 5
        assert result.counts["answered"] == result.counts["registrations_refused"]


def numbered(n: int) -> Iterator[Location]:
    """Places that tell their number by the odometer."""
    return (place for place in takewhile(lambda p: p.extras[0][1] <= n.to_bytes(4, "big"), circling(0)))


def test_what_happens_during_an_outage_is_backfilled_and_nothing_is_missing(tmp_path: Path) -> None:
    answered: list[tuple[str, int, int, float]] = []
    results: list[LoadResult] = []
    count = 60
    who = [Terminal(phone=PHONE, places=numbered(count), version=1)]
    habits = Habits(rate_hz=40, seconds=2.6, reconnect_s=0.1, reply_s=0.4, batch=30)
    with RawLog.open(tmp_path / "log") as log:

        def keep(records: Sequence[Raw]) -> int:
            return log.append(records)

        with running(keep=keep) as gate:
            port = gate.port
            thread = threading.Thread(
                target=lambda: results.append(
                    asyncio.run(run("127.0.0.1", port, who, habits, lambda *said: answered.append(said)))
                )
            )
            thread.start()
            time.sleep(0.6)
        time.sleep(0.5)
        with running(keep=keep, port=port) as gate:
            thread.join()
        records = [raw for _, raw in log.read()]
    counts = results[0].counts
    assert counts["connections"] == 2
    assert counts["backfilled"] > 5
    assert (counts["unanswered"], counts["unsent"]) == (0, 0)
    reports = gate.feed.decoder().decode(records, 0)
    places = reports.where(reports.kind == Kind.POSITION)
    assert set(places.column("mileage_m").tolist()) == {100.0 * k for k in range(1, count + 1)}
    times = Counter(places.column("mileage_m").tolist())
    assert max(times.values()) <= 1 + counts["repeated"]
    assert places.backfilled.any()
    assert not places.backfilled.all()
