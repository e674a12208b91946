"""Every task keeps its promises: sums that add up, units that are known beforehand, judging that hangs on no batch."""

from typing import Any

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from _tasks import FAMILIES, Case, case  # noqa: E402
from roadstead.dataset.samples import Answer, Attributes, Chat, Label, Message, Sample, Target  # noqa: E402
from roadstead.errors import BadSettings  # noqa: E402
from roadstead.evaluate.reports import from_record  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import losses, making, tasks  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.tasks import Together  # noqa: E402
from roadstead.train.vocabulary import from_record as words_of  # noqa: E402

NAMES = tasks.plugins.names()
STRANGE: tuple[Target, ...] = (
    *(Label("a"), Attributes({"a": "b"}), Answer("what?", "a", 0)),
    Chat((Message("user", "?"), Message("assistant", "!"))),
)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder = tmp_path_factory.mktemp("samples")
    return {name: case(name, folder) for name in NAMES if name in FAMILIES}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return bool(torch.equal(one, other))
    return repr(one) == repr(other)


def test_every_task_has_a_case() -> None:
    missing = set(NAMES) - set(FAMILIES)
    assert not missing, f"add a tiny model and samples for {', '.join(sorted(missing))} to tests/_tasks.py"


def test_the_named_tasks_are_there() -> None:
    assert {
        *("image_classification", "attributes", "object_detection", "semantic_segmentation", "text_recognition"),
        *("image_text_contrast", "text_classification", "token_classification", "question_answering"),
        *("sequence_to_sequence", "causal_language_modelling", "instruction_tuning", "preference_tuning"),
        *("vision_language", "trajectory_classification"),
    } <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_vocabulary_can_be_written_and_read(name: str, cases: dict[str, Case]) -> None:
    words = cases[name].learner.vocabulary
    assert words_of(words.record()) == words
    assert isinstance(words.outputs, int)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_the_same_every_time_and_says_what_is_learned(name: str, cases: dict[str, Case]) -> None:
    one = cases[name]
    batch, again = one.batch(), one.batch()
    assert batch.keys() == again.keys()
    assert all(same(batch[key], again[key]) for key in batch)
    said = one.learner.audit(batch)
    assert isinstance(said, str)
    assert said.strip()


@pytest.mark.parametrize("name", NAMES)
def test_units_are_known_without_the_model_and_the_loss_can_be_learned_from(name: str, cases: dict[str, Case]) -> None:
    one = cases[name]
    batch = one.batch()
    lost = one.learner.loss(one.built.module, batch)
    assert lost.units == one.learner.units(batch) > 0
    assert lost.total.ndim == 0
    assert bool(torch.isfinite(lost.total))
    assert all(isinstance(part, float) for part in lost.parts.values())
    lost.total.backward()
    sloped = [p for p in one.built.module.parameters() if p.grad is not None and bool(p.grad.abs().sum())]
    one.built.module.zero_grad()
    assert sloped


@pytest.mark.parametrize("name", NAMES)
def test_the_loss_is_a_sum_over_units(name: str, cases: dict[str, Case]) -> None:
    one = cases[name]
    if isinstance(one.learner, Together) and one.learner.together:
        assert name == "image_text_contrast"
        return
    half = len(one.samples) // 2
    with torch.no_grad():
        whole, *parts = (
            one.learner.loss(one.built.module, one.batch(some))
            for some in (one.samples, one.samples[:half], one.samples[half:])
        )
    assert sum(part.units for part in parts) == pytest.approx(whole.units)
    assert sum(float(part.total) for part in parts) == pytest.approx(float(whole.total), rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_judging_gives_a_report_whatever_is_shown_at_once(name: str, cases: dict[str, Case]) -> None:
    one = cases[name]
    with torch.inference_mode():
        whole = one.learner.predict(one.built.module, one.batch())
        single = [p for s in one.samples for p in one.learner.predict(one.built.module, one.batch([s]))]
    assert len(whole) == len(single) == len(one.samples)
    report = one.learner.score(one.samples, whole, resamples=5)
    assert report.task
    assert report.samples == len(one.samples)
    assert report.main in report.metrics
    assert report.value is not None
    assert from_record(report.record()) == report
    again = one.learner.score(one.samples, single)
    assert again.main == report.main
    assert again.value == pytest.approx(report.value, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_of_another_target_is_refused(name: str, cases: dict[str, Case]) -> None:
    plan = cases[name].plan
    strange = next(target for target in STRANGE if not isinstance(target, plan.targets))
    table = {
        "name": "a",
        "data": {"train": [{"folder": "."}]},
        "task": {"kind": name},
        "model": {"kind": "timm"},
        "budget": {"batch": 1, "steps": 1},
    }
    with pytest.raises(BadSettings, match=f"sample 'odd' has .* but {name} learns from"):
        making.demand_targets(check(Recipe, table, "recipe"), plan, [Sample(id="odd", target=strange)])


@pytest.mark.parametrize("name", NAMES)
def test_the_losses_that_a_recipe_may_name_are_there(name: str, cases: dict[str, Case]) -> None:
    plan = cases[name].plan
    known = {of for loss in losses.plugins.names() for of in losses.plugins.get(loss).of}
    assert set(plan.losses) <= known
