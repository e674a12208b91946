"""A live feed in a watch: AIS over TCP that comes late, twice, and with its connection lost for a while."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from _fleets import T0, drive
from _media import free_port
from roadstead.positions import Position
from roadstead.protocols.ais.encode import messages_of, sentences
from roadstead.protocols.nmea import tagged
from roadstead.rawlog import RawLog
from roadstead.runner import opened
from roadstead.types import Event

SETTINGS = """
name = "ships"

[feeds.ais]
label = "vessel"
judge_s = 1
source = {{ kind = "nmea", url = "tcp://127.0.0.1:{port}" }}

[[anomalies]]
kind = "zero_island"
gap_s = 15

[[alerts]]
name = "journal"
kind = "log"
path = "alerts.jsonl"
"""
SHIP = "412000001"


class Station:
    """A receiver of AIS that serves lines over TCP; it can go away and come back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: socket.socket | None = None
        self._links: list[socket.socket] = []
        self.start()

    def start(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for link in self._links:
            link.close()
        self._links.clear()

    def send(self, lines: list[bytes]) -> None:
        """Send lines to whoever is connected; wait for somebody."""
        until(lambda: self._links)
        for link in self._links:
            link.sendall(b"".join(line + b"\r\n" for line in lines))

    def _accept(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                self._links.append(server.accept()[0])


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds; fail where it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def lines(some: list[Position]) -> list[bytes]:
    """Return the reports as AIVDM lines, each with its time before it."""
    made = []
    for p in some:
        (sentence,) = (line for message in messages_of(p) for line in sentences(message))
        made.append(tagged(sentence, t=p.t))
    return made


def voyage(begin: float) -> list[Position]:
    """A ship from a time on, a report every ten seconds; the 4th and the 9th are from 0, 0."""
    way = drive(SHIP, ((0, 0, 0), (120, 600, 0)), extra={"message": 1})
    some = [replace(p, t=round((p.t or 0.0) - T0 + begin)) for p in way]
    return [replace(p, lat=0.0, lon=0.0) if i in (3, 8) else p for i, p in enumerate(some)]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[tuple[Station, Path]]:
    """Run a watch of a station; return the station and the run folder."""
    port = free_port()
    station = Station(port)
    path = tmp_path / "ships.toml"
    path.write_text(SETTINGS.format(port=port), encoding="utf-8")
    command = [sys.executable, "-m", "roadstead", "watch", str(path), "--out", str(tmp_path / "run"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield station, tmp_path / "run"
        finally:
            process.send_signal(signal.SIGTERM)
            said, problems = process.communicate(timeout=60)
            station.stop()
    assert process.returncode == 0, problems.decode()
    (feed,) = json.loads(said)["cameras"]
    assert feed["counts"]["judgements"] > 3
    assert not feed["counts"].get("store_errors")


def events(run: Path, rule: str) -> list[Event]:
    if not (run / "roadstead.sqlite").exists():
        return []
    with opened(str(run)) as store:
        return sorted((e for e in store.events() if e.rule == rule), key=lambda e: e.start)


@pytest.mark.slow
def test_what_comes_late_and_twice_is_found_where_it_belongs(watch: tuple[Station, Path]) -> None:
    station, run = watch
    begin = time.time() - 300
    some = voyage(begin)
    station.send(lines(some[:5]))
    until(lambda: events(run, "zero_island"))
    station.send(lines(some[10:]) + lines(some[:5]))
    station.send(lines(some[9:4:-1]))
    until(lambda: len(events(run, "zero_island")) == 2)
    time.sleep(2.5)
    found = events(run, "zero_island")
    assert [(e.subject, e.start, e.end, e.closed) for e in found] == [
        (SHIP, some[3].t, some[3].t, False),
        (SHIP, some[8].t, some[8].t, False),
    ]
    with RawLog.open(run / "raw" / "ais", write=False) as log:
        kept = [raw.data for _, raw in log.read()]
    assert kept == lines(some[:5]) + lines(some[10:]) + lines(some[:5]) + lines(some[9:4:-1])
    told = [json.loads(line) for line in (run / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(alert["event"]["id"] for alert in told) == sorted(e.id for e in found)


@pytest.mark.slow
def test_a_lost_connection_is_an_event_until_it_is_back(watch: tuple[Station, Path]) -> None:
    station, run = watch
    some = voyage(time.time() - 300)
    station.send(lines(some[:4]))
    until(lambda: events(run, "zero_island"))
    lost = time.time()
    station.stop()
    time.sleep(7)
    assert not events(run, "no_signal"), "a short break is none"
    until(lambda: events(run, "no_signal"))
    (event,) = events(run, "no_signal")
    assert time.time() - lost >= 10
    assert (event.subject, event.closed) == ("ais", False)
    assert event.start == pytest.approx(lost, abs=2.5)
    assert "cannot connect" in event.because.en or "closed the connection" in event.because.en

    station.start()
    back = time.time()
    station.send(lines(some[4:]))
    until(lambda: events(run, "no_signal")[0].closed)
    (event,) = events(run, "no_signal")
    assert event.end == pytest.approx(back, abs=6)
    until(lambda: len(events(run, "zero_island")) == 2)
