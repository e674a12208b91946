"""A training that is killed at any moment goes on, and ends where the one that was left alone does."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
import tomli_w  # noqa: E402
from accelerate import Accelerator  # type: ignore[import-untyped]  # noqa: E402  # the package ships no types
from torch import Tensor  # noqa: E402

from _little import pictures, table, text_table, texts  # noqa: E402
from roadstead.settings import check  # noqa: E402
from roadstead.train import checkpoints, starting, training  # noqa: E402
from roadstead.train.recipe import Recipe  # noqa: E402
from roadstead.train.runs import RECIPE, Run  # noqa: E402

pytestmark = pytest.mark.torch
STEPS, SAVED_EVERY = 90, 15
CHANGES: dict[str, Any] = {
    "budget__steps": STEPS,
    "budget__ema": 0.9,
    "evaluation__every": SAVED_EVERY / 2,  # two steps are an epoch
    "evaluation__before": True,
    "model__drop": 0.2,
    "optimiser": {"kind": "adamw", "lr": 1e-4},
    "augment": [{"kind": "flip"}, {"kind": "colour"}],
}


class Killed(Exception):
    """Stands for a kill where one has to happen at a certain moment."""


class Begun(Exception):
    """Ends a training that nobody killed."""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recipe's file."""
    home = tmp_path_factory.mktemp("killed")
    pictures(home / "pictures")
    file = home / "recipe.toml"
    made = table(home / "pictures", **CHANGES)
    made["data"]["train"][0]["folder"] = "pictures"
    file.write_text(tomli_w.dumps(made), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def whole(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that nobody killed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    starting.start(recipe, (), folder)
    return folder


def steps(folder: Path) -> list[tuple[float, ...]]:
    return [
        tuple(row[name] for name in ("step", "loss", "lr", "grad_norm"))
        for row in Run(folder).rows()
        if row["kind"] == "step"
    ]


def weights(folder: Path) -> dict[str, Tensor]:
    return checkpoints.load_weights(folder / "model" / checkpoints.WEIGHTS)


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_kill_9_at_any_moment_changes_nothing(recipe: Path, whole: Path, tmp_path: Path) -> None:
    rng, folder = random.Random(8), tmp_path / "run"
    last = folder / "checkpoints" / "little" / "last"

    def after(rows: int) -> Callable[[], bool]:
        return lambda: len(steps(folder)) >= rows

    def writing(rows: int) -> Callable[[], bool]:
        return lambda: last.with_name("last.part").is_dir() and len(steps(folder)) >= rows

    _killed_when(after(rng.randrange(2, SAVED_EVERY - 5)), str(recipe), "--out", str(folder))
    assert checkpoints.found(last) is None
    _killed_when(after(rng.randrange(2 * SAVED_EVERY + 1, 3 * SAVED_EVERY - 5)), str(folder), "--resume")
    before = _saved(last)
    assert before >= SAVED_EVERY
    _killed_when(writing(before + SAVED_EVERY), str(folder), "--resume")
    assert _saved(last) >= before
    with _training(str(folder), "--resume") as process:
        assert process.wait(timeout=60) == 0
    assert steps(folder) == steps(whole)
    assert [step for step, *_ in steps(whole)] == list(range(1, STEPS + 1))
    assert same(folder, whole)
    checked = [row["name"] for row in Run(folder).read("checks.json")]
    assert checked == [row["name"] for row in Run(whole).read("checks.json")]
    assert Run(folder).report("before") == Run(whole).report("before")


def test_a_kill_while_the_folder_is_made_leaves_nothing_in_the_way(recipe: Path, tmp_path: Path) -> None:
    few = ("budget.steps=2", "evaluation.every=1")
    starting.start(recipe, few, tmp_path / "whole")
    for n in range(1, 100):
        folder = tmp_path / str(n)
        with suppress(Begun), killed_before(n) as changes:
            starting.start(recipe, few, folder, say=_until_the_first_step)
        if len(changes) < n - 1:
            break
        if (folder / RECIPE).is_file():
            starting.start(folder, (), None, resume=True)
        else:
            starting.start(recipe, few, folder)
        assert steps(folder) == steps(tmp_path / "whole"), changes
        assert same(folder, tmp_path / "whole"), changes
        checked = [row["name"] for row in Run(folder).read("checks.json")]
        assert checked == [row["name"] for row in Run(tmp_path / "whole").read("checks.json")], changes
    assert {"mkdir", "replace"} <= set(changes)


def test_kills_while_checkpoints_are_written_leave_the_old_or_the_new_one(tmp_path: Path) -> None:
    alone = Accelerator(cpu=True)

    def save(folder: Path, value: float) -> None:
        checkpoints.save(folder / "last", {"w": torch.tensor(value)}, {}, {"value": value}, None, alone)

    def there(folder: Path) -> float:
        place = checkpoints.found(folder / "last")
        assert place is not None
        value = float(checkpoints.load_weights(place / checkpoints.WEIGHTS)["w"])
        assert checkpoints.state(place) == {"value": value}
        return value

    save(tmp_path / "whole", 0)
    with killed_before(100) as changes:
        save(tmp_path / "whole", 1)
    assert len(changes) > 5
    for first, second in product(range(1, len(changes) + 2), repeat=2):
        folder = tmp_path / f"{first}-{second}"
        save(folder, 0)
        with killed_before(first):
            save(folder, 1)
        one = there(folder)
        with killed_before(second):
            save(folder, 2)
        assert one in (0, 1)
        assert there(folder) in (one, 2), (first, second)
        save(folder, 3)
        assert there(folder) == 3
        assert [path.name for path in folder.iterdir()] == ["last"]


@pytest.mark.parametrize("at", [5, 8, 11])
def test_adalora_gives_the_same_ranks_away_after_a_kill(at: int, tmp_path: Path) -> None:
    """Ranks are given away after steps 3 to 9 of 12, and checkpoints are written every second step."""
    data = texts(tmp_path / "texts")
    method = {"kind": "adalora", "r": 1, "start_r": 6, "warmup": 0.2, "fixed": 0.25, "dropout": 0.1}
    made = text_table(data, method=method, budget__steps=12, evaluation__keep="last")
    recipe = check(Recipe, made, "adalora")

    def kill(row: dict[str, Any]) -> None:
        if row["kind"] == "step" and row["step"] == at:
            raise Killed

    training.train(recipe, data, tmp_path / "whole")
    with pytest.raises(Killed):
        training.train(recipe, data, tmp_path / "killed", say=kill)
    saved = _kept(tmp_path / "killed")
    training.train(recipe, data, tmp_path / "killed", resume=True)
    assert steps(tmp_path / "killed") == steps(tmp_path / "whole")
    assert same(tmp_path / "killed", tmp_path / "whole")
    ended = _kept(tmp_path / "killed")
    assert ended.sum() == len(ended)  # one rank a layer is left on average
    assert saved.sum() == ended.sum() if at > 10 else saved.sum() > ended.sum()
    assert torch.equal(ended, _kept(tmp_path / "whole"))


def _kept(folder: Path) -> Tensor:
    """Return how many ranks each layer has in the last checkpoint."""
    found = checkpoints.load_weights(folder / "checkpoints" / "little" / "last" / checkpoints.WEIGHTS)
    kept: Tensor = torch.stack([value.sum() for name, value in sorted(found.items()) if name.endswith(".kept")])
    return kept


@contextmanager
def killed_before(n: int) -> Iterator[list[str]]:
    """Kill before the n-th change of a folder from here on; yield the names of the changes before it."""
    made: list[str] = []

    def counted(change: Callable[..., None]) -> Callable[..., None]:
        def changed(*args: Any, **more: Any) -> None:
            if len(made) == n - 1:
                raise Killed
            made.append(change.__name__)
            change(*args, **more)

        return changed

    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        for name in ("mkdir", "rename", "replace", "rmdir", "unlink"):
            patch.setattr(os, name, counted(getattr(os, name)))
        yield made


def _until_the_first_step(row: dict[str, Any]) -> None:
    if row["kind"] == "step":
        raise Begun


def _saved(last: Path) -> int:
    """Return at which step the last checkpoint is."""
    place = checkpoints.found(last)
    return 0 if place is None else int(checkpoints.state(place)["step"])


def _killed_when(due: Callable[[], bool], *arguments: str) -> None:
    """Start a training and kill it as soon as something is due."""
    with _training(*arguments) as process:
        while not due():
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.0005)
        process.kill()
        assert process.wait(timeout=30) == -signal.SIGKILL


@contextmanager
def _training(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start `roadstead train` with arguments; it does not outlive the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "roadstead", "train", *arguments, "--json"], stdout=subprocess.PIPE
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
