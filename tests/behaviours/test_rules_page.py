"""The page on the rules, and the how-to, say what the code says."""

import dataclasses
import re
import sys
import types
from pathlib import Path

import pytest

from roadstead.behaviours import Behaviour, plugins

DOCS = Path(__file__).parents[2] / "docs"
ROWS = {m[1]: m[0] for m in re.finditer(r"^\| `(\w+)` .*$", (DOCS / "rules.md").read_text("utf-8"), re.MULTILINE)}


def test_every_behaviour_has_a_row() -> None:
    assert set(ROWS) == set(plugins.names())


@pytest.mark.parametrize("name", plugins.names())
def test_a_row_names_the_title_and_every_setting_with_its_default(name: str) -> None:
    row = ROWS[name]
    assert f"| {plugins.title(name)} |" in row
    for field in dataclasses.fields(plugins.get(name)):  # type: ignore[arg-type]  # plug-ins are dataclasses
        assert f"`{field.name}`" in row
        if isinstance(field.default, float | int) and not isinstance(field.default, bool):
            assert re.search(rf"`{field.name}`[^;|]*?\({field.default:g}\)", row), field.name


def test_the_example_of_the_how_to_works(monkeypatch: pytest.MonkeyPatch) -> None:
    code, test = re.findall(r"```python\n(.*?)```", (DOCS / "how-to/add-a-behaviour.md").read_text("utf-8"), re.DOTALL)
    module = types.ModuleType("roadstead.behaviours.tailgating")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(plugins, "_loaded", dict[str, type[Behaviour]](plugins._loaded))
    exec(compile(code, "tailgating.py", "exec", dont_inherit=True), module.__dict__)
    played: dict[str, object] = {}
    exec(compile(test, "test_tailgating.py", "exec", dont_inherit=True), played)
    played["test_two_trucks"]()  # type: ignore[operator]  # the function just defined
