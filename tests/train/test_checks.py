"""What augmentations take away is counted before the first step."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from _little import table  # noqa: E402
from roadstead.dataset.formats.jsonl import Jsonl  # noqa: E402
from roadstead.dataset.samples import Objects, Sample  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import checks, training  # noqa: E402
from roadstead.train.augment import Shown  # noqa: E402
from roadstead.train.batches import Examples, Pick  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402

pytestmark = pytest.mark.torch


def corners(folder: Path) -> Path:
    """Write pictures with a small object in each corner."""
    boxes = np.array([[x, y, x + 8.0, y + 8] for x in (0, 56) for y in (0, 56)])
    cv2.imwrite(str(folder / "one.png"), np.full((64, 64, 3), 90, dtype=np.uint8))
    target = Objects(boxes=boxes, labels=("truck",) * 4)
    shown = [Sample(id=f"{k}", media=folder / "one.png", size=(64, 64), target=target) for k in range(8)]
    Jsonl().write([replace(one, split="train" if k < 6 else "val") for k, one in enumerate(shown)], folder)
    return folder


def told(folder: Path, out: Path, *augment: dict[str, Any]) -> tuple[bool | None, str]:
    """Return what the check of a training of one step says."""
    model = {
        "kind": "torchvision_detector", "backbone": "test_efficientnet", "width": 64, "height": 64, "channels": 16,
        "layers": 1, "levels": 3,
    }  # fmt: skip
    changes: dict[str, Any] = {
        "data__train": [{"folder": str(folder), "format": {"kind": "jsonl"}}],
        "task": {"kind": "object_detection"},
        "model": model,
        "augment": augment,
        "budget": {"batch": 2, "steps": 1},
        "checks__skip": [name for name in checks.NAMES if name != "augment"],
    }
    training.train(check(Recipe, table(folder, **changes), "recipe"), folder, out)
    (row,) = (row for row in Run(out).read("checks.json") if row["name"] == "augment")
    return row["ok"], row["said"]


def test_objects_that_are_cut_off_are_counted(tmp_path: Path) -> None:
    data = corners(tmp_path)
    quarter = {"kind": "crop", "area": [0.25, 0.25], "ratio": [1.0, 1.0], "tries": 1000}
    ok, said = told(data, tmp_path / "crop", quarter)
    assert ok is False  # a window of a quarter shows one corner
    assert said == "augmentations take away 18 of 24 objects (75.0%) in the first 6 samples"
    assert told(data, tmp_path / "flip", {"kind": "flip", "horizontal": 1.0}) == (
        True,
        "augmentations take away 0 of 24 objects (0.0%) in the first 6 samples",
    )
    assert told(data, tmp_path / "none") == (None, "no augmentation changes pictures with objects")


class Joined:
    """Shows the picture of another sample."""

    level: ClassVar[Literal["sample", "batch"]] = "sample"

    def apply(self, shown: Shown, rng: np.random.Generator, other: Callable[[], Shown]) -> Shown:
        return shown.with_(image=other().image)


class Loads:
    """A learner whose samples are pictures of their number."""

    def load(self, sample: int) -> Shown:
        return Shown(np.full((2, 2, 3), sample, dtype=np.uint8), None)


def test_what_is_shown_says_what_it_was_made_of() -> None:
    learner: Any = Loads()
    samples: Any = range(20)
    examples = Examples(samples, learner, (Joined(), Joined()), seed=1)
    shown, made_of = examples.augmented(Pick(3, 7))
    assert len(made_of) == 3
    assert made_of[0].image[0, 0, 0] == 7
    assert (made_of[2].image == shown.image).all()
    again, _ = examples.augmented(Pick(3, 7))
    assert (again.image == shown.image).all()
