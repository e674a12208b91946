"""Weights whose norms were folded into their convolutions come back into a network that has norms."""

from pathlib import Path
from typing import Any

import pytest

from roadstead.errors import BadInput, BadSettings
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")
timm = pytest.importorskip("timm")
folded = pytest.importorskip("roadstead.train.models._folded")
dense = pytest.importorskip("roadstead.train.models.torchvision_detector")

SMALL = "mobilenetv2_050"


def network(seed: int) -> Any:
    """Return a small network whose norms have statistics."""
    torch.manual_seed(seed)
    module = timm.create_model(SMALL, num_classes=3)
    for part in module.modules():
        if hasattr(part, "running_mean"):
            part.running_mean.normal_(0.0, 0.2)
            part.running_var.uniform_(0.5, 2.0)
            torch.nn.init.normal_(part.bias, 0.0, 0.2)
    return module.eval()


def frozen(module: Any, file: Path) -> Path:
    """Write a network as it is frozen: the exporter folds each norm into the convolution before it."""
    torch.onnx.export(module, (torch.zeros(1, 3, 64, 64),), str(file), dynamo=False)
    return file


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_features_are_those_of_the_network_that_was_frozen(tmp_path: Path) -> None:
    before, after = network(0), network(1)
    folded.into(after, frozen(before, tmp_path / "frozen.onnx"), ("classifier",))
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(
            after.forward_features(images), before.forward_features(images), atol=1e-4, rtol=1e-4
        )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_another_network_is_refused_and_what_is_no_model_too(tmp_path: Path) -> None:
    other = frozen(timm.create_model("mobilenetv2_035", num_classes=3).eval(), tmp_path / "other.onnx")
    with pytest.raises(BadInput, match="another network's"):
        folded.into(network(1), other, ("classifier",))
    (tmp_path / "nothing.tflite").write_bytes(b"no model")
    with pytest.raises(BadInput, match="cannot be read as a model"):
        folded.into(network(1), tmp_path / "nothing.tflite", ("classifier",))


def test_folded_weights_demand_frozen_norms(tmp_path: Path) -> None:
    family = dense.TorchvisionDetector(backbone=SMALL, weights=tmp_path / "ssd.tflite")
    with pytest.raises(BadSettings, match="norms = 'frozen'"):
        family.build("object_detection", Vocabulary(labels=("car",)))
