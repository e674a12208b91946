"""Sixteen live streams on two cores: how many pictures a second are analysed, how old they are by then, and what that costs.

    python benchmarks/streams.py --bundle FOLDER [--describers FOLDER] [--gate off|shadow|gate] [--few] [--no-peer]

The streams are films of 704 x 576 at 25 pictures a second (_streams_films.py), shown by the project's own RTSP server in a process of
its own, each over and over at its true pace: `roadstead watch` and the peer connect to the same addresses. The server's CPU time is
reported beside; it is not part of the watch's, though all share the machine.

Watch: detection by the bundle, tracking, describing (where bundles for it are given), four rules judged twice a second, the
observation log; no recorder, as the peer has none. Two runs: at 5 pictures a second each (the bars: every stream has its 5,
age p95 <= 1 s, CPU <= 90 % of the two cores, memory of the last third of the time at most 3 % above the first's), and at as
many as it can take of 12.5 each, newest wins, which is the peer's `vid_stride` of 2. Peer: `yolo track` of ultralytics
(_streams_peer.py), its threshold set for as many boxes a picture as ours had. Bar: ours analyses 2.5 times as many pictures
a second, no older.

Gates: every clip once at 5 pictures a second with the gate in shadow, and tracked with what the model says of each picture beside what
the gate lets through. Reported: pictures spared, boxes missed, tracks of which the gate left nothing.

ultralytics is AGPL and never imported here: ROADSTEAD_BENCH_ENV names the folder of environments that `streams` is found in,
or made in. Films and the peer's export are kept in ROADSTEAD_BENCH_CACHE (default ~/.cache/roadstead-benchmarks). Exit code 1 where
a bar is missed. Results count on a machine on which nothing else runs: the load before is written with them.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _streams_films import clips, films
from _streams_gates import gates
from roadstead.bundle.folder import load
from roadstead.simulate.live import serve

HERE = Path(__file__).parent
PEER = ("ultralytics==8.4.190", "openvino==2026.4.1", "lap==0.5.13")
RESULTS = HERE / "results" / "streams.csv"
STREAMS, CORES = 16, 2
AIM_FPS, MOST_FPS = 5.0, 12.5
AGE_S, CPU, GROWTH, RATIO = 1.0, 0.90, 1.03, 2.5
CALM = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
Row = dict[str, Any]


def main() -> int:
    """Measure, write the rows, and say whether the bars were kept."""
    told = arguments()
    cache = Path(os.environ.get("ROADSTEAD_BENCH_CACHE", "~/.cache/roadstead-benchmarks")).expanduser() / "streams"
    shown = films(cache / "films", told.streams)
    os.environ.update(CALM)
    load_before, rows = os.getloadavg()[0], list[Row]()
    with served(shown[0].parent) as (port, server):
        urls = [f"rtsp://127.0.0.1:{port}/{path.stem}" for path in shown]
        before = cpu_s(server), time.time()
        aim = watched(told, urls, AIM_FPS)
        rows += against_bars(aim, told)
        most = watched(told, urls, MOST_FPS)
        rows += plain("watch, all it can take", most)
        shares = (cpu_s(server) - before[0]) / (time.time() - before[1]) / CORES
        rows.append(row("server", "CPU share", shares))
        if told.peer:
            theirs = peer(told, urls, cache, boxes=max(1, round(most["counts"]["boxes"] / most["counts"]["pictures"])))
            rows += plain("yolo track", theirs) + ratios(most, theirs)
    if told.gates:
        rows += gates(told.bundle, clips(), few=told.few)
    rows.append(row("machine", "load before", load_before))
    for one in rows:
        print("{what:28} {measure:34} {value:>14} {bar:>10} {verdict}".format(**one))
    if not told.few:
        with RESULTS.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return int(any(one["verdict"] == "MISSED" for one in rows))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="the detector's bundle")
    parser.add_argument("--describers", type=Path, nargs="*", default=[], help="bundles of attributes")
    parser.add_argument("--gate", choices=("off", "shadow", "gate"), default="off")
    parser.add_argument("--threads", type=int, default=CORES)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--seconds", type=float, default=180.0, help="measured, after 20 s of warming up")
    parser.add_argument("--few", action="store_true", help="15 s each, and write nothing")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--no-gates", dest="gates", action="store_false")
    told = parser.parse_args()
    told.bundle, told.describers = told.bundle.resolve(), [path.resolve() for path in told.describers]
    told.warm_s, told.seconds = (10.0, 15.0) if told.few else (20.0, told.seconds)
    return told


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """Serve the films from a process of its own; yield the port and the process's number."""
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline()), server.pid
        finally:
            server.terminate()


def cpu_s(pid: int) -> float:
    """Return CPU seconds of a process so far."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def detector(told: argparse.Namespace) -> Row:
    """Return the detector's table."""
    bundle = {"kind": "bundle", "path": str(told.bundle), "threads": told.threads}
    return bundle if told.gate == "off" else {"kind": "cascade", "mode": told.gate, "of": bundle}


def watched(told: argparse.Namespace, urls: Sequence[str], fps: float) -> Row:
    """Run a watch of all streams in a process of its own, and return what it says of itself."""
    with tempfile.TemporaryDirectory() as out:
        asked = {
            "urls": urls,
            "fps": fps,
            "warm_s": told.warm_s,
            "seconds": told.seconds,
            "detector": detector(told),
            "describers": [{"kind": "attributes", "path": str(path)} for path in told.describers],
            "record": False,
            "out": out,
        }
        return answered([sys.executable, str(HERE / "_streams_watch.py")], asked)


def peer(told: argparse.Namespace, urls: Sequence[str], cache: Path, *, boxes: int) -> Row:
    """Run the peer in its environment, making that where it is not there."""
    folder = Path(os.environ.get("ROADSTEAD_BENCH_ENV", str(cache.parent / "env"))) / "streams"
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"making an environment with {PEER[0]}", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEER], check=True)
    asked = {
        "urls": urls,
        "fps": MOST_FPS,
        "warm_s": told.warm_s,
        "seconds": told.seconds,
        "side": max(load(told.bundle).card.picture.width, load(told.bundle).card.picture.height),
        "boxes": boxes,
        "folder": str(cache / "peer"),
    }
    return answered([str(python), str(HERE / "_streams_peer.py")], asked)


def answered(command: Sequence[str], asked: Row) -> Row:
    """Run a program that is told and answers by JSON."""
    path = f"{HERE.parent / 'src'}{os.pathsep}{HERE}"
    done = subprocess.run(
        command,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    if done.returncode or not done.stdout.strip():
        sys.exit(f"{command[1]} failed:\n{done.stderr[-4000:]}")
    answer: Row = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def row(what: str, measure: str, value: float, bar: str = "", *, met: bool | None = None) -> Row:
    """Return one line of the results."""
    verdict = "" if met is None else "met" if met else "MISSED"
    return {"what": what, "measure": measure, "value": round(value, 4), "bar": bar, "verdict": verdict}


def plain(what: str, figures: Mapping[str, Any]) -> list[Row]:
    """Return every figure of a run without a bar."""
    said = [row(what, name.replace("_", " "), value) for name, value in figures.items() if isinstance(value, float)]
    counts = figures.get("counts", {})
    wanted = ("pictures", "boxes", "tracks", "events", "dropped_late", "gate_skipped", "gate_missed_boxes")
    return said + [row(what, name.replace("_", " "), counts[name]) for name in wanted if name in counts]


def against_bars(aim: Row, told: argparse.Namespace) -> list[Row]:
    """Return the run at 5 pictures a second with its bars; problems that the watch told of miss them all."""
    what, well = f"watch at {AIM_FPS:g}/s, gate {told.gate}", not aim["problems"]
    for problem in aim["problems"]:
        print(problem, file=sys.stderr)
    least, age, cpu = aim["least_of_a_stream_per_s"], aim["age_p95_s"], aim["cpu_share"]
    growth = aim["memory_end_mb"] / aim["memory_begin_mb"]
    return [
        *plain(what, aim),
        row(what, "least of a stream, pictures/s", least, f">= {AIM_FPS:g}", met=well and least >= 0.99 * AIM_FPS),
        row(what, "age p95, s", age, f"<= {AGE_S:g}", met=well and age <= AGE_S),
        row(what, "CPU share of the cores", cpu, f"<= {CPU:g}", met=well and cpu <= CPU),
        row(what, "memory, end / begin", growth, f"<= {GROWTH:g}", met=well and growth <= GROWTH),
    ]


def ratios(ours: Row, theirs: Row) -> list[Row]:
    """Return ours beside the peer's."""
    rate, age = ours["analysed_per_s"] / theirs["analysed_per_s"], ours["age_p95_s"] / theirs["age_p95_s"]
    return [
        row("ours / yolo track", "analysed pictures per s", rate, f">= {RATIO:g}", met=rate >= RATIO),
        row("ours / yolo track", "age p95", age, "<= 1", met=age <= 1.0),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), port=0, ready=lambda port: print(port, flush=True))
    sys.exit(main())
