"""Recipes: what is refused, and what stands in those that ship."""

from pathlib import Path

import pytest

from roadstead.errors import BadSettings
from roadstead.simulate.sets.recipe import read

_PLAIN = 'task = "detection"\nname = "a"\nsamples = 4\n'
_SHIPPED = sorted((Path(__file__).parents[3] / "configs/datasets").glob("*.toml"))
_TASKS = {"attributes-test": "attributes", "attributes-training": "attributes", "detector": "detection"}
"""Recipes of what was made for the models that ship, and their tasks."""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("sample = 3", "unknown setting"),
        ("samples = 0", "greater than or equal to 1"),
        ("size = [101, 64]", "multiple of 2"),
        ("splits = { train = 0.5 }", "must add up to 1"),
        ("splits = { train = 0.5, test = 0.5 }", 'stock = "test"'),
        ('stock = "test"\nsplits = { train = 1.0 }', "for the split test alone"),
        ("[text]\nbodies = 2", "belongs to another task"),
        ("[detection]\nbusy = 2.0", "less than or equal to 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text((_PLAIN.replace("samples = 4\n", "") if more.startswith("samples") else _PLAIN) + more)
    with pytest.raises(BadSettings, match=said) as refused:
        read(path)
    assert "recipe.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_stock_says_the_splits(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(_PLAIN)
    assert read(path).shares == {"train": 0.8, "val": 0.2}
    path.write_text(_PLAIN + 'stock = "test"\n')
    assert read(path).shares == {"test": 1.0}


@pytest.mark.parametrize("path", _SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipes_fit_and_say_how_they_are_run(path: Path) -> None:
    assert read(path).task == _TASKS.get(path.stem, path.stem)
    command = path.read_text(encoding="utf-8").splitlines()[0]
    assert command.startswith(f"# roadstead simulate dataset configs/datasets/{path.name} --out ")


def test_there_is_a_recipe_for_each_task() -> None:
    stems = {path.stem for path in _SHIPPED}
    assert stems - set(_TASKS) == {"attributes", "detection", "faults", "text"}
    assert set(_TASKS) <= stems
