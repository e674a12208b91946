"""Every recipe of examples/train runs in small: tiny data, tiny networks, two steps. No recipe is left out."""

import csv
import gzip
import importlib.util
import json
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(240)]
pytest.importorskip("torch")

from _language import BERT  # noqa: E402
from roadstead.dataset.formats.coco import Coco  # noqa: E402
from roadstead.dataset.formats.jsonl import Jsonl  # noqa: E402
from roadstead.dataset.samples import Label, Objects, Sample, Split  # noqa: E402
from roadstead.train import methods  # noqa: E402
from roadstead.train.recipe import load  # noqa: E402
from roadstead.train.training import Outcome, train  # noqa: E402
from roadstead.types import readonly  # noqa: E402

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples/train"
RECIPES = sorted(path.stem for path in FOLDER.glob("*.toml"))
OF_TEXTS = ("incidents-", "reports-", "chinese-", "qa", "summaries")
"""How recipes begin that tests/examples/test_text_recipes.py runs."""
SKIPPED = ["accumulation", "overfit", "merge", "resume"]
SMALL = (
    *("budget.batch=4", "budget.steps=2", "evaluation.at_most=4", "evaluation.resamples=5", "evaluation.before=false"),
    *("data.allow_leakage=true", f"checks.skip={json.dumps(SKIPPED)}", "export.formats=[]", 'compute.device="cpu"'),
)
TINY_NET = ('model.name="test_resnet"', 'model.weights="random"', "model.size=32")
TINY_BERT = ('model.weights="random"', *(f"model.config.{k}={json.dumps(v)}" for k, v in BERT.items()))
TINY_FCOS = (
    *('model.weights="random"', "model.width=64", "model.height=64", "model.channels=16", "model.layers=1"),
    *("model.levels=3", "method.last=1", "data.cache_mb=8"),
)

Make = Callable[[Path], Sequence[str]]
"""Makes a recipe's data in a folder and returns the settings that put it in."""


@dataclass(frozen=True, slots=True)
class Small:
    """How a recipe is made small: its data, and settings for its model; `after` is the recipe whose run it builds on."""

    data: Make
    settings: tuple[str, ...] = ()
    after: str = ""
    built_on: str = ""


def example(name: str) -> ModuleType:
    """Return a program of examples/ as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"examples/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def at(place: int, folder: Path) -> str:
    return f"data.train.{place}.folder={json.dumps(str(folder))}"


def little(which: str) -> Make:
    def make(folder: Path) -> Sequence[str]:
        example("little_trucks").write(folder, {"train": 12, "val": 4, "test": 4}, 0)
        return (at(0, folder / which),)

    return make


def rehearsed(folder: Path) -> Sequence[str]:
    return (*little("night")(folder), f"method.folder={json.dumps(str(folder / 'day'))}")


def two_tasks(folder: Path) -> Sequence[str]:
    return (*little("day")(folder), f"method.others.0.folder={json.dumps(str(folder / 'colours'))}")


def captions(which: str) -> Make:
    def make(folder: Path) -> Sequence[str]:
        example("captions").main(["--draw", "16", "--out", str(folder)])
        return (at(0, folder / which),)

    return make


def pictures(folder: Path, names: Sequence[str], size: tuple[int, int] = (64, 48)) -> list[Path]:
    """Write noisy pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name in names:
        cv2.imwrite(str(folder / name), rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    return [folder / name for name in names]


def boxes(*places: int) -> Make:
    def make(folder: Path) -> Sequence[str]:
        labels = ("bus", "car", "motorcycle", "person", "truck", "vessel")
        files = pictures(folder / "made", [f"{k}.png" for k in range(8)])
        found = readonly(np.array([[8.0, 8, 40, 36]]), 4)
        sides: tuple[Split, ...] = ("train", "train", "train", "val")
        Coco().write(
            [
                Sample(
                    id=file.stem,
                    media=file,
                    size=(64, 48),
                    split=sides[k % 4],
                    target=Objects(boxes=found, labels=(labels[k % len(labels)],)),
                )
                for k, file in enumerate(files)
            ],
            folder / "coco",
        )
        return [at(place, folder / "coco") for place in places]

    return make


def crops(folder: Path) -> Sequence[str]:
    names = [f"{k}.png" for k in range(12)]
    pictures(folder / "crops", names, (32, 32))
    values = {"cover": ("covered", "uncovered"), "dirt": ("clean", "dirty"), "kind": ("a", "b"), "view": ("x", "y")}
    values |= {"load": ("loaded", "empty"), "vessel_kind": ("cargo", "tug")}
    _table(
        folder / "labels.csv",
        [
            {"file": n, "split": "valid" if k > 7 else "train", **{a: v[k // (1 + j) % 2] for j, (a, v) in enumerate(values.items())}}
            for k, n in enumerate(names)
        ],
    )  # fmt: skip
    return (at(0, folder),)


def plates(folder: Path) -> Sequence[str]:
    for name in ("drawn", "real"):
        names = [f"{name}{k}.png" for k in range(8)]
        pictures(folder, names, (94, 24))
        rows = [{"file": n, "text": f"皖A{k:05}", "split": "test" if k > 5 else "train"} for k, n in enumerate(names)]
        _table(folder / f"{name}.csv", rows)
    here = json.dumps(str(folder))
    return (at(0, folder), at(1, folder), f"stages.1.data.train.0.folder={here}", "stages.1.budget.steps=1")


def drawn_plates(folder: Path) -> Sequence[str]:
    plates(folder)
    return (at(0, folder), 'data.train.0.format={kind="csv", file="drawn.csv"}')


def real_plates(folder: Path) -> Sequence[str]:
    plates(folder)
    here = json.dumps(str(folder))
    drawn, real = (f'{{folder={here}, format={{kind="csv", file="{name}.csv"}}}}' for name in ("drawn", "real"))
    return (f"data.train=[{drawn}, {real}]", f"data.val=[{real}]")


def traces(folder: Path) -> Sequence[str]:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    with gzip.open(folder / "delivery_traces.csv.gz", "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "x", "y", "trace", "groundtruth"])
        for trace in range(12):
            label, speed = (("walking", 1.5), ("driving", 10.0))[trace % 2]
            for k in range(20):
                x, y = (speed * k + rng.normal(), rng.normal())
                writer.writerow([f"{1_700_000_000 + k}", f"{x:.2f}", f"{y:.2f}", trace, label])
    return (at(0, folder),)


def reports(folder: Path) -> Sequence[str]:
    words = ("a load fell off", "it drove too fast")
    sides: tuple[Split, ...] = ("train", "train", "train", "val", "test")
    made = [Sample(id=f"s{k}", text=f"{words[k % 2]} {k}", target=Label(words[k % 2]), split=sides[k % 5]) for k in range(15)]  # fmt: skip
    Jsonl().write(made, folder / "classes")
    return (at(0, folder / "classes"),)


def _table(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


BUILDS = 'model.weights="{run}"'
NIGHT = Small(little("night"), TINY_NET, after="resnet", built_on=BUILDS)
TRUCKS = Small(crops, TINY_NET)
VLM = Small(captions("chats"), ("task.answer=2", "budget.micro=2"))
TABLE: dict[str, Small] = {
    "attributes": Small(crops, (*TINY_NET, 'method.names=["layer4"]', "method.iterations=3", "export.int8=false")),
    "bert-fine-tuning": Small(reports, TINY_BERT),
    "contrast-captions": Small(
        captions("pairs"),
        (
            "task.cut=true",
            'model.image="test_resnet"',
            'model.image_weights="random"',
            'model.text_weights="tiny"',
            "model.size=32",
        ),
    ),
    "detect-dfine-small": Small(
        boxes(0, 1),
        (
            'model.weights="random"',
            'model.name="deimv2_atto"',
            "model.width=64",
            "model.height=64",
            "budget.micro=2",
            'compute.precision="fp32"',
            "export.int8=false",
        ),
    ),
    "detect-deimv2-atto": Small(boxes(0, 1), ("model.width=64", "model.height=64")),
    "detect-road-vessel": Small(boxes(0, 1), TINY_FCOS),
    "detect-small-objects": Small(boxes(0), (*TINY_FCOS, "augment.0.size=[48, 48]")),
    "little-pixels": Small(little("pixels")),
    "multitask": Small(two_tasks, TINY_NET),
    "night-norms": NIGHT,
    "night-partial": NIGHT,
    "night-rehearsal": Small(rehearsed, TINY_NET, after="resnet", built_on=BUILDS),
    "night-unfreeze": NIGHT,
    "pixels": Small(
        boxes(0), ('model.encoder="resnet10t"', 'model.weights="random"', "model.width=64", "model.height=32")
    ),
    "plates-drawn": Small(drawn_plates, ("model.width=64", "model.width_of=4", "model.hidden=8")),
    "plates-real": Small(
        real_plates, ("model.width=64", "model.width_of=4", "model.hidden=8"), after="plates-drawn", built_on=BUILDS
    ),
    "plates": Small(plates, ("model.width=64", "model.width_of=4", "model.hidden=8")),
    "resnet": Small(little("day"), TINY_NET),
    "resnet-distilled": Small(little("day"), TINY_NET, after="resnet", built_on='method.teacher="{run}"'),
    "resnet-lora": NIGHT,
    "shipped-detector": Small(
        boxes(0, 1, 2),
        (*TINY_FCOS[1:], 'model.backbone="mobilenetv2_050"', "export.int8=false", "export.weights=false"),
        after="shipped-detector-photographs",
        built_on=BUILDS,
    ),
    "shipped-detector-fast": Small(
        boxes(0, 1, 2),
        (*TINY_FCOS[1:], 'model.backbone="mobilenetv2_050"', "export.int8=false"),
        after="shipped-detector",
        built_on=BUILDS,
    ),
    "shipped-detector-photographs": Small(boxes(0, 1), (*TINY_FCOS, 'model.backbone="mobilenetv2_050"')),
    "trucks-distil": Small(crops, TINY_NET, after="trucks-full", built_on='method.teacher="{run}"'),
    "trucks-full": TRUCKS,
    "trucks-head": TRUCKS,
    "trucks-lora": TRUCKS,
    "vlm-llava-two-stages": VLM,
    "vlm-tiny": VLM,
    "ways": Small(traces, ("model.hidden=8", "model.layers=2")),
}


Before = Callable[[str], Path]
"""Returns the folder of a recipe's run in small; it is trained once."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    runs: dict[str, Path] = {}

    def run(name: str) -> Path:
        if name not in runs:
            runs[name] = trained(name, tmp_path_factory.mktemp(name), run).folder
        return runs[name]

    return run


def trained(name: str, folder: Path, before: Before, *more: str) -> Outcome:
    """Train a recipe in small; raise AssertionError where it has no entry."""
    assert name in TABLE, f"examples/train/{name}.toml has no entry in TABLE: say how it is made small"
    small, path = TABLE[name], FOLDER / f"{name}.toml"
    settings = [*SMALL, *small.data(folder / "data"), *small.settings, *more]
    if small.after:
        settings.append(small.built_on.format(run=before(small.after)))
    return train(load(path, settings), path.parent, folder / name)


@pytest.mark.parametrize("name", [name for name in RECIPES if not name.startswith(OF_TEXTS)])
def test_a_recipe_runs_in_small(name: str, tmp_path: Path, before: Before) -> None:
    outcome = trained(name, tmp_path, before)
    assert outcome.steps >= 2
    assert outcome.after is not None
    assert outcome.after.samples > 0
    assert outcome.after.main in outcome.after.metrics


@pytest.mark.parametrize("family", ["llava", "blip_2", "internvl"])
def test_the_small_vision_language_recipe_goes_with_every_family(family: str, tmp_path: Path, before: Before) -> None:
    assert trained("vlm-tiny", tmp_path, before, f'model.family="{family}"').steps == 2


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_first_how_it_is_run(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    opening = text[: text.index("\nname")]
    assert all(line.startswith("#") for line in opening.splitlines())
    assert f"roadstead train examples/train/{name}.toml" in opening


def test_there_is_a_recipe_for_each_task_and_each_method() -> None:
    tables = [tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")) for name in RECIPES]
    used = {part["method"]["kind"] for t in tables for part in (t, *t.get("stages", ())) if "method" in part}
    assert set(methods.plugins.names()) - {"full"} <= used
    assert {
        *("object_detection", "attributes", "text_classification", "token_classification", "instruction_tuning"),
        *("text_recognition", "vision_language", "image_text_contrast", "semantic_segmentation", "question_answering"),
        *("sequence_to_sequence", "preference_tuning", "causal_language_modelling", "trajectory_classification"),
        "image_classification",
    } <= {t["task"]["kind"] for t in tables}
    assert {"bert-fine-tuning", "resnet-distilled", "resnet-lora"} <= set(RECIPES)


def test_no_entry_is_left_over() -> None:
    assert set(TABLE) <= set(RECIPES)
