"""Every task's bundle: it passes the gate, and what it finds is what the trained model finds."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from _language import BERT  # noqa: E402
from roadstead import evaluating  # noqa: E402
from roadstead.bundle.folder import load  # noqa: E402
from roadstead.dataset.samples import (  # noqa: E402
    Attributes,
    Chat,
    Entities,
    Label,
    Message,
    Objects,
    Pixels,
    Sample,
    Target,
    Text,
)
from roadstead.detect.bundle import BundleDetector  # noqa: E402
from roadstead.errors import BadBundle  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import convert, export, making  # noqa: E402
from roadstead.train.gate import matched, reference  # noqa: E402
from roadstead.train.leaving import Trained  # noqa: E402
from roadstead.train.pictures import read  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402
from roadstead.types import Frame  # noqa: E402

pytestmark = pytest.mark.torch
SIZE = (50, 40)


def picture(folder: Path, k: int) -> Path:
    """Write a noisy picture with a bright block in it."""
    rng = np.random.default_rng(k)
    image = rng.integers(0, 120, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    image[10:30, 10 + k : 30 + k] = 230
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{k}.png"), image)
    return folder / f"{k}.png"


def shown(folder: Path, targets: list[Target]) -> tuple[Sample, ...]:
    return tuple(
        Sample(id=f"s{k}", media=picture(folder, k), size=SIZE, target=target) for k, target in enumerate(targets)
    )


def trained(folder: Path, task: dict[str, Any], model: dict[str, Any], samples: tuple[Sample, ...]) -> Trained:
    """Return a model that was made for samples, with heads that are sure of something."""
    recipe = check(
        Recipe,
        {
            "name": "little",
            "data": {"train": [{"folder": str(folder)}]},
            "task": task,
            "model": model,
            "budget": {"batch": 4, "steps": 1},
            "export": {"formats": ["onnx", "openvino"]},
        },
        "recipe",
    )
    plan = making.task(recipe, folder)
    words = plan.vocabulary(samples)
    torch.manual_seed(0)
    built = making.model(recipe, folder, words)
    learner = making.learner(recipe, plan, built, words, samples)
    with torch.no_grad():
        for name, parameter in built.module.named_parameters():
            if name.startswith(built.head) and parameter.ndim > 1 and "boxes" not in name:
                parameter.mul_(4.0)
    return Trained(recipe, built, built.module.eval(), learner)


def agree(made: Trained, samples: tuple[Sample, ...], folder: Path) -> Path:
    """Export, and hold the bundle's figures against the trained model's; return the bundle."""
    run = Run(folder / "run")
    run.folder.mkdir(parents=True)
    done = export.export(run, made, samples, samples)
    assert done is not None
    assert [(v.format, v.passed, v.said) for v in done.verdicts if not v.passed] == []
    assert [v.exporter for v in done.verdicts] == ["torchscript"] * 2
    assert done.folder is not None
    learned = reference(made.module, made.learner, samples, 4)
    for engine, bundle in (("openvino", done.folder), ("onnxruntime", done.folder / "onnx")):
        found = evaluating.judge(evaluating.opened(bundle, engine=engine), samples, resamples=0).report
        assert {n: m.value for n, m in found.metrics.items()} == pytest.approx(
            {n: m.value for n, m in learned.metrics.items()}, abs=2e-3
        )
    return done.folder


def test_attributes(tmp_path: Path) -> None:
    values: list[dict[str, str | None]] = [
        {"cover": "open", "dirt": "low"},
        {"cover": "closed", "dirt": "high"},
        {"cover": None, "dirt": "low"},
    ] * 2
    samples = shown(tmp_path, [Attributes(one) for one in values])
    made = trained(tmp_path, {"kind": "attributes"}, {"kind": "timm", "name": "test_convnext", "size": 32}, samples)
    card = load(agree(made, samples, tmp_path)).card
    assert dict(card.attributes) == {"cover": ("cannot_tell", "closed", "open"), "dirt": ("high", "low")}


def test_segmentation(tmp_path: Path) -> None:
    def classes(k: int) -> Pixels:
        values = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        values[10:30, 10 + k : 30 + k] = 1
        return Pixels(("ground", "block"), values=values)

    samples = shown(tmp_path, [classes(k) for k in range(4)])
    model = {"kind": "segmentation", "encoder": "test_efficientnet", "width": 64, "height": 64}
    made = trained(tmp_path, {"kind": "semantic_segmentation"}, model, samples)
    assert load(agree(made, samples, tmp_path)).card.labels == ("ground", "block")


def test_lines_of_text(tmp_path: Path) -> None:
    samples = shown(tmp_path, [Text(text) for text in ("AB1", "B12", "A1", "21B")])
    model = {"kind": "text_recogniser", "width": 64, "width_of": 4, "hidden": 8}
    made = trained(tmp_path, {"kind": "text_recognition", "join_rows": True}, model, samples)
    card = load(agree(made, samples, tmp_path)).card
    assert card.characters == "12AB"
    assert card.reading.join_rows


def test_texts_and_tokens(tmp_path: Path) -> None:
    texts = ["the truck stopped here", "a ship", "no vessel was seen at all today", "truck"]
    named = tuple(Sample(id=f"t{k}", text=text, target=Label("ab"[k % 2])) for k, text in enumerate(texts))
    tagged = tuple(
        Sample(
            id=f"e{k}",
            target=Entities(
                tuple(text.split()), tuple("B-SHIP" if w in ("ship", "vessel") else "O" for w in text.split())
            ),
        )
        for k, text in enumerate(texts)
    )
    model = {"kind": "transformers_encoder", "weights": "random", "config": dict(BERT)}
    for task, samples in (("text_classification", named), ("token_classification", tagged)):
        folder = tmp_path / task
        folder.mkdir()
        card = load(agree(trained(folder, {"kind": task, "length": 24}, model, samples), samples, folder)).card
        assert card.text is not None
        assert card.text.columns[:2] == ("input_ids", "attention_mask")


def test_ways(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = tuple(
        Sample(id=f"w{k}", way=np.cumsum(rng.random((20, 3)), axis=0), target=Label("ab"[k % 2])) for k in range(4)
    )
    made = trained(
        tmp_path,
        {"kind": "trajectory_classification", "points": 16},
        {"kind": "trajectory", "hidden": 8, "layers": 2},
        samples,
    )
    assert load(agree(made, samples, tmp_path)).card.points == 16


def test_the_watch_runs_a_detector_that_was_exported(tmp_path: Path) -> None:
    boxes = [Objects(boxes=np.array([[10.0 + k, 10, 30 + k, 30]]), labels=("block",)) for k in range(4)]
    samples = shown(tmp_path, list(boxes))
    model = {
        "kind": "torchvision_detector", "backbone": "tf_efficientnet_lite0", "width": 64, "height": 64, "channels": 16,
        "layers": 1, "levels": 3,
    }  # fmt: skip
    made = trained(tmp_path, {"kind": "object_detection", "labels": ["block", "truck"]}, model, samples)
    with torch.no_grad():
        for name, parameter in made.module.named_parameters():
            if name.startswith("head.classes") and parameter.ndim == 1:
                parameter.fill_(0.5)
            elif name.startswith("head.classes"):
                parameter.mul_(20.0)
    bundle = agree(made, samples, tmp_path)
    detector = BundleDetector(path=bundle)
    seen = lost = 0
    for sample in samples:
        batch = made.learner.collate([made.learner.encode(made.learner.load(sample))])
        with torch.inference_mode():
            (said,) = made.learner.predict(made.module, batch)
        assert sample.media is not None
        image = read(sample.media)
        found = detector.detect(Frame("cam", 0.0, image))
        sure = (said.scores >= 0.3) & (said.boxes[:, 2:] > said.boxes[:, :2]).all(axis=1)  # as the watch has it
        near = np.abs(found.boxes[:, None] - said.boxes[None, sure]).max(axis=2) < 0.05
        alike = np.array(found.labels)[:, None] == np.array(said.labels)[None, sure]
        again = near & alike & (np.abs(found.scores[:, None] - said.scores[None, sure]) < 1e-3)
        lost += int((~again.any(axis=0)).sum()) + int((~again.any(axis=1)).sum())
        seen += len(found)
    detector.close()
    assert seen > 40
    assert lost <= 0.05 * seen  # which of two boxes stays that overlap by half is decided by the last digit


def test_a_detector_that_finds_nothing_does_not_ship(tmp_path: Path) -> None:
    samples = shown(tmp_path, [Objects(boxes=np.array([[10.0, 10, 30, 30]]), labels=("block",))] * 2)
    model = {
        "kind": "torchvision_detector", "backbone": "test_efficientnet", "width": 64, "height": 64, "channels": 16,
        "layers": 1, "levels": 3,
    }  # fmt: skip
    made = trained(tmp_path, {"kind": "object_detection"}, model, samples)
    with torch.no_grad():
        for name, parameter in made.module.named_parameters():
            if name.startswith("head.classes"):
                parameter.fill_(-9.0 if parameter.ndim == 1 else 0.0)
    run = Run(tmp_path / "run")
    run.folder.mkdir()
    convert_once = ("torchscript",)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "EXPORTERS", convert_once)
        done = export.export(run, made, samples, samples)
    assert done is not None
    assert done.folder is None
    assert "nothing can be compared" in done.said[0]


def test_sets_are_compared_by_their_boxes_not_by_their_rows(tmp_path: Path) -> None:
    samples = shown(tmp_path, [Objects(boxes=np.array([[10.0, 10, 30, 30]]), labels=("block",))] * 2)
    from roadstead.bundle.card import BoxOutput, Card, Input

    card = Card(
        name="d", version="1", task="detect", labels=("block",), sha256="0" * 64, licence="x", input=Input(width=64, height=64),
        boxes=BoxOutput(kind="set", outputs=("logits", "boxes")),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (1, 9, 1)).astype(np.float32)
    boxes = rng.uniform(0.3, 0.6, (1, 9, 4)).astype(np.float32)
    order = rng.permutation(9)
    assert matched(card, [logits, boxes], [logits[:, order], boxes[:, order]]) == (0.0, 9, 9)
    assert matched(card, [logits, boxes], [logits[:, order], boxes])[0] > 0.1
    assert matched(card, [logits, boxes], [logits, boxes + 0.2])[2] == 0
    assert len(samples) == 2


def test_a_language_model_ships_as_it_is_saved(tmp_path: Path) -> None:
    chat = Chat((Message("user", "say yes"), Message("assistant", "yes")))
    samples = tuple(Sample(id=f"c{k}", target=chat) for k in range(2))
    from _language import LLAMA

    model = {"kind": "transformers_causal", "weights": "random", "config": dict(LLAMA)}
    made = trained(tmp_path, {"kind": "instruction_tuning"}, model, samples)
    run = Run(tmp_path / "run")
    run.folder.mkdir()
    done = export.export(run, made, samples, samples)
    assert done is not None
    assert done.folder is not None
    assert done.format == "safetensors"
    assert "not as ONNX" in done.said[0]
    bundle = load(done.folder)
    assert bundle.card.task == "language"
    from transformers import AutoModelForCausalLM

    again = AutoModelForCausalLM.from_pretrained(done.folder)
    ids = torch.arange(12)[None]
    with torch.inference_mode():
        assert torch.allclose(again(input_ids=ids).logits, made.module(input_ids=ids).logits, atol=1e-5)
    with pytest.raises(BadBundle, match="language model"):
        evaluating.opened(done.folder)
