"""Vehicles that cross a line: counted by eye and by Roadstead, for every development clip.

    python benchmarks/counts.py                     # the bundle that ships
    python benchmarks/counts.py --bundle FOLDER     # another one
    python benchmarks/counts.py --stills docs/see   # also pictures of the annotated videos that may be passed on

The counts by eye and their lines are in eye_counts.toml, which says how they were made. Each clip of ROADSTEAD_DATA
(../shared/data beside the repository if that is unset) is watched in a process of its own with the bundle, at the rate
that a user gets without saying anything (5 pictures a second), and the counts are those that the watch itself keeps for
each line: what stands in its report and on its annotated video. Only the classes car, bus and truck (also van) count.

The bar is 10 % of the vehicles of the daylight clips, for the sum of the errors of every line and direction, so that one too many
here does not make up for one too few there. Writes results/counts.csv.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from roadstead.bundle.folder import load
from roadstead.errors import BadBundle
from roadstead.geometry.boxes import feet
from roadstead.geometry.lines import LineCounter
from roadstead.observations import from_line
from roadstead.track.tracker import Tracker, TrackerSettings
from roadstead.types import Detections, Floats, Line

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("ROADSTEAD_DATA", ROOT.parent / "shared" / "data"))
EYE = ROOT / "benchmarks" / "eye_counts.toml"
RESULT = ROOT / "benchmarks" / "results" / "counts.csv"
SHIPPED = ROOT / "src" / "roadstead" / "models"
VEHICLES = ("car", "bus", "truck", "van")
BAR = 0.10
MARGIN = 0.25
"""How far beyond a line, in box sides, the watch takes a crossing for sure; told here to split its counts by class."""
SHOWN_S: Mapping[str, tuple[float, ...]] = {
    "opendatacam.mp4": (6.0, 14.0),
    "cvtrafficcam_traffic.mp4": (13.4, 53.7),
}
"""The clips whose licence lets their pictures be passed on, and when they are shown, s after their first picture."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What watches: a bundle, its threshold and the tracker's `sure_score` (None: the card's, the usual one)."""

    bundle: Path
    score: float | None = None
    sure: float | None = None

    @property
    def tracker(self) -> TrackerSettings:
        """The tracker's settings."""
        return TrackerSettings() if self.sure is None else TrackerSettings(sure_score=self.sure)


@dataclass(frozen=True, slots=True)
class Way:
    """One direction over one line: its clip, the vehicles of each kind by eye, those of each class by Roadstead."""

    clip: str
    line: str
    direction: str
    daylight: bool
    by_eye: Mapping[str, int]
    by_roadstead: Counter[str] = field(default_factory=Counter)

    @property
    def eye(self) -> int:
        """All vehicles by eye."""
        return sum(self.by_eye.values())

    @property
    def counted(self) -> int:
        """All vehicles by Roadstead."""
        return self.by_roadstead.total()


def shipped() -> Path:
    """Return the detector's bundle that ships; SystemExit where there is none."""
    for folder in sorted(p.parent for p in SHIPPED.glob("*/card.toml")):
        if load(folder).card.task == "detect":
            return folder
    raise SystemExit(f"{SHIPPED}: holds no detector yet; name another with --bundle")


def settings(clip: Mapping[str, Any], chosen: Chosen) -> str:
    """Return the settings file of a clip's watch."""
    known = load(chosen.bundle).card.labels
    classes = [label for label in VEHICLES if label in known]
    lines = [f"{name} = {json.dumps(line['px'])}" for name, line in clip["lines"].items()]
    path = (DATA / "video" / clip["file"]).resolve()
    return "\n".join(
        [
            f"name = {json.dumps(Path(clip['file']).stem)}",
            "[detector]",
            'kind = "bundle"',
            f"path = {json.dumps(str(chosen.bundle.resolve()))}",
            f"classes = {json.dumps(classes)}",
            *([] if chosen.score is None else [f"score = {chosen.score}"]),
            *([] if chosen.sure is None else ["[tracker]", f"sure_score = {chosen.sure}"]),
            "[cameras.video]",
            f"size = {clip['size']}",
            f'source = {{ kind = "video", path = {json.dumps(str(path))} }}',
            "[cameras.video.lines]",
            *lines,
        ]
    )


def watch(clip: Mapping[str, Any], chosen: Chosen, folder: Path, *, annotate: bool) -> dict[str, int]:
    """Watch a clip in another process and return the camera's counts; RuntimeError where that fails."""
    file = folder / f"{clip['file']}.toml"
    file.write_text(settings(clip, chosen), encoding="utf-8")
    out = folder / f"{clip['file']}-run"
    command = [sys.executable, "-m", "roadstead", "watch", str(file), "--out", str(out), "--fast", "--json"]
    done = subprocess.run(
        [*command, "--annotate" if annotate else "--no-annotate"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode != 0:
        raise RuntimeError(f"{clip['file']}: exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    (camera,) = json.loads(done.stdout)["cameras"]
    counts: dict[str, int] = camera["counts"]
    return counts


def crossings(
    log: Path, lines: Mapping[str, Line], size: tuple[int, int], tracker: Tracker
) -> dict[tuple[str, str], Counter[str]]:
    """Count the crossings of a run's observation log again, by line, direction and the class the track had most often."""
    seen: dict[str, Counter[str]] = {}
    crossed: list[tuple[str, str, str]] = []
    counters = {name: LineCounter(line) for name, line in lines.items()}
    for detections in _observed(log, size):
        ids = tracker.assign(detections)
        rows = [i for i, track in enumerate(ids) if track is not None]
        who = [str(ids[i]) for i in rows]
        for track, row in zip(who, rows, strict=True):
            seen.setdefault(track, Counter())[detections.labels[row]] += 1
        boxes = detections.boxes[rows]
        for name, counter in counters.items():
            sure = [c for i, (t, at) in tracker.earlier.items() for c in counter.recall(i, t, feet(at), _margins(at))]
            for track_id, crossing in (*sure, *counter.update(detections.t, who, feet(boxes), _margins(boxes))):
                crossed.append((name, "forward" if crossing.forward else "backward", str(track_id)))
    found: dict[tuple[str, str], Counter[str]] = {}
    for name, direction, track in crossed:
        found.setdefault((name, direction), Counter())[seen[track].most_common(1)[0][0]] += 1
    return found


def _observed(log: Path, size: tuple[int, int]) -> Iterator[Detections]:
    for number, text in enumerate(log.read_text(encoding="utf-8").splitlines()):
        detections = from_line(text, f"{log}:{number + 1}")
        if isinstance(detections, Detections):
            if detections.size != size:
                raise RuntimeError(f"{log}: its pictures are {detections.size}, the lines were drawn on {size}")
            yield detections


def _margins(boxes: Floats) -> Floats:
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(MARGIN * np.sqrt(sides[:, 0] * sides[:, 1]))


def ways(clip: Mapping[str, Any], counts: Mapping[str, int], log: Path, tracker: Tracker) -> list[Way]:
    """Return both directions over every line of a clip; RuntimeError where the log does not give what the watch counted."""
    lines = {name: Line(name, tuple(line["px"][0]), tuple(line["px"][1])) for name, line in clip["lines"].items()}
    by_class = crossings(log, lines, tuple(clip["size"]), tracker)
    found = []
    for name, line in clip["lines"].items():
        for direction in ("forward", "backward"):
            counted = by_class.get((name, direction), Counter())
            kept = counts.get(f"{name}_{direction}", 0)
            if counted.total() != kept:
                raise RuntimeError(
                    f"{clip['file']}: {name} {direction}: the log gives {counted.total()}, the watch {kept}"
                )
            eye = line.get(direction, {})
            if eye or kept:
                found.append(Way(clip["file"], name, direction, clip["daylight"], eye, counted))
    return found


def stills(clip: str, run: Path, folder: Path) -> None:
    """Keep pictures of a run's annotated video."""
    folder.mkdir(parents=True, exist_ok=True)
    times = list(SHOWN_S[clip])
    with av.open(str(run / "annotated-video.mp4")) as video:
        first = None
        for frame in video.decode(video=0):
            t = float(frame.time or 0.0)
            first = t if first is None else first
            if times and t - first >= times[0]:
                name = f"{Path(clip).stem}-{times.pop(0):g}s.jpg"
                picture = cv2.resize(frame.to_ndarray(format="bgr24"), (640, 360), interpolation=cv2.INTER_AREA)
                cv2.imwrite(str(folder / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 82])


def total(found: list[Way]) -> tuple[int, int, int]:
    """Return the vehicles by eye, those by Roadstead, and the sum of the errors of each line and direction."""
    return (
        sum(way.eye for way in found),
        sum(way.counted for way in found),
        sum(abs(way.counted - way.eye) for way in found),
    )


def write(found: list[Way], bundle: Path, path: Path) -> bool:
    """Write the result and print it; tell whether the bar is reached."""
    card = load(bundle).card
    rows: list[list[object]] = []
    for way in found:
        seen = " ".join(f"{n} {kind}" for kind, n in sorted(way.by_eye.items()))
        got = " ".join(f"{n} {kind}" for kind, n in sorted(way.by_roadstead.items()))
        rows.append([way.clip, way.line, way.direction, way.eye, way.counted, way.counted - way.eye, seen, got])
    day = [way for way in found if way.daylight]
    eye, counted, wrong = total(day)
    share = wrong / eye
    reached = share <= BAR
    rows.append(["daylight clips", "", "", eye, counted, counted - eye, f"bundle {card.name} {card.version}", ""])
    rows.append(
        ["errors of each line", "", "", eye, wrong, f"{share:.1%}", f"bar {BAR:.0%}", "ok" if reached else "missed"]
    )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["clip", "line", "direction", "by_eye", "by_roadstead", "error", "kinds_by_eye", "classes_by_roadstead"]
        )
        writer.writerows(rows)
    for row in rows:
        print(*row, sep="  ")
    return reached


def main() -> int:
    """Watch every clip, count, write, and say whether the bar is reached."""
    parser = argparse.ArgumentParser(description="vehicles over lines: by eye and by Roadstead")
    parser.add_argument("--bundle", type=Path, help="a detector's bundle; default: the one that ships")
    parser.add_argument("--score", type=float, help="another threshold than the card's")
    parser.add_argument("--sure", type=float, help="another sure_score of the tracker than the usual one")
    parser.add_argument("--stills", type=Path, help="a folder for annotated stills")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the table goes")
    asked = parser.parse_args()
    try:
        chosen = Chosen(asked.bundle or shipped(), asked.score, asked.sure)
        load(chosen.bundle)
    except BadBundle as error:
        print(error, file=sys.stderr)
        return 1
    clips = tomllib.loads(EYE.read_text(encoding="utf-8"))["clips"]
    found: list[Way] = []
    with tempfile.TemporaryDirectory() as name:
        for clip in clips:
            shown = asked.stills is not None and clip["file"] in SHOWN_S
            counts = watch(clip, chosen, Path(name), annotate=shown)
            run = Path(name) / f"{clip['file']}-run"
            found += ways(clip, counts, run / "observations.jsonl", Tracker("video", settings=chosen.tracker))
            if shown:
                stills(clip["file"], run, asked.stills)
    return 0 if write(found, chosen.bundle, asked.out) else 1


if __name__ == "__main__":
    sys.exit(main())
