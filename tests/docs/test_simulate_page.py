"""The page of the simulator says what is there: its commands, options, scenes, acts, faults and measured figures."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import typer

from roadstead.cli import app
from roadstead.simulate.lens import KINDS
from roadstead.simulate.scenes import plugins
from roadstead.simulate.world.world import LIGHTS, WEATHERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/simulate.md").read_text("utf-8")
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("roadstead")
]


def row_of(first: str) -> str:
    """Return the row of a table that begins with a name."""
    found = re.search(rf"^\| `{first}`.*\|$", PAGE, re.MULTILINE)
    assert found, first
    return found[0]


def test_the_measured_tables_are_those_of_the_results() -> None:
    filled = runpy.run_path(str(ROOT / "benchmarks/_simulate_page.py"))["filled"]
    assert filled(PAGE) == PAGE, "run: python benchmarks/_simulate_page.py"


@pytest.mark.parametrize("scene", plugins.names())
def test_a_scene_has_a_row_with_all_its_acts(scene: str) -> None:
    _, *cells = row_of(scene).strip("|").split("|")
    assert plugins.title(scene) in cells[0]
    named = [name for cell in cells[1:] for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(plugins.get(scene)().acts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_camera_fault_has_a_row_with_all_its_forms(kind: str) -> None:
    assert re.findall(r"`(\w+)`", row_of(kind))[1:] == list(KINDS[kind].forms)


def test_the_options_of_a_scene_are_all_there() -> None:
    command: Any = typer.main.get_command(app).commands["simulate"].commands["junction"]  # type: ignore[attr-defined]  # a group
    options = {name for p in command.params for name in p.opts if name != "--help"}
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) >= options
    for name in (*LIGHTS, *WEATHERS):
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_is_one_of_ours(line: str) -> None:
    command: Any = typer.main.get_command(app)
    rest = line.split()[1:]
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    command.make_context("roadstead", rest)
