"""Two encoders side by side: those of transformers compute what they did, and blocks, parts and head fit together."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from transformers import AutoModel

from roadstead.errors import BadInput
from roadstead.train.methods.partial import Partial
from roadstead.train.methods.parts import Parts
from roadstead.train.models import Built
from roadstead.train.models._pairs import of_both, paired
from roadstead.train.models.dual_encoder import DualEncoder, _tiny
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch
LITTLE: dict[str, Any] = {"image": "test_convnext", "text_weights": "tiny", "size": 32, "width": 16}


def built(**settings: Any) -> Built:
    return DualEncoder(**settings).build("image_text_contrast", Vocabulary())


@pytest.mark.parametrize("pair", ["clip", "siglip"])
def test_towers_compute_what_the_model_of_transformers_does(pair: str) -> None:
    torch.manual_seed(0)
    model, tokenizer, side = _tiny(pair)
    towers = of_both(model).eval()
    images = torch.rand(3, 3, side, side)
    tokens = dict(
        tokenizer(["a truck", "a long red truck", "b"], padding="max_length", max_length=64, return_tensors="pt")
    )
    if pair == "siglip":
        tokens.pop("attention_mask")
    with torch.no_grad():
        ours, theirs = towers(images, tokens), model.eval()(pixel_values=images, **tokens)
    torch.testing.assert_close(ours["images"], theirs.image_embeds)
    torch.testing.assert_close(ours["texts"], theirs.text_embeds)
    logits = ours["scale"] * ours["images"] @ ours["texts"].T + ours.get("bias", torch.zeros(()))
    torch.testing.assert_close(logits, theirs.logits_per_image)


@pytest.mark.parametrize("settings", [{"pair": "clip"}, {"pair": "siglip"}, LITTLE, {**LITTLE, "objective": "sigmoid"}])
def test_every_parameter_is_of_one_part_and_of_one_block_or_the_head(settings: dict[str, Any]) -> None:
    made = built(**settings)
    names = [name for name, _ in made.module.named_parameters()]
    for groups in (list(made.parts.values()), [*made.blocks, made.head]):
        counts = [sum(f"{name}.".startswith(f"{p}.") for group in groups for p in group) for name in names]
        loose = [name for name, count in zip(names, counts, strict=True) if count != 1]
        assert loose == [] or (
            groups[-1] == made.head and all("embedding" in name or "probe" in name for name in loose)
        )
    assert all(block for block in made.blocks)


def test_one_side_can_be_locked() -> None:
    made = built(**LITTLE)
    module = Parts(train=("text", "projection")).prepare(made)
    learning = {name for name, p in module.named_parameters() if p.requires_grad}
    assert not any(name.startswith("image.body") for name in learning)
    assert any(name.startswith("text.body") for name in learning)
    assert {"scale", "image.projection.weight", "text.projection.weight"} <= learning
    probe = Partial(only="head").prepare(built(**LITTLE))
    assert {n for n, p in probe.named_parameters() if p.requires_grad} == {
        "scale",
        "image.projection.weight",
        "text.projection.weight",
    }
    with pytest.raises(BadInput, match="has no part 'vision'; there are image, text, projection, all"):
        Parts(train=("vision",)).prepare(made)
    with pytest.raises(BadInput, match="put together of parts"):
        Parts(train=("image",)).prepare(Built(module=torch.nn.Linear(2, 2)))


def test_blocks_of_both_sides_end_together() -> None:
    assert paired([("a",), ("b",), ("c",)], [("x",)]) == (("a",), ("b",), ("c", "x"))
    assert paired([("a",)], [("x",), ("y",)]) == (("x",), ("a", "y"))


def test_a_saved_clip_is_read_from_its_folder(tmp_path: Path) -> None:
    from transformers import CLIPImageProcessor

    model, tokenizer, side = _tiny("clip")
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side}).save_pretrained(
        tmp_path
    )
    made = built(pair="clip", weights=tmp_path)
    assert made.head == ()  # nothing is new
    assert made.input is not None
    assert (made.input.width, made.processor.longest) == (side, 64)
    state = AutoModel.from_pretrained(tmp_path).state_dict()
    torch.testing.assert_close(made.module.state_dict()["image.projection.weight"], state["visual_projection.weight"])
    with pytest.raises(BadInput, match="is a clip, not a siglip"):
        built(pair="siglip", weights=tmp_path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pair": "clip", "weights": "hub"}, "needs the name"),
        ({"pair": "clip", "weights": Path("nowhere")}, "is no folder of a model"),
        ({**LITTLE, "text_weights": Path("nowhere")}, "is no folder of a model"),
        ({**LITTLE, "image": "no_such_net"}, "timm has no network"),
    ],
)
def test_what_is_not_there_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        built(**settings)
