"""One watch of many live cameras, measured from within: told by JSON on stdin, answers by JSON on stdout.

Frame age is our clock when a picture was detected, tracked, described, judged and kept, less the picture's own time (that of
its arrival, less what jitter held it up). CPU time is that of this process and of all that it started.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from roadstead import config, runner
from roadstead.pipeline import Step

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Ages:
    """The show of the watch: notes when each analysed picture was done, and how old it was then."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, str, float]] = []
        self.problems: list[str] = []

    def step(self, camera: str, step: Step, total_s: float | None) -> None:  # the watch tells it
        """Note one picture."""
        if step.frame is not None:
            now = time.time()
            self.rows.append((now, camera, now - step.t))

    def problem(self, text: str) -> None:
        """Note what could not be done."""
        self.problems.append(text)


def family() -> list[int]:
    """Return this process and all that came of it."""
    found = [os.getpid()]
    for pid in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def used() -> tuple[float, float]:
    """Return CPU seconds used so far, and resident memory, MB, of the family."""
    seconds, memory = 0.0, 0.0
    for pid in family():
        with contextlib.suppress(OSError):
            values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds += (int(values[11]) + int(values[12])) / TICKS
            memory += int(values[21]) * PAGE / 2**20
    return seconds, memory


def settings(told: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a watch with four rules on every camera."""
    zones = {"road": [[20, 60], [684, 60], [684, 560], [20, 560]], "corner": [[0, 0], [40, 0], [40, 40], [0, 40]]}
    cameras = {
        f"cam{k:02}": {
            "source": {"kind": "rtsp", "url": url, "fps": told["fps"]},
            "record": told["record"],
            "size": [704, 576],
            "zones": zones,
        }
        for k, url in enumerate(told["urls"])
    }
    return {
        "name": "streams",
        "analysis": {"fps": told["fps"]},
        "detector": told["detector"],
        "describers": told["describers"],
        "cameras": cameras,
        "rules": [
            {"name": "stopped", "kind": "stopped", "zone": "road", "seconds": 60},
            {"name": "corner", "kind": "zone_entry", "zone": "corner"},
            {"name": "u-turn", "kind": "u_turn", "zone": "road"},
            {"name": "spilling", "kind": "spilling", "zone": "road"},
        ],
    }


def main() -> None:
    """Watch for as long as told, and say what it came to."""
    told = json.load(sys.stdin)
    ages, samples = Ages(), list[tuple[float, float, float]]()
    began = time.time()

    def measure() -> None:
        while time.time() < began + told["warm_s"] + told["seconds"]:
            samples.append((time.time(), *used()))
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=measure, daemon=True).start()
    plan = config.plan(settings(told), None)
    summary = runner.run(plan, Path(told["out"]), fast=False, annotate=False, show=ages)
    json.dump(report(told, began, ages, samples, summary), sys.stdout)


def report(
    told: dict[str, Any], began: float, ages: Ages, samples: list[tuple[float, float, float]], summary: Any
) -> dict[str, Any]:
    """Return the figures of the time after warming up."""
    start, end = began + told["warm_s"], began + told["warm_s"] + told["seconds"]
    rows = [row for row in ages.rows if start <= row[0] < end]
    inside = [s for s in samples if start <= s[0] < end]
    age = np.array([row[2] for row in rows]) if rows else np.array([np.inf])
    each = [sum(row[1] == camera for row in rows) / told["seconds"] for camera in sorted({r[1] for r in ages.rows})]
    cpu_s = inside[-1][1] - inside[0][1]
    third = max(len(inside) // 3, 1)
    memory = [float(np.mean([s[2] for s in part])) for part in (inside[:third], inside[-third:])]
    counts = {name: sum(c.counts.get(name, 0) for c in summary.cameras) for name in _names(summary)}
    return {
        "analysed_per_s": len(rows) / told["seconds"],
        "least_of_a_stream_per_s": min(each, default=0.0) if len(each) == len(told["urls"]) else 0.0,
        "age_p50_s": float(np.quantile(age, 0.5)),
        "age_p95_s": float(np.quantile(age, 0.95)),
        "age_p99_s": float(np.quantile(age, 0.99)),
        "cpu_share": cpu_s / (inside[-1][0] - inside[0][0]) / len(os.sched_getaffinity(0)),
        "cpu_ms_per_picture": 1e3 * cpu_s / max(len(rows), 1),
        "memory_begin_mb": memory[0],
        "memory_end_mb": memory[1],
        "counts": counts,
        "notes": [note.en for camera in summary.cameras for note in camera.notes][:1],
        "problems": [*ages.problems, *summary.problems][:5],
    }


def _names(summary: Any) -> set[str]:
    return {name for camera in summary.cameras for name in camera.counts}


if __name__ == "__main__":
    main()
