"""How much of raw decoding speed is left when every picture is decoded and some are analysed.

    python benchmarks/flow.py

The sample junction (10 pictures a second, each shown two or three times) with a camera's noise, coded anew at 704x576, 25
pictures and 2 Mbit a second (what such cameras send) without B pictures (so that every one must be decoded), goes through
source, motion detector (default settings), tracker and six rules, whose zones, lines and calibration are drawn on the
larger picture; beside it, in turn, PyAV decodes the same file and does nothing. One core, one thread; processor time, so that other work on the machine disturbs
little. Bar: 0.6 of raw decoding at 5 analyses a second; 25 is reported.
"""

import csv
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import av
import cv2
import numpy as np

from roadstead import config
from roadstead.detect.motion import Motion
from roadstead.episodes import Episodes, Terms
from roadstead.pipeline import BUILT_IN, Stages, watch
from roadstead.sources.video import Video
from roadstead.track.tracker import Tracker
from roadstead.types import Scene

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "flow.csv"
SIZE = (704, 576)
RATE = 25
CAMERA = "junction"
BAR = 0.6
ROUNDS = 7


def film(path: Path) -> None:
    """Code the sample anew, larger."""
    with av.open(str(ROOT / "samples" / f"{CAMERA}.mp4")) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.gop_size = 50
        stream.bit_rate = 2_000_000
        stream.options = {"preset": "veryfast", "bf": "0", "maxrate": "2M", "bufsize": "4M"}
        noise = np.random.default_rng(0).normal(0, 3, (SIZE[1] + 64, SIZE[0] + 64))
        rng = np.random.default_rng(1)
        k = 0
        for frame in source.decode(video=0):
            picture = frame.reformat(*SIZE, format="rgb24").to_ndarray()
            until = float(frame.time or 0.0) + 1 / float(source.streams.video[0].average_rate or RATE)
            while k / RATE < until - 1e-6:
                y, x = rng.integers(0, 64, 2)
                noisy = picture + noise[y : y + SIZE[1], x : x + SIZE[0], None]
                larger = av.VideoFrame.from_ndarray(np.clip(noisy, 0, 255).astype(np.uint8), format="rgb24")
                larger.pts, larger.time_base = k, Fraction(1, RATE)
                target.mux(stream.encode(larger))
                k += 1
        target.mux(stream.encode(None))


def stretched(scene: Scene) -> Scene:
    """Draw a scene on the larger picture."""
    assert scene.size is not None
    assert scene.homography is not None
    by = np.array(SIZE) / scene.size
    assert {zone.space for zone in scene.zones.values()} | {line.space for line in scene.lines.values()} == {"px"}
    ends = {name: (by * (line.start, line.end)).tolist() for name, line in scene.lines.items()}
    return replace(
        scene,
        size=SIZE,
        zones={name: replace(zone, polygon=zone.polygon * by) for name, zone in scene.zones.items()},
        lines={name: replace(line, start=ends[name][0], end=ends[name][1]) for name, line in scene.lines.items()},
        homography=replace(scene.homography, matrix=scene.homography.matrix / (*by, 1.0)),
    )


def raw(path: Path) -> tuple[float, int]:
    """Decode every picture with PyAV alone; return seconds and pictures."""
    began = time.process_time()
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        pictures = sum(1 for _ in container.decode(video=0))
    return time.process_time() - began, pictures


def ours(path: Path, fps: float) -> tuple[float, int, int, int]:
    """Watch the file; return seconds, pictures decoded, pictures analysed, events."""
    plan = config.load(ROOT / "configs" / "sample.toml")
    camera = next(one for one in plan.cameras if one.name == CAMERA)
    scene = stretched(camera.scene)
    stages = Stages(
        scene=scene,
        detector=Motion(),
        tracker=Tracker(camera.name, settings=plan.tracker, homography=scene.homography),
        rules=camera.rules,
        episodes=Episodes(camera.name, [*(Terms(r.name, r.kind, r.gap_s, r.legal) for r in camera.rules), *BUILT_IN]),
    )
    source = Video(camera=camera.name, path=path, fps=fps)
    events: set[str] = set()
    analysed = 0
    began = time.process_time()
    for step in watch(source.read(), stages):
        analysed += step.detections is not None
        events.update(change.event.id for change in step.changes)
    return time.process_time() - began, source.counts["decoded"], analysed, len(events)


def main() -> int:
    """Measure in turn, write the result, and say whether the bar was kept."""
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    cv2.setNumThreads(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flow.mp4"
        film(path)
        raw(path)
        for _ in range(ROUNDS):
            raw_s, pictures = raw(path)
            for fps in (5.0, 25.0):
                seconds, decoded, analysed, events = ours(path, fps)
                assert decoded == pictures, f"{decoded} of {pictures} pictures were decoded"
                rows.append((fps, pictures / raw_s, pictures / seconds, raw_s / seconds, analysed, events))
    with RESULT.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["analyses_per_s", "raw_decode_fps", "roadstead_fps", "ratio", "analysed", "events"])
        writer.writerows([(a, f"{b:.0f}", f"{c:.0f}", f"{d:.3f}", e, g) for a, b, c, d, e, g in rows])
    kept = True
    for fps in (5.0, 25.0):
        of = [row for row in rows if row[0] == fps]
        ratio = statistics.median(row[3] for row in of)
        verdict = ("kept" if ratio >= BAR else "MISSED") if fps == 5.0 else "reported"
        kept = kept and verdict != "MISSED"
        print(
            f"{fps:g} analyses/s: raw decode {statistics.median(r[1] for r in of):.0f} fps, "
            f"Roadstead {statistics.median(r[2] for r in of):.0f} fps, ratio {ratio:.2f} "
            f"({min(r[3] for r in of):.2f} to {max(r[3] for r in of):.2f}), {of[0][5]} events; bar {BAR}: {verdict}"
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
