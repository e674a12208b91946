"""What a training will be shown: its first pictures as the recipe changes them, on one sheet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from roadstead.dataset.samples import Attributes, Label, Objects, Pixels, Sample, Text, kind, labels
from roadstead.errors import BadInput
from roadstead.train import making
from roadstead.train.augment import OfBatch, OfSample, Shown, plugins
from roadstead.train.batches import Order
from roadstead.train.data import drawn, sides
from roadstead.train.pictures import shown as decoded
from roadstead.train.recipe import load, stages
from roadstead.train.sheet import CELL, GREY, Sheet, cell, colours
from roadstead.types import Image


def preview(recipe: Path, out: Path, count: int = 16) -> None:
    """Write a contact sheet (PNG) of the first `count` pictures of a training, augmented as they will be.

    Of a recipe of stages it is the first one. Boxes and masks carry their classes; what is ignored is grey, and pixels that
    do not count are striped. Below, rows for each augmentation that mixes batches. Raises BadInput where samples are no pictures.
    """
    if out.suffix.lower() != ".png":
        raise BadInput(f"{out}: the sheet is a PNG; name a file that ends in .png")
    found = stages(load(recipe))[0][1]
    samples = sides(found.data, found.seed).train
    changes = making.augmentations(found)
    order = Order(drawn(samples, found.data), found.seed)
    picks = [order[place] for place in range(count)]
    several = [_augmented(samples, place, picks[place], changes.samples, found.seed) for place in range(count)]
    by_class = colours(labels(samples))
    steps = ", then ".join(str(table["kind"]) for table in found.augment) or "nothing is changed"
    sheet = Sheet(max(min(4, count), 1))
    sheet.words(f"{found.name}: the first {count} drawn of {len(samples)} training pictures; {steps}")
    placed = any(isinstance(s.target, Objects | Pixels) for s in several)
    sheet.legend([*by_class.items(), *([("ignored", GREY)] if placed else [])])
    sheet.cells(
        [(cell(s.image, s.target, by_class), _caption(samples[k], s)) for s, k in zip(several, picks, strict=True)]
    )
    names = [t["kind"] for t in found.augment if plugins.get(str(t["kind"])).level == "batch"]
    for k, (name, mixing) in enumerate(zip(names, changes.batches, strict=True)):
        sheet.words(f"{name}: pictures of a batch mixed, and the shares of their classes")
        rng = np.random.default_rng([found.seed, 3, k])
        sheet.cells(_mixed(several[: 2 * sheet.columns], mixing, list(by_class), rng))
    out.parent.mkdir(parents=True, exist_ok=True)
    _, data = cv2.imencode(".png", cv2.cvtColor(sheet.image(), cv2.COLOR_RGB2BGR))
    out.write_bytes(data.tobytes())


def _augmented(samples: Sequence[Sample], place: int, index: int, changes: Sequence[OfSample], seed: int) -> Shown:
    """Return what the training is shown at a place: the same generator as `batches.Examples` takes."""
    rng = np.random.default_rng([seed, 2, place])
    made = decoded(samples[index])
    for one in changes:
        made = one.apply(made, rng, lambda: decoded(samples[int(rng.integers(len(samples)))]))
    return made


def _caption(sample: Sample, shown: Shown) -> str:
    match shown.target:
        case Objects() as target:
            said = f"{len(target) - sum(target.ignored)} objects, {sum(target.ignored)} ignored"
        case Label(label=said):
            pass
        case Attributes(values=values):
            said = ", ".join(f"{name}: {value or 'cannot tell'}" for name, value in values.items())
        case Text(text=said):
            pass
        case Pixels(labels=several):
            said = f"{len(several)} classes"
        case other:
            said = kind(other)
    return f"{shown.image.shape[1]} x {shown.image.shape[0]}  {said}  {sample.id}"


def _mixed(
    several: Sequence[Shown], mixing: OfBatch, names: Sequence[str], rng: np.random.Generator
) -> list[tuple[Image, str]]:
    """Return pictures of one size mixed, each with the shares of its classes."""
    truth = [s.target.label for s in several if isinstance(s.target, Label)]
    if len(truth) < len(several):
        raise BadInput(f"augment: a batch is mixed by its labels, and the samples have {kind(several[0].target)}")
    same = np.stack([cv2.resize(s.image, CELL) for s in several])
    images = torch.from_numpy(same).permute(0, 3, 1, 2).float()
    mixed, shares = mixing.mix(images, torch.tensor([names.index(t) for t in truth]), len(names), rng)
    pictures: Any = mixed.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return [
        (picture, "  ".join(f"{names[k]} {row[k]:.2f}" for k in np.argsort(-row) if row[k] > 0.005))
        for picture, row in zip(pictures, shares.numpy(), strict=True)
    ]
