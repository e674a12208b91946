"""The task and the family of models of the how-to pages do what the tests beside them say."""

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from roadstead.train import models, tasks

pytestmark = pytest.mark.torch

PAGES = Path(__file__).parents[2] / "docs" / "how-to"


@pytest.mark.parametrize(
    ("page", "registry", "name"),
    [("add-a-task.md", tasks.plugins, "brightness"), ("add-a-model.md", models.plugins, "patches")],
)
def test_the_example_of_the_page_runs(page: str, registry: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin, check = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    folder = "tasks" if registry is tasks.plugins else "models"
    made = types.ModuleType(f"roadstead.train.{folder}.{name}")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    monkeypatch.setattr(registry, "_loaded", dict(registry._loaded))
    monkeypatch.setattr(registry, "_titles", dict(registry._titles))
    exec(compile(plugin, page, "exec"), made.__dict__)
    exec(compile(check, page, "exec"), made.__dict__)
    assert f"class {registry.get(name).__name__}:" in plugin
