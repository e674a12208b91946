"""A linear probe: the head is fitted at once, to the least of the task's own loss, and nothing else moves."""

from typing import Any

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from torch import nn

from _networks import cnn, llama
from roadstead.bundle.card import Input
from roadstead.dataset.samples import Label, Sample
from roadstead.errors import BadInput
from roadstead.train.augment import Shown
from roadstead.train.augment.flip import Flip
from roadstead.train.methods import probe
from roadstead.train.methods.probe import Probe
from roadstead.train.tasks.image_classification import ImageClassification
from roadstead.train.tasks.image_classification import ImageClassifier as Real
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch


class Drawn:
    """The learner of image classification, with pictures that are drawn, not read: a class is a colour."""

    def __init__(self, inner: Real) -> None:
        self.inner = inner

    def load(self, sample: Sample) -> Shown:
        rng = np.random.default_rng(int(sample.id))
        picture = rng.integers(0, 90, (32, 32, 3)).astype(np.uint8)
        picture[..., int(sample.id) % 3] += 120
        return Shown(picture, sample.target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def prepared() -> tuple[Any, Any, list[Sample]]:
    built = cnn()
    words = Vocabulary(labels=("red", "green", "blue"))
    learner = Drawn(ImageClassification().learner(built, words, None, ()))
    return built, learner, [Sample(id=str(k), target=Label(words.labels[k % 3])) for k in range(24)]


def test_the_head_is_fitted_before_the_first_step_and_nothing_else_moves() -> None:
    built, learner, samples = prepared()
    method = Probe(views=1, l2=0.01)
    module = method.prepare(built)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    batch = learner.collate([learner.encode(learner.load(sample)) for sample in samples])
    guide = method.guide(built, learner, {"samples": samples, "augment": (Flip(),), "seed": 1})
    moved = {name for name, value in module.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"fc.weight", "fc.bias"}
    module.eval()
    with torch.inference_mode():
        said = [int(row.scores.argmax()) for row in learner.predict(module, batch)]
    assert said == [k % 3 for k in range(24)]
    losses = guide.loss(module, batch, 0)
    assert float(losses.total.detach()) == pytest.approx(float(learner.loss(module, batch).total.detach()))
    assert method.merge(module) is module


def test_what_is_fitted_is_the_least_of_the_loss_and_the_penalty() -> None:
    _, learner, _ = prepared()
    torch.manual_seed(3)
    shown = {
        "images": torch.randn(60, 5) * torch.tensor([1.0, 10.0, 0.1, 1.0, 1.0]) + 3,
        "labels": torch.arange(60) % 3,
    }
    layer = nn.Linear(5, 3)
    probe.fit(layer, learner, shown, l2=0.1, iterations=200)
    middle, spread = shown["images"].mean(0), shown["images"].std(0)
    weight = (layer.weight * spread).detach().requires_grad_()
    bias = (layer.bias + layer.weight @ middle).detach().requires_grad_()
    logits = ((shown["images"] - middle) / spread) @ weight.T + bias
    total = nn.functional.cross_entropy(logits, shown["labels"]) + 0.05 * weight.square().sum()
    total.backward()  # type: ignore[no-untyped-call]  # torch gives it no types
    assert weight.grad is not None
    assert float(weight.grad.abs().max()) < 1e-3
    assert bias.grad is not None
    assert float(bias.grad.abs().max()) < 1e-3


def test_what_is_named_learns_on_beside_the_head_and_its_norms_stay_still() -> None:
    built = cnn()
    module = Probe(names=("layer4.*.conv*",)).prepare(built)
    learning = {name for name, p in module.named_parameters() if p.requires_grad}
    assert {"fc.weight", "fc.bias"} < learning
    assert all(name.startswith(("fc.", "layer4.")) and "bn" not in name for name in learning)
    module.train()
    assert not any(part.training for part in module.modules() if isinstance(part, nn.BatchNorm2d))


def test_views_are_so_many_and_the_plain_ones_come_first() -> None:
    built, learner, samples = prepared()
    seen = probe.features(built, learner, samples[:4], (Flip(horizontal=1.0),), 2, 0)
    assert seen["images"].shape[0] == 12
    assert seen["labels"].tolist() == [0, 1, 2, 0] * 3
    plain = probe.features(built, learner, samples[:4], (), 0, 0)
    torch.testing.assert_close(seen["images"][:4], plain["images"])
    assert not torch.allclose(seen["images"][4:8], plain["images"])


def test_a_model_without_a_linear_head_is_refused() -> None:
    with pytest.raises(BadInput, match="probe fits one linear layer"):
        Probe().prepare(llama())
    built = cnn()
    assert built.input == Input(width=32, height=32)
    with pytest.raises(BadInput, match="nothing in the model is named 'layer9'"):
        Probe(names=("layer9",)).prepare(built)
