"""What TensorBoard and MLflow are told is what the log says, also of a training that was killed and goes on."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

from _little import pictures, table
from roadstead.errors import BadSettings
from roadstead.settings import check
from roadstead.train import training
from roadstead.train.recipe import Recipe
from roadstead.train.runs import RUN, Run
from roadstead.train.trackers import figures

pytestmark = pytest.mark.torch


class Killed(Exception):
    pass


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures(tmp_path_factory.mktemp("pictures"))


def killed_and_gone_on(data: Path, folder: Path, **logging: Any) -> dict[tuple[str, int], float]:
    """Train, killed at the fourth of six steps; return what the log has, by name and step."""
    recipe = check(Recipe, table(data, budget__steps=6, logging={"report": False, **logging}), "recipe")

    def kill(row: dict[str, Any]) -> None:
        if row["kind"] == "step" and row["step"] == 4:
            raise Killed

    with pytest.raises(Killed):
        training.train(recipe, data, folder, say=kill)
    training.train(recipe, data, folder, resume=True)
    return {(name, row["step"]): value for row in Run(folder).rows() for name, value in figures(row)}


def test_figures_are_the_numbers_of_a_row_by_stage_and_kind() -> None:
    row = {"kind": "evaluation", "stage": "all", "step": 3, "loss": None, "best": True, "metrics": {"recall@1": 0.5}}
    assert dict(figures(row)) == {"all/evaluation/recall_at_1": 0.5}


def test_tensorboard_reads_what_the_log_says(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing import (  # type: ignore[import-untyped]  # the package ships no types
        event_accumulator,
    )

    logged = killed_and_gone_on(data, tmp_path / "run", tensorboard=True)
    events = event_accumulator.EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    told = {(name, e.step): e.value for name in events.Tags()["scalars"] for e in events.Scalars(name)}
    assert {("little/step/loss", 6), ("little/step/lr", 1), ("little/evaluation/macro_f1", 6)} <= logged.keys()
    assert told == pytest.approx(logged, rel=1e-6, abs=1e-12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own, of what it asks SQLAlchemy for
def test_mlflow_reads_what_the_log_says_in_one_run(data: Path, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    logged = killed_and_gone_on(data, tmp_path / "run", mlflow=uri)
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("little").experiment_id])
    assert run.info.run_id == Run(tmp_path / "run").read(RUN)["mlflow"]
    assert run.info.status == "FINISHED"
    names = {name for name, _ in logged}
    told = {(name, m.step): m.value for name in names for m in client.get_metric_history(run.info.run_id, name)}
    assert told == pytest.approx(logged)
    assert run.data.metrics.keys() == names


def test_an_address_that_mlflow_does_not_take_is_refused(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    recipe = check(Recipe, table(data, logging__mlflow="nowhere://x"), "recipe")
    with pytest.raises(BadSettings, match=r"logging\.mlflow: nowhere://x: "):
        training.train(recipe, data, tmp_path / "run")


class Refused(Exception):
    """Stands for the exception of MLflow."""


class Server:
    """Stands for a client whose server goes down after three figures."""

    def __init__(self, uri: str) -> None:
        self.uri, self.left = uri, 3

    def __getattr__(self, name: str) -> Any:
        def ask(*_: Any, **__: Any) -> Any:
            if name in ("log_metric", "set_terminated"):
                self.left -= 1
                if self.left < 0:
                    raise Refused("connection refused")
            return SimpleNamespace(experiment_id="1", info=SimpleNamespace(run_id="r"))

        return ask


def test_a_server_that_goes_down_does_not_end_the_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(MlflowClient=Server, MlflowException=Refused))
    recipe = check(Recipe, table(data, logging={"report": False, "mlflow": "http://tracker"}), "recipe")
    said: list[str] = []
    outcome = training.train(recipe, data, tmp_path / "run", say=lambda row: said.append(str(row.get("said", ""))))
    rows = list(Run(tmp_path / "run").rows())
    assert outcome.ended == "budget"
    warnings = [one for one in said if one.startswith("WARNING logging.mlflow")]
    assert len(warnings) == 3
    assert "does not take rows (connection refused)" in warnings[0]
    assert "was not told that the training ended" in warnings[1]
    assert f"{len(rows)} rows are in the log" in warnings[2]
