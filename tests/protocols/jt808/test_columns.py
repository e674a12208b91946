"""Many frames at once give, bit for bit, what they give one by one."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from _jt808 import lines, new, old, place, vectors
from _jt808_frames import batch
from roadstead.positions import ROWS, Kind, Position, Reports
from roadstead.protocols.jt808 import columns
from roadstead.protocols.jt808.framing import Framer


def one_by_one(frames: list[bytes], counts: Counter[str], peers: list[str], received: list[float | None]) -> Reports:
    rows: list[Position] = []
    for k, (frame, peer, t) in enumerate(zip(frames, peers, received, strict=True)):
        rows += columns.read(frame, t_received=t, peer=peer, raw=k + 5, counts=counts)
    return Reports.of(rows)


def same(found: Reports, expected: Reports) -> None:
    assert len(found) == len(expected)
    for name in ROWS:
        ours, theirs = getattr(found, name), getattr(expected, name)
        if name in ("mover", "peer", "static"):
            table, other = getattr(found, f"{name}s"), getattr(expected, f"{name}s")
            assert [None if k < 0 else table[k] for k in ours] == [None if k < 0 else other[k] for k in theirs]
        else:
            assert ours.dtype == theirs.dtype, name
            assert ours.tobytes() == theirs.tobytes(), name
    assert set(found.columns) == set(expected.columns)
    for name, values in expected.columns.items():
        assert found.columns[name].tobytes() == values.tobytes(), name


def compare(frames: list[bytes], seed: int = 0) -> Counter[str]:
    """Compare both paths, given as a sequence and as one piece; return the counts."""
    rng = np.random.default_rng(seed)
    peers = [["", "tcp:a", "tcp:b"][k] for k in rng.integers(0, 3, len(frames))]
    times = np.where(rng.random(len(frames)) < 0.2, np.nan, rng.random(len(frames)) * 1e9)
    received = [None if np.isnan(t) else float(t) for t in times]
    ours, theirs = Counter[str](), Counter[str]()
    found = columns.decode(frames, first=5, t_received=times, peers=peers, counts=ours)
    same(found, one_by_one(frames, theirs, peers, received))
    assert ours == theirs
    assert sum(n for name, n in ours.items() if name.startswith(("read_", "bad_"))) == len(frames)
    stream, framer = b"".join(frames), Framer()
    cut = framer.feed(stream)
    framer.close()
    whole, single = Counter[str](), Counter[str]()
    expected = one_by_one(cut, single, [""] * len(cut), [None] * len(cut))
    same(columns.decode(stream, first=5, counts=whole), expected)
    single.update({k: v for k, v in framer.counts.items() if k not in ("frames", "bytes_framed", "bytes_flags")})
    assert whole == single
    return ours


@given(st.integers(0, 2**32), st.integers(0, 40), st.sampled_from([0.0, 0.1, 0.9]))
def test_random_frames(seed: int, n: int, broken: float) -> None:
    compare(batch(seed, n, broken), seed)


@given(st.lists(st.binary(max_size=60) | st.lists(st.sampled_from([0x7E, 0x7D, 1, 2]), max_size=9).map(bytes)))
def test_random_bytes(frames: list[bytes]) -> None:
    compare(frames)


def test_many_random_frames_of_which_all_kinds_are_there() -> None:
    counts = compare(batch(1, 4000))
    assert {"read_location", "read_link", "read_batch", "read_other", "read_encrypted", "cut_extras"} <= set(counts)
    assert {"bad_checksum", "bad_length", "bad_escape", "bad_flag", "bad_short", "bad_body"} <= set(counts)
    assert counts["read_location"] > 2000


@pytest.mark.data
def test_all_frames_of_the_data(data: Path) -> None:
    frames = [bytes.fromhex(v["hex"]) for v in vectors(data)]
    frames += lines(data, "traccar_frames.txt") + lines(data, "smallchi_frames.txt")
    counts = compare(frames)
    assert counts["read_location"] == 44
    assert sum(n for name, n in counts.items() if name.startswith("bad_")) == 2 + 14 + 4


def test_places_are_handed_on_as_they_were_sent() -> None:
    """Swapped, zero, beyond 90: nothing is judged here."""
    bodies = [place(119_552_894, 40_058_359), place(0, 0, status=0), place(25_000_000, 57_000_000, status=0x30F | 0x20)]
    found = columns.decode([old(0x0200, body) for body in bodies])
    assert found.lat.tolist() == [119.552894, 0.0, -25.0]
    assert found.lon.tolist() == [40.058359, 0.0, -57.0]
    assert found.column("fix").tolist() == [1, 0, 1]
    assert found.column("ignition").tolist() == [1, 0, 1]
    assert found.column("encrypted").tolist() == [0, 0, 1]
    assert found.column("load").tolist() == [0, 0, 3]
    assert found.speed_mps.tolist() == pytest.approx([42.5 / 3.6] * 3)
    assert found.course_deg.tolist() == [270.0] * 3
    assert found.column("altitude_m").tolist() == [40.0] * 3
    assert found.column("message").tolist() == [0x0200] * 3


def test_batches_registrations_and_signs_of_life() -> None:
    item = place(extras=[(0x03, "0168")])
    late = b"\x00\x02\x01" + 2 * (len(item).to_bytes(2, "big") + item)
    plate = b"\x00\x28\x00\x32" + b"1234\0" + b"tk12345\0" + b"CHI123\0" + b"\x01" + "粤A12345".encode("gbk")
    frames = [old(0x0704, late), new(0x0200, item), old(0x0100, plate), new(0x0002, b""), old(0x8001, bytes(5))]
    counts: Counter[str] = Counter()
    found = columns.decode(frames, counts=counts)
    assert found.kind.tolist() == [Kind.POSITION] * 3 + [Kind.STATIC, Kind.LINK]
    assert found.backfilled.tolist() == [True, True, False, False, False]
    assert found.raw.tolist() == [0, 0, 1, 2, 3]
    assert {found.movers[k] for k in found.mover} == {"13800138000"}
    assert found.column("recorder_mps")[:3].tolist() == pytest.approx([10.0] * 3)
    static = found.statics[found.static[3]]
    assert (static.name, static.device) == ("粤A12345", "CHI123")
    assert np.isnan(found.t[3:]).all()
    told = {"read_batch": 1, "read_location": 1, "read_register": 1, "read_link": 1, "read_other": 1}
    assert counts == told


def test_nothing_gives_nothing() -> None:
    assert len(columns.decode(b"")) == len(columns.decode([])) == len(columns.decode([b"", b"\x7e"])) == 0
