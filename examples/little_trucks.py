"""Draws little trucks by day and by night: pictures that anyone can make, to try every way of tuning on.

    python examples/little_trucks.py OUT [--train 600 --val 120 --test 240] [--seed 0]

    OUT/day, OUT/night    folders of pictures, a class each: what the truck carries       (image_folders)
    OUT/colours           the colour of the cab of other trucks, by day                    (image_folders)
    OUT/pixels            by day, and what every pixel is: background, truck, load         (pixel_masks)

The trucks to judge on have colours of cab and body together that no truck to learn from has, so a score means more than memory.
Drawn pictures are far from filmed ones: what a method brings here says little about what it brings there.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

SIDE = 64
COLOURS = {"red": (200, 50, 40), "blue": (50, 80, 200), "green": (40, 150, 60), "white": (225, 225, 225)}
LOADS = {
    "empty": None,
    "gravel": (125, 125, 130),
    "sand": (215, 185, 110),
    "spoil": (115, 80, 45),
    "tarpaulin": (60, 90, 85),
}
GROUNDS = ((90, 90, 95), (110, 150, 80), (140, 115, 90))
PIXELS = ("background", "truck", "load")
HELD = {("red", "white"), ("blue", "green"), ("green", "red"), ("white", "blue")}
"""Colours of cab and body that are seen when judging only."""


@dataclass(frozen=True, slots=True)
class Truck:
    """What is drawn."""

    cab: str
    body: str
    load: str


def draw(truck: Truck, rng: np.random.Generator, *, night: bool = False) -> tuple[Bytes, Bytes]:
    """Return a picture (64, 64, 3) RGB and the class of every pixel (64, 64)."""
    image = np.empty((SIDE, SIDE, 3), np.float64)
    image[:] = rng.uniform(0.85, 1.0) * np.array((170, 200, 230))
    image[round(SIDE * rng.uniform(0.5, 0.62)) :] = GROUNDS[int(rng.integers(len(GROUNDS)))]
    kinds = np.zeros((SIDE, SIDE), np.uint8)
    length, height = rng.uniform(0.5, 0.75) * SIDE, rng.uniform(0.16, 0.24) * SIDE
    x, y = rng.uniform(2, SIDE - length - 2), rng.uniform(0.62, 0.8) * SIDE
    bed = 0.68 * length

    def box(left: float, top: float, right: float, bottom: float, colour: tuple[int, int, int], kind: int) -> None:
        corners = (round(left), round(top)), (round(right), round(bottom))
        cv2.rectangle(image, *corners, colour, -1)
        cv2.rectangle(kinds, *corners, kind, -1)

    heap = LOADS[truck.load]
    if truck.load == "tarpaulin" and heap is not None:
        box(x, y - 1.3 * height, x + bed, y - height, heap, 2)
    elif heap is not None:
        middle, axes = (
            (round(x + bed / 2), round(y - height)),
            (round(bed * 0.45), round(height * rng.uniform(0.4, 0.7))),
        )
        cv2.ellipse(image, middle, axes, 0, 180, 360, heap, -1)
        cv2.ellipse(kinds, middle, axes, 0, 180, 360, 2, -1)
    box(x, y - height, x + bed, y, COLOURS[truck.body], 1)
    box(x + bed + 1, y - 1.35 * height, x + length, y, COLOURS[truck.cab], 1)
    for share in (0.14, 0.4, 0.84):
        wheel = (round(x + share * length), round(y))
        cv2.circle(image, wheel, max(round(height * 0.28), 2), (25, 25, 25), -1)
        cv2.circle(kinds, wheel, max(round(height * 0.28), 2), 1, -1)
    if rng.random() < 0.5:
        image, kinds = image[:, ::-1].copy(), kinds[:, ::-1].copy()
    lit = _by_night(image, rng) if night else image * rng.uniform(0.75, 1.1)
    return np.clip(lit + rng.normal(0, 9, image.shape), 0, 255).astype(np.uint8), kinds


def _by_night(image: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a picture under sodium lamps: dark, of few colours, and yellow; windows shine in the distance."""
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    light = np.full((SIDE, SIDE), 0.2)
    for _ in range(int(rng.integers(1, 5))):
        away = np.hypot(across - rng.uniform(0, SIDE), down - rng.uniform(0, SIDE)) / SIDE
        light += rng.uniform(0.1, 0.35) * np.exp(-((away / rng.uniform(0.15, 0.5)) ** 2))
    grey = 0.6 * image.mean(axis=2, keepdims=True) + 0.4 * image
    lit: npt.NDArray[np.float64] = grey * light[..., None] * np.array((1.25, 0.95, 0.55))
    for _ in range(int(rng.integers(0, 6))):
        x, y = (int(v) for v in rng.integers(0, (SIDE - 4, SIDE // 3)))
        lit[y : y + 3, x : x + 2] = (200, 170, 90)
    return lit


def truck(rng: np.random.Generator, *, held: bool) -> Truck:
    """Draw a truck of colours that are, or are not, held back for judging."""
    every = [(cab, body) for cab in COLOURS for body in COLOURS if ((cab, body) in HELD) == held]
    cab, body = every[int(rng.integers(len(every)))]
    return Truck(cab, body, str(rng.choice(list(LOADS))))


def write(out: Path, counts: dict[str, int], seed: int) -> None:
    """Write all four data sets."""
    (out / "pixels").mkdir(parents=True, exist_ok=True)
    (out / "pixels/classes.txt").write_text("".join(f"{name}\n" for name in PIXELS), encoding="utf-8")
    for stream, name in enumerate(("day", "night", "colours", "pixels")):
        for split, count in counts.items():
            rng = np.random.default_rng([seed, stream, list(counts).index(split)])
            for k in range(count):
                one = truck(rng, held=split == "test")
                image, kinds = draw(one, rng, night=name == "night")
                if name == "pixels":
                    _save(out / name / split / "images" / f"{k:04}.png", image[..., ::-1])
                    _save(out / name / split / "masks" / f"{k:04}.png", kinds)
                else:
                    shown = one.cab if name == "colours" else one.load
                    _save(out / name / split / shown / f"{k:04}.png", image[..., ::-1])


def _save(file: Path, image: Bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def main(argv: Sequence[str] | None = None) -> None:
    """Write the data sets and say where they are."""
    parser = argparse.ArgumentParser(description="Draw little trucks to try every way of tuning on.")
    parser.add_argument("out", type=Path)
    for split, count in (("train", 600), ("val", 120), ("test", 240)):
        parser.add_argument(f"--{split}", type=int, default=count)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(argv)
    counts = {split: getattr(asked, split) for split in ("train", "val", "test")}
    write(asked.out, counts, asked.seed)
    print(f"{asked.out}: day, night, colours and pixels, {sum(counts.values())} pictures each")


if __name__ == "__main__":
    main()
