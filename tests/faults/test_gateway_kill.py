"""`kill -9` of a gateway under load: what was answered is in the raw log, and nothing that a terminal reported is missing."""

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import takewhile
from pathlib import Path

import pytest

from _media import free_port
from roadstead.positions import Kind, Raw
from roadstead.protocols.jt808 import header as headers
from roadstead.protocols.jt808.framing import unwrap
from roadstead.rawlog import RawLog
from roadstead.simulate.reports.terminals import Habits, LoadResult, Terminal, circling, run
from roadstead.sources.jt808 import Jt808

GATEWAY = """
import sys
from pathlib import Path
from roadstead.rawlog import RawLog
from roadstead.sources.jt808 import Jt808

with RawLog.open(Path(sys.argv[2]), segment_mb=0.2) as log:
    for _ in Jt808(feed="gate", host="127.0.0.1", port=int(sys.argv[1]), max_per_terminal=1000).read(log.append):
        print("lives", flush=True)
"""
TERMINALS, RATE_HZ, PLACES, KILLS = 40, 20.0, 120, 5


class Keeper:
    """Starts the gateway again whenever it is dead."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-c", GATEWAY, str(self.port), str(self._folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"lives\n"
        self._drain = threading.Thread(target=self.process.stdout.read)
        self._drain.start()

    def kill(self) -> None:
        assert self.process.poll() is None, "it died by itself"
        self.process.kill()
        self._drain.join()
        self.process.communicate()

    def again(self) -> None:
        self.kill()
        self._start()


@pytest.mark.slow
def test_nothing_that_was_answered_is_lost_by_a_kill(tmp_path: Path) -> None:
    keeper, results = Keeper(tmp_path), list[LoadResult]()
    answered: list[tuple[str, int, int, float]] = []
    last = PLACES.to_bytes(4, "big")
    who = [
        Terminal(phone=str(13_900_000_000 + k), places=takewhile(lambda p: p.extras[0][1] <= last, circling(k)))
        for k in range(TERMINALS)
    ]
    seconds = PLACES / RATE_HZ + 5
    habits = Habits(rate_hz=RATE_HZ, seconds=seconds, reply_s=1.0, reconnect_s=0.1, drain_s=10, ramp_s=0.5)
    load = run("127.0.0.1", keeper.port, who, habits, lambda *said: answered.append(said))
    terminals = threading.Thread(target=lambda: results.append(asyncio.run(load)))
    terminals.start()
    for k in range(KILLS):
        time.sleep(0.9 + 0.13 * k)
        keeper.again()
    terminals.join()
    keeper.kill()

    counts = results[0].counts
    assert counts["connections"] >= TERMINALS * 3
    assert counts["backfilled"] > 0
    assert (counts["unanswered"], counts["unsent"]) == (0, 0)
    with RawLog.open(tmp_path) as log:
        records = [raw for _, raw in log.read()]
        assert log.counts["damaged"] == 0
    check_kept(answered, [r.data for r in records if r.data.startswith(b"\x7e")], counts)
    check_complete(records)


def check_kept(answered: list[tuple[str, int, int, float]], frames: list[bytes], counts: "Counter[str]") -> None:
    heads = [headers.parse(unwrap(frame))[0] for frame in frames]
    kept = Counter((h.identity, h.message, h.serial) for h in heads)
    lost = [said for said in answered if said[:3] not in kept]
    assert not lost
    assert len({said[:3] for said in answered}) > TERMINALS * PLACES / 2
    assert len(frames) <= counts["frames_written"], "nothing is in the log more often than it was sent"
    assert len(set(frames)) <= counts["frames"]


def check_complete(records: list[Raw]) -> None:
    reports = Jt808(feed="gate").decoder().decode(records, 0)
    places = reports.where(reports.kind == Kind.POSITION)
    came = Counter(zip(places.mover.tolist(), places.column("mileage_m").tolist(), strict=True))
    assert set(came) == {(m, 100.0 * k) for m in set(places.mover.tolist()) for k in range(1, PLACES + 1)}
    assert len({m for m, _ in came}) == TERMINALS
