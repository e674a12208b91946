"""Names of simulated vessels, in fonts and with names that no training set holds: what the describer `text` reads.

    roadstead simulate dataset configs/datasets/text.toml --out runs/datasets/text
    python benchmarks/names.py runs/datasets/text

Three readers on the same crops: plain RapidOCR (everything it finds, in its order), one view of the describer (pieces joined along baselines,
the highest line), and its vote over the views of a body. Needs the package rapidocr. Writes benchmarks/results/names.csv. There is no bar.
"""

import csv
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from roadstead.describe._ballot import Ballot, distance, elect
from roadstead.describe._rapidocr import RapidOcr
from roadstead.describe._reading import Reading
from roadstead.describe._views import sharpness
from roadstead.describe.text import Names
from roadstead.evaluate.intervals import share
from roadstead.types import Image

FILE = Path(__file__).parent / "results/names.csv"
LEAST = 0.6
"""From this score on the describer `text` tells a name."""
COLUMNS = ("reader", "n", "exact", "low", "high", "cer", "told", "told_exact", "p50_ms")


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One crop of a body's lettering."""

    body: str
    text: str
    picture: Image


@dataclass(frozen=True, slots=True)
class Said:
    """What was read of a text, how sure that is, and how long it took, ms of processor time."""

    truth: str
    text: str
    score: float
    ms: float


def crops(folder: Path) -> list[Crop]:
    """Return the crops of names of a set that `roadstead simulate dataset` made for testing."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["kind"] == "name" and row["stock"] == "test"]
    found = []
    for row in rows:
        picture = cv2.imread(str(folder / row["file"]), cv2.IMREAD_COLOR_RGB)
        if picture is None:
            raise SystemExit(f"{folder / row['file']}: is no picture that can be decoded")
        body = Path(row["file"]).stem.rsplit("-", 1)[0]
        found.append(Crop(f"{body} {row['text']}", row["text"], np.asarray(picture, np.uint8)))
    return found


def plain(ocr: RapidOcr, crop: Crop) -> Reading:
    """Return all that RapidOCR finds, in its order."""
    pieces = ocr.pieces(crop.picture)
    text = "".join("".join(piece.text.split()) for piece in pieces)
    return Reading(text, (min((piece.score for piece in pieces), default=0.0),) * len(text))


def timed(read: Any, crop: Crop) -> tuple[Reading, float]:
    """Return a reading and the processor time that it took, ms."""
    began = time.process_time()
    reading: Reading = read(crop)
    return reading, (time.process_time() - began) * 1e3


def voted(some: Sequence[Crop], readings: Sequence[tuple[Reading, float]]) -> list[Said]:
    """Return what the views of each body say together."""
    bodies: dict[str, list[tuple[Crop, Reading, float]]] = defaultdict(list)
    for crop, (reading, ms) in zip(some, readings, strict=True):
        bodies[crop.body].append((crop, reading, ms))
    found = []
    for views in bodies.values():
        cast = [Ballot(r, min(c.picture.shape[:2]) * sharpness(c.picture)) for c, r, _ in views if r.text]
        said = elect(cast)
        text, score = (said.text, said.score) if said is not None else ("", 0.0)
        found.append(Said(_bare(views[0][0].text), text, score, sum(ms for *_, ms in views)))
    return found


def row(reader: str, said: Sequence[Said]) -> dict[str, Any]:
    """Return the figures of a reader; capitals and small letters are the same."""
    exact = share(sum(one.text.upper() == one.truth for one in said), len(said))
    edits = sum(distance(one.truth, one.text.upper()) for one in said)
    told = [one.text.upper() == one.truth for one in said if one.score >= LEAST and one.text]
    figures = (exact.value or 0.0, exact.low, exact.high, edits / sum(len(one.truth) for one in said))
    return {
        "reader": reader,
        "n": len(said),
        **{name: round(value, 4) for name, value in zip(COLUMNS[2:6], figures, strict=True)},
        "told": round(len(told) / len(said), 4),
        "told_exact": round(sum(told) / len(told), 4) if told else "",
        "p50_ms": round(float(np.median([one.ms for one in said])), 1),
    }


def _bare(text: str) -> str:
    return "".join(text.split()).upper()


def _lowest(reading: Reading) -> float:
    return min(reading.sure, default=0.0)


def main(folder: Path) -> None:
    """Measure and write."""
    some, ocr = crops(folder), RapidOcr.opened()
    names = Names(ocr)
    rows = []
    read = {
        "RapidOCR": [timed(lambda crop: plain(ocr, crop), crop) for crop in some],
        "one view": [timed(lambda crop: names.look(crop.picture), crop) for crop in some],
    }
    for reader, readings in read.items():
        said = [
            Said(_bare(crop.text), reading.text, _lowest(reading), ms)
            for crop, (reading, ms) in zip(some, readings, strict=True)
        ]
        rows.append(row(reader, said))
    rows.append(row("views of a body voted", voted(some, read["one view"])))
    with FILE.open("w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)
    for one in rows:
        print(", ".join(f"{key} {value}" for key, value in one.items()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
