"""The detector that ships beside YOLOX-nano and FastestDet: how much they find, and what a picture costs, in one run.

Run: ROADSTEAD_DATA=... OMP_NUM_THREADS=1 python benchmarks/detectors.py [--bundle FOLDER ...] [--page docs/models.md]
The same pictures (val of detect/road and detect/vessel), the same engine (OpenVINO, one thread), the same measure: from the decoded
picture to its boxes, all models in turns. Bar: better than each peer on trucks and on vessels at no more than its time.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from _detector_peers import FastestDet, YoloxNano
from roadstead.dataset.reading import read
from roadstead.dataset.samples import Sample
from roadstead.detect.bundle import BundleDetector
from roadstead.evaluate.metrics import detection
from roadstead.evaluate.metrics.detection import Boxes
from roadstead.evaluate.reports import Report
from roadstead.types import Frame, Image, readonly

RESULTS = Path(__file__).parent / "results" / "detectors.csv"
SHIPPED = Path(__file__).parents[1] / "src" / "roadstead" / "models"
SETS: Mapping[str, tuple[str, ...]] = {
    "road": ("person", "motorcycle", "car", "bus", "truck"),
    "vessel": ("vessel",),
}
UNLABELLED = {"openimg_": "person"}
"""Pictures that show a class without boxes: it is not judged there."""
ROUNDS, TIMED = 3, 60
BEGINS, ENDS = "<!-- benchmarks/detectors.py begins -->", "<!-- benchmarks/detectors.py ends -->"
Model = Callable[[Image], Boxes]


class Ours:
    """A bundle, as a watch runs it, from a score on that shows the whole curve."""

    def __init__(self, folder: Path) -> None:
        self.detector = BundleDetector(path=folder, score=0.02)
        self.name = folder.name

    def __call__(self, image: Image) -> Boxes:
        """Return what is found, best first."""
        found = self.detector.detect(Frame("bench", 0.0, image))
        order = np.argsort(-found.scores, kind="stable")[:100]
        return Boxes(
            readonly(found.boxes[order], 4), readonly(found.scores[order]), tuple(found.labels[k] for k in order)
        )


def pictures(data: Path, name: str) -> tuple[tuple[Sample, ...], list[Image]]:
    """Return the val samples of a set and their pictures."""
    samples = read(data / "detect" / name, {"kind": "coco"}, class_map={}, split="val").samples
    return samples, [
        np.asarray(cv2.cvtColor(np.asarray(cv2.imread(str(s.media))), cv2.COLOR_BGR2RGB), np.uint8) for s in samples
    ]


def judged(model: Model, samples: Sequence[Sample], images: Sequence[Image], labels: tuple[str, ...]) -> Report:
    """Return the figures of a model on a set."""
    found = []
    for sample, image in zip(samples, images, strict=True):
        one = model(image)
        not_here = {label for part, label in UNLABELLED.items() if part in sample.id}
        rows = [k for k, label in enumerate(one.labels) if label in labels and label not in not_here]
        found.append(
            Boxes(readonly(one.boxes[rows], 4), readonly(one.scores[rows]), tuple(one.labels[k] for k in rows))
        )
    return detection.judge(samples, found, labels, resamples=500)


def times(models: Mapping[str, Model], images: Sequence[Image]) -> dict[str, float]:
    """Return the median milliseconds a picture of each model, in turns over rounds; the least of the rounds' medians."""
    least: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, model in models.items():
            taken = []
            for image in images[:TIMED]:
                begin = time.perf_counter()
                model(image)
                taken.append(time.perf_counter() - begin)
            least[name] = min(least.get(name, np.inf), float(np.median(taken)) * 1e3)
    return least


def rows(name: str, of: str, report: Report, ms: float) -> list[dict[str, str]]:
    """Return the lines of the table."""
    made = []
    for label, figures in [("all", report.metrics), *report.per_class.items()]:
        ap50, ap = figures["ap50"], figures["ap"]
        if ap.value is None:
            continue
        made.append(
            {
                "set": of, "class": label, "model": name, "ap50": f"{ap50.value:.3f}", "ap50_low": f"{ap50.low:.3f}",
                "ap50_high": f"{ap50.high:.3f}", "ap": f"{ap.value:.3f}", "ap_low": f"{ap.low:.3f}",
                "ap_high": f"{ap.high:.3f}", "objects": str(ap.of), "ms": f"{ms:.1f}",
            }
        )  # fmt: skip
    return made


def into(page: Path, table: Sequence[Mapping[str, str]]) -> None:
    """Put the table between the marks of a page."""
    lines = ["| set | class | model | AP50 | AP | objects | ms a picture |", "|---|---|---|---|---|---:|---:|"]
    for r in table:
        if r["class"] != "all" or r["set"] == "road":
            spread = (f"{r[n]} ({r[f'{n}_low']} to {r[f'{n}_high']})" for n in ("ap50", "ap"))
            lines.append(
                f"| {r['set']} | {r['class']} | {r['model']} | {' | '.join(spread)} | {r['objects']} | {r['ms']} |"
            )
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGINS)
    page.write_text(f"{before}{BEGINS}\n" + "\n".join(lines) + f"\n{ENDS}{rest.split(ENDS)[1]}", encoding="utf-8")


def bars(table: Sequence[Mapping[str, str]], ours: Sequence[str]) -> bool:
    """Print for each peer which of ours is better on trucks and vessels at no more than its time; return whether all have one."""
    met = True
    for peer in ("YOLOX-nano", "FastestDet"):
        good = []
        for name in ours:
            fits = True
            for label in ("truck", "vessel"):
                (mine,) = (r for r in table if r["model"] == name and r["class"] == label)
                (theirs,) = (r for r in table if r["model"] == peer and r["class"] == label)
                fits &= float(mine["ap50"]) > float(theirs["ap50"]) and float(mine["ap"]) > float(theirs["ap"])
                fits &= float(mine["ms"]) <= float(theirs["ms"])
            if fits:
                good.append(name)
        print(f"{peer}: better on trucks and vessels at no more than its time: {', '.join(good) or 'none'}")
        met &= bool(good)
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, nargs="*", default=sorted(SHIPPED.glob("road-vessel*")))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, help="a page whose table is written anew")
    asked = parser.parse_args()
    data = Path(os.environ.get("ROADSTEAD_DATA", ""))
    if not (data / "detect").is_dir() or not (data / "weights").is_dir():
        print("skipped: ROADSTEAD_DATA with detect/ and weights/ is needed")
        return 0
    ours = [Ours(folder) for folder in asked.bundle]
    models: dict[str, Model] = {one.name: one for one in ours}
    models |= {YoloxNano.name: YoloxNano(data / "weights"), FastestDet.name: FastestDet(data / "weights")}
    table: list[dict[str, str]] = []
    seen = {name: pictures(data, name) for name in SETS}
    ms = times(models, [image for _, images in seen.values() for image in images[: TIMED // 2]])
    for of, labels in SETS.items():
        for name, model in models.items():
            table += rows(name, of, judged(model, *seen[of], labels), ms[name])
    with asked.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    for row in table:
        print(
            f"{row['set']:7} {row['class']:11} {row['model']:22} AP50 {row['ap50']} ({row['ap50_low']} to {row['ap50_high']}) "
            f"AP {row['ap']} ({row['ap_low']} to {row['ap_high']}) {row['objects']:>4} {row['ms']:>6} ms"
        )
    if asked.page is not None:
        into(asked.page, table)
    return 0 if bars(table, [m.name for m in ours]) else 1


if __name__ == "__main__":
    sys.exit(main())
