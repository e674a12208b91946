"""Tells the log's rows to TensorBoard and MLflow, where a recipe asks for them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from roadstead.errors import BadSettings
from roadstead.registry import extra_named
from roadstead.train.recipe import Recipe
from roadstead.train.runs import RUN, Run

Tell = Callable[[Mapping[str, Any]], None]


@contextmanager
def trackers(recipe: Recipe, folder: Path, say: Callable[[str], None]) -> Iterator[tuple[Tell, ...]]:
    """Give what takes rows, and close it at the end; raise MissingExtra where a package is not installed.

    A server that does not answer any more does not end the training: `say` is told so, and how many rows it missed.
    """
    with ExitStack() as stack:
        made: list[Tell] = []
        if recipe.logging.tensorboard:
            made.append(stack.enter_context(_tensorboard(folder / "tensorboard")))
        if recipe.logging.mlflow is not None:
            made.append(stack.enter_context(_mlflow(recipe.logging.mlflow, recipe.name, Run(folder), say)))
        yield tuple(made)


def figures(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers of a row by a name that says stage and kind: little/step/loss; MLflow takes no @ in names."""
    where = f"{row.get('stage', '')}/{row['kind']}"
    for name, value in {**row, **row.get("metrics", {})}.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and name != "step":
            yield f"{where}/{name.replace('@', '_at_')}", float(value)


@contextmanager
def _tensorboard(folder: Path) -> Iterator[Tell]:
    with extra_named("logging.tensorboard"):
        from torch.utils.tensorboard.writer import SummaryWriter

    with SummaryWriter(str(folder)) as writer:

        def tell(row: Mapping[str, Any]) -> None:
            for name, value in figures(row):
                writer.add_scalar(name, value, row["step"])
            writer.flush()

        yield tell


@contextmanager
def _mlflow(uri: str, name: str, run: Run, say: Callable[[str], None]) -> Iterator[Tell]:
    """Tell MLflow; run.json keeps the id of its run, so that a training that goes on does so in the same one."""
    with extra_named("logging.mlflow"):
        from mlflow import (  # type: ignore[import-not-found,import-untyped,unused-ignore]  # an extra of its own
            MlflowClient,
            MlflowException,
        )
    try:
        client = MlflowClient(uri)
        known = run.read(RUN).get("mlflow") or _new(client, name)
        client.update_run(known, status="RUNNING")
    except MlflowException as error:
        raise BadSettings(f"logging.mlflow: {uri}: {error}") from error
    run.note(mlflow=known)

    missed = 0

    def tell(row: Mapping[str, Any]) -> None:
        nonlocal missed
        try:
            for figure, value in figures(row):
                client.log_metric(known, figure, value, step=int(row["step"]))
        except MlflowException as error:
            if not missed:
                say(
                    f"WARNING logging.mlflow: {uri} does not take rows ({error}); the training goes on, its log has them all"
                )
            missed += 1

    status = "FAILED"
    try:
        yield tell
        status = "FINISHED"
    finally:
        try:
            client.set_terminated(known, status)
        except MlflowException as error:
            say(f"WARNING logging.mlflow: {uri} was not told that the training ended ({error})")
        if missed:
            say(f"WARNING logging.mlflow: {missed} rows are in the log and not in {uri}")


def _new(client: Any, name: str) -> str:
    """Return the id of a new run in the experiment of this name."""
    experiment = client.get_experiment_by_name(name)
    found = client.create_experiment(name) if experiment is None else experiment.experiment_id
    return str(client.create_run(found).info.run_id)
