"""Line crossing: truth and speed, ours beside supervision's LineZone.

    python benchmarks/lines.py [--few]

Truth: 1,000 `jitter`, 1,000 `true` and 100 `wait` sequences of _crossings.py, counted by the rule `line_crossing` as in a
watch (asked twice a second of the track so far), by LineCounter picture by picture, and by LineZone (threshold 2, with
the true ids, also told of pictures in which nothing was seen). Bar: ours is right in all of them.

Speed: 20 objects for two minutes at 5 pictures a second. LineCounter does LineZone's job, so these two are compared: both
are called once a picture, and inside the measure is all that each needs to count (LineZone: making `sv.Detections` of the
boxes; LineCounter: foot points and margins); LineZone.trigger alone is reported too. Bar: LineCounter is as fast.
The rule does more (it looks back over the track, adapts to its jitter, and gives evidence), and its cost stands beside
without a bar: it is asked twice a second of each of 20 tracks with up to a minute of history, and what that costs is
shared among the 5 pictures. All run in one process on one thread, in turns; the median of the rounds counts.

Exit code 1 where a bar is missed. supervision is no dependency: ROADSTEAD_BENCH_ENV names the folder of an environment
that has it or is given it; without the variable a temporary one is made.
"""

import argparse
import csv
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from _crossings import EXPECTED, Crossings, by_counter, by_rule, feet, make, margins
from roadstead.behaviours.line_crossing import LineCrossing
from roadstead.geometry.lines import LineCounter
from roadstead.types import Floats, Line, Scene, Track, View

PEER = "supervision==0.31.2"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
RESULTS = Path(__file__).with_name("results") / "lines.csv"
OBJECTS, SECONDS, FPS, HISTORY_S, ROUNDS = 20, 120, 5, 60, 9
SIZE = (120.0, 70.0)
LINE = Line("line", (960, 0), (960, 1080))
Counts = Mapping[str, Mapping[str, int]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", action="store_true", help="a tenth of the sequences, and write nothing")
    few = parser.parse_args().few
    if importlib.util.find_spec("supervision") is None or os.environ.get("OMP_NUM_THREADS") != "1":
        return again_with_peer()
    numbers = {"jitter": 1000, "true": 1000, "wait": 100}
    counts = {kind: truth(kind, n // 10 if few else n) for kind, n in numbers.items()}
    costs = speed()
    rows = report(counts, costs)
    for row in rows:
        print("{measure:44} {value:>12} {unit:22} {bar:>10} {verdict}".format(**row))
    if not few:
        with RESULTS.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return int(any(row["verdict"] == "MISSED" for row in rows))


def again_with_peer() -> int:
    """Run this file again in an environment that has the peer."""
    given = os.environ.get("ROADSTEAD_BENCH_ENV")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given or temporary) / "lines"
        python = folder / "bin" / "python"
        if not python.exists():
            print(f"making an environment with {PEER}", file=sys.stderr)
            venv.create(folder, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "-q", PEER, "annotated-types", "tzdata"], check=True)
        source = str(Path(__file__).resolve().parent.parent / "src")
        return subprocess.run(
            [python, *sys.argv], env={**os.environ, **ONE_THREAD, "PYTHONPATH": source}, check=False
        ).returncode


def peer() -> Any:
    """Import the peer, quietly: it warns where OpenCV is missing, which counting does not use."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import supervision  # type: ignore[import-not-found]  # only in the benchmark's own environment
    return supervision


def line_zone(sv: Any, line: Line) -> Any:
    start, end = sv.Point(*line.start), sv.Point(*line.end)
    anchors = [sv.Position.BOTTOM_CENTER]
    return sv.LineZone(start, end, triggering_anchors=anchors, minimum_crossing_threshold=2)


def by_line_zone(made: Crossings) -> int:
    sv = peer()
    zone = line_zone(sv, made.line)
    one = np.array([1])
    for box, seen in zip(made.boxes[:, None], made.seen, strict=True):
        zone.trigger(sv.Detections(xyxy=box, tracker_id=one, class_id=one) if seen else sv.Detections.empty())
    return int(zone.in_count + zone.out_count)


def truth(kind: str, n: int) -> dict[str, int]:
    """Return how many of n sequences each counts wrongly, and the number n."""
    wrong = dict.fromkeys(("rule", "counter", "line_zone"), 0)
    for seed in range(n):
        made = make(kind, seed)
        wrong["rule"] += by_rule(made) != EXPECTED[kind]
        wrong["counter"] += by_counter(made) != EXPECTED[kind]
        wrong["line_zone"] += by_line_zone(made) != EXPECTED[kind]
    return {**wrong, "of": n}


def traffic() -> tuple[Floats, Floats]:
    """Return times (n,) and boxes (n, OBJECTS, 4): to and fro over the picture at 60 to 260 px/s, 2 px of jitter."""
    rng = np.random.default_rng(0)
    t = np.arange(SECONDS * FPS) / FPS
    gone = rng.uniform(0, 3600, OBJECTS) + t[:, None] * rng.uniform(60, 260, OBJECTS)
    x = np.abs((gone % 3600) - 1800) + 60 + rng.normal(0, 2, gone.shape)
    y = rng.uniform(100, 1000, OBJECTS) + rng.normal(0, 2, gone.shape)
    return t, np.stack((x - SIZE[0] / 2, y - SIZE[1], x + SIZE[0] / 2, y), axis=2)


def watched(t: Floats, boxes: Floats) -> list[View]:
    """Return what a watch hands to its rules twice a second."""
    scene, views = Scene("cam", lines={"line": LINE}), []
    for now in np.arange(0.0, SECONDS, 0.5):
        rows = (t <= now) & (t > now - HISTORY_S)
        ones = np.ones(int(rows.sum()))
        tracks = [Track(f"cam/{k}", "cam", "truck", 0.0, t[rows], boxes[rows, k], ones) for k in range(OBJECTS)]
        views.append(View(float(now), tracks, scene))
    return views


def speed() -> dict[str, float]:
    """Return the median cost of each, microseconds a picture."""
    sv = peer()
    t, boxes = traffic()
    ids = np.arange(OBJECTS)
    names = ids.tolist()
    views = watched(t, boxes)
    detections = [sv.Detections(xyxy=b, tracker_id=ids, class_id=ids) for b in boxes]
    crossed: dict[str, int] = {}

    def rule() -> None:
        asked = LineCrossing(line="line")
        acts = {(e.subject, e.t) for v in views for m in v.tracks if (e := asked.check(m, v)) is not None}
        crossed["rule"] = len(acts)

    def counter() -> None:
        counts = LineCounter(LINE)
        for now, b in zip(t.tolist(), boxes, strict=True):
            counts.update(now, names, feet(b), margins(b))
        crossed["counter"] = counts.forward + counts.backward

    def zone() -> None:
        counts = line_zone(sv, LINE)
        for b in boxes:
            counts.trigger(sv.Detections(xyxy=b, tracker_id=ids, class_id=ids))
        crossed["line_zone"] = int(counts.in_count + counts.out_count)

    def trigger() -> None:
        counts = line_zone(sv, LINE)
        for d in detections:
            counts.trigger(d)

    cost = in_turns({"rule": rule, "counter": counter, "line_zone": zone, "trigger": trigger}, len(t))
    print(f"crossings counted in the traffic: {crossed}")
    return cost


def in_turns(runs: Mapping[str, Callable[[], None]], pictures: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            taken[name].append((time.perf_counter() - start) / pictures * 1e6)
    return {name: statistics.median(each) for name, each in taken.items()}


def report(counts: Counts, costs: Mapping[str, float]) -> Sequence[dict[str, str]]:
    """Return the rows of the result: measure, value, unit, bar, verdict."""
    rows: list[dict[str, str]] = []

    def row(measure: str, value: str, unit: str, bar: str = "", *, good: bool = True) -> None:
        verdict = ("ok" if good else "MISSED") if bar else ""
        rows.append({"measure": measure, "value": value, "unit": unit, "bar": bar, "verdict": verdict})

    for kind, wrong in counts.items():
        for who in ("rule", "counter", "line_zone"):
            ours = who != "line_zone"
            row(f"{kind}: {who} wrong", str(wrong[who]), f"of {wrong['of']}", "0" * ours, good=wrong[who] == 0)
    questions = OBJECTS * 2 / FPS
    for who in ("rule", "counter", "line_zone"):
        row(f"cost: {who}", f"{costs[who]:.1f}", "us a picture")
    row("cost: line_zone.trigger alone", f"{costs['trigger']:.1f}", "us a picture")
    row("cost: rule, one question of one track", f"{costs['rule'] / questions:.1f}", "us")
    for who, bar in (("counter", ">= 1"), ("rule", "")):
        ratio = costs["line_zone"] / costs[who]
        row(f"speed: {who} over line_zone", f"{ratio:.2f}", "x", bar, good=ratio >= 1)
        row(f"speed: {who} over line_zone.trigger alone", f"{costs['trigger'] / costs[who]:.2f}", "x")
    return rows


if __name__ == "__main__":
    sys.exit(main())
