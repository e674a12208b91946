"""The pages on methods: every method has a row, and the example of the how-to runs."""

import re
import sys
import types
from pathlib import Path

import pytest

pytest.importorskip("torch")

from roadstead.train import methods

pytestmark = pytest.mark.torch

DOCS = Path(__file__).parents[3] / "docs"


def test_every_method_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "methods.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(methods.plugins.names())


def test_the_example_of_the_how_to_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "how-to" / "add-a-method.md").read_text(encoding="utf-8")
    plugin, check = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    made = types.ModuleType("roadstead.train.methods.gates")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    monkeypatch.setattr(methods.plugins, "_loaded", dict(methods.plugins._loaded))
    monkeypatch.setattr(methods.plugins, "_titles", dict(methods.plugins._titles))
    exec(plugin, made.__dict__)
    exec(check, made.__dict__)
    assert methods.plugins.get("gates") is made.__dict__["Gates"]
