"""The AIS feed: files, connections of every kind, and what it does when nothing comes."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from roadstead.errors import BadInput, SourceLost
from roadstead.positions import Raw
from roadstead.sources import Feed, _nmea_links
from roadstead.sources.nmea import Nmea

SHIP = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
BAD_GZIP = gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20
"""The head of a file of gzip, and then no data of it."""
OTHER = b"!AIVDM,1,1,,B,25Cjtd0Oj;Jp7ilG7=UkKBoB0<06,0*60"


class Log:
    """A raw log in memory."""

    def __init__(self) -> None:
        self.records: list[Raw] = []

    def keep(self, records: Sequence[Raw]) -> int:
        self.records.extend(records)
        return len(self.records) - len(records)


def read_until(feed: Nmea, log: Log, count: int) -> None:
    """Read until so many records are kept."""
    with closing(feed.read(log.keep)) as reading:  # type: ignore[type-var]  # an iterator that is a generator
        for first, records in reading:
            assert list(records) == log.records[first : first + len(records)]
            if len(log.records) >= count:
                return


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Return a function that serves one connection and returns its address."""
    threads = []

    def serve(what: Callable[[socket.socket], None]) -> str:
        listening = socket.create_server(("127.0.0.1", 0))

        def run() -> None:
            with listening, listening.accept()[0] as made:
                what(made)

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return f"tcp://127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_files_are_read_in_order_and_zipped_ones_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"# comment\r\n" + SHIP + b"\r\n\r\n" + OTHER)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(OTHER + b"\n"))
    (tmp_path / "c.csv").write_bytes(b"no\n")
    log = Log()
    feed: Feed = Nmea(feed="ais", path=tmp_path / "*.txt*")
    found = [(first, list(records)) for first, records in feed.read(log.keep)]
    assert [r.data for _, records in found for r in records] == [b"# comment", SHIP, OTHER, OTHER]
    assert all(r.t_received is None and r.peer == "" for r in log.records)
    assert not feed.live
    assert feed.counts == {"records": 4, "files": 2, "bytes": len(SHIP) + 2 * len(OTHER) + 16}
    decoder = feed.decoder()
    reports = decoder.decode(log.records, 0)
    assert reports.raw.tolist() == [1, 2, 3]
    assert dict(decoder.counts) == {"read_position": 3, "read_comment": 1}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing", None),
        ("broken.gz", b"no gzip"),
        ("cut.gz", gzip.compress(SHIP * 99, mtime=0)[:60]),
        ("bad.gz", BAD_GZIP),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=name):
        list(Nmea(feed="ais", path=tmp_path / name).read(Log().keep))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"path": Path("a"), "url": "tcp://host:1"},
        {"url": "http://user:secret@host:1"},
        {"url": "tcp://host"},
        {"url": "tcp://host:secret"},
        {"url": "udp://:5"},
    ],
)
def test_settings_that_make_no_feed_are_refused_without_the_password(settings: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="feed ais") as refused:
        Nmea(feed="ais", **settings)  # type: ignore[arg-type]  # wrong on purpose
    assert "secret" not in str(refused.value)


def test_an_address_is_not_shown() -> None:
    assert "127.0.0.1" not in repr(Nmea(feed="ais", url="tcp://127.0.0.1:9"))


def test_a_connection_cut_at_every_byte(server: Callable[[Callable[[socket.socket], None]], str]) -> None:
    def send(made: socket.socket) -> None:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in SHIP + b"\r\n" + OTHER:
            made.sendall(bytes([byte]))

    url, log = server(send), Log()
    feed, before = Nmea(feed="ais", url=url), time.time()
    with pytest.raises(SourceLost, match=r"feed ais \(tcp://127.0.0.1:\d+\): the other end closed"):
        read_until(feed, log, 99)
    assert [r.data for r in log.records] == [SHIP, OTHER]
    assert all(r.t_received is not None and before <= r.t_received <= time.time() for r in log.records)
    assert {r.peer for r in log.records} == {url.removeprefix("tcp://")}
    assert feed.live
    assert feed.counts == {"connections": 1, "bytes": len(SHIP) + len(OTHER) + 2, "records": 2}


def test_a_silent_connection_yields_nothing_for_a_while_and_is_given_up(
    server: Callable[[Callable[[socket.socket], None]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_nmea_links, "TURN_S", 0.02)
    done = threading.Event()

    def hold(_: socket.socket) -> None:
        done.wait(5)

    url = server(hold)
    batches: list[Sequence[Raw]] = []
    with pytest.raises(SourceLost, match=r"nothing came for 0\.1 s"):
        batches.extend(records for _, records in Nmea(feed="ais", url=url, silent_s=0.1).read(Log().keep))
    done.set()
    assert len(batches) >= 2
    assert not any(batches)


def test_nobody_there() -> None:
    with pytest.raises(SourceLost, match="cannot connect"):
        list(Nmea(feed="ais", url=f"tcp://127.0.0.1:{free_port()}").read(Log().keep))


@pytest.mark.parametrize("scheme", ["tcp-listen", "udp"])
def test_an_address_that_is_not_ours(scheme: str) -> None:
    with pytest.raises(SourceLost, match="cannot listen"):
        list(Nmea(feed="ais", url=f"{scheme}://192.0.2.1:9").read(Log().keep))


def test_several_senders_do_not_mix() -> None:
    port, log = free_port(), Log()
    feed = Nmea(feed="ais", url=f"tcp-listen://127.0.0.1:{port}")
    reading = feed.read(log.keep)
    assert list(next(reading)[1]) == []
    with socket.create_connection(("127.0.0.1", port)) as one, socket.create_connection(("127.0.0.1", port)) as two:
        for half in (slice(0, 20), slice(20, None)):
            one.sendall(SHIP[half])
            two.sendall(OTHER[half])
            time.sleep(0.02)
            next(reading)
        names = {f"127.0.0.1:{made.getsockname()[1]}": line for made, line in ((one, SHIP), (two, OTHER))}
    deadline = time.monotonic() + 5
    while len(log.records) < 2 and time.monotonic() < deadline:
        next(reading)
    assert {r.peer: r.data for r in log.records} == names
    reading.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert feed.counts["connections"] == 2


def test_too_many_senders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_nmea_links, "SENDERS", 1)
    port, log = free_port(), Log()
    feed = Nmea(feed="ais", url=f"tcp-listen://127.0.0.1:{port}")
    reading = feed.read(log.keep)
    next(reading)
    with socket.create_connection(("127.0.0.1", port)) as one:
        next(reading)
        with socket.create_connection(("127.0.0.1", port)) as two:
            next(reading)
            two.settimeout(5)
            assert two.recv(1) == b""
        one.sendall(SHIP + b"\n")
        next(reading)
    assert [r.data for r in log.records] == [SHIP]
    assert feed.counts == {"connections": 1, "refused": 1, "bytes": len(SHIP) + 1, "records": 1}
    reading.close()  # type: ignore[attr-defined]  # an iterator that is a generator


def test_datagrams() -> None:
    port, log = free_port(socket.SOCK_DGRAM), Log()
    feed = Nmea(feed="ais", url=f"udp://127.0.0.1:{port}")
    reading = feed.read(log.keep)
    assert list(next(reading)[1]) == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(SHIP + b"\r\n" + OTHER, ("127.0.0.1", port))
        sender.sendto(SHIP[:20], ("127.0.0.1", port))
        sender.sendto(SHIP[20:], ("127.0.0.1", port))
        for _ in range(3):
            next(reading)
    assert [r.data for r in log.records] == [SHIP, OTHER, SHIP[:20], SHIP[20:]]
    reading.close()  # type: ignore[attr-defined]  # an iterator that is a generator


def test_what_cannot_be_kept_is_not_yielded(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(SHIP)

    def full(records: Sequence[Raw]) -> int:
        raise SourceLost("the disk is full")

    with pytest.raises(SourceLost, match="full"):
        list(Nmea(feed="ais", path=tmp_path / "a.txt").read(full))
