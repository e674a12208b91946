"""Spilling found by what changes on the road's surface: a motorway on which lorries lose lumps, and one on which they do not.

    python benchmarks/surface.py [--few]

The scenes are rendered (once, kept in ROADSTEAD_BENCH_CACHE, default ~/.cache/roadstead-benchmarks). The model before `surface` is the
truth without its debris: what a perfect model of vehicles and persons would say that knows no debris. So the figure is that of
`surface` and of the rule, not of a detector. Beside it the rule on the truth with its debris: the most that `surface` can come to.
A right event names the true vehicle, begins in the act or up to 5 s after it, and is a violation. No bar of its own.
"""

import argparse
import csv
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from roadstead import config
from roadstead.detect import Detector
from roadstead.detect.surface import Surface
from roadstead.evaluate.intervals import share
from roadstead.observations import from_line
from roadstead.pipeline import watch
from roadstead.runner import stages_of
from roadstead.types import Detections, Event, Frame

RESULTS = Path(__file__).with_name("results") / "surface.csv"
SPILLED, INNOCENT = (1, 3, 4, 5), (11,)
LATE_S = 5.0


class Truth:
    """Says what is truly there, with its debris or without."""

    shared: ClassVar[bool] = False
    model: ClassVar[Mapping[str, str]] = {}

    def __init__(self, log: Path, *, debris: bool) -> None:
        self._by: dict[float, Detections] = {}
        for line in log.read_text(encoding="utf-8").splitlines():
            seen = from_line(line)
            if isinstance(seen, Detections):
                kept = seen if debris else seen.where([label != "debris" for label in seen.labels])
                self._by[round(seen.t, 2)] = kept

    def detect(self, frame: Frame) -> Detections:
        """Return what is there in the picture."""
        return dataclasses.replace(self._by[round(frame.t, 2)], t=frame.t)


def main() -> int:
    """Measure, and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", action="store_true", help="one scene, and write nothing")
    few = parser.parse_args().few
    rows, totals = list[dict[str, Any]](), dict[str, list[int]]()
    for folder in (next(scenes()),) if few else scenes():
        for name, detector in detectors(folder):
            true, right, told = judged(folder, detector)
            rows.append({"scene": folder.name, "debris by": name, "true": true, "right": right, "told": told})
            totals[name] = [a + b for a, b in zip(totals.get(name, [0, 0, 0]), (true, right, told), strict=True)]
    for name, (true, right, told) in totals.items():
        rows.append({"scene": "all", "debris by": name, "true": true, "right": right, "told": told})
        found, sure = share(right, true), share(right, told)
        print(f"{name}: recall {right}/{true} ({found.low:.2f} to {found.high:.2f}), precision {right}/{told} "
              f"({sure.low:.2f} to {sure.high:.2f})")  # fmt: skip
    for row in rows:
        print(row)
    if not few:
        with RESULTS.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return 0


def scenes() -> Iterator[Path]:
    """Yield the folders of the scenes, rendering those that are not there."""
    cache = Path(os.environ.get("ROADSTEAD_BENCH_CACHE", "~/.cache/roadstead-benchmarks")).expanduser() / "surface"
    for acts, seeds in (("spilling", SPILLED), ("slow_queue,overtaking,fast_but_lawful", INNOCENT)):
        for seed in seeds:
            folder = cache / f"motorway-{seed}"
            if not (folder / "watch.toml").exists():
                command = [
                    sys.executable,
                    "-m",
                    "roadstead",
                    "simulate",
                    "motorway",
                    "--seed",
                    str(seed),
                    "--acts",
                    acts,
                ]
                command += [
                    "--minutes",
                    "0.5",
                    "--fps",
                    "5",
                    "--light",
                    "day",
                    "--stills",
                    "0",
                    "--out",
                    str(folder),
                    "--json",
                ]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            yield folder


def detectors(folder: Path) -> Iterator[tuple[str, Detector]]:
    """Yield the ways of seeing debris."""
    yield "surface", Surface(of=Truth(folder / "observations.jsonl", debris=False))
    yield "the truth", Truth(folder / "observations.jsonl", debris=True)


def judged(folder: Path, detector: Detector) -> tuple[int, int, int]:
    """Return how many spills there are, how many were found with the right vehicle, and how many violations were told."""
    plan = config.load(folder / "watch.toml")
    stages = stages_of(plan, plan.cameras[0], detector, ())
    rules = [dataclasses.replace(r, classes=frozenset({"debris"})) for r in stages.rules if r.kind == "spilling"]
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    acts = [row for row in truth if row["row"] == "event" and row["kind"] == "spilling"]
    named = Named(truth)
    told = dict[str, Event]()
    for step in watch(plan.cameras[0].source.read(), dataclasses.replace(stages, rules=tuple(rules))):
        if step.view is not None:
            for track in step.view.tracks:
                named.note(track.id, track.t[-1], track.boxes[-1])
        told.update({c.event.id: c.event for c in step.changes if c.event.outcome == "violation"})
    right = [
        any(e.start >= act["start"] - 1.0 and e.start <= act["due"] + LATE_S and named.of(e.subject) == act["subject"] for e in told.values())
        for act in acts
    ]  # fmt: skip
    return len(acts), sum(right), len(told)


class Named:
    """Tells which true object a track followed, by its boxes."""

    def __init__(self, truth: list[dict[str, Any]]) -> None:
        self._frames = {round(row["t"], 2): row for row in truth if row["row"] == "frame"}
        self._votes: dict[str, dict[str, int]] = {}

    def note(self, track: str, t: float, box: Any) -> None:
        """Note where a track is."""
        for sight in self._frames.get(round(float(t), 2), {}).get("seen", []):
            if max(abs(a - b) for a, b in zip(sight["box"], box, strict=True)) < 25.0:
                votes = self._votes.setdefault(track, {})
                votes[sight["id"]] = votes.get(sight["id"], 0) + 1

    def of(self, track: str) -> str | None:
        """Return the object that a track was on most often."""
        votes = self._votes.get(track, {})
        return max(votes, key=lambda name: votes[name]) if votes else None


if __name__ == "__main__":
    sys.exit(main())
