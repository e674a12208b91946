"""What augmenting a picture costs, and what the same costs by torchvision's own transforms.

    python benchmarks/augment.py [ROUNDS]

Writes benchmarks/results/augment.csv: for every augmentation of pictures the processor time, ms (median of ROUNDS, default 25, one
thread), for a picture of 640 x 480 with 10 objects that have boxes, outlines or run lengths; and torchvision's time for the picture
and boxes alone, where it has such a transform. Processor time is taken, so that what else runs counts less. Numbers are drawn
anew in every round; chances are set to 1.
"""

import csv
import dataclasses
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torchvision.transforms.v2 as peers  # type: ignore[import-untyped]  # torchvision ships no types
from torchvision import tv_tensors

from roadstead.dataset.masks import Polygons, encode
from roadstead.dataset.samples import Objects
from roadstead.train.augment import Shown, plugins

RESULTS = Path(__file__).parent / "results" / "augment.csv"
WIDTH, HEIGHT, OBJECTS = 640, 480, 10
PEERS: dict[str, Callable[[], Any]] = {
    "blur": lambda: peers.GaussianBlur(13, (0.3, 2.0)),
    "colour": lambda: peers.ColorJitter(0.3, 0.3, 0.3, 0.02),
    "crop": lambda: peers.RandomCrop((300, 400)),
    "erase": lambda: peers.RandomErasing(1.0),
    "flip": lambda: peers.RandomHorizontalFlip(1.0),
    "noise": lambda: peers.Compose([peers.ToDtype(torch.float32, scale=True), peers.GaussianNoise(sigma=0.03)]),
    "resize": lambda: peers.Compose(
        [peers.ScaleJitter((HEIGHT, WIDTH), (0.6, 1.6)), peers.RandomCrop((HEIGHT, WIDTH), pad_if_needed=True)]
    ),
    "rotate": lambda: peers.RandomRotation(8, interpolation=peers.InterpolationMode.BILINEAR),
    "tile": lambda: peers.RandomCrop((480, 480)),
}
"""torchvision's transform that does about the same; it has no mosaic."""


def samples() -> dict[str, Shown]:
    """Return one picture with boxes, with outlines of 20 corners, and with run lengths."""
    rng = np.random.default_rng(0)
    image: Any = cv2.GaussianBlur(rng.integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8), (0, 0), 3)
    corner = rng.uniform(0, 400, (OBJECTS, 2))
    boxes = np.column_stack((corner, corner + rng.uniform(20, 80, (OBJECTS, 2))))
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    circle = 0.5 + 0.5 * np.column_stack((np.cos(angle), np.sin(angle)))
    outlines = [Polygons((box[:2] + circle * (box[2:] - box[:2]),)) for box in boxes]
    pixels = np.zeros((OBJECTS, HEIGHT, WIDTH), dtype=bool)
    for one, (left, top, right, bottom) in zip(pixels, boxes.astype(int).tolist(), strict=True):
        one[top:bottom, left:right] = True
    named: dict[str, tuple[Any, ...]] = {
        "boxes": (),
        "outlines": tuple(outlines),
        "runs": tuple(encode(one) for one in pixels),
    }
    labels = ("truck",) * OBJECTS
    return {k: Shown(image, Objects(boxes=boxes, labels=labels, masks=masks)) for k, masks in named.items()}


def median_ms(run: Callable[[int], object], rounds: int) -> float:
    """Return the median processor time of a round."""
    run(0)
    taken = []
    for k in range(rounds):
        begin = time.process_time_ns()
        run(k)
        taken.append((time.process_time_ns() - begin) / 1e6)
    return statistics.median(taken)


def ours(name: str, shown: Shown, rounds: int) -> float:
    """Return our time, always augmenting."""
    plugin: Any = plugins.get(name)
    names = {f.name for f in dataclasses.fields(plugin)}
    made = plugin(**{k: 1.0 for k in ("p", "horizontal") if k in names})
    return median_ms(lambda k: made.apply(shown, np.random.default_rng(k), lambda: shown), rounds)


def theirs(name: str, shown: Shown, rounds: int) -> float | None:
    """Return torchvision's time from array to array, None where it has no such transform."""
    if name not in PEERS or not isinstance(shown.target, Objects):
        return None
    peer = PEERS[name]()
    array = torch.from_numpy(np.array(shown.target.boxes))

    def run(k: int) -> object:
        torch.manual_seed(k)
        image = tv_tensors.Image(torch.from_numpy(shown.image).permute(2, 0, 1))
        boxes = tv_tensors.BoundingBoxes(array, format="XYXY", canvas_size=(HEIGHT, WIDTH))
        changed, moved = peer(image, boxes)
        return np.ascontiguousarray(changed.permute(1, 2, 0).numpy()), moved.numpy()

    return median_ms(run, rounds)


def main(rounds: int = 25) -> None:
    """Write and print the table."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    shown = samples()
    warnings.filterwarnings("ignore", "RandomErasing", UserWarning)  # it says that it leaves boxes as they are
    rows = []
    for name in (n for n in plugins.names() if plugins.get(n).level == "sample"):
        times = {k: ours(name, one, rounds) for k, one in shown.items()}
        peer = theirs(name, shown["boxes"], rounds)
        told = {f"{k}_ms": f"{v:.2f}" for k, v in times.items()}
        told["torchvision_ms"] = "" if peer is None else f"{peer:.2f}"
        rows.append({"name": name, **told, "ratio": "" if peer is None else f"{times['boxes'] / peer:.2f}"})
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    for row in rows:
        print("  ".join(f"{value:>14}" for value in row.values()))


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
