"""Recipes: what is read, what is refused, how settings and stages lie over them."""

import copy
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from _little import table
from roadstead.errors import BadSettings
from roadstead.train import recipe


def written(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "recipe.toml"
    file.write_text(tomli_w.dumps(content), encoding="utf-8")
    return file


def test_what_is_not_said_has_a_default_and_folders_are_taken_from_the_recipe(tmp_path: Path) -> None:
    read = recipe.load(written(tmp_path, table(Path("pictures"))))
    assert read.data.train[0].folder == tmp_path / "pictures"
    assert read.method == {"kind": "full"}
    assert read.optimiser.weight_decay == 0.01


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"optimiser__learning_rate": 1}, r"optimiser\.learning_rate: unknown setting"),
        ({"budget__bach": 8}, r"budget\.bach: unknown setting; did you mean batch\?"),
        ({"budget__micro": 3}, r"a batch of 8 cannot be computed 3 at a time"),
        ({"budget": {"batch": 8}}, r"say how long: set epochs or steps"),
        ({"optimiser__lr": -1}, r"optimiser\.lr: .*greater than 0"),
        ({"schedule__kind": "cosinus"}, r"schedule\.kind: Input should be 'constant'"),
        ({"name": "a/b"}, r"\.name: String should match"),
        ({"checks__skip": ["overfitting"]}, r"checks\.skip\[0\]"),
        ({"distributed__offload": True}, r"offload is for fsdp and zero1 to 3; auto keeps everything"),
        ({"distributed": {"kind": "zero2", "replicas": 2}}, r"replicas are for fsdp"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadSettings, match=sentence):
        recipe.load(written(tmp_path, table(tmp_path, **change)))


def test_settings_of_the_command_line_are_read_as_toml(tmp_path: Path) -> None:
    file = written(tmp_path, table(tmp_path))
    read = recipe.load(
        file, ["budget.steps=9", "method.kind=partial", "data.train.0.take=5", "method.names=['a', 'b']"]
    )
    assert (read.budget.steps, read.data.train[0].take) == (9, 5)
    assert read.method == {"kind": "partial", "names": ["a", "b"]}


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("budget.steps", "write it as table.key=value"),
        ("data.train.3.take=1", "there is no entry 3 in a list of 1"),
        ("name.first=1", "name is no table|is looked for in a value that is no table"),
    ],
)
def test_a_setting_that_fits_nowhere_is_refused(tmp_path: Path, setting: str, sentence: str) -> None:
    with pytest.raises(BadSettings, match=sentence):
        recipe.load(written(tmp_path, table(tmp_path)), [setting])


def test_a_folder_may_name_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_DATA", str(tmp_path / "there"))
    content = table(Path("${SOME_DATA}/x"))
    assert recipe.load(written(tmp_path, content)).data.train[0].folder == tmp_path / "there" / "x"
    monkeypatch.delenv("SOME_DATA")
    with pytest.raises(BadSettings, match="the variable SOME_DATA is not set"):
        recipe.load(written(tmp_path, content))


def test_stages_lie_over_the_recipe_key_by_key_and_another_plugin_takes_the_whole_place(tmp_path: Path) -> None:
    content = table(tmp_path, method={"kind": "partial", "only": "head"}, optimiser__momentum=0.5)
    content["stages"] = [
        {"name": "first"},
        {"name": "second", "method": {"kind": "full"}, "optimiser": {"lr": 0.1}, "budget": {"steps": 7}},
    ]
    before = copy.deepcopy(content)
    first, second = recipe.stages(recipe.load(written(tmp_path, content)))
    assert first[1].method == {"kind": "partial", "only": "head"}
    assert (second[0], second[1].method) == ("second", {"kind": "full"})
    assert (second[1].optimiser.lr, second[1].optimiser.momentum) == (0.1, 0.5)
    assert (second[1].budget.steps, second[1].budget.batch) == (7, 8)
    assert content == before


def test_a_recipe_without_stages_is_its_own_only_one(tmp_path: Path) -> None:
    read = recipe.load(written(tmp_path, table(tmp_path)))
    assert recipe.stages(read) == (("little", read),)
