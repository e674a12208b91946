"""A few samples for every task, and a tiny model of every family that learns it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import _language as little
from roadstead.dataset.samples import Attributes, Chat, Label, Message, Objects, Pixels, Sample, Target, Text
from roadstead.types import readonly

SIZES = {"width": 64, "height": 64}
VIT = {
    "model_type": "vit",
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": 32,
    "patch_size": 8,
}
IMAGES: dict[str, dict[str, Any]] = {
    "timm": {"name": "test_vit", "size": 160},
    "transformers_image": {"config": VIT},
}
ENCODER = {"transformers_encoder": {"weights": "random", "config": little.BERT}}
DECODER = {"transformers_causal": {"weights": "random", "config": little.LLAMA}}
FAMILIES: dict[str, dict[str, dict[str, Any]]] = {
    "attributes": IMAGES,
    "causal_language_modelling": DECODER,
    "image_classification": IMAGES,
    "image_text_contrast": {
        "dual_encoder": {"image": "test_resnet", "text_weights": "tiny", "width": 16, "size": 32},
    },
    "instruction_tuning": DECODER,
    "object_detection": {
        "torchvision_detector": {**SIZES, "channels": 16, "layers": 1, "levels": 3},
        "transformers_detector": {**SIZES, "name": "deimv2_atto"},
    },
    "preference_tuning": DECODER,
    "question_answering": ENCODER,
    "semantic_segmentation": {"segmentation": {**SIZES, "encoder": "resnet10t"}},
    "sequence_to_sequence": {"transformers_seq2seq": {"weights": "random", "config": little.T5}},
    "text_classification": ENCODER,
    "text_recognition": {"text_recogniser": {"width": 64, "width_of": 4, "hidden": 8}},
    "token_classification": ENCODER,
    "trajectory_classification": {"trajectory": {"hidden": 8, "layers": 2}},
    "vision_language": {"transformers_vlm": {"family": "llava", "weights": "tiny"}},
}
"""The families of each task, and the settings that make them tiny."""
SETTINGS: dict[str, dict[str, Any]] = {
    "causal_language_modelling": {"length": 16},
    "instruction_tuning": {"new_tokens": 3},
    "preference_tuning": {"reference": "copy"},
    "question_answering": {"length": 40, "stride": 8},
    "sequence_to_sequence": {"written": 24, "write": False},
    "vision_language": {"answer": 3},
}
"""Settings of tasks, where theirs are for larger models."""


@dataclass(frozen=True, slots=True)
class Case:
    """A task bound to a tiny model, with samples that it learns from."""

    plan: Any
    built: Any
    learner: Any
    samples: Sequence[Sample] = field(repr=False)

    def batch(self, samples: Sequence[Sample] | None = None) -> dict[str, Any]:
        """Return samples (or all) as one batch."""
        chosen = self.samples if samples is None else samples
        made: dict[str, Any] = self.learner.collate([self.learner.encode(self.learner.load(s)) for s in chosen])
        return made


def samples(task: str, folder: Path) -> list[Sample]:
    """Return four samples that a task learns from (fewer of some texts)."""
    return _TEXTS.get(task) or [
        Sample(id=f"s{k}", media=_picture(folder, k), size=(64, 48), target=_TARGETS[task](k))
        if task in _TARGETS
        else Sample(id=f"s{k}", way=_way(k), target=Label("walks" if k % 2 else "drives"))
        for k in range(4)
    ]


def case(task: str, folder: Path, family: str = "") -> Case:
    """Return a task bound to a tiny model of a family (none: the first), always the same one."""
    import torch

    from roadstead.settings import build
    from roadstead.train import models, tasks

    found = samples(task, folder)
    plan = build(tasks.plugins, {"kind": task, **SETTINGS.get(task, {})}, "task")
    words = plan.vocabulary(found)
    name = family or next(iter(FAMILIES[task]))
    torch.manual_seed(0)
    built = build(models.plugins, {"kind": name, **FAMILIES[task][name]}, "model").build(task, words)
    built.module.eval()
    return Case(plan, built, plan.learner(built, words, None, ()), found)


def _picture(folder: Path, k: int) -> Path:
    """Write a noisy picture of 64 x 48 px with a bright place."""
    image = np.random.default_rng(k).integers(0, 120, (48, 64, 3), dtype=np.uint8)
    image[10:30, 5 + 8 * k : 25 + 8 * k] += 120
    file = folder / f"{k}.png"
    cv2.imwrite(str(file), image)
    return file


def _objects(k: int) -> Target:
    boxes = readonly(np.array([[5.0 + 8 * k, 10, 25 + 8 * k, 30]][: k != 3]).reshape(-1, 4), 4)
    return Objects(boxes=boxes, labels=(("truck", "car")[k % 2],)[: len(boxes)])


def _pixels(k: int) -> Target:
    values = np.zeros((48, 64), np.uint8)
    values[10:30, 5 + 8 * k : 25 + 8 * k] = 1
    values[:4] = 255
    return Pixels(("ground", "truck"), values=values)


def _chat(k: int) -> Target:
    return Chat((Message("user", "<image>\nWhat is it?"), Message("assistant", f"truck {k}")))


def _attributes(k: int) -> Target:
    return Attributes({"cover": ("open", "covered", None)[k % 3], "dirt": ("clean", "dirty")[k % 2]})


def _way(k: int) -> Any:
    t = np.arange(12.0)
    return np.stack([t, (2 + 8 * (k % 2)) * t, np.sin(t + k)], axis=1)


_TARGETS: dict[str, Callable[[int], Target]] = {
    "attributes": _attributes,
    "image_classification": lambda k: Label(("truck", "car")[k % 2]),
    "image_text_contrast": lambda k: Text(f"truck {k}"),
    "object_detection": _objects,
    "semantic_segmentation": _pixels,
    "text_recognition": lambda k: Text("AB12"[: k + 1]),
    "vision_language": _chat,
}
_TEXTS = {
    "causal_language_modelling": little.TEXTS,
    "instruction_tuning": little.CHATS,
    "preference_tuning": little.PAIRS,
    "question_answering": little.QUESTIONS,
    "sequence_to_sequence": little.SUMMARIES,
    "text_classification": little.LABELS,
    "token_classification": little.NAMES,
}
