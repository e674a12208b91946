"""Samples from another folder beside a batch: rehearsal and several tasks, on pictures that lie on disk."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from _little import pictures, table
from _networks import bert, cnn, quiet, stir
from roadstead.dataset.reading import read
from roadstead.errors import BadInput, BadSettings
from roadstead.settings import check
from roadstead.train import checkpoints, making
from roadstead.train.losses.kd import Kd
from roadstead.train.methods import _teachers, tuner
from roadstead.train.methods._second import Second
from roadstead.train.methods.distil import Distil
from roadstead.train.methods.lora import Lora
from roadstead.train.methods.multitask import Multitask
from roadstead.train.methods.rehearsal import Rehearsal
from roadstead.train.recipe import Recipe
from roadstead.train.runs import Run
from roadstead.train.tasks.image_classification import ImageClassification
from roadstead.train.vocabulary import Vocabulary

pytestmark = pytest.mark.torch

FORMAT = {"kind": "image_folders"}
WORDS = Vocabulary(labels=("red", "green", "blue"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return pictures(tmp_path, n=12)


def bound(built: Any) -> Any:
    return ImageClassification().learner(built, WORDS, None, ())


def shown(learner: Any, folder: Path, seed: int = 0, n: int = 4) -> Any:
    found = read(folder, FORMAT, class_map={}).samples
    return learner.collate([learner.encode(learner.load(s)) for s in found[seed : seed + n]])


def test_old_samples_count_as_often_as_the_batch_has_units(folder: Path) -> None:
    method = Rehearsal(folder=folder, format=FORMAT, share=0.5, weight=2.0)
    built = cnn()
    module, learner = method.prepare(built), bound(built)
    guide = method.guide(built, learner, {"seed": 1})
    module.eval()
    batch = shown(learner, folder)
    losses = guide.loss(module, batch, 3)
    old = Second(read(folder, FORMAT, class_map={}).samples, learner, {"seed": 1}).draw(batch, 0.5, 3)
    assert len(old["labels"]) == 2
    mean = float(learner.loss(module, old).total.detach()) / 2
    assert losses.parts["old"] == pytest.approx(2.0 * 4 * mean, rel=1e-5)
    assert losses.units == 4
    assert float(losses.total.detach()) == pytest.approx(
        float(learner.loss(module, batch).total.detach()) + losses.parts["old"], rel=1e-5
    )


def test_draws_depend_on_the_step_alone_and_a_step_in_parts_draws_what_the_whole_one_does(folder: Path) -> None:
    learner = bound(cnn())
    samples = read(folder, FORMAT, class_map={}).samples
    batch = shown(learner, folder)
    half = {k: v[:2] for k, v in batch.items()}
    one, two, three = (Second(samples, learner, {"seed": 4}) for _ in range(3))
    whole = one.draw(batch, 1.0, 7)["images"]
    two.draw(batch, 1.0, 6)  # another step before
    parts = torch.cat([two.draw(half, 1.0, 7)["images"], two.draw(half, 1.0, 7)["images"]])
    torch.testing.assert_close(parts, whole, rtol=0, atol=0)
    assert not torch.equal(three.draw(batch, 1.0, 8)["images"], whole)
    second = Second(samples, learner, {"seed": 4, "before": 1}).draw(half, 1.0, 7)["images"]
    torch.testing.assert_close(second, whole[2:], rtol=0, atol=0)  # of another process


def test_a_second_task_trains_the_trunk_through_a_head_of_its_own(folder: Path, tmp_path: Path) -> None:
    other = {"task": {"kind": "image_classification"}, "folder": folder.name, "format": FORMAT, "weight": 0.5}
    method = Multitask(others=(other,), base=folder.parent, how={"kind": "lora", "r": 2})
    assert isinstance(tuner(method), Lora)
    built = cnn()
    names = set(built.module.state_dict())
    module: Any = method.prepare(built)
    learner = bound(built)
    guide = method.guide(built, learner, {"seed": 0})
    assert module.other_heads.heads["task0"].weight.requires_grad
    stir(module)
    module.eval()
    batch = shown(learner, folder)
    losses = guide.loss(module, batch, 0)
    own = learner.loss(module, batch)
    assert losses.parts["task0"] > 0
    assert losses.units == 4
    assert float(losses.total.detach()) == pytest.approx(float(own.total.detach()) + losses.parts["task0"], rel=1e-5)
    torch.autograd.backward(losses.total)
    assert module.other_heads.heads["task0"].weight.grad.abs().max() > 0
    assert module.layer4[0].conv1.lora_B.default.weight.grad.abs().max() > 0
    merged = method.merge(module)
    assert set(merged.state_dict()) == names
    torch.testing.assert_close(
        quiet(merged, {"images": batch["images"]}), quiet(module, {"images": batch["images"]}), rtol=1e-5, atol=1e-5
    )
    fresh = method.prepare(cnn())
    tuner(method).adapt(fresh, tuner(method).adapter(module))  # type: ignore[attr-defined]
    torch.testing.assert_close(quiet(fresh, batch), quiet(module, batch), rtol=0, atol=1e-6)


def test_what_shares_no_trunk_is_refused(folder: Path) -> None:
    other: dict[str, Any] = {"task": {"kind": "image_classification"}, "folder": str(folder), "format": FORMAT}
    with pytest.raises(BadInput, match="shares no trunk"):
        Multitask(others=({**other, "task": {"kind": "text_recognition"}},)).prepare(cnn())
    built = bert()
    built.head = ()
    with pytest.raises(BadInput, match="one new linear layer"):
        Multitask(others=(other,)).prepare(built)
    with pytest.raises(BadSettings, match="no further task"):
        Multitask(others=())
    with pytest.raises(BadSettings, match="folders: unknown setting; did you mean folder"):
        Multitask(others=({**other, "folders": "x"},)).prepare(cnn())
    unlabelled = Rehearsal(folder=folder / "nothing", format=FORMAT)
    built = cnn()
    with pytest.raises(BadInput):
        unlabelled.guide(built, bound(built), {})


def test_a_finished_training_teaches_with_its_classes_in_the_pupils_order(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    recipe = check(Recipe, table(folder, model__name="test_resnet", method={"kind": "lora", "r": 2}), "recipe")
    words = Vocabulary(labels=("blue", "green", "red"))
    run = Run(tmp_path_factory.mktemp("runs") / "run")
    run.begin(recipe, folder)
    run.keep_vocabulary(words)
    stirred = making.model(recipe, folder, words).module.eval()
    stir(stirred)
    checkpoints.save_weights(run.folder / "model" / checkpoints.WEIGHTS, stirred.state_dict())
    taught, theirs = _teachers.from_folder(run.folder, WORDS)
    assert theirs is not None
    assert theirs.head == ("fc",)
    images = torch.randn(2, 3, 32, 32)
    said = taught.aligned(taught.answer((images,), {}, None))
    torch.testing.assert_close(said, stirred(images)[:, [2, 1, 0]], rtol=1e-5, atol=1e-5)
    assert not any(p.requires_grad for p in theirs.module.parameters())
    built = cnn()
    method = Distil(teacher=run.folder, labels=0.0, logits=1.0)
    learner = bound(built)
    module = method.prepare(built).eval()
    batch = shown(learner, folder)
    assert learner.units(batch) == 4
    losses = method.guide(built, learner, {}).loss(module, batch, 0)
    answers = taught.aligned(taught.answer((batch["images"],), {}, learner.input))
    wanted = Kd(temperature=4.0)(quiet(module, batch), answers).sum()
    assert float(losses.total.detach()) == pytest.approx(float(wanted.detach()), rel=1e-4)
