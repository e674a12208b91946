"""Every family of models keeps its promises: it builds for its tasks, and says which parameters are head and blocks."""

from itertools import chain
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from _tasks import FAMILIES, case  # noqa: E402
from roadstead.train import models, tasks  # noqa: E402

NAMES = models.plugins.names()
PAIRS = [(name, task) for name in NAMES for task in sorted(models.plugins.get(name).tasks)]


def below(name: str, prefix: str) -> bool:
    return f"{name}.".startswith(f"{prefix}.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("samples")


def test_every_family_has_a_task_and_every_task_a_family() -> None:
    built = set(chain.from_iterable(models.plugins.get(name).tasks for name in NAMES))
    assert built == set(tasks.plugins.names())
    without = [f"{name} for {task}" for name, task in PAIRS if name not in FAMILIES.get(task, {})]
    assert not without, f"add tiny settings to tests/_tasks.py: {', '.join(without)}"


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_head_and_blocks_are_all_parameters_each_once(name: str, task: str, folder: Path) -> None:
    built: Any = case(task, folder, name).built
    parameters = [n for n, _ in built.module.named_parameters()]
    aliases = [n for n, _ in built.module.named_parameters(remove_duplicate=False)]  # weights that two layers share
    blocks = [prefix for block in built.blocks for prefix in block]
    assert len(built.blocks) > 1
    for prefix in (*built.head, *blocks):
        assert any(below(n, prefix) for n in aliases), f"{prefix} names no parameter"
    for n in parameters:
        found = [prefix for prefix in (*built.head, *blocks) if below(n, prefix)]
        assert len(found) <= 1, f"{n} is in {' and in '.join(found)}"
        # what lies directly in a part that is taken apart (a position embedding) is in no block
        owner = n.rpartition(".")[0]
        assert found or any(not owner or below(prefix, owner) for prefix in (*built.head, *blocks)), f"{n} is in none"


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_it_says_what_it_takes_and_where_it_is_from(name: str, task: str, folder: Path) -> None:
    built: Any = case(task, folder, name).built
    assert built.origin == "random" or "random" in built.origin or "tiny" in built.origin
    assert built.input is not None or built.processor is not None or task == "trajectory_classification"
    if built.input is not None:
        assert built.input.width > 0
        assert built.input.height > 0
    names = [n for n, _ in built.module.named_parameters()]
    for part, prefixes in built.parts.items():
        assert all(any(below(n, p) for n in names) for p in prefixes), part
    assert all(isinstance(note, str) and note for note in built.notes)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights(name: str, folder: Path) -> None:
    task = sorted(models.plugins.get(name).tasks)[0]
    one, other = (case(task, folder, name).built.module.state_dict() for _ in range(2))
    assert list(one) == list(other)
    assert all(torch.equal(one[key], other[key]) for key in one if isinstance(one[key], torch.Tensor))
