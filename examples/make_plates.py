"""Draws Chinese number plates as a data set for text recognition, and puts real crops beside them.

    python examples/make_plates.py OUT --count 14000 [--fonts FOLDER] [--crops plates.jsonl --crops plates_crops.csv]

Real crops are mostly of one province; drawn ones show the signs of all 31, in all colours of GA 36: blue, yellow in one row and in
two, green of eight signs, white of the police, black of Hong Kong, Macao and the consulates, with the signs of trailers (挂)
and of driving schools (学). Plates of two rows are written side by side, as a reader is shown them.

`--crops` takes tables (*.csv, *.jsonl) of `file` and `text`. A real plate's side and fold hang on its text alone, so the crops of one
plate are never on two sides.

drawn.csv                  drawn plates, all learned from
drawn-held.csv             others, a fiftieth as many, to judge on
real.csv                   real crops on three sides
fold-0.csv … fold-4.csv    real crops, a fifth of them held out each time
all.csv                    real crops, all learned from
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ImageFont

from roadstead.bundle.reading import joined
from roadstead.simulate.fonts import available
from roadstead.types import Image as Picture

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
FOLDS = 5
LATIN = (
    "LiberationSansNarrow-Bold.ttf",
    "LiberationSansNarrow-Regular.ttf",
    "LiberationSans-Bold.ttf",
    "DejaVuSansCondensed-Bold.ttf",
    "DejaVuSansCondensed.ttf",
    "Roboto-Medium.ttf",
    "Roboto-Bold.ttf",
    "RobotoCondensed-Medium.ttf",
    "RobotoCondensed-Bold.ttf",
    "OSP-DIN.ttf",
    "Play-Bold.ttf",
    "ArundinaSans-Bold.ttf",
)
"""Fonts of Debian (fonts-liberation, fonts-dejavu, fonts-roboto-unhinted, fonts-opendin, fonts-play, fonts-arundina): those found are used."""
CHINESE = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJK-Medium.ttc",
    "NotoSansCJK-Bold.ttc",
    "NotoSansCJK-Black.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
)
"""Fonts of Debian (fonts-noto-cjk, fonts-noto-cjk-extra, fonts-wqy-microhei, fonts-droid-fallback)."""
_SIMPLIFIED = {"NotoSansCJK": 2}
"""Where the simplified Chinese font lies in a collection."""

Grey = npt.NDArray[np.float32]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Plate:
    """What is drawn: its text, colours (background, upper background where it fades, signs), and whether it has two rows."""

    text: str
    back: Colour
    fade: Colour
    front: Colour
    rows: int = 1
    red: str = ""
    """Signs of the text that are red."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """Files for letters and for Chinese signs."""

    latin: tuple[Path, ...]
    chinese: tuple[Path, ...]

    @classmethod
    def found(cls, folders: Sequence[Path]) -> "Fonts":
        """Look for the fonts by their file names; say which are missing. Without a single one, those of the simulation are taken."""
        files = {file.name: file for folder in folders for file in folder.rglob("*") if file.suffix in (".ttf", ".ttc")}
        missing = [name for name in (*LATIN, *CHINESE) if name not in files]
        if missing:
            print(f"fonts: {len(missing)} of {len(LATIN) + len(CHINESE)} are not here: {', '.join(missing)}")
        chinese = tuple(files[name] for name in CHINESE if name in files) or tuple(f.path for f in available("train"))
        return cls(tuple(files[name] for name in LATIN if name in files) or chinese, chinese)


def kind(rng: np.random.Generator) -> Plate:
    """Return a plate of any colour with a text of its grammar (GA 36-2018; black and white ones as they are seen)."""
    made = _KINDS[int(rng.choice(len(_KINDS), p=[one.share for one in _KINDS]))]
    head = made.head or str(rng.choice(list(PROVINCES))) + str(rng.choice(list(LETTERS)))
    text = head + "".join(_signs(rng, part) for part in made.parts)
    return Plate(text, made.back, made.fade, made.front, made.rows, made.red)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How often a kind of plate is drawn, what comes after its head, and what it looks like.

    A part is one of the signs of a text, or "n", a digit, repeated; "s2" are signs with at most two letters among them, "sss1" three with
    at most one.
    """

    share: float
    parts: tuple[str, ...]
    back: Colour
    front: Colour
    fade: Colour
    rows: int = 1
    red: str = ""
    head: str = ""


def _signs(rng: np.random.Generator, part: str) -> str:
    """Return what a part of a kind stands for."""
    if part.startswith("s"):
        return _serial(rng, part.count("s"), int(part[-1]))
    return _digits(rng, len(part)) if part.startswith("n") else str(rng.choice(list(part)))


_WHITE, _BLACK, _PALE = (245, 245, 245), (20, 20, 20), (235, 245, 240)
_BLUE, _YELLOW, _GREEN = (20, 60, 190), (235, 175, 20), (90, 200, 110)
_KINDS = (
    _Kind(0.50, ("sssss2",), _BLUE, _WHITE, _BLUE),
    _Kind(0.11, ("sssss2",), _YELLOW, _BLACK, _YELLOW),
    _Kind(0.08, ("sssss2",), _YELLOW, _BLACK, _YELLOW, rows=2),
    _Kind(0.03, ("ssss2", "挂"), _YELLOW, _BLACK, _YELLOW, rows=2),
    _Kind(0.03, ("ssss2", "学"), _YELLOW, _BLACK, _YELLOW),
    _Kind(0.11, ("DF", "s1", "nnnn"), _GREEN, _BLACK, _PALE),
    _Kind(0.03, ("nnnnn", "DF"), _GREEN, _BLACK, _YELLOW),
    _Kind(0.04, ("ssss2", "警"), _WHITE, _BLACK, _WHITE, red="警"),
    _Kind(0.03, ("ssss2", "港澳"), _BLACK, _WHITE, _BLACK, head="粤Z"),
    _Kind(0.02, ("nnnn", "领"), _BLACK, _WHITE, _BLACK, red="领"),
    _Kind(0.02, ("nnnnnn",), _BLACK, _WHITE, _BLACK, red="使", head="使"),
)


def made(plate: Plate, fonts: Fonts, rng: np.random.Generator) -> Picture:
    """Return a plate as it leaves the press, 1 px for 2 mm: (70, 220, 3), (110, 220, 3) of two rows, (70, 240, 3) of eight signs."""
    wide, high = (440, 220) if plate.rows == 2 else (480 if len(plate.text) == 8 else 440, 140)
    latin, chinese = rng.choice(len(fonts.latin)), rng.choice(len(fonts.chinese))
    grow, dot = float(rng.uniform(-1.5, 1.5)), rng.random() < 0.85
    signs, reds = np.zeros((high, wide), np.float32), np.zeros((high, wide), np.float32)
    for sign, (x, y, w, h) in zip(plate.text, _places(plate), strict=True):
        font = fonts.latin[latin] if sign.isascii() else fonts.chinese[chinese]
        to = reds if sign in plate.red else signs
        to[y : y + h, x : x + w] = _grown(_glyph(sign, font, w, h), grow)
    if dot and wide == 440 and not plate.text.startswith("使"):
        cv2.circle(signs, (133, 70) if plate.rows == 1 else (220, 45), 5, 1.0, -1, cv2.LINE_AA)
    if rng.random() < 0.85:
        inset = int(rng.integers(3, 8))
        cv2.rectangle(signs, (inset, inset), (wide - 1 - inset, high - 1 - inset), 1.0, int(rng.integers(1, 4)))
    signs, reds = (_halved(one) for one in (signs, reds))
    fade = np.linspace(0, 1, high // 2, dtype=np.float32)[:, None, None]
    ground = (1 - fade) * np.array(plate.fade, np.float32) + fade * np.array(plate.back, np.float32)
    drawn = ground + (np.array(plate.front, np.float32) - ground) * signs[..., None]
    drawn = drawn + (np.array((200, 30, 30), np.float32) - drawn) * reds[..., None]
    return _worn(drawn, rng)


def seen(plate: Picture, rng: np.random.Generator) -> Picture:
    """Return a plate as a camera sees it: askew, cut out roughly, small, dim or glaring, blurred, noisy, compressed."""
    high, wide = plate.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    tilt = np.radians(float(rng.normal(0, 2.5) if rng.random() < 0.7 else rng.normal(0, 7)))
    moved = corners + rng.normal(0, 0.015, (4, 2)) * (wide, 2 * high)
    lean = float(rng.normal(0, 0.3)) * high
    moved[:, 0] += np.array([lean, lean, -lean, -lean]) / 2
    moved[:, 0] *= rng.uniform(0.7, 1.0)
    moved[:, 1] += np.tan(tilt) * moved[:, 0]
    moved -= moved.min(axis=0)
    margin = 0.35 * high
    size = (int(moved[:, 0].max() + 2 * margin), int(moved[:, 1].max() + 2 * margin))
    view = _surroundings(size, rng)
    turn = cv2.getPerspectiveTransform(corners, (moved + margin).astype(np.float32))
    cv2.warpPerspective(plate, turn, size, view, borderMode=cv2.BORDER_TRANSPARENT, flags=cv2.INTER_AREA)
    slack = (margin + rng.normal(-0.02, 0.05, 4) * high).astype(int).clip(0)
    cut = view[slack[0] : size[1] - slack[1], slack[2] : size[0] - slack[3]]
    height = int(np.exp(rng.uniform(np.log(17), np.log(52))) * (1.6 if high > 0.4 * wide else 1.0))
    width = max(round(cut.shape[1] * height / cut.shape[0] * rng.uniform(0.85, 1.15)), 2 * height)
    return _photographed(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32), rng)


def write(out: Path, count: int, crops: Sequence[Path] = (), seed: int = 0, fonts: Sequence[Path] = ()) -> None:
    """Write the data set."""
    found = Fonts.found((Path("/usr/share/fonts"), *fonts))
    _table(out / "drawn.csv", drawn(out, "drawn", count, np.random.default_rng(seed), found))
    _table(out / "drawn-held.csv", held(out, count, seed, found))
    if crops:
        write_real(out, crops)


def held(out: Path, count: int, seed: int, fonts: Fonts) -> list[dict[str, str]]:
    """Draw plates to judge on; return their rows."""
    return drawn(out, "drawn-held", max(count // 50, 1), np.random.default_rng([seed, 1]), fonts)


def drawn(out: Path, folder: str, count: int, rng: np.random.Generator, fonts: Fonts) -> list[dict[str, str]]:
    """Draw plates into a folder; return their rows."""
    (out / folder).mkdir(parents=True, exist_ok=True)
    rows = []
    for k in range(count):
        plate = kind(rng)
        picture = seen(made(plate, fonts, rng), rng)
        if plate.rows == 2:
            picture = joined(cv2.resize(picture, (2 * len(picture), len(picture))))  # type: ignore[arg-type]  # of uint8
        name = f"{folder}/{k:05d}.jpg"
        cv2.imwrite(str(out / name), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        rows.append(_row(name, plate.text, "drawn", "train"))
    return rows


def write_real(out: Path, crops: Sequence[Path]) -> None:
    """Write the tables of real crops: each side by its text, each fold held out once, and all learned from."""
    rows = [row for file in crops for row in _real(file, out)]
    _table(out / "real.csv", rows)
    _table(out / "all.csv", [{**row, "split": "train"} for row in rows])
    for k in range(FOLDS):
        held = [{**row, "split": "test" if fold(row["text"]) == k else "train"} for row in rows]
        _table(out / f"fold-{k}.csv", held)


def side(text: str) -> str:
    """Return the split of a real plate, by its text alone."""
    place = _place(text)
    return "test" if place < 25 else "val" if place < 35 else "train"


def fold(text: str) -> int:
    """Return the fold of a real plate, 0 to 4, by its text alone."""
    return _place(text) % FOLDS


def _place(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100


def _digits(rng: np.random.Generator, n: int) -> str:
    return "".join(str(s) for s in rng.choice(list(DIGITS), n))


def _serial(rng: np.random.Generator, n: int, letters: int = 2) -> str:
    """Return n signs with at most so many letters among them."""
    signs = list(_digits(rng, n))
    for place in rng.choice(n, int(rng.integers(0, letters + 1)), replace=False):
        signs[place] = str(rng.choice(list(LETTERS)))
    return "".join(signs)


def _places(plate: Plate) -> list[tuple[int, int, int, int]]:
    """Return x, y, width and height of each sign, mm (GA 36-2018, figures 4 to 8)."""
    if plate.rows == 2:
        upper = [(110, 15, 80, 60), (250, 15, 80, 60)]
        return upper + [(27 + 80 * k, 90, 65, 110) for k in range(len(plate.text) - 2)]
    if len(plate.text) == 8:
        return [(15, 25, 45, 90), (69, 25, 43, 90)] + [(161 + 52 * k, 25, 43, 90) for k in range(6)]
    return [(16 + 57 * k + (22 if k > 1 else 0), 25, 45, 90) for k in range(len(plate.text))]


def _halved(ink: Grey) -> Grey:
    return np.asarray(cv2.resize(ink, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


@lru_cache(maxsize=4096)
def _glyph(sign: str, font: Path, wide: int, high: int) -> Grey:
    """Return one sign stretched to its field, how much of each px is ink; a 1 keeps the width of its stroke."""
    index = next((i for name, i in _SIMPLIFIED.items() if font.name.startswith(name) and font.suffix == ".ttc"), 0)
    mask = ImageFont.truetype(str(font), 120, index=index).getmask(sign, mode="L")
    ink = np.asarray(mask, np.float32).reshape(mask.size[1], mask.size[0]) / 255
    ys, xs = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    ink = ink[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    if sign == "1":
        narrow = min(max(round(ink.shape[1] * high / ink.shape[0]), 8), wide * 2 // 3)
        made = np.zeros((high, wide), np.float32)
        left = (wide - narrow) // 2
        made[:, left : left + narrow] = cv2.resize(ink, (narrow, high), interpolation=cv2.INTER_AREA)
        return made
    return np.asarray(cv2.resize(ink, (wide, high), interpolation=cv2.INTER_AREA), np.float32)


def _grown(ink: Grey, px: float) -> Grey:
    """Return a sign with strokes wider (or narrower) by about 2 `px`, within its field."""
    if abs(px) < 0.5:
        return ink
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    other: Any = (cv2.dilate if px > 0 else cv2.erode)(ink, kernel)
    return np.asarray(ink + (other - ink) * min(abs(px), 1.0), np.float32)


def _worn(drawn: npt.NDArray[Any], rng: np.random.Generator) -> Picture:
    """Return a plate with bolts, dirt, and paint that came off."""
    high, wide = drawn.shape[:2]
    if rng.random() < 0.6:
        tone = rng.uniform(40, 220, 3).tolist()
        for x in (wide * 0.25, wide * 0.75):
            cv2.circle(drawn, (int(x + rng.normal(0, 3)), int(rng.integers(4, 10))), int(rng.integers(2, 6)), tone, -1)
    if rng.random() < 0.3:
        cloud: Any = cv2.resize(rng.random((5, 14)).astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC)
        share = np.clip((cloud - rng.uniform(0.4, 0.9)) * 2, 0, rng.uniform(0.2, 0.8))[..., None]
        drawn = drawn * (1 - share) + rng.uniform(30, 170, 3) * share
    return np.asarray(np.clip(drawn, 0, 255), np.uint8)


def _surroundings(size: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Return what is around a plate: soft patches of paint, chrome and shadow, sometimes a bright or dark frame's edge."""
    base = rng.uniform(0, 200, 3) if rng.random() < 0.3 else np.repeat(rng.uniform(0, 220), 3)
    few = base + rng.normal(0, 30, (3, 6, 1)) + rng.normal(0, 6, (3, 6, 3))
    return np.clip(cv2.resize(few, size, interpolation=cv2.INTER_LINEAR), 0, 255).astype(np.uint8)


def _photographed(view: npt.NDArray[Any], rng: np.random.Generator) -> Picture:
    """Return a small view as a camera gives it."""
    high, wide = view.shape[:2]
    if rng.random() < 0.2:  # light from one side
        view = view * np.linspace(rng.uniform(0.5, 1.0), rng.uniform(0.5, 1.2), wide)[:, None]
    contrast = rng.uniform(0.3, 1.15)
    view = (view - 128) * contrast + 128 * rng.uniform(1 - 0.75 * (1.2 - contrast), 1.0 + 0.6 * (1.2 - contrast))
    view = view * rng.normal(1, 0.1, 3)
    if rng.random() < 0.12:  # too much light: bright signs flow into one another
        view = cv2.GaussianBlur(view, (0, 0), 0.03 * high) * rng.uniform(1.1, 1.5)
    view = cv2.GaussianBlur(view, (0, 0), float(rng.uniform(0.1, 0.9)) * high / 30 + 0.05)
    if rng.random() < 0.2:  # it moved
        length = max(round(rng.uniform(0.05, 0.15) * high), 2)
        view = cv2.filter2D(view, -1, np.full((1, length), 1 / length, np.float32))
    if rng.random() < 0.25:  # it was smaller yet
        part = rng.uniform(0.6, 0.9)
        view = cv2.resize(cv2.resize(view, None, fx=part, fy=part, interpolation=cv2.INTER_AREA), (wide, high))
    view = view + rng.normal(0, rng.uniform(0, 8), view.shape)
    shown = np.clip(view, 0, 255).astype(np.uint8)
    if rng.random() < 0.8:
        _, packed = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])
        shown = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return shown


def _real(table: Path, out: Path) -> list[dict[str, str]]:
    """Copy real crops into the data set; one nearly as high as wide is left out, and counted: it may have two rows, or stand on edge."""
    with table.open(encoding="utf-8", newline="") as lines:
        listed = list(csv.DictReader(lines)) if table.suffix == ".csv" else [json.loads(line) for line in lines]
    (out / table.stem).mkdir(parents=True, exist_ok=True)
    rows = []
    for row in listed:
        picture = cv2.imread(str(table.parent / row["file"]))
        if picture is None:
            raise SystemExit(f"{table.parent / row['file']}: is no picture that can be decoded")
        if picture.shape[1] < _LEAST_RATIO * picture.shape[0]:
            continue
        name = f"{table.stem}/{Path(row['file']).stem}.png"
        cv2.imwrite(str(out / name), picture)
        rows.append(_row(name, row["text"], table.stem, side(row["text"])))
    print(f"{table.name}: {len(rows)} crops, {len(listed) - len(rows)} too high for their width left out")
    return rows


_LEAST_RATIO = 2.1
"""Width over height of a crop of one row at least."""


def _row(file: str, text: str, origin: str, split: str) -> dict[str, str]:
    return {"file": file, "text": text, "group": text, "origin": origin, "split": split}


def _table(file: Path, rows: Sequence[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, ["file", "text", "group", "origin", "split"], lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=14000)
    parser.add_argument("--fonts", type=Path, action="append", default=[])
    parser.add_argument("--crops", type=Path, action="append", default=[])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(given.out, given.count, given.crops, given.seed, given.fonts)
