"""Seconds a step of a LoRA tuning and of a detector beside PEFT and the Trainer of transformers.

    python benchmarks/train.py [--rounds N] [--steps N]

Bars: seconds a step <= 0.90 times the peer's, losses within 1e-5 of their size, peak memory (to the last step) not above it. The sides run in turns, now one first and now the other, each in a
process of its own on one thread; the ratio of a round is that of the medians over its steps but the first three, and the median
of the rounds counts. Where a bar on time is missed, the operations that a step of ours spends its time in go to
results/train_profile.csv. LoRA: SmolLM2-135M (from a Q4_1 file) with r = 8 on query and value, four incident reports a step, loss on
the answers. Detector: D-FINE-N from random weights at 320 px, four drawn pictures a step. Writes results/train.csv. Exit code 1
where a bar is missed.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.dataset.samples import Chat, Message, Objects, Sample

RESULTS = Path(__file__).parent / "results" / "train.csv"
CASES = ("lora", "detector")
BAR, CLOSE, FIRST = 0.90, 1e-5, 3
PINNED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}


def chats(n: int = 64, seed: int = 0) -> list[Sample]:
    """Return reports of incidents and the fields that they hold."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        plate, place = (
            f"A{rng.integers(10000, 99999)}",
            rng.choice(["East Road", "Harbour Bridge", "Ring Road 2", "Quay 7"]),
        )
        what, hour = (
            rng.choice(["an uncovered load", "spilling gravel", "speeding", "a forbidden stop"]),
            rng.integers(0, 24),
        )
        more = " ".join(
            rng.choice(["the driver was told", "traffic was light", "it rained", "a second truck followed"], 3)
        )
        report = f"At {hour:02}:{rng.integers(60):02} a dump truck with plate {plate} was seen at {place} with {what}; {more}."
        answer = f"plate: {plate}\nplace: {place}\nviolation: {what}"
        messages = (Message("user", f"Give the fields of this report. {report}"), Message("assistant", answer))
        made.append(Sample(id=f"{k:03}", target=Chat(messages), split="train"))
    return made


def pictures(folder: Path, n: int = 64, seed: int = 0) -> list[Sample]:
    """Return drawn pictures of 640 x 480 with two to six boxes each."""
    rng = np.random.default_rng(seed)
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    made = []
    for k in range(n):
        image = cv2.GaussianBlur(rng.integers(60, 180, (480, 640, 3)).astype(np.uint8), (0, 0), 2)
        boxes, labels = [], []
        for _ in range(rng.integers(2, 7)):
            x, y, w, h = rng.uniform(0, 440), rng.uniform(0, 330), rng.uniform(40, 200), rng.uniform(40, 150)
            label = str(rng.choice(["truck", "vessel", "car"]))
            colour = {"truck": (200, 60, 60), "vessel": (60, 60, 200), "car": (60, 200, 60)}[label]
            cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), colour, -1)
            boxes.append((x, y, x + w, y + h))
            labels.append(label)
        file = folder / "pictures" / f"{k:03}.jpg"
        cv2.imwrite(str(file), image)
        target = Objects(boxes=np.array(boxes), labels=tuple(labels))
        made.append(Sample(id=f"{k:03}", target=target, media=file, size=(640, 480), split="train"))
    return made


def side(case: str, which: str, folder: Path, steps: int) -> dict[str, Any]:
    """Run one side and return what it printed."""
    command = [sys.executable, str(Path(__file__).with_name("_train_sides.py")), case, which, str(folder), str(steps)]
    done = subprocess.run(command, env={**os.environ, **PINNED}, capture_output=True, text=True, check=False)
    line = next((row for row in done.stdout.splitlines() if row.startswith("RESULT ")), None)
    if line is None:
        raise SystemExit(f"{case}, {which}: failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return found


def both(case: str, folder: Path, steps: int, first: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run both sides, one after the other, and return ours and the peer's."""
    order = (first, "peer" if first == "ours" else "ours")
    found = {which: side(case, which, folder, steps) for which in order}
    return found["ours"], found["peer"]


def summed(case: str, rounds: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the row of a case."""

    def median(one: Mapping[str, Any], name: str) -> float:
        return float(statistics.median(one[name][FIRST:]))

    walls = [median(a, "wall_s") / median(b, "wall_s") for a, b in rounds]
    cpus = [median(a, "cpu_s") / median(b, "cpu_s") for a, b in rounds]
    apart = max(abs(x - y) / max(abs(y), 1.0) for a, b in rounds for x, y in zip(a["losses"], b["losses"], strict=True))
    return {
        "case": case,
        "rounds": len(rounds),
        "steps": len(rounds[0][0]["losses"]),
        "ours_s": round(statistics.median(median(a, "wall_s") for a, _ in rounds), 4),
        "peer_s": round(statistics.median(median(b, "wall_s") for _, b in rounds), 4),
        "ratio": round(statistics.median(walls), 3),
        "ratio_least": round(min(walls), 3),
        "ratio_most": round(max(walls), 3),
        "cpu_ratio": round(statistics.median(cpus), 3),
        "losses_apart": f"{apart:.1e}",
        "ours_peak_mb": round(max(a["peak_mb"] for a, _ in rounds)),
        "peer_peak_mb": round(max(b["peak_mb"] for _, b in rounds)),
    }


def keep(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows in place of those of the same cases; those of other cases stay."""
    cases = {row["case"] for row in rows}
    known: list[Mapping[str, Any]] = []
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as old:
            known = [row for row in csv.DictReader(old) if row["case"] not in cases]
    with file.open("w", newline="", encoding="utf-8") as new:
        writer = csv.DictWriter(new, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows([*known, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--case", choices=CASES, action="append")
    given = parser.parse_args()
    rows, missed, profiled = [], [], []
    for case in given.case or CASES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            Jsonl().write(chats() if case == "lora" else pictures(folder), folder)
            rounds = [both(case, folder, given.steps, first=("ours", "peer")[k % 2]) for k in range(given.rounds)]
            row = summed(case, rounds)
            if row["ratio"] > BAR:
                profiled += [{"case": case, **one} for one in side(case, "profile", folder, 1)["operations"]]
        rows.append(row)
        print(row, flush=True)
        if row["ratio"] > BAR or float(row["losses_apart"]) > CLOSE or row["ours_peak_mb"] > row["peer_peak_mb"]:
            missed.append(case)
    keep(RESULTS, rows)
    if profiled:
        keep(RESULTS.with_name("train_profile.csv"), profiled)
    if missed:
        raise SystemExit(f"bars missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
