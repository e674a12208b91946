"""The raw log: what was kept is there again, after restarts, kills and damage; what is lost is counted."""

import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.errors import BadInput, RecordingError
from roadstead.positions import Raw
from roadstead.rawlog import RawLog

RAWS = st.lists(
    st.builds(
        Raw,
        st.none() | st.floats(allow_nan=False, allow_infinity=True),
        st.text(max_size=40),
        st.binary(max_size=300) | st.just(b"\xa9\x52\x57\x9c" * 20),
    ),
    max_size=30,
)


def some(count: int, start: int = 0) -> list[Raw]:
    return [Raw(float(n), f"tcp:10.0.0.1:{n}", b"message %d" % n) for n in range(start, start + count)]


def filled(folder: Path, count: int = 20) -> Path:
    """Write a log of single records; return its only segment."""
    with RawLog.open(folder) as log:
        for raw in some(count):
            log.append([raw])
    (segment,) = folder.glob("*.raw")
    return segment


def offsets(segment: Path) -> list[int]:
    """Find where each record begins, by the layout that the documentation gives."""
    data, at, found = segment.read_bytes(), 16, []
    while at < len(data):
        length, peer = struct.unpack_from("<IH", data, at + 8)
        found.append(at)
        at += 30 + length + peer
    return [*found, at]


@given(st.lists(RAWS, max_size=6), st.sampled_from([0.0001, 0.0005, 64]), st.booleans())
def test_what_was_appended_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Raw]], segment_mb: float, again: bool
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = RawLog.open(folder, segment_mb)
    expected: list[Raw] = []
    for batch in batches:
        assert log.append(batch) == len(expected)
        expected += batch
        if again:
            log.close()
            log = RawLog.open(folder, segment_mb)
    assert list(log.read()) == list(enumerate(expected))
    with RawLog.open(folder, write=False) as other:
        assert list(other.read()) == list(enumerate(expected))
        for number, raw in enumerate(expected):
            assert other.record(number) == raw
    assert log.counts["torn_ends"] == log.counts["damaged"] == 0
    log.close()


def test_the_bytes_are_those_of_the_documented_layout(tmp_path: Path) -> None:
    with RawLog.open(tmp_path) as log:
        log.append([Raw(1.5, "udp:é", b"\x7e\x00"), Raw(None, "", b"")])
    rest = struct.pack("<IHQd", 2, 6, 0, 1.5) + "udp:é".encode() + b"\x7e\x00"
    bare = struct.pack("<IHQ", 0, 0, 1) + struct.pack("<d", float("nan"))
    expected = b"RSRAWLG1" + struct.pack("<Q", 0)
    for each in (rest, bare):
        expected += b"\xa9\x52\x57\x9c" + struct.pack("<I", zlib.crc32(each)) + each
    assert (tmp_path / f"{0:020d}.raw").read_bytes() == expected


@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 0), (700, 1300), (1999, None), (1500, 9000), (2000, None)])
def test_a_range_is_read_across_segments(tmp_path: Path, first: int, last: int | None) -> None:
    with RawLog.open(tmp_path, segment_mb=0.02) as log:
        for start in range(0, 2000, 10):
            log.append(some(10, start))
    assert len(list(tmp_path.glob("*.raw"))) > 3
    with RawLog.open(tmp_path) as log:
        stop = 2000 if last is None else min(last + 1, 2000)
        assert list(log.read(first, last)) == list(enumerate(some(2000)))[first:stop]


@pytest.mark.parametrize("cut", [1, 8, 29, 30, 40])
def test_a_torn_end_is_cut_off_put_aside_and_counted(tmp_path: Path, cut: int) -> None:
    segment = filled(tmp_path)
    *_, last, end = offsets(segment)
    assert cut < end - last
    torn = segment.read_bytes()[last : last + cut]
    os.truncate(segment, last + cut)
    with RawLog.open(tmp_path) as log:
        assert (log.counts["torn_ends"], log.counts["torn_bytes"]) == (1, cut)
        assert log.append(some(1, 19)) == 19
        assert list(log.read()) == list(enumerate(some(20)))
        assert log.counts["damaged"] == 0
    (aside,) = tmp_path.glob("*.torn")
    assert aside.read_bytes() == torn


@pytest.mark.parametrize("size", [0, 5, 15])
def test_a_segment_that_was_only_begun_is_begun_again(tmp_path: Path, size: int) -> None:
    filled(tmp_path, 3)
    (tmp_path / f"{3:020d}.raw").write_bytes(b"RSRAWLG1\3\0\0\0\0\0\0"[:size])
    with RawLog.open(tmp_path) as log:
        assert log.counts["torn_ends"] == 1
        assert log.append(some(1, 3)) == 3
        assert list(log.read()) == list(enumerate(some(4)))


@pytest.mark.parametrize("tail", [bytes(5000), b"\xa9\x52\x57\x9c" + b"\xff" * 100, os.urandom(3000)])
def test_rubbish_at_the_end_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    segment = filled(tmp_path)
    with segment.open("ab") as file:
        file.write(tail)
    with RawLog.open(tmp_path) as log:
        assert log.counts["torn_bytes"] == len(tail)
        log.append(some(1, 20))
        assert list(log.read()) == list(enumerate(some(21)))


@given(st.data())
def test_damage_anywhere_loses_only_what_it_hit_and_is_counted(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    segment = filled(folder)
    places = offsets(segment)
    content = bytearray(segment.read_bytes())
    start = data.draw(st.integers(places[0], places[15]))
    length = data.draw(st.integers(1, min(120, places[19] - start)))
    for at in range(start, start + length):
        content[at] ^= data.draw(st.integers(1, 255))
    segment.write_bytes(content)
    hit = {n for n in range(20) if places[n] < start + length and start < places[n + 1]}
    with RawLog.open(folder) as log:
        left = [n for n in range(20) if n not in hit]
        assert list(log.read()) == [(n, some(1, n)[0]) for n in left]
        assert log.counts["damaged"] == len(hit)
        list(log.read())
        assert log.counts["damaged"] == len(hit), "what is read twice is not lost twice"
        for n in hit:
            with pytest.raises(BadInput, match=f"record {n} of the raw log is damaged"):
                log.record(n)
        assert log.append(some(1, 20)) == 20


def test_the_number_of_a_damaged_last_record_is_not_given_out_again(tmp_path: Path) -> None:
    segment = filled(tmp_path)
    content = bytearray(segment.read_bytes())
    content[-1] ^= 1
    segment.write_bytes(content)
    with RawLog.open(tmp_path) as log:
        assert (log.counts["damaged"], log.counts["torn_ends"]) == (1, 0)
        assert log.append(some(1, 20)) == 20
        assert [n for n, _ in log.read()] == [*range(19), 20]
        assert log.counts["damaged"] == 1


def test_a_lost_end_of_an_older_segment_is_counted(tmp_path: Path) -> None:
    with RawLog.open(tmp_path, segment_mb=0.001) as log:
        for n in range(100):
            log.append(some(1, n))
    oldest, second, *_ = sorted(tmp_path.glob("*.raw"))
    kept = offsets(oldest)
    os.truncate(oldest, kept[5])
    with RawLog.open(tmp_path) as log:
        assert [n for n, _ in log.read()] == [*range(5), *range(int(second.stem), 100)]
        assert log.counts["damaged"] == int(second.stem) - 5


def test_two_writers_are_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    with RawLog.open(tmp_path) as log:
        log.append(some(3))
        with pytest.raises(RecordingError, match=f"process {os.getpid()} writes this raw log"):
            RawLog.open(tmp_path)
        with RawLog.open(tmp_path, write=False) as reader:
            assert len(reader) == 3
            log.append(some(2, 3))
            assert [n for n, _ in reader.read()] == [0, 1, 2, 3, 4]
            with pytest.raises(RecordingError, match="not open for writing"):
                reader.append(some(1))
    with RawLog.open(tmp_path) as log:
        assert len(log) == 5
    with pytest.raises(RecordingError, match="not open for writing"):
        log.append(some(1))


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordingError, match="cannot be opened"):
        RawLog.open(tmp_path / "file")
    with pytest.raises(RecordingError, match="there is no raw log"):
        RawLog.open(tmp_path / "none", write=False)
    (tmp_path / f"{0:020d}.raw").write_text("something quite different")
    with pytest.raises(RecordingError, match="is no segment of a raw log"):
        RawLog.open(tmp_path)


def test_too_long_a_message_is_refused_and_nothing_of_its_batch_is_kept(tmp_path: Path) -> None:
    with RawLog.open(tmp_path) as log:
        with pytest.raises(RecordingError, match="too long"):
            log.append([*some(1), Raw(0.0, "", bytes(16 * 1024 * 1024 + 1))])
        longest = Raw(0.0, "", os.urandom(16 * 1024 * 1024))
        assert log.append([*some(1), longest]) == 0
        assert log.record(1) == longest


def test_records_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with RawLog.open(tmp_path) as log:
        log.append(some(2))
        assert log.record(1) == some(2)[1]
        for number in (-1, 2):
            with pytest.raises(BadInput, match=f"record {number}"):
                log.record(number)


def test_threads_append_side_by_side(tmp_path: Path) -> None:
    given_out: dict[int, Sequence[Raw]] = {}

    def write(who: int) -> None:
        for n in range(100):
            batch = [Raw(None, str(who), b"%d-%d" % (n, k)) for k in range(3)]
            given_out[log.append(batch)] = batch

    with RawLog.open(tmp_path, segment_mb=0.01) as log:
        threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        expected = [raw for first in sorted(given_out) for raw in given_out[first]]
        assert list(log.read()) == list(enumerate(expected))
        assert len(expected) == 1200


def test_a_full_disk_is_said_and_leaves_no_part_of_a_batch(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with RawLog.open(tmp_path) as log:
            log.append(some(10))
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
            with pytest.raises(RecordingError, match="cannot be written"):
                log.append(some(100, 10))
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert log.append(some(5, 10)) == 10
            assert list(log.read()) == list(enumerate(some(15)))
            assert log.counts["damaged"] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_synced_log_is_the_same(tmp_path: Path) -> None:
    with RawLog.open(tmp_path, sync=True) as log:
        log.append(some(3))
    with RawLog.open(tmp_path, write=False) as log:
        assert list(log.read()) == list(enumerate(some(3)))


WRITER = """
import sys
from pathlib import Path
from roadstead.positions import Raw
from roadstead.rawlog import RawLog
log = RawLog.open(Path(sys.argv[1]), segment_mb=0.2)
n = len(log)
while True:
    first = log.append([Raw(float(k), "p", b"%d" % k * 20) for k in range(n, n + 7)])
    n = first + 7
    print(n, flush=True)
"""


@pytest.mark.slow
def test_what_append_returned_for_survives_kills(tmp_path: Path) -> None:
    promised = 0
    for _ in range(10):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(200):
            promised = int(process.stdout.readline())
        process.kill()
        for line in process.stdout.read().splitlines(keepends=True):
            if line.endswith(b"\n"):
                promised = int(line)
        process.stdout.close()
        process.wait()
        with RawLog.open(tmp_path) as log:
            found = list(log.read())
            assert len(found) >= promised > 0
            assert found == [(k, Raw(float(k), "p", b"%d" % k * 20)) for k in range(len(found))]
            assert log.counts["damaged"] == 0
