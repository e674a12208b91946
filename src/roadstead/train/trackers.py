"""Tells the log's rows to TensorBoard and MLflow, where a recipe asks for them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from roadstead.registry import extra_named
from roadstead.train.recipe import Recipe

Tell = Callable[[Mapping[str, Any]], None]


def trackers(recipe: Recipe, folder: Path) -> tuple[Tell, ...]:
    """Return what takes rows; raise MissingExtra where a package is not installed."""
    made: list[Tell] = []
    if recipe.logging.tensorboard:
        made.append(_tensorboard(folder / "tensorboard"))
    if recipe.logging.mlflow is not None:
        made.append(_mlflow(recipe.logging.mlflow, recipe))
    return tuple(made)


def figures(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers of a row by a name that says stage and kind: little/step/loss."""
    where = f"{row.get('stage', '')}/{row['kind']}"
    for name, value in {**row, **row.get("metrics", {})}.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and name != "step":
            yield f"{where}/{name}", float(value)


def _tensorboard(folder: Path) -> Tell:
    with extra_named("logging.tensorboard"):
        from torch.utils.tensorboard.writer import SummaryWriter
    writer = SummaryWriter(str(folder))

    def tell(row: Mapping[str, Any]) -> None:
        for name, value in figures(row):
            writer.add_scalar(name, value, row["step"])
        writer.flush()

    return tell


def _mlflow(uri: str, recipe: Recipe) -> Tell:
    with extra_named("logging.mlflow"):
        import mlflow  # type: ignore[import-not-found,import-untyped,unused-ignore]  # an extra of its own
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(recipe.name)
    run = mlflow.start_run()
    client = mlflow.MlflowClient(uri)

    def tell(row: Mapping[str, Any]) -> None:
        for name, value in figures(row):
            client.log_metric(run.info.run_id, name, value, step=int(row["step"]))

    return tell
