"""Vision-language tuning: what is learned of a conversation, and what is refused."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from roadstead.dataset.formats.jsonl import Jsonl
from roadstead.dataset.samples import Chat, Label, Message, Sample
from roadstead.errors import BadInput
from roadstead.settings import check
from roadstead.train.models import Built
from roadstead.train.models._vlm_reading import Reader
from roadstead.train.models._vlm_tiny import tiny
from roadstead.train.models.transformers_vlm import TransformersVlm
from roadstead.train.recipe import Recipe
from roadstead.train.runs import Run
from roadstead.train.tasks.vision_language import Talker, VisionLanguage
from roadstead.train.training import train
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch

ASKED = Message("user", "<image>\nWhat is it?")
SAID = Message("assistant", "a truck")


def sample(tmp_path: Path, *messages: Message, media: bool = True, number: int = 0) -> Sample:
    file = tmp_path / f"{number}.png"
    cv2.imwrite(str(file), np.random.default_rng(number).integers(0, 255, (24, 32, 3), dtype=np.uint8))
    return Sample(id=f"s{number}", media=file if media else None, target=Chat(messages or (ASKED, SAID)))


def bound(family: str = "qwen2_vl", **settings: Any) -> tuple[Built, Talker]:
    built = TransformersVlm(family=family).build("vision_language", Vocabulary())
    return built, VisionLanguage(**settings).learner(built, Vocabulary(), None, ())


def test_only_what_the_assistant_says_and_its_ends_are_learned(tmp_path: Path) -> None:
    _, learner = bound()
    system = Message("system", "Be brief.")
    talk = sample(tmp_path, system, ASKED, SAID, Message("user", "Is it 红色?"), Message("assistant", "是的, yes"))
    read = learner.encode(learner.load(talk))
    learned = read.labels != -100
    assert learner.reader.shown(read.labels[learned]) == "a truck<|im_end|>是的, yes<|im_end|>"
    assert torch.equal(read.labels[learned], read.tokens["input_ids"][learned])
    assert learner.reader.shown(read.tokens["input_ids"][: read.answer]).endswith("<|im_start|>assistant\n")
    assert learner.reader.shown(read.labels[read.answer :][learned[read.answer :]]) == "是的, yes<|im_end|>"
    batch = learner.collate([read])
    assert learner.units(batch) == int(learned.sum())
    assert "'a truck<|im_end|>是的, yes<|im_end|>'" in learner.audit(batch)


def test_what_is_asked_has_no_word_of_the_last_answer(tmp_path: Path) -> None:
    _, learner = bound("llava")
    long, short = sample(tmp_path, ASKED, SAID), sample(tmp_path, Message("user", "<image>?"), SAID, number=1)
    batch = learner.collate([learner.encode(learner.load(s)) for s in (long, short)])
    for row, mask in zip(batch["asked_input_ids"], batch["asked_attention_mask"], strict=True):
        text = learner.reader.shown(row[mask.bool()])
        assert "truck" not in text
        assert text.endswith("assistant\n")  # padded in front, so that the answer follows
    assert batch["asked_attention_mask"][1, 0] == 0


def test_a_template_that_leaves_the_end_out_gets_one(tmp_path: Path) -> None:
    _, processor = tiny("blip_2")
    read = Reader(processor).read((ASKED, SAID), np.zeros((24, 24, 3), np.uint8))
    learned = read.labels[read.labels != -100]
    assert processor.tokenizer.decode(learned) == " a truck<|im_end|>"


def test_a_template_that_rewrites_the_past_is_refused() -> None:
    _, processor = tiny("llava")
    processor.chat_template = "{{ messages | length }}{% for m in messages %}<image>{{ m['role'] }}{% endfor %}"
    with pytest.raises(BadInput, match="rewrites what was said before"):
        Reader(processor).read((ASKED, SAID, ASKED, SAID), np.zeros((24, 24, 3), np.uint8))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ((Message("user", "What?"), SAID), "one picture and 0 places"),
        ((Message("user", "<image><image>"), SAID), "one picture and 2 places"),
        ((ASKED,), "does not end with the assistant's answer"),
        ((Message("user", "Draw."), Message("assistant", "<image>")), "the assistant's answer holds <image>"),
    ],
)
def test_conversations_that_do_not_fit_are_refused(tmp_path: Path, messages: tuple[Message, ...], said: str) -> None:
    with pytest.raises(BadInput, match=f"'s0': .*{said}"):
        VisionLanguage().vocabulary([sample(tmp_path, *messages)])


def test_a_sample_without_picture_or_conversation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'s0': has no picture"):
        VisionLanguage().vocabulary([sample(tmp_path, media=False)])
    with pytest.raises(BadInput, match="has no conversation"):
        VisionLanguage().vocabulary([Sample(id="x", media=tmp_path / "0.png", target=Label("truck"))])


def test_what_is_too_long_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    _, learner = bound(longest=10)
    with pytest.raises(BadInput, match=r"more than task.longest, 10: 'a truck'; raise it"):
        learner.encode(learner.load(sample(tmp_path)))


def test_an_empty_answer_still_has_its_end_to_learn(tmp_path: Path) -> None:
    _, learner = bound()
    read = learner.encode(learner.load(sample(tmp_path, ASKED, Message("assistant", ""))))
    assert learner.reader.shown(read.labels[read.labels != -100]) == "<|im_end|>"


def test_the_two_stages_of_llava_train_each_its_part(tmp_path: Path) -> None:
    samples = [sample(tmp_path, number=k) for k in range(6)]
    Jsonl().write(samples, tmp_path / "chats")
    recipe = check(
        Recipe,
        {
            "name": "llava",
            "data": {"train": [{"folder": str(tmp_path / "chats"), "format": {"kind": "jsonl"}}], "val_share": 0.34},
            "task": {"kind": "vision_language", "answer": 2},
            "model": {"kind": "transformers_vlm", "family": "llava"},
            "budget": {"batch": 2, "micro": 1, "steps": 2},
            "evaluation": {"resamples": 0},
            "compute": {"device": "cpu"},
            "checks": {"skip": ["overfit", "merge", "resume"]},
            "stages": [
                {"name": "projector", "method": {"kind": "parts", "train": ["projector"]}},
                {"name": "language", "method": {"kind": "lora", "r": 2, "targets": ["language_model.*_proj"]}},
            ],
        },
        "test",
    )
    said: list[str] = []
    outcome = train(recipe, tmp_path, tmp_path / "run", say=lambda row: said.append(str(row.get("said", ""))))
    assert outcome.steps == 4
    assert outcome.after is not None
    assert "perplexity" in outcome.after.metrics
    rows = [row for row in Run(tmp_path / "run").rows() if row["kind"] == "step"]
    assert [row["stage"] for row in rows] == ["projector"] * 2 + ["language"] * 2
    first = next(line for line in said if "stage projector" in line)
    module = TransformersVlm(family="llava").build("vision_language", Vocabulary()).module
    count = sum(p.numel() for n, p in module.named_parameters() if "multi_modal_projector" in n)
    assert f"{count:,} of" in first
    assert (Path(outcome.folder) / "model" / "weights.safetensors").is_file()
