"""Distillation, rehearsal and R-drop: losses beside the task's, in the task's units."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch.nn import functional

from _networks import Little, batch, bert, cnn, examples, llama, quiet, step, stir, vit
from roadstead.bundle.card import Input
from roadstead.errors import BadInput, BadSettings
from roadstead.train import regularise
from roadstead.train.losses.kd import Kd
from roadstead.train.methods import _cells, _teachers, tuner
from roadstead.train.methods.distil import Distil
from roadstead.train.methods.full import Full
from roadstead.train.methods.lora import Lora
from roadstead.train.methods.rehearsal import Rehearsal
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch

CONTEXT: dict[str, Any] = {"device": "cpu", "seed": 0, "task": {"kind": "none"}}


def rows(name: str) -> list[dict[str, Any]]:
    return examples(name)


def test_a_language_model_is_held_to_what_it_was_on_the_tokens_that_count() -> None:
    method = Distil(labels=0.25, logits=0.75, temperature=2.0)
    built, shown, learner = llama(), batch("llama"), Little()
    before = quiet(built.module, shown)
    module = method.prepare(built)
    guide = method.guide(built, learner, CONTEXT)
    module.eval()
    start = guide.loss(module, shown, 0)
    assert float(start.parts["logits"]) == pytest.approx(0, abs=1e-6)
    assert float(start.total.detach()) == pytest.approx(
        0.25 * float(learner.loss(module, shown).total.detach()), rel=1e-6
    )
    stir(module)
    losses = guide.loss(module, shown, 0)
    counted = shown["labels"][:, 1:] != -100
    pupil, teacher = quiet(module, shown)[:, :-1][counted], before[:, :-1][counted]
    wanted = 0.25 * float(learner.loss(module, shown).total.detach()) + 0.75 * float(
        Kd(temperature=2.0)(pupil, teacher).sum()
    )
    assert float(losses.total.detach()) == pytest.approx(wanted, rel=1e-5)
    assert losses.units == int(counted.sum())


def test_two_micro_batches_make_the_loss_of_the_whole() -> None:
    method = Distil(labels=0.5, logits=0.5)
    built, shown = llama(), batch("llama")
    module = method.prepare(built)
    guide = method.guide(built, Little(), CONTEXT)
    stir(module)
    module.eval()
    whole = guide.loss(module, shown, 0)
    parts = [guide.loss(module, {k: v[half] for k, v in shown.items()}, 0) for half in (slice(2), slice(2, 4))]
    assert float(whole.total.detach()) == pytest.approx(sum(float(p.total.detach()) for p in parts), rel=1e-5)
    assert whole.units == sum(p.units for p in parts)


def test_hints_and_maps_of_a_frozen_copy_are_learned_with_lora() -> None:
    method = Distil(labels=1.0, logits=0.0, features=1.0, attention=1.0, how={"kind": "lora", "r": 2})
    assert isinstance(tuner(method), Lora)
    built, learner, shown = bert(), Little(), batch("bert")
    built.blocks = built.blocks[:-1]  # hints behind the last layer, not the pooler
    names = set(built.module.state_dict())
    module: Any = method.prepare(built)
    guide = method.guide(built, learner, {**CONTEXT, "samples": rows("bert")})
    assert module.distil_hints[0].weight.shape == (32, 32)
    module.eval()
    first = guide.loss(module, shown, 0)
    assert first.parts["attention"] == pytest.approx(0, abs=1e-6)  # the same features still
    assert first.parts["features"] > 0  # but the projection is new
    for _ in range(15):
        step(module, guide, shown, lr=0.02)
    module.eval()
    assert guide.loss(module, shown, 0).parts["features"] < first.parts["features"]
    adapter = Lora(r=2).adapter(module)
    assert adapter
    assert not any("distil_hints" in n for n in adapter)
    assert set(method.merge(module).state_dict()) == names
    with pytest.raises(BadInput, match="no training sample"):
        method.guide(built, learner, CONTEXT)


def test_networks_of_other_sizes_are_compared_through_a_table() -> None:
    table = {"kind": "timm", "name": "test_resnet", "size": 32}
    method = Distil(
        model=table, labels=1.0, logits=0.0, features=0.5, attention=0.5, layers=("layer4",), teacher_layers=("layer3",)
    )
    built, shown = cnn(), batch("cnn")
    learner = Little(input=built.input)
    module = method.prepare(built)
    context = {**CONTEXT, "samples": rows("cnn"), "task": {"kind": "image_classification"}}
    guide = method.guide(built, learner, context)
    losses = guide.loss(module, shown, 0)
    assert losses.units == 4
    assert losses.parts["features"] > 0
    assert losses.parts["attention"] > 0
    torch.autograd.backward(losses.total)
    assert module.distil_hints[0].weight.grad.abs().max() > 0  # type: ignore[index, union-attr]
    with pytest.raises(BadInput, match="head of this teacher is new"):
        Distil(model=table).guide(built, learner, context)
    with pytest.raises(BadInput, match="no layer 'layer9'"):
        Distil(model=table, logits=0, attention=1, layers=("layer9",), teacher_layers=("layer3",)).guide(
            built, learner, context
        )


def test_what_cannot_teach_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="own head is new"):
        Distil().prepare(bert())
    with pytest.raises(BadSettings, match="learns nothing"):
        Distil(logits=0.0)
    with pytest.raises(BadSettings, match="both name a teacher"):
        Distil(teacher=tmp_path, model={"kind": "timm"})
    built = bert()
    with pytest.raises(BadInput, match="neither a bundle"):
        Distil(teacher=tmp_path).guide(built, Little(), CONTEXT)
    with pytest.raises(BadInput, match="does not fit detection"):
        _cells.logits({"boxes": 1, "logits": torch.zeros(1, 2, 3)})
    with pytest.raises(BadInput, match="does not know the class 'c'"):
        _teachers.columns(Vocabulary(labels=("a", "c")), ("b", "a"), "method.teacher")
    assert _teachers.columns(Vocabulary(labels=("a", "b")), ("b", "a"), "x") == (1, 0)


def test_an_engine_that_takes_one_picture_at_a_time_teaches_in_its_own_preparation() -> None:
    class Means:
        batchable = False
        asked: ClassVar[list[Any]] = []

        def run(self, pictures: Any) -> list[Any]:
            self.asked.append(pictures)
            return [pictures.mean(axis=(2, 3))]

    mine = Input(width=32, height=32, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    theirs = Input(width=16, height=16, scale=255, channels="bgr")
    taught = _teachers.Teacher(module=None, engine=Means(), input=theirs, columns=(2, 0, 1))  # type: ignore[arg-type]
    pictures = torch.rand(2, 3, 32, 32)
    said = taught.answer(((pictures - 0.5) / 0.5,), {}, mine)
    assert [a.shape for a in Means.asked] == [(1, 3, 16, 16)] * 2
    want = pictures.mean(dim=(2, 3)).flip(1) * 255
    torch.testing.assert_close(said, want, rtol=0.02, atol=1.0)
    torch.testing.assert_close(taught.aligned(said), said[:, [2, 0, 1]])


def test_cells_follow_the_units_of_every_task() -> None:
    words = Vocabulary(labels=("a", "b"))
    pixels = torch.randn(2, 2, 4, 4)
    labels = torch.zeros(2, 4, 4, dtype=torch.long)
    labels[0, :2] = 255
    by_pixel = _cells.cells(pixels, {"labels": labels}, 24.0, words)
    assert float(by_pixel.weights.sum()) == 24
    assert len(by_pixel.rows(pixels)[0]) == 24
    by_picture = _cells.cells(pixels, {"labels": labels}, 2.0, words)
    assert float(by_picture.weights.sum()) == pytest.approx(2)
    assert float(by_picture.weights[0]) == pytest.approx(1 / 8)
    assert float(by_picture.weights[-1]) == pytest.approx(1 / 16)
    attributes = Vocabulary(attributes={"cover": ("open", "shut"), "dirt": ("none", "some", "much")})
    two = _cells.cells(torch.randn(3, 5), {"labels": torch.zeros(3, 2)}, 3.0, attributes)
    assert [r.shape for r in two.rows(torch.randn(3, 5))] == [(3, 2), (3, 3)]


def test_r_drop_asks_twice_and_brings_the_answers_together() -> None:
    built, learner, shown = bert(hidden_dropout_prob=0.4), Little(), batch("bert")
    module = Full().prepare(built)
    guide = regularise.r_drop(learner, None, 2.0)
    module.train()
    torch.manual_seed(5)
    losses = guide.loss(module, shown, 0)
    torch.manual_seed(5)
    one, two = learner.loss(module, shown), learner.loss(module, shown)
    p, q = one.outputs.log_softmax(1), two.outputs.log_softmax(1)
    both = functional.kl_div(p, q, reduction="sum", log_target=True) + functional.kl_div(
        q, p, reduction="sum", log_target=True
    )
    wanted = (one.total + two.total) / 2 + 2.0 * both / 2
    assert float(losses.total.detach()) == pytest.approx(float(wanted.detach()), rel=1e-5)
    module.eval()
    assert guide.loss(module, shown, 0).parts["r_drop"] == pytest.approx(0, abs=1e-7)  # no dropout, no difference

    class Mixing(Little):
        mix = ("mixup",)

    with pytest.raises(BadSettings, match="mix batches"):
        regularise.r_drop(Mixing(), None, 1.0)


def test_a_pull_keeps_weights_near_their_start() -> None:
    method = Rehearsal(pull=0.5)
    built, learner, shown = bert(), Little(), batch("bert")
    module = method.prepare(built)
    guide = method.guide(built, learner, CONTEXT)
    module.eval()
    assert guide.loss(module, shown, 0).parts["pull"] == 0
    start = {n: p.detach().clone() for n, p in module.named_parameters()}
    stir(module)
    way = sum(
        float((p.detach() - start[n]).square().sum())
        for n, p in module.named_parameters()
        if not n.startswith("classifier")
    )
    losses = guide.loss(module, shown, 0)
    assert losses.parts["pull"] == pytest.approx(0.5 / 2 * 4 * way, rel=1e-4)
    assert float(losses.total.detach()) == pytest.approx(
        float(learner.loss(module, shown).total.detach()) + losses.parts["pull"], rel=1e-5
    )
    with pytest.raises(BadSettings, match="needs old samples"):
        Rehearsal()


def test_vision_transformers_teach_themselves_by_features() -> None:
    method = Distil(labels=0.5, logits=0.0, attention=1.0)
    built, shown = vit(), batch("vit")
    module = method.prepare(built)
    guide = method.guide(built, Little(input=built.input), CONTEXT)
    stir(module)
    losses = guide.loss(module, shown, 0)
    assert np.isfinite(float(losses.total.detach()))
    assert losses.parts["attention"] > 0
