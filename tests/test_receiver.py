"""A live feed in a process of its own: it receives into the raw log, says how it stands, comes back, and dies with its parent."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from roadstead.rawlog import RawLog
from roadstead.receiver import Receiver

LINE = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n"


def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something holds; fail where it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def table() -> dict[str, object]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {"kind": "nmea", "url": f"tcp-listen://127.0.0.1:{port}"}


def send(table: dict[str, object], n: int = 1) -> None:
    port = int(str(table["url"]).rpartition(":")[2])

    def connected() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as link:
                link.sendall(LINE * n)
        except OSError:
            return False
        return True

    until(connected)


def kept(folder: Path) -> int:
    try:
        with RawLog.open(folder, write=False) as log:
            return sum(raw.data.startswith(b"!AIVDM") for _, raw in log.read())
    except FileNotFoundError:
        return 0


def test_what_is_received_is_in_the_raw_log(tmp_path: Path, table: dict[str, object]) -> None:
    with Receiver("ships", table, tmp_path, tmp_path / "raw") as receiver:
        send(table, 7)
        until(lambda: kept(tmp_path / "raw") == 7)
        until(lambda: receiver.said.counts.get("appended", 0) >= 7)
        assert receiver.said.lost is None


def test_one_that_is_killed_comes_back_and_goes_on(tmp_path: Path, table: dict[str, object]) -> None:
    with Receiver("ships", table, tmp_path, tmp_path / "raw") as receiver:
        send(table, 3)
        until(lambda: kept(tmp_path / "raw") == 3)
        os.kill(receiver.pid, signal.SIGKILL)
        until(lambda: receiver.restarts == 1)
        send(table, 2)
        until(lambda: kept(tmp_path / "raw") == 5)


def test_a_feed_that_is_lost_is_said_and_tried_again(tmp_path: Path, table: dict[str, object]) -> None:
    port = int(str(table["url"]).rpartition(":")[2])
    client = {"kind": "nmea", "url": f"tcp://127.0.0.1:{port}"}
    with Receiver("ships", client, tmp_path, tmp_path / "raw") as receiver:
        until(lambda: receiver.said.lost)
        with socket.create_server(("127.0.0.1", port)) as server:
            link, _ = server.accept()
            link.sendall(LINE)
            until(lambda: kept(tmp_path / "raw") == 1)
            until(lambda: receiver.said.lost is None)
            link.close()


def test_a_feed_that_is_there_is_not_lost_though_nobody_sends(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        table = {"kind": "jt808", "host": "127.0.0.1", "port": port}
        receiver = Receiver("trucks", table, tmp_path, tmp_path / "raw")
        try:
            until(lambda: receiver.said.lost)
            taken.close()
            until(lambda: port in receiver.said.bound)
            until(lambda: receiver.said.lost is None)
        finally:
            receiver.close()


def test_one_that_closes_at_once_stays_lost(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        client = {"kind": "nmea", "url": f"tcp://127.0.0.1:{server.getsockname()[1]}"}
        with Receiver("ships", client, tmp_path, tmp_path / "raw") as receiver:
            since = set()
            for _ in range(4):
                server.accept()[0].close()
                until(lambda: receiver.said.lost)
                since.add(receiver.said.lost and receiver.said.lost[0])
            assert len(since) == 1


def test_what_cannot_be_used_is_refused_once(tmp_path: Path) -> None:
    table = {"kind": "jt808", "port": 0, "terminals": "nowhere.csv"}
    with Receiver("trucks", table, tmp_path, tmp_path / "raw") as receiver:
        until(lambda: receiver.said.refused)
        assert "nowhere.csv" in str(receiver.said.refused)
        assert receiver.restarts == 0


def test_it_dies_with_its_parent(tmp_path: Path, table: dict[str, object]) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom roadstead.receiver import Receiver\n"
        f"r = Receiver('ships', {table!r}, Path('.'), Path({str(tmp_path / 'raw')!r}))\n"
        "print(r.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        send(table)
        parent.kill()
        until(lambda: not alive(child))


def test_no_password_in_the_list_of_processes(tmp_path: Path) -> None:
    table = {"kind": "mqtt", "host": "127.0.0.1", "port": 9, "topic": "a", "user": "me", "password": "hidden"}
    with Receiver("cars", table, tmp_path, tmp_path / "raw") as receiver:
        until(lambda: receiver.said.lost or receiver.said.refused)
        seen = list[bytes]()

        def look() -> bytes:
            """Read how the process was started; nothing while it is being started anew."""
            with suppress(FileNotFoundError, ProcessLookupError):
                seen.append(Path(f"/proc/{receiver.pid}/cmdline").read_bytes())
            return seen[-1] if seen else b""

        until(look)
        assert b"roadstead" in seen[-1]
        assert not any(b"hidden" in one for one in seen)
