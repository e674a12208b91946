"""What `roadstead watch` makes of each development clip: tracks, and tracks that moved, without and with a model.

    python benchmarks/clips.py

Each clip in `video/` of ROADSTEAD_DATA (../shared/data beside the repository if that is unset) is watched in a process of
its own with the default settings (motion detector, 5 analyses a second), and where the data hold YOLOX-nano, once more with
it as a bundle made in a temporary folder. Any exit code but 0 fails the benchmark. docs/clips.md sets the figures beside a
count by eye.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from roadstead.store.store import Store
from roadstead.types import Track

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("ROADSTEAD_DATA", ROOT.parent / "shared" / "data"))
RESULT = ROOT / "benchmarks" / "results" / "clips.csv"
KINDS = {".mp4", ".avi"}
MOVED_BOXES = 2.0
"""A track moved when its foot point came further than so many box sizes from where it began."""

COCO = {1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
MOTOR = ("car", "motorcycle", "bus", "truck")
CARD = """name = "yolox_nano"
version = "1"
task = "detect"
labels = {labels}
sha256 = "{sha}"
licence = "Apache-2.0"
[input]
width = 416
height = 416
scale = 255
channels = "bgr"
resize = "letterbox"
pad_at = "end"
[boxes]
kind = "dense"
outputs = ["output"]
strides = [8, 16, 32]
activation = "none"
nms_iou = 0.45
"""
SETTINGS = """name = "{name}"
[detector]
kind = "bundle"
path = "{bundle}"
classes = {classes}
[cameras.video]
source = {{ kind = "video", path = "{clip}" }}
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """One run: seconds of film, pictures analysed, boxes, tracks, tracks that moved, wall seconds."""

    seconds: float
    pictures: int
    boxes: int
    tracks: int
    moved: int
    wall_s: float


def moved(track: Track) -> bool:
    """Whether the object went anywhere."""
    feet = track.points("px")
    if feet is None:
        return False
    return float(np.linalg.norm(feet - feet[0], axis=1).max()) > MOVED_BOXES * track.size_px


def watch(what: Path, out: Path) -> Watched | None:
    """Watch a clip or a settings file in another process; return None, having said why, where that failed."""
    command = [sys.executable, "-m", "roadstead", "watch", str(what), "--out", str(out)]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "--fast", "--json", "--no-annotate"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    wall_s = time.monotonic() - began
    if done.returncode != 0:
        print(f"{what.name}: exit code {done.returncode}: {done.stderr.strip()[-400:]}", file=sys.stderr)
        return None
    (camera,) = json.loads(done.stdout)["cameras"]
    with Store.open(out / "roadstead.sqlite") as store:
        tracks = store.tracks()
    counts = camera["counts"]
    return Watched(
        camera["end"] - camera["start"],
        counts["pictures"],
        counts.get("boxes", 0),
        len(tracks),
        sum(moved(t) for t in tracks),
        wall_s,
    )


def bundle(folder: Path) -> Path | None:
    """Make a bundle of the comparison model in `folder`; None where the data do not hold it."""
    weights = DATA / "weights" / "yolox_nano" / "yolox_nano.onnx"
    if not weights.is_file():
        return None
    folder.mkdir()
    (folder / "model.onnx").symlink_to(weights.resolve())
    labels = [COCO.get(i, f"other_{i}") for i in range(80)]
    sha = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / "card.toml").write_text(CARD.format(labels=json.dumps(labels), sha=sha), encoding="utf-8")
    return folder


def with_model(clip: Path, model: Path, folder: Path) -> Watched | None:
    """Watch a clip with the bundle."""
    settings = folder / f"{clip.stem}.toml"
    text = SETTINGS.format(name=clip.stem, bundle=model, classes=json.dumps(MOTOR), clip=clip.resolve())
    settings.write_text(text, encoding="utf-8")
    return watch(settings, folder / f"{clip.stem}-bundle")


def row(clip: Path, plain: Watched, model: Watched | None) -> list[object]:
    """Return a line of the result; empty cells where there is no model."""
    own = [f"{plain.seconds:.1f}", plain.pictures, plain.boxes, plain.tracks, plain.moved, f"{plain.wall_s:.1f}"]
    other = ["", "", "", ""] if model is None else [model.boxes, model.tracks, model.moved, f"{model.wall_s:.1f}"]
    return [clip.name, *own, *other]


def write(rows: Sequence[Sequence[object]]) -> None:
    """Write the result."""
    with RESULT.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        own = ["seconds", "pictures", "boxes", "tracks", "tracks_moved", "wall_s"]
        writer.writerow(["clip", *own, *(f"{name}_bundle" for name in ("boxes", "tracks", "tracks_moved", "wall_s"))])
        writer.writerows(rows)


def main() -> int:
    """Watch every clip, write the result, and say how many failed."""
    clips = sorted(p for p in (DATA / "video").glob("*") if p.suffix in KINDS)
    if not clips:
        print(f"no clips in {DATA / 'video'}: set ROADSTEAD_DATA to the development data", file=sys.stderr)
        return 1
    rows, failed = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = bundle(folder / "yolox_nano")
        if model is None:
            print("no weights/yolox_nano in the data: watched without a model only", file=sys.stderr)
        for clip in clips:
            plain = watch(clip, folder / clip.stem)
            other = None if model is None else with_model(clip, model, folder)
            failed += plain is None or (model is not None and other is None)
            if plain is not None:
                rows.append(row(clip, plain, other))
                print(*rows[-1], sep="  ")
    write(rows)
    print(f"{len(clips)} clips, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
