"""Detectors that have learned something ship: their scores differ, their AP is above 0, and the bundle finds the same boxes."""

from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from roadstead.dataset.formats.jsonl import Jsonl  # noqa: E402
from roadstead.dataset.samples import Objects, Sample  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import convert, reloading, training  # noqa: E402
from roadstead.train.data import sides  # noqa: E402
from roadstead.train.leaving import Trained, leaving  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(400)]
SIDE, SHOWN, HELD_OUT = 96, 48, 16
COLOURS = {"truck": (200, 60, 60), "vessel": (60, 60, 200)}
SET = {
    "kind": "transformers_detector", "name": "deimv2_atto", "width": SIDE, "height": SIDE, "config": {"num_denoising": 0},
}  # fmt: skip
DENSE = {
    "kind": "torchvision_detector", "backbone": "test_efficientnet", "width": SIDE, "height": SIDE, "channels": 32,
    "layers": 1, "levels": 3,
}  # fmt: skip
LEARNT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "set": (SET, {"batch": 4, "steps": 100, "clip": 0.1}),
    **{head: ({**DENSE, "head": head}, {"batch": 8, "steps": 40}) for head in ("fcos", "retinanet", "ssdlite")},
}
"""Models and the budgets within which they learn something."""


def drawn(folder: Path) -> Path:
    """Write pictures with one or two blocks each, red trucks and blue vessels."""
    rng = np.random.default_rng(0)
    (folder / "pictures").mkdir()
    samples = []
    for k in range(SHOWN + HELD_OUT):
        image = rng.integers(90, 140, (SIDE, SIDE, 3)).astype(np.uint8)
        boxes, labels = [], []
        for half in range(rng.integers(1, 3)):
            width, height = rng.integers(SIDE // 4, SIDE * 4 // 9, 2)
            x, y = rng.integers(SIDE // 2 - width) + half * SIDE // 2, rng.integers(SIDE - height)
            labels.append(str(rng.choice(list(COLOURS))))
            image[y : y + height, x : x + width] = COLOURS[labels[-1]][::-1]
            boxes.append((x, y, x + width, y + height))
        file = folder / "pictures" / f"{k:03}.png"
        cv2.imwrite(str(file), image)
        target = Objects(boxes=np.array(boxes, dtype=np.float64), labels=tuple(labels))
        split = "train" if k < SHOWN else "val"
        samples.append(Sample(id=f"{k:03}", target=target, media=file, size=(SIDE, SIDE), split=split))  # type: ignore[arg-type]  # one of two words
    Jsonl().write(samples, folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn(tmp_path_factory.mktemp("blocks"))


def learnt(name: str, data: Path, folder: Path) -> tuple[Run, Trained]:
    """Train, and export to ONNX and OpenVINO; return the run and what was trained."""
    model, budget = LEARNT[name]
    recipe = check(
        Recipe,
        {
            "name": name,
            "data": {"train": [{"folder": str(data), "format": {"kind": "jsonl"}}], "allow_leakage": True},
            "task": {"kind": "object_detection"},
            "model": model,
            "optimiser": {"lr": 3e-3, "weight_decay": 1e-4},
            "budget": budget,
            "evaluation": {"every": 1000.0, "resamples": 0, "before": False, "loss": False},
            "checks": {"skip": ["accumulation", "overfit", "resume"]},
            "compute": {"device": "cpu"},
            "export": {"formats": ["onnx", "openvino"]},
            "logging": {"report": False},
        },
        "recipe",
    )
    training.train(recipe, data, folder)
    return Run(folder), reloading.load(folder)


@pytest.fixture(scope="module")
def sets(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Trained]:
    return learnt("set", data, tmp_path_factory.mktemp("sets") / "run")


def passed(run: Run) -> None:
    """Assert that both formats passed, with the figures."""
    found = run.read("export.json")
    assert found["format"] == "openvino"
    assert [(one["format"], one["exporter"], one["passed"]) for one in found["attempts"]] == [
        ("onnx", "torchscript", True),
        ("openvino", "torchscript", True),
    ]
    for one in found["attempts"]:
        assert one["difference"] < 1e-4
        assert one["again"] == 1.0
        assert one["reference"] > 0.01
        assert one["value"] == pytest.approx(one["reference"], abs=1e-3)
        assert one["samples"] == HELD_OUT
        assert all(0 < speed["p50_ms"] <= speed["p95_ms"] for speed in one["speed"])
    assert [[speed["engine"] for speed in one["speed"]] for one in found["attempts"]] == [
        ["onnxruntime", "openvino"],
        ["openvino"],
    ]


def test_a_trained_set_detector_ships(sets: tuple[Run, Trained]) -> None:
    run, trained = sets
    passed(run)
    batch = trained.learner.collate([trained.learner.encode(trained.learner.load(s)) for s in held_out(trained)])
    with torch.inference_mode():
        scores = trained.module(batch["images"])["logits"].sigmoid().amax(dim=2)
    assert float(scores.amax(dim=1).mean()) > 2 * float(scores.median())  # some queries are surer than others


@pytest.mark.parametrize("head", ["fcos", "retinanet", "ssdlite"])
def test_a_trained_dense_detector_ships(head: str, data: Path, tmp_path: Path) -> None:
    run, _ = learnt(head, data, tmp_path / "run")
    passed(run)


def test_a_decoder_that_is_to_stay_in_float_does(sets: tuple[Run, Trained], tmp_path: Path) -> None:
    pytest.importorskip("nncf")
    _, trained = sets
    out = leaving(trained, held_out(trained))
    convert.onnx(out, tmp_path / "model.onnx", "torchscript")
    convert.openvino(tmp_path / "model.onnx", tmp_path / "model.xml")
    inputs = [{"images": out.examples[0][k : k + 1].numpy()} for k in range(2)]
    convert.int8(
        tmp_path / "model.xml", tmp_path / "int8.xml", inputs, transformer=out.transformer, keep_float=out.keep_float
    )
    found = quantised(tmp_path / "int8.xml")
    assert found["decoder", True] == 0
    assert min(found["decoder", False], found["rest", True]) > 40


def quantised(file: Path) -> Counter[tuple[str, bool]]:
    """Count a network's products by their place (decoder or rest), and whether they are of 8 bits."""
    import openvino as ov  # type: ignore[import-untyped]  # the package ships no types

    found: Counter[tuple[str, bool]] = Counter()
    for layer in ov.Core().read_model(file).get_ops():
        if layer.get_type_name() in ("MatMul", "Convolution", "GroupConvolution"):
            before = [one.get_source_output().get_node().get_type_name() for one in layer.inputs()]
            place = "decoder" if "/decoder/" in layer.get_friendly_name() else "rest"
            found[place, "FakeQuantize" in before] += 1
    return found


def held_out(trained: Trained) -> tuple[Sample, ...]:
    return sides(trained.recipe.data, trained.recipe.seed).final
