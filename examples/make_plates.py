"""Draws Chinese number plates as a data set for text recognition, and puts real crops beside them.

    python examples/make_plates.py OUT --count 6000 [--crops plates.jsonl --crops plates_crops.csv]

Real crops are mostly of one province; drawn ones show the signs of all. `--crops` takes tables (*.csv, *.jsonl) of `file` and
`text`. Writes OUT/drawn.csv and OUT/real.csv. Drawn plates are all learned from; a real plate's split hangs on its text alone (a quarter is
judged on, a tenth is chosen by), so the crops of one plate are never on two sides.
"""

import argparse
import csv
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from roadstead.simulate.fonts import available
from roadstead.types import Image as Picture

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
COLOURS = {"blue": ((20, 60, 190), (245, 245, 245)), "yellow": ((230, 170, 20), (20, 20, 20))}
WIDTH, HEIGHT = 440, 140
LATIN = [
    f"/usr/share/fonts/truetype/{name}"
    for name in (
        "liberation/LiberationSansNarrow-Bold.ttf",
        "liberation/LiberationSans-Bold.ttf",
        "dejavu/DejaVuSans-Bold.ttf",
    )
]


def text(rng: np.random.Generator) -> str:
    """Return the text of a plate: province, letter of the city, five signs with at most two letters among them."""
    signs = [str(s) for s in rng.choice(list(DIGITS), 5)]
    for place in rng.choice(5, int(rng.integers(0, 3)), replace=False):
        signs[place] = str(rng.choice(list(LETTERS)))
    return str(rng.choice(list(PROVINCES))) + str(rng.choice(list(LETTERS))) + "".join(signs)


def plate(text: str, colour: str, rng: np.random.Generator) -> Picture:
    """Return a plate as it is made, (140, 440, 3): seven signs of 45 x 90 mm, a dot after the second (GA 36-2018)."""
    back, front = COLOURS[colour]
    drawn = Image.new("RGB", (WIDTH, HEIGHT), back)
    pen = ImageDraw.Draw(drawn)
    pen.rounded_rectangle((5, 5, WIDTH - 6, HEIGHT - 6), 10, outline=front, width=3)
    latin = rng.choice(LATIN)
    for k, sign in enumerate(text):
        x = 15.5 + 57 * k + (22 if k > 1 else 0)
        font = str(latin) if k else None
        drawn.paste(_sign(sign, font, back, front, rng), (round(x), 25))
    pen.ellipse((128, 65, 138, 75), fill=front)
    return np.asarray(drawn)


def seen(plate: Picture, rng: np.random.Generator) -> Picture:
    """Return a plate as a camera sees it: askew, small, dim or glaring, blurred, noisy, compressed."""
    high, wide = plate.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    lean = rng.normal(0, 0.06) * wide
    moved = corners + rng.normal(0, 0.025, (4, 2)) * (wide, 2 * high) + [[lean, 0], [lean, 0], [-lean, 0], [-lean, 0]]
    moved[:, 1] += rng.normal(0, 0.06) * high * np.array([-1, 1, 1, -1])
    around = np.full((2 * high, wide + high, 3), rng.integers(0, 140, 3), np.uint8)
    offset = np.array([high / 2, high / 2])
    turn = cv2.getPerspectiveTransform(corners, (moved + offset).astype(np.float32))
    view = cv2.warpPerspective(
        plate, turn, (around.shape[1], around.shape[0]), around, borderMode=cv2.BORDER_TRANSPARENT
    )
    (x0, y0), (x1, y1) = (moved + offset).min(axis=0), (moved + offset).max(axis=0)
    slack = rng.uniform(-0.04, 0.12, 4) * high
    cut = view[max(int(y0 - slack[0]), 0) : int(y1 + slack[1]), max(int(x0 - slack[2]), 0) : int(x1 + slack[3])]
    height = int(np.exp(rng.uniform(np.log(14), np.log(60))))
    small: Any = cv2.resize(cut, (round(height * 3.5), height), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = (small - 128) * rng.uniform(0.35, 1.1) + 128 * rng.uniform(0.4, 1.5)
    small *= rng.uniform(0.8, 1.2, 3)
    small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.1, 1.0) * height / 30 + 0.05)
    small += rng.normal(0, rng.uniform(0, 12), small.shape)
    _, packed = cv2.imencode(".jpg", np.clip(small, 0, 255).astype(np.uint8), [1, int(rng.integers(40, 96))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)


def write(out: Path, count: int, crops: Sequence[Path] = (), seed: int = 0) -> None:
    """Write the data set."""
    rng = np.random.default_rng(seed)
    (out / "drawn").mkdir(parents=True, exist_ok=True)
    rows = []
    for k in range(count):
        spelt = text(rng)
        picture = seen(plate(spelt, str(rng.choice(["blue", "yellow"], p=[0.9, 0.1])), rng), rng)
        name = f"drawn/{k:05d}.jpg"
        cv2.imwrite(str(out / name), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        rows.append({"file": name, "text": spelt, "group": spelt, "origin": "drawn", "split": "train"})
    _table(out / "drawn.csv", rows)
    if crops:
        _table(out / "real.csv", [row for file in crops for row in _real(file, out)])


def side(text: str) -> str:
    """Return the split of a real plate, by its text alone."""
    place = int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100
    return "test" if place < 25 else "val" if place < 35 else "train"


def _sign(
    sign: str, font: str | None, back: tuple[int, ...], front: tuple[int, ...], rng: np.random.Generator
) -> Image.Image:
    """Return one sign stretched to 45 x 90 px."""
    if font is not None and Path(font).is_file():
        made, bold = ImageFont.truetype(font, 90), 0
    else:
        made, bold = available()[int(rng.integers(len(available())))].sized(90), int(rng.integers(1, 4))
    box = made.getbbox(sign, stroke_width=bold)
    drawn = Image.new("RGB", (int(box[2] - box[0]), int(box[3] - box[1])), back)
    ImageDraw.Draw(drawn).text((-box[0], -box[1]), sign, fill=front, font=made, stroke_width=bold, stroke_fill=front)
    if sign in "1I":  # a stroke keeps its width
        wide = Image.new("RGB", (45, 90), back)
        stroke = drawn.resize((max(min(drawn.width * 90 // drawn.height, 45), 8), 90))
        wide.paste(stroke, ((45 - stroke.width) // 2, 0))
        return wide
    return drawn.resize((45, 90))


def _real(table: Path, out: Path) -> list[dict[str, str]]:
    """Copy real crops into the data set."""
    with table.open(encoding="utf-8", newline="") as lines:
        listed = list(csv.DictReader(lines)) if table.suffix == ".csv" else [json.loads(line) for line in lines]
    (out / table.stem).mkdir(exist_ok=True)
    rows = []
    for row in listed:
        name = f"{table.stem}/{Path(row['file']).name}"
        shutil.copyfile(table.parent / row["file"], out / name)
        text = row["text"]
        rows.append({"file": name, "text": text, "group": text, "origin": table.stem, "split": side(text)})
    return rows


def _table(file: Path, rows: Sequence[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, ["file", "text", "group", "origin", "split"], lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--crops", type=Path, action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(given.out, given.count, given.crops, given.seed)
