"""How many truck terminals one JT/T 808 gateway bears: answers in time, nothing lost, memory.

The gateway runs in a process of its own and keeps every frame in a raw log; simulated terminals in another process
register, authenticate and report. Bars: every message that was answered is in the log and every message is answered,
the 99th percentile of the answers under 50 ms, and the gateway's memory under 400 MB. The log is read back at the end.

    python benchmarks/gateway.py [--seconds 300] [--connections 2000] [--rate 2000] [--sync] [--folder DIR]
"""

import argparse
import asyncio
import csv
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from roadstead.protocols.jt808 import header as headers
from roadstead.protocols.jt808.framing import unwrap
from roadstead.rawlog import RawLog
from roadstead.simulate.reports.terminals import Habits, LoadResult, fleet, run
from roadstead.sources.jt808 import Jt808

P99_MS = 50.0
RSS_MB = 400.0
RESULTS = Path(__file__).with_name("results") / "gateway.csv"
Key = tuple[str, int, int]
"""Phone, message, serial."""


def serve(folder: Path, *, sync: bool) -> None:
    """The gateway's process: say the port, keep and decode what comes until SIGTERM, then say what became of it."""
    feed = Jt808(feed="gateway", host="127.0.0.1", port=0)
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: over.append(number))
    decoder, reports, began = feed.decoder(), 0, time.process_time()
    with RawLog.open(folder, sync=sync) as log:
        batches = feed.read(log.append)
        next(batches)
        print(feed.bound[0], flush=True)
        for first, records in batches:
            reports += len(decoder.decode(records, first))
            if over and not records:
                break
        batches.close()
    said = {
        "counts": dict(feed.counts),
        "reports": reports,
        "cpu_s": time.process_time() - began,
        "rss_mb": _peak_mb(),
    }
    print(json.dumps(said), flush=True)


def _peak_mb() -> float:
    with Path("/proc/self/status").open(encoding="ascii") as file:
        return next(float(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def measure(folder: Path, seconds: float, connections: int, rate: float, *, sync: bool) -> dict[str, object]:
    command = [sys.executable, __file__, "--serve", "--folder", str(folder), *(["--sync"] if sync else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as gateway:
        assert gateway.stdout is not None
        port = int(gateway.stdout.readline())
        answered: list[Key] = []
        result, late_ms = _load(port, seconds, connections, rate, answered)
        gateway.send_signal(signal.SIGTERM)
        said = json.loads(gateway.stdout.readline())
    kept = _kept(folder)
    lost = sum(key not in kept for key in answered)
    counts = result.counts
    return {
        "connections": connections,
        "places_per_s": round(rate),
        "seconds": round(seconds),
        "sync": sync,
        "sent": counts["sent"],
        "answered": counts["answered"],
        "unanswered": counts["unanswered"] + counts["unsent"],
        "repeated": counts["repeated"],
        "answered_not_kept": lost,
        "p50_ms": round(result.latency_ms(50), 2),
        "p99_ms": round(result.latency_ms(99), 2),
        "timers_late_p99_ms": round(late_ms, 2),
        "max_ms": round(result.latency_ms(100), 2),
        "rss_mb": round(said["rss_mb"], 1),
        "cores": round(said["cpu_s"] / result.seconds, 2),
        "reports": said["reports"],
        "records_a_group": round(said["counts"]["records"] / said["counts"]["groups"], 2),
    }


def _load(port: int, seconds: float, connections: int, rate: float, answered: list[Key]) -> tuple[LoadResult, float]:
    """Run the terminals; return also how late the timers of their own process were, 99th percentile, ms."""
    each = rate / connections
    ramp = min(seconds / 2, max(2.0, 1 / each))
    habits = Habits(rate_hz=each, seconds=seconds + ramp, ramp_s=ramp, drain_s=10.0)
    late: list[float] = []

    async def probe() -> None:
        while True:
            due = time.perf_counter() + 0.01
            await asyncio.sleep(0.01)
            late.append(time.perf_counter() - due)

    async def both() -> LoadResult:
        timer = asyncio.create_task(probe())
        heard = run("127.0.0.1", port, fleet(connections), habits, lambda *said: answered.append(said[:3]))
        result = await heard
        timer.cancel()
        return result

    result = asyncio.run(both())
    return result, float(np.percentile(late, 99) * 1e3)


def _kept(folder: Path) -> set[Key]:
    found: set[Key] = set()
    with RawLog.open(folder, write=False) as log:
        for _, record in log.read():
            if record.data[:1] == b"\x7e":
                header, _ = headers.parse(unwrap(record.data))
                found.add((header.identity, header.message, header.serial))
    return found


def missed(row: dict[str, object]) -> Sequence[str]:
    """Name the bars that were missed."""
    bars = {
        "nothing lost": row["answered_not_kept"] == 0 and row["unanswered"] == 0,
        f"99th percentile under {P99_MS:.0f} ms": float(str(row["p99_ms"])) < P99_MS,
        f"memory under {RSS_MB:.0f} MB": float(str(row["rss_mb"])) < RSS_MB,
    }
    return [name for name, held in bars.items() if not held]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=2000.0, help="places a second, all terminals together")
    parser.add_argument("--folder", type=Path, help="where the raw log lies while measuring [a temporary folder]")
    parser.add_argument("--sync", action="store_true", help="wait for the disk before every answer")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.folder, sync=options.sync)
        return 0
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        row = measure(folder, options.seconds, options.connections, options.rate, sync=options.sync)
    finally:
        shutil.rmtree(folder)
    row["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, gateway and terminals on the same machine"
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    for name, value in row.items():
        print(f"{name:18} {value}")
    for name in (found := missed(row)):
        print(f"bar missed: {name}")
    if float(str(row["timers_late_p99_ms"])) > P99_MS / 4:
        print("not a fair day: the terminals' own timers were late, so the machine is busy with something else")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
