"""A finished training is read back from its folder and answers as the model that was trained."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402

from _little import text_table, texts  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import reloading, training  # noqa: E402
from roadstead.train.data import sides  # noqa: E402
from roadstead.train.leaving import Trained  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402

pytestmark = pytest.mark.torch
METHODS: dict[str, dict[str, Any]] = {
    "prompt": {"method": {"kind": "prompt", "tokens": 3}},
    "prefix": {"method": {"kind": "prefix", "tokens": 3}},
    "p_tuning": {"method": {"kind": "p_tuning", "tokens": 3}},
    "adapter": {"method": {"kind": "adapter", "reduction": 4.0}},
    "lora": {"method": {"kind": "lora", "r": 2}},
    "stages": {
        "stages": [
            {"name": "head", "method": {"kind": "partial", "only": "head"}, "budget": {"steps": 2}},
            {"name": "all", "method": {"kind": "lora", "r": 2}, "budget": {"steps": 3}},
        ]
    },
    "adapters": {
        "stages": [
            {"name": "first", "method": {"kind": "lora", "r": 2}, "budget": {"steps": 3}},
            {"name": "second", "method": {"kind": "adapter", "reduction": 4.0}, "budget": {"steps": 3}},
        ]
    },
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return texts(tmp_path_factory.mktemp("texts"))


@pytest.mark.parametrize("name", METHODS)
def test_what_is_read_back_answers_as_what_was_trained(
    name: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Trained] = []
    monkeypatch.setattr(training, "_finished", lambda session, trained: made.append(trained))
    recipe = check(Recipe, text_table(data, evaluation__keep="last", **METHODS[name]), name)
    outcome = training.train(recipe, data, tmp_path / "run")
    (trained,) = made
    whole = reloading.load(tmp_path / "run")
    assert torch.equal(answers(whole, whole), answers(trained, whole))
    samples = sides(recipe.data, recipe.seed).final
    assert outcome.after is not None
    assert reloading.judged(whole, samples, resamples=0).metrics == outcome.after.metrics
    if name != "stages":  # the head of the first stage is no adapter
        alone = reloading.load(tmp_path / "run", adapters=True)
        torch.testing.assert_close(answers(alone, whole), answers(trained, whole), rtol=0, atol=1e-6)


def answers(one: Trained, reader: Trained) -> Tensor:
    """Return the logits of a model on what another's learner reads."""
    learner, found = reader.learner, sides(reader.recipe.data, reader.recipe.seed).final
    batch = learner.collate([learner.encode(learner.load(s)) for s in found])
    with torch.no_grad():
        said: Tensor = learner.loss(one.module.eval(), batch).outputs
    return said
