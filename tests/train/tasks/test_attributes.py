"""Several attributes at once: what cannot be told, weights, counts by attribute, sums, and a loss that falls."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from _bound import batch, demand_sums, learned, said
from roadstead.dataset.samples import Attributes as Values
from roadstead.dataset.samples import Sample
from roadstead.errors import BadInput, BadSettings
from roadstead.train import making
from roadstead.train.augment.cutmix import Cutmix
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.models import Built
from roadstead.train.models.timm import Timm
from roadstead.train.recipe import Budget, Data, Recipe
from roadstead.train.tasks.attributes import AttributeClassifier, Attributes

pytestmark = pytest.mark.torch


@pytest.fixture
def some(tmp_path: Path) -> list[Sample]:
    told: list[dict[str, str | None]] = [
        {"cover": "open", "dirt": "clean"},
        {"cover": "closed", "dirt": "dirty"},
        {"cover": None, "dirt": "clean"},
        {"dirt": "dirty"},
    ]
    made = []
    for k in range(8):
        picture = np.full((16, 16, 3), 40, np.uint8)
        picture[:, : 4 * (k % 4) + 2] = (200, 10 * k, 30)
        cv2.imwrite(str(tmp_path / f"{k}.png"), picture)
        made.append(Sample(id=str(k), target=Values(told[k % 4]), media=tmp_path / f"{k}.png"))
    return made


def bound(some: list[Sample], **settings: object) -> tuple[AttributeClassifier, Built]:
    task = Attributes(**settings)  # type: ignore[arg-type]  # settings of the test
    words = task.vocabulary(some)
    torch.manual_seed(0)
    built = Timm(name="resnet10t", size=32).build("attributes", words)
    return task.learner(built, words, None, ()), built


def test_what_cannot_be_told_is_a_class_or_does_not_count(some: list[Sample]) -> None:
    learner, _ = bound(some)
    assert learner.vocabulary.attributes == {"cover": ("cannot_tell", "closed", "open"), "dirt": ("clean", "dirty")}
    assert batch(learner, some[:4])["values"].tolist() == [[2, 0], [1, 1], [0, 0], [-100, 1]]
    ignoring, _ = bound(some, cannot_tell="ignore")
    assert ignoring.vocabulary.attributes["cover"] == ("closed", "open")
    assert batch(ignoring, some[:4])["values"].tolist() == [[1, 0], [0, 1], [-100, 0], [-100, 1]]
    assert "cover=(not counted)" in ignoring.audit(batch(ignoring, some[2:3]))


def test_parts_add_up_and_units_are_weighed(some: list[Sample]) -> None:
    learner, built = bound(some, weights={"dirt": 2.0})
    assert demand_sums(learner, built, some[:4]) == 3 + 2 * 4


def test_the_loss_is_that_of_each_attribute(some: list[Sample]) -> None:
    learner, built = bound(some, weights={"cover": 3.0})
    one = batch(learner, some)
    lost = learner.loss(built.module.eval(), one)
    logits = built.module(one["images"])
    cover = CrossEntropy()(logits[:, :3], one["values"][:, 0]).sum()
    dirt = CrossEntropy()(logits[:, 3:], one["values"][:, 1]).sum()
    torch.testing.assert_close(lost.total, 3 * cover + dirt)
    assert lost.parts["dirt"] == pytest.approx(float(dirt.detach()))


def test_it_learns_eight_pictures_by_heart(some: list[Sample]) -> None:
    learner, built = bound(some)
    first, last = learned(learner, built, some, steps=12, lr=3e-3)
    assert last < first / 3
    predictions = said(learner, built, some)
    assert {name: v.shape for name, v in predictions[0].scores.items()} == {"cover": (3,), "dirt": (2,)}
    assert all(v.sum() == pytest.approx(1) for v in predictions[0].scores.values())
    assert set(learner.score(some, predictions).metrics) >= {"macro_f1", "all_right"}


def test_balanced_losses_know_the_counts_of_each_attribute(some: list[Sample]) -> None:
    recipe = Recipe(
        name="x",
        data=Data.model_construct(),
        task={"kind": "attributes"},
        model={"kind": "timm"},
        loss={"kind": "cross_entropy", "weights": "balanced"},
        budget=Budget(steps=1),
    )
    plan = Attributes()
    words = plan.vocabulary(some)
    built = Timm(name="resnet10t", size=32).build("attributes", words)
    learner = making.learner(recipe, plan, built, words, some)
    assert isinstance(learner, AttributeClassifier)
    assert [loss.counts for loss in learner.criteria] == [(2, 2, 2), (4, 4)]  # type: ignore[attr-defined]  # cross-entropies


def test_what_does_not_fit_is_refused(some: list[Sample]) -> None:
    words = Attributes().vocabulary(some)
    built = Timm(name="resnet10t", size=32).build("attributes", words)
    with pytest.raises(BadSettings, match="no attribute 'colour'; there are cover, dirt"):
        Attributes(weights={"colour": 1.0}).learner(built, words, None, ())
    with pytest.raises(BadSettings, match="cannot be mixed"):
        Attributes().learner(built, words, None, (Cutmix(),))
    with pytest.raises(BadInput, match="'axles' needs at least two values; found none"):
        Attributes(values={"axles": ()}).vocabulary(some)
    with pytest.raises(BadInput, match="no training sample has an attribute"):
        Attributes().vocabulary([])
