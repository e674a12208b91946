"""Detectors of transformers: the published sizes, their losses, and classes by name."""

from pathlib import Path
from typing import Any

import pytest

from roadstead.errors import BadInput, BadSettings
from roadstead.train.models._detr_sizes import SIZES
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
detecting = pytest.importorskip("roadstead.train.models._detecting")
sets = pytest.importorskip("roadstead.train.models.transformers_detector")

WORDS = Vocabulary(labels=("car", "truck"))
PUBLISHED_M = {"deimv2_atto": 0.51, "deimv2_femto": 0.99, "deimv2_pico": 1.55, "deimv2_n": 3.60, "dfine_n": 3.77}


def built(name: str = "deimv2_atto", words: Vocabulary = WORDS, **changes: Any) -> Any:
    torch.manual_seed(0)
    return sets.TransformersDetector(name=name, width=64, height=64, **changes).build("object_detection", words)


def truth(boxes: list[list[float]], classes: list[int]) -> Any:
    none = torch.zeros(0)
    return detecting.Truth(
        torch.tensor(boxes).reshape(-1, 4), torch.tensor(classes, dtype=torch.long), none.reshape(0, 4), none.long()
    )


TRUTHS = [truth([[0.5, 0.5, 0.4, 0.3], [0.2, 0.2, 0.1, 0.1]], [0, 1]), truth([], [])]
SMALL: dict[str, dict[str, Any]] = {
    "deimv2_atto": {},
    "dfine_n": {},
    "rtdetrv2_r18": {
        "config": {"encoder_in_channels": [8, 8, 8], "d_model": 32, "encoder_hidden_dim": 32, "decoder_in_channels": [32] * 3,
                   "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "decoder_layers": 2},
        "backbone": {"hidden_sizes": [8, 8, 8, 8], "embedding_size": 8, "depths": [1, 1, 1, 1]},
    },
    "rfdetr_n": {
        "config": {"d_model": 32, "decoder_ffn_dim": 32, "num_queries": 8, "decoder_layers": 2, "hidden_expansion": 0.5},
        "backbone": {"hidden_size": 24, "num_attention_heads": 2, "num_hidden_layers": 4, "out_indices": [2, 4],
                     "image_size": 64},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_one_step_of_each_family(name: str) -> None:
    module = built(name, **SMALL[name]).module.train()
    images = torch.rand(2, 3, 64, 64)
    said = module(images, TRUTHS)
    total = said["losses"]["all"]
    total.backward()
    assert torch.isfinite(total)
    assert total > 0
    assert any(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in module.parameters())
    module.eval()
    with torch.no_grad():
        whole = float(module(images, TRUTHS)["losses"]["all"])
        parts = sum(float(module(images[k : k + 1], TRUTHS[k : k + 1])["losses"]["all"]) for k in range(2))
        logits, boxes = detecting.exportable(module)(images)
    assert whole == pytest.approx(parts, rel=1e-4)
    assert logits.shape == (2, module.net.config.num_queries, 2)
    assert boxes.shape == (*logits.shape[:2], 4)
    assert detecting.output(module).outputs == ("logits", "boxes")


def test_deimv2_learns_two_pictures() -> None:
    module = built().module.train()
    optimiser = torch.optim.AdamW(module.parameters(), 1e-3)
    images, seen = torch.rand(2, 3, 64, 64), []
    for _ in range(8):
        total = module(images, TRUTHS)["losses"]["all"]
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        seen.append(float(total.detach()))
    assert sum(seen[-3:]) < sum(seen[:3])


@pytest.mark.parametrize("name", PUBLISHED_M)
def test_sizes_have_the_published_number_of_parameters(name: str) -> None:
    words = Vocabulary(labels=tuple(f"class {k}" for k in range(80)))
    module = sets.TransformersDetector(name=name).build("object_detection", words).module
    assert sum(p.numel() for p in module.parameters()) / 1e6 == pytest.approx(PUBLISHED_M[name], rel=0.01)


def test_saved_classes_are_known_by_name_whatever_their_number(tmp_path: Path) -> None:
    old = built(words=Vocabulary(labels=("bus", "truck", "car"))).module
    old.net.save_pretrained(tmp_path)
    new = built(weights=tmp_path)
    assert new.notes == ("classes that the weights know: car, truck; new ones: none",)
    assert new.origin == f"folder {tmp_path.name}"
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        before, after = old.eval()(images)["logits"], new.module.eval()(images)["logits"]
    assert after.shape[2] == 2
    assert torch.allclose(new.module.net.model.enc_score_head.weight[0], old.net.model.enc_score_head.weight[2])
    assert torch.allclose(
        new.module.net.model.decoder.class_embed[-1].bias, old.net.model.decoder.class_embed[-1].bias[[2, 1]]
    )
    assert before.shape[2] == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "yolo"}, "there is no size 'yolo'; there are: deimv2_atto"),
        ({"width": 100}, "model.width: 100 is no multiple of 32"),
        ({"config": {"decoder_layers": "many"}}, "model.config: "),
        ({"name": "rfdetr_n", "width": 336}, "model.width: 336 is no multiple of 32"),
        ({"weights": Path("nowhere")}, "nowhere holds no saved model"),
        ({"weights": Path("nowhere"), "config": {"num_queries": 3}}, 'only weights = "random" takes'),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises((BadInput, BadSettings), match=sentence):
        sets.TransformersDetector(**changes).build("object_detection", WORDS)


def test_a_class_beyond_the_head_is_refused() -> None:
    with pytest.raises(BadInput, match="outputs for 2 classes"):
        built().module(torch.rand(1, 3, 64, 64), [truth([[0.5, 0.5, 0.2, 0.2]], [2])])


def test_every_size_says_what_it_is_shown() -> None:
    assert {name: size.side for name, size in SIZES.items()}["deimv2_atto"] == 320
    assert all(size.side % 32 == 0 for size in SIZES.values())
