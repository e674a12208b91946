"""The page about figures: its programs run, and every figure that reports name is on it."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text(encoding="utf-8")


def test_its_programs_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {"__name__": "roadstead_page"}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "evaluate.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "macro_f1 0.667 (0.094 to 0.992)" in printed
    assert "not distinguishable from chance" in printed


def test_every_module_of_figures_is_on_it() -> None:
    folder = Path(__file__).parents[2] / "src" / "roadstead" / "evaluate" / "metrics"
    modules = {file.stem for file in folder.glob("[a-z]*.py")}
    named = set(re.findall(r"^\|[^|]+\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert named == modules
