"""Little data sets and recipes that train in a second."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from _language import BERT
from roadstead.train.runs import Run

COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}


def pictures(folder: Path, n: int = 24, side: int = 32, seed: int = 0) -> Path:
    """Write n pictures of a noisy colour each in folders by class: train and val."""
    rng = np.random.default_rng(seed)
    for k in range(n):
        name = list(COLOURS)[k % len(COLOURS)]
        place = folder / ("val" if k >= n * 2 // 3 else "train") / name
        place.mkdir(parents=True, exist_ok=True)
        picture = np.clip(np.array(COLOURS[name]) + rng.normal(0, 40, (side, side, 3)), 0, 255).astype(np.uint8)
        cv2.imwrite(str(place / f"{k:03}.png"), picture[..., ::-1])
    return folder


def table(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return a recipe for such pictures, as read from TOML; `a__b=value` changes a key of a table."""
    made: dict[str, Any] = {
        "name": "little",
        "data": {"train": [{"folder": str(folder), "format": {"kind": "image_folders"}}], "allow_leakage": True},
        "task": {"kind": "image_classification"},
        "model": {"kind": "timm", "name": "test_efficientnet_gn", "size": 32},
        "optimiser": {"kind": "sgd", "lr": 0.05},
        "budget": {"batch": 8, "steps": 4},
        "evaluation": {"resamples": 0, "before": False},
        "checks": {"skip": ["overfit"]},
        "compute": {"device": "cpu"},
        "logging": {"report": False},
    }
    for name, value in changes.items():
        *way, last = name.split("__")
        place = made
        for part in way:
            place = place.setdefault(part, {})
        place[last] = value
    return made


SAID = {"spill": "sand fell off the lorry", "speeding": "the lorry went too fast"}


def texts(folder: Path, n: int = 24) -> Path:
    """Write n short reports, told apart by what they say: JSON Lines, train and val."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, first, end in (("train", 0, n * 2 // 3), ("val", n * 2 // 3, n)):
        labels = [list(SAID)[k % len(SAID)] for k in range(first, end)]
        rows = [
            {"id": f"{split}{k}", "text": f"{SAID[name]} {k}", "target": {"kind": "label", "label": name}}
            for k, name in enumerate(labels)
        ]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def text_table(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return a recipe for such reports with a tiny encoder, otherwise as `table` does."""
    own = {
        "data__train": [{"folder": str(folder), "format": {"kind": "jsonl"}}],
        "task": {"kind": "text_classification"},
        "model": {"kind": "transformers_encoder", "weights": "random", "config": dict(BERT)},
        "optimiser": {"kind": "adamw", "lr": 0.01},
    }
    return table(folder, **{**own, **changes})


def shared(kind: str, folder: Path) -> dict[str, Any]:
    """Return the changes of a recipe for such pictures by which processes share it: "ddp", or "ddp+lora" with a method."""
    _, _, method = kind.partition("+")
    second = {"folder": str(folder), "format": {"kind": "image_folders"}}
    methods: dict[str, dict[str, Any]] = {
        "lora": {"r": 2},
        "rehearsal": {**second, "share": 0.5, "pull": 0.01},
        "multitask": {"others": [{**second, "task": {"kind": "image_classification"}, "share": 0.5, "weight": 0.5}]},
        "distil": {"logits": 0.0, "features": 0.5, "attention": 0.5},
    }
    return {"method": {"kind": method, **methods[method]}} if method else {}


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return the largest difference of two sets of weights."""
    assert one.keys() == other.keys()
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


def losses(folder: Path) -> list[float]:
    """Return the loss of each step of a run."""
    return [row["loss"] for row in Run(folder).rows() if row["kind"] == "step"]
