"""Whole trainings in small: what is cut, killed, shared or staged ends where the plain one does."""

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
import tomli_w  # noqa: E402
from torch import Tensor  # noqa: E402

from _little import apart, losses, pictures, table  # noqa: E402
from roadstead.errors import BadInput, BadSettings, TrainingFailed  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import checkpoints, starting, training  # noqa: E402
from roadstead.train.plan import plan  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.runs import Run  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures(tmp_path_factory.mktemp("pictures"))


def made(data: Path, **changes: Any) -> Recipe:
    return check(Recipe, table(data, **changes), "recipe")


def trained(data: Path, folder: Path, **changes: Any) -> dict[str, Tensor]:
    training.train(made(data, **changes), data, folder)
    return checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS)


@pytest.fixture(scope="module")
def plain(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "plain"
    trained(data, folder, evaluation__before=True, logging__report=True)
    return folder


def test_a_run_folder_holds_what_it_promises(plain: Path) -> None:
    there = {path.name for path in plain.iterdir()}
    promised = {"recipe.toml", "run.json", "vocabulary.json", "samples.json", "checks.json", "log.jsonl", "model"}
    assert promised | {"before.json", "after.json", "checkpoints", "report.html", "curves.png"} <= there
    run = Run(plain)
    assert [row["step"] for row in run.rows() if row["kind"] == "step"] == [1, 2, 3, 4]
    assert run.vocabulary().labels == ("blue", "green", "red")
    facts = run.read("run.json")
    assert facts["steps"] == 4
    assert facts["ended"] == "budget"
    after, before = run.report("after"), run.report("before")
    assert after.samples == before.samples == 8
    assert after.task == "image_classification"


def test_the_self_checks_are_written(plain: Path) -> None:
    found = {row["name"]: row["ok"] for row in Run(plain).read("checks.json")}
    assert found == {
        "trainable": True,
        "unmasked": True,
        "audit": True,
        "augment": None,
        "head": True,
        "accumulation": True,
        "overfit": None,
        "merge": None,
        "resume": True,
    }


@pytest.mark.parametrize("micro", [1, 4])
def test_how_a_step_is_cut_changes_nothing_but_rounding(data: Path, plain: Path, tmp_path: Path, micro: int) -> None:
    cut = trained(data, tmp_path / "cut", budget__micro=micro)
    assert apart(cut, checkpoints.load_weights(plain / "model" / checkpoints.WEIGHTS)) < 1e-6


def test_workers_that_read_pictures_change_nothing(data: Path, plain: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"augment": [{"kind": "flip"}, {"kind": "colour"}]}
    alone = trained(data, tmp_path / "alone", **changes)
    helped = trained(data, tmp_path / "helped", data__workers=2, **changes)
    assert apart(alone, helped) == 0
    assert apart(alone, checkpoints.load_weights(plain / "model" / checkpoints.WEIGHTS)) > 0


class Killed(Exception):
    pass


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_run_that_was_killed_ends_where_the_uninterrupted_one_does(data: Path, tmp_path: Path, at: int) -> None:
    changes: dict[str, Any] = {
        "budget__steps": 6,
        "budget__ema": 0.9,
        "evaluation__every": 0.5,
        "model__drop": 0.2,
        "optimiser": {"kind": "adamw", "lr": 0.01},
        "augment": [{"kind": "flip"}],
    }
    whole = trained(data, tmp_path / "whole", **changes)

    def kill(row: dict[str, Any]) -> None:
        if row["kind"] == "step" and row["step"] == at:
            raise Killed

    recipe = made(data, **changes)
    with pytest.raises(Killed):
        training.train(recipe, data, tmp_path / "killed", say=kill)
    training.train(recipe, data, tmp_path / "killed", resume=True)
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    assert apart(whole, checkpoints.load_weights(tmp_path / "killed" / "model" / checkpoints.WEIGHTS)) == 0


def test_a_kill_between_two_renames_loses_no_checkpoint(data: Path, tmp_path: Path) -> None:
    trained(data, tmp_path / "run")
    last = tmp_path / "run" / "checkpoints" / "little" / "last"
    last.rename(last.with_name("last.old"))
    assert checkpoints.found(last) == last.with_name("last.old")
    assert training.train(made(data), data, tmp_path / "run", resume=True).steps == 4


def test_a_folder_takes_one_training(data: Path, plain: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds a training already: go on with --resume"):
        training.train(made(data), data, plain)
    with pytest.raises(BadSettings, match="follows another recipe"):
        training.train(made(data, optimiser__lr=9.0), data, plain, resume=True)
    with pytest.raises(BadInput, match="no training to go on with"):
        training.train(made(data), data, tmp_path / "none", resume=True)


def test_patience_ends_it_and_the_best_is_kept(data: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "budget__steps": 50,
        "budget__patience": 2,
        "evaluation__every": 0.5,
        "optimiser__lr": 1e-9,
    }
    outcome = training.train(made(data, **changes), data, tmp_path / "run")
    assert outcome.ended == "patience"
    assert outcome.steps == 3
    rows = [row for row in Run(tmp_path / "run").rows() if row["kind"] == "evaluation"]
    assert [row["best"] for row in rows] == [True, False, False]


def test_stages_follow_one_another_on_one_model(data: Path, tmp_path: Path) -> None:
    stages = [
        {"name": "head", "method": {"kind": "partial", "only": "head"}, "budget": {"steps": 2}},
        {"name": "all", "method": {"kind": "full"}, "budget": {"steps": 3}, "optimiser": {"lr": 0.01}},
    ]
    outcome = training.train(made(data, stages=stages), data, tmp_path / "run")
    assert outcome.steps == 5
    rows = list(Run(tmp_path / "run").rows())
    assert [row["stage"] for row in rows if row["kind"] == "step"] == ["head"] * 2 + ["all"] * 3
    head = checkpoints.load_weights(tmp_path / "run" / "checkpoints" / "head" / "last" / checkpoints.WEIGHTS)
    whole = checkpoints.load_weights(tmp_path / "run" / "checkpoints" / "all" / "last" / checkpoints.WEIGHTS)
    assert len(head) < len(whole)


def test_a_stage_with_data_of_its_own_goes_on_from_anywhere(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"train": [{"folder": "pictures", "format": {"kind": "image_folders"}}]}
    written = table(data, data=own | {"allow_leakage": True}, stages=[{"name": "one", "data": own}])
    written["budget"]["steps"] = 2
    (tmp_path / "pictures").symlink_to(data)
    (tmp_path / "recipe.toml").write_text(tomli_w.dumps(written), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    first = starting.start(Path("recipe.toml"), (), Path("run"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert starting.start(tmp_path / "run", (), None, resume=True).after == first.after
    assert starting.start(tmp_path / "recipe.toml", (), tmp_path / "run", resume=True).after == first.after


def test_an_adapter_saves_alone_and_the_model_is_merged(data: Path, tmp_path: Path) -> None:
    weights = trained(data, tmp_path / "run", method={"kind": "lora", "r": 2})
    adapter = checkpoints.load_weights(tmp_path / "run" / "adapter" / "little" / checkpoints.WEIGHTS)
    assert 0 < sum(v.numel() for v in adapter.values()) < sum(v.numel() for v in weights.values()) / 5
    assert not [name for name in weights if "lora" in name]


def test_a_loss_that_is_not_finite_ends_it_with_one_sentence(data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"the loss is (nan|inf); lower optimiser\.lr"):
        training.train(
            made(data, optimiser__lr=1e30, budget__clip=0, checks__skip=["overfit", "resume"]), data, tmp_path / "r"
        )


def test_samples_of_another_sort_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"has label as its target, but object_detection learns from objects"):
        training.train(made(data, task={"kind": "object_detection"}), data, tmp_path / "r")


def test_a_model_of_another_task_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"model\.kind: torchvision_detector has no model for image_classification"):
        training.train(made(data, model={"kind": "torchvision_detector"}), data, tmp_path / "r")


@pytest.mark.parametrize("kind", ["ddp", "fsdp", "zero2", "tensor", "pipeline", "data_parallel"])
def test_what_cannot_be_shared_here_is_refused_in_one_sentence(data: Path, tmp_path: Path, kind: str) -> None:
    with pytest.raises(BadSettings, match=rf"distributed\.kind: {kind} \w+"):
        training.train(made(data, distributed__kind=kind), data, tmp_path / "r")


def test_a_plan_trains_nothing_and_tells_what_would_be(data: Path) -> None:
    found = plan(made(data, method={"kind": "partial", "only": "head"}, budget__micro=2), data)
    assert found.samples == (16, 8, 0)
    (stage,) = found.stages
    assert (stage.steps, stage.rounds, stage.judged_every) == (4, 4, 2)
    assert 0 < stage.learning < stage.parameters / 10
    assert json.loads(json.dumps(found.record()))["stages"][0]["method"] == "partial"
    assert any("parameters learn" in value for _, value in found.rows())
