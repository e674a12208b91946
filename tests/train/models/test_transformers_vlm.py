"""Families of vision-language models: each is built tiny, learns a step, is saved, loaded and asked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from roadstead.dataset.samples import Chat, Message
from roadstead.errors import BadInput
from roadstead.train import checkpoints
from roadstead.train.augment import Shown
from roadstead.train.methods.lora import Lora
from roadstead.train.methods.parts import Parts
from roadstead.train.models import Built
from roadstead.train.models._vlm_tiny import FAMILIES
from roadstead.train.models.transformers_vlm import TransformersVlm
from roadstead.train.tasks.vision_language import VisionLanguage
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch

WORDS = Vocabulary()


def shown(height: int, width: int, answer: str, seed: int = 0) -> Shown:
    image = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    turns = (Message("user", "<image>\nWhat?"), Message("assistant", "one"), Message("user", "Sure?"))
    return Shown(image, Chat((*turns, Message("assistant", answer))))


def built(family: str, **settings: Any) -> Built:
    torch.manual_seed(0)
    return TransformersVlm(family=family, **settings).build("vision_language", WORDS)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_learns_a_step_is_saved_loaded_and_asked(family: str, tmp_path: Path) -> None:
    made = built(family)
    learner = VisionLanguage(answer=3).learner(made, WORDS, None, ())
    reads = [learner.encode(shown(40, 60, "a truck")), learner.encode(shown(30, 20, "no", seed=1))]
    batch = learner.collate(reads)
    module = Parts(train=("all",)).prepare(made)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    losses = learner.loss(module, batch)
    (losses.total / losses.units).backward()  # type: ignore[no-untyped-call]  # so torch has it
    alone = sum(learner.loss(module, learner.collate([read])).total.item() for read in reads)
    assert losses.total.item() == pytest.approx(alone, rel=1e-4)  # neither padding nor the other's picture is seen
    optimiser.step()
    assert learner.loss(module, batch).total.item() < losses.total.item()
    checkpoints.save_weights(tmp_path / "weights.safetensors", dict(module.state_dict()))
    torch.manual_seed(1)
    fresh = TransformersVlm(family=family).build("vision_language", WORDS).module
    checkpoints.put(fresh, checkpoints.load_weights(tmp_path / "weights.safetensors"), "test")
    with torch.inference_mode():
        there, here = (learner.predict(one.eval(), batch) for one in (fresh, module))
        single = learner.predict(module, learner.collate([reads[1]]))
    assert there == here
    assert [p.tokens for p in here] == [int((b.labels[b.answer :] != -100).sum()) for b in reads]
    assert single[0].nll == pytest.approx(here[1].nll, rel=1e-4)
    assert single[0].text == here[1].text


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_are_the_whole_and_none_is_in_two(family: str) -> None:
    made = built(family)
    names = [name for name, _ in made.module.named_parameters()]
    found = {
        part: {n for n in names if any(f"{n}.".startswith(f"{p}.") for p in prefixes)}
        for part, prefixes in made.parts.items()
    }
    assert set(found) == {"projector", "vision", "language"}
    assert all(found.values())
    assert sum(map(len, found.values())) == len(names) == len(set.union(*found.values()))
    module = Parts(train=("projector",)).prepare(made)
    assert {n for n, p in module.named_parameters() if p.requires_grad} == found["projector"]
    assert made.head == made.parts["projector"]
    assert len(made.blocks) > 4


def test_lora_in_the_language_model_lets_the_projector_learn_whole() -> None:
    made = built("llava")
    module = Lora(r=2, targets=("language_model.*_proj",)).prepare(made)
    learning = {n for n, p in module.named_parameters() if p.requires_grad}
    assert any(n.startswith("model.language_model") and "lora" in n for n in learning)
    assert {n for n in learning if "lora" not in n} == {
        n for n, _ in module.named_parameters() if n.startswith("model.multi_modal_projector")
    }


def test_size_and_tiles_change_how_many_tokens_a_picture_has() -> None:
    def tokens(family: str, **settings: Any) -> int:
        made = built(family, **settings)
        return len(VisionLanguage().learner(made, WORDS, None, ()).encode(shown(60, 60, "x")).labels)

    assert tokens("qwen2_vl", max_pixels=256) < tokens("qwen2_vl")
    assert tokens("internvl", tiles=1) < tokens("internvl")
    assert tokens("llava_next", tiles=2) < tokens("llava_next")
    made = built("llava_next", grid=((1, 2), (2, 1)))
    learner = VisionLanguage(answer=0).learner(made, WORDS, None, ())
    batch = learner.collate([learner.encode(shown(60, 20, "x")), learner.encode(shown(30, 30, "y"))])
    assert torch.isfinite(learner.loss(made.module, batch).total)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"family": "flamingo"}, "'flamingo' is not known; there are llava"),
        ({"family": "llava", "max_pixels": 10}, "llava has no such setting; set tiles"),
        ({"family": "qwen2_vl", "tiles": 2}, "model.tiles: qwen2_vl has no such setting"),
        ({"family": "internvl", "grid": ((1, 2),)}, "model.grid: internvl"),
        ({"weights": "hub"}, "needs the name"),
        ({"weights": Path("nowhere")}, "is no folder of a model"),
        ({"min_pixels": 9, "max_pixels": 4}, "9 is more than max_pixels"),
        ({"family": "llava_next", "tiles": 1}, "less than the model's smallest grid"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        TransformersVlm(**settings).build("vision_language", WORDS)


def test_a_saved_model_is_read_from_its_folder(tmp_path: Path) -> None:
    made = built("qwen2_vl")
    made.module.save_pretrained(tmp_path)  # type: ignore[operator]  # a method
    made.processor.save_pretrained(tmp_path)
    again = TransformersVlm(weights=tmp_path).build("vision_language", WORDS)
    reads = [VisionLanguage().learner(one, WORDS, None, ()).encode(shown(40, 60, "a truck")) for one in (made, again)]
    assert torch.equal(reads[0].labels, reads[1].labels)
    assert all(torch.equal(a, b) for a, b in zip(made.module.parameters(), again.module.parameters(), strict=True))
    with pytest.raises(BadInput, match="is a qwen2_vl, not a llava"):
        TransformersVlm(family="llava", weights=tmp_path).build("vision_language", WORDS)
