"""Writes pairs of a picture and a text, and conversations about pictures, from what is known of trucks.

    python examples/captions.py --attributes runs/datasets/attributes --out runs/captions
    python examples/captions.py --draw 512 --out runs/captions

The first takes a folder with `crops/` and `labels.csv` (file, split, cover, dirt, view, kind), as `roadstead simulate dataset
configs/datasets/attributes.toml` makes one. The second draws trucks of flat colours itself: enough to see a model learn, no more.
Both write `pairs/` (a caption each) and `chats/` (a question and its answer each) in the format jsonl.
"""

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.dataset.samples import Chat, Message, Sample, Split, Text

COLOURS = {"red": (200, 50, 40), "blue": (50, 80, 200), "green": (40, 150, 60), "white": (235, 235, 235)}
LOADS = {
    "soil": (120, 80, 40),
    "sand": (220, 190, 110),
    "gravel": (130, 130, 135),
    "nothing": None,
    "a tarpaulin": (30, 60, 60),
}
GROUNDS = {"asphalt": (90, 90, 95), "grass": (110, 160, 80), "mud": (130, 105, 80)}
PLACES = ("left", "middle", "right")
COVERS = {
    "covered": "its load covered",
    "uncovered": "an uncovered load",
    "open_empty": "an empty open bed",
    "enclosed": "a closed body",
    "cannot_tell": "a bed that cannot be seen",
}
DIRTS = {"clean": "clean", "dirty": "dirty", "cannot_tell": ""}
SPLITS: Mapping[str, Split] = {"train": "train", "val": "val", "valid": "val", "test": "test"}


def main(argv: Sequence[str] | None = None) -> None:
    """Write both data sets and say how many samples they have."""
    parser = argparse.ArgumentParser(description="Write picture-text pairs and conversations about pictures of trucks.")
    parser.add_argument("--attributes", type=Path, help="a folder with crops/ and labels.csv")
    parser.add_argument("--draw", type=int, default=0, help="so many drawn pictures instead")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(argv)
    if (asked.attributes is None) == (asked.draw == 0):
        parser.error("name a folder by --attributes, or a number by --draw")
    pairs = list(read(asked.attributes) if asked.attributes else draw(asked.draw, asked.out / "drawn", asked.seed))
    Jsonl().write(pairs, asked.out / "pairs")
    Jsonl().write([chat(pair) for pair in pairs], asked.out / "chats")
    texts = {pair.target.text for pair in pairs if isinstance(pair.target, Text)}
    print(f"{asked.out}: {len(pairs)} pictures, {len(texts)} different captions")


def read(folder: Path) -> Iterator[Sample]:
    """Yield the crops of a folder of attributes, each with a caption."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = folder / "crops" / row["file"]
            words = [DIRTS.get(row["dirt"], ""), row["kind"].replace("_", " ")]
            seen = " ".join(word for word in words if word)
            text = f"a {seen} with {COVERS.get(row['cover'], 'a bed')}, seen from the {row['view'].replace('_', ' ')}"
            split = SPLITS[row["split"]]
            yield Sample(id=path.stem, media=path, target=Text(text), split=split, group=path.stem.split("__")[0])


def draw(n: int, folder: Path, seed: int) -> Iterator[Sample]:
    """Draw n trucks; one in four is kept for judging, and no other picture has its colours, load, ground and place together."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    every = [(c, d, b, g, p) for c in COLOURS for d in COLOURS for b in LOADS for g in GROUNDS for p in PLACES]
    order = rng.permutation(len(every))
    kept = {every[k] for k in order[: len(every) // 4]}
    for k in range(n):
        judged = k % 4 == 3
        pool = [one for one in every if (one in kept) == judged]
        cab, body, load, ground, place = pool[int(rng.integers(len(pool)))]
        path = folder / f"{k:05}.png"
        cv2.imwrite(str(path), picture(cab, body, load, ground, place, rng)[..., ::-1])
        carries = "carries nothing" if load == "nothing" else f"carries {load}"
        text = f"a truck with a {cab} cab and a {body} body {carries}, on {ground}, at the {place}"
        yield Sample(id=path.stem, media=path, target=Text(text), split="val" if judged else "train", origin="drawn")


def picture(
    cab: str, body: str, load: str, ground: str, place: str, rng: np.random.Generator, side: int = 96
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return one drawn truck, (side, side, 3) RGB, with some noise."""
    image = np.full((side, side, 3), (170, 200, 230), np.float64)
    image[int(side * 0.6) :] = GROUNDS[ground]
    length, height = rng.uniform(0.42, 0.5) * side, rng.uniform(0.14, 0.2) * side
    x = (PLACES.index(place) + 0.5) / 3 * (side - length) + rng.normal(0, 1.5)
    y = side * rng.uniform(0.62, 0.72)

    def box(left: float, top: float, right: float, bottom: float, colour: tuple[int, int, int]) -> None:
        corners = [(round(left), round(top)), (round(right), round(bottom))]
        cv2.rectangle(image, corners[0], corners[1], colour, -1)

    wide = length * 0.7
    box(x, y - height, x + wide, y, COLOURS[body])
    box(x + wide, y - height * 1.3, x + length, y, COLOURS[cab])
    heap = LOADS[load]
    if heap is not None and load == "a tarpaulin":
        box(x, y - height * 1.25, x + wide, y - height, heap)
    elif heap is not None:
        axes = (round(wide / 2), round(height * 0.7))
        cv2.ellipse(image, (round(x + wide / 2), round(y - height)), axes, 0, 180, 360, heap, -1)
    for share in (0.15, 0.4, 0.85):
        cv2.circle(image, (round(x + share * length), round(y)), max(round(height * 0.25), 2), (20, 20, 20), -1)
    noisy = image * rng.uniform(0.8, 1.1) + rng.normal(0, 6, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def chat(pair: Sample) -> Sample:
    """Return a pair as a question about the picture and its answer."""
    text = pair.target.text if isinstance(pair.target, Text) else ""
    asked = Message("user", "<image>\nWhat is to be seen?")
    return Sample(
        id=pair.id,
        media=pair.media,
        target=Chat((asked, Message("assistant", text))),
        split=pair.split,
        origin=pair.origin,
        group=pair.group,
    )


if __name__ == "__main__":
    main()
