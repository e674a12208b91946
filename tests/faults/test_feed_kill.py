"""`kill -9` of a watch of terminals: what was answered is kept, and what is found is what the whole raw log shows, once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import pytest

from _media import free_port
from _office import Office, office
from roadstead.positions import Kind
from roadstead.protocols.jt808 import header as headers
from roadstead.protocols.jt808.framing import unwrap
from roadstead.protocols.jt808.location import Location
from roadstead.rawlog import RawLog
from roadstead.runner import opened
from roadstead.simulate.reports.terminals import Habits, LoadResult, Terminal, circling, run
from roadstead.sources.jt808 import Jt808
from roadstead.types import Event

SETTINGS = """
name = "trucks"

[feeds.terminals]
label = "truck"
judge_s = 1
source = {{ kind = "jt808", host = "127.0.0.1", port = {port} }}

[[anomalies]]
kind = "zero_island"
gap_s = 5

[[anomalies]]
kind = "jump"
gap_s = 5

{alerts}
"""
TERMINALS, PLACES = 8, 50
ZERO, AWAY = (5, 19, 33, 46), {12: 0.2, 26: -0.2, 40: 0.3}
"""Which of a terminal's places are 0, 0, and which are many kilometres away (degrees of latitude)."""
KILLS = 5
FAULTS = TERMINALS * (len(ZERO) + len(AWAY))


def places(k: int) -> Iterator[Location]:
    """Yield a terminal's places, one a second, some of them faulty."""
    for i, place in enumerate(islice(circling(k), PLACES)):
        if i in ZERO:
            yield replace(place, lat=0.0, lon=0.0)
        else:
            yield replace(place, lat=round(place.lat + AWAY.get(i, 0.0), 6))


@dataclass
class Watch:
    """A watch in a process of its own, which is killed and started again on the same run folder."""

    settings: Path
    out: Path
    process: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "roadstead", "watch", str(self.settings), "--out", str(self.out), "--json"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )

    def kill(self, *, all_of_it: bool) -> None:
        """Kill the watch, with what it has started or without."""
        assert self.process.poll() is None, "it ended by itself"
        if all_of_it:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, said.decode()


def report(port: int, answered: list[tuple[str, int, int, float]], results: list[LoadResult]) -> None:
    """Let all terminals report to the end."""
    who = [Terminal(phone=str(13_900_000_000 + k), places=places(k)) for k in range(TERMINALS)]
    habits = Habits(rate_hz=1.0, seconds=PLACES + 5, reply_s=1.5, retries=50, reconnect_s=0.3, drain_s=20)
    load = run("127.0.0.1", port, who, habits, lambda *said: answered.append(said))
    results.append(asyncio.run(load))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_watch_of_terminals_is_killed_at_random_moments(tmp_path: Path) -> None:
    with office() as book:
        port, out, path = free_port(), tmp_path / "run", tmp_path / "trucks.toml"
        path.write_text(SETTINGS.format(port=port, alerts=book.settings()), encoding="utf-8")
        answered, results = list[tuple[str, int, int, float]](), list[LoadResult]()
        watch = Watch(path, out)
        terminals = threading.Thread(target=report, args=(port, answered, results))
        terminals.start()
        for k in range(KILLS):
            time.sleep(7.0 + 0.9 * k)
            watch.kill(all_of_it=k % 2 == 0)
            watch.start()
        terminals.join()
        time.sleep(2.5)
        watch.end()

    counts = results[0].counts
    assert (counts["unanswered"], counts["unsent"]) == (0, 0)
    assert counts["connections"] >= TERMINALS * KILLS / 2
    check_kept(out / "raw" / "terminals", answered)
    check_found(path, out)
    check_told(out, book)


def check_kept(log: Path, answered: list[tuple[str, int, int, float]]) -> None:
    """Every message that was answered is in the raw log, and so is every place."""
    with RawLog.open(log, write=False) as kept:
        records = [raw for _, raw in kept.read()]
        assert kept.counts["damaged"] == 0
    heads = [headers.parse(unwrap(raw.data))[0] for raw in records if raw.data.startswith(b"\x7e")]
    there = {(h.identity, h.message, h.serial) for h in heads}
    assert not [said for said in answered if said[:3] not in there]
    reports = Jt808(feed="terminals").decoder().decode(records, 0)
    came = reports.where(reports.kind == Kind.POSITION)
    ways = Counter(zip(came.mover.tolist(), came.column("mileage_m").tolist(), strict=True))
    assert set(ways) == {(m, 100.0 * k) for m in set(came.mover.tolist()) for k in range(1, PLACES + 1)}
    assert len({m for m, _ in ways}) == TERMINALS


def stored(out: Path) -> list[Event]:
    with opened(str(out)) as store:
        return [e for e in store.events() if e.rule != "no_signal"]


def check_found(settings: Path, out: Path) -> None:
    """The events are those that a check of the whole raw log finds, each once."""
    log = out / "raw" / "terminals"
    command = ["positions", "check", str(log), "--format", "rawlog", "--config", str(settings), "--out", str(out / "c")]
    done = subprocess.run([sys.executable, "-m", "roadstead", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    flags = [json.loads(line) for line in (out / "c" / "flags.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = Counter((f["rule"], f["subject"], f["start_epoch_s"]) for f in flags)
    assert len(expected) == FAULTS
    found = Counter((e.rule, e.subject, e.start) for e in stored(out) if "Withdrawn" not in e.because.en)
    assert found == expected
    assert set(expected.values()) == {1}


def check_told(out: Path, book: Office) -> None:
    """Everybody was told of every event, under one key."""
    events = stored(out)
    opened_keys = {
        key for key, alert in book.alerts if alert["phase"] == "opened" and alert["event"]["rule"] != "no_signal"
    }
    assert opened_keys == {f"{e.id}:opened" for e in events}
    again = Counter(key for key, _ in book.alerts)
    assert max(again.values()) <= 2, "only what was on its way when it was killed is told again"
    for event in events:
        for file in ("evidence.json", "reports.jsonl"):
            assert (out / "evidence" / event.id / file).is_file() or list(out.glob(f"evidence/*{event.id}*/{file}"))
