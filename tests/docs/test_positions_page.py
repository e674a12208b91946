"""The guide to positions says what the code takes: its settings load, its commands and fields are there."""

import dataclasses
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from roadstead import checking, feeds, scenes
from roadstead.cli import app
from roadstead.config import load
from roadstead.sources import plugins as sources

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/positions.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
TABLE_ROWS = {
    (name, m[2].strip())
    for m in re.finditer(r"^\| ([^|]+) \| ([^|]*) \|", PAGE, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", m[1])
}


def test_the_settings_of_the_page_load_and_use_every_setting_of_a_feed(tmp_path: Path) -> None:
    (text,) = [t for t in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if t.startswith("# roadstead watch")]
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "samples/positions/areas.geojson", tmp_path)
    plan = load(tmp_path / "site.toml")
    assert ([c.name for c in plan.cameras], [f.name for f in plan.feeds]) == (["gate"], ["trucks", "vessels"])
    trucks = plan.feeds[0]
    assert {c.name for c in trucks.checks} == {"gap", "jump"}
    assert {"gate", "closed road"} <= set(trucks.stages.scene.zones)
    told = tomllib.loads(text)
    assert set(told["feeds"]["trucks"]) == set(feeds.FeedTable.model_fields)
    assert set(told["ground"]) == set(scenes.Ground.model_fields)
    assert set(told["motions"]["truck"]) == set(feeds.MotionTable.model_fields)


@pytest.mark.parametrize(
    "name", [n for n, f in feeds.FeedTable.model_fields.items() if isinstance(f.default, int | float)]
)
def test_the_table_of_settings_has_the_defaults_of_a_feed(name: str) -> None:
    assert (name, f"{feeds.FeedTable.model_fields[name].default:.10g}") in TABLE_ROWS


def test_the_limits_of_the_gateway_are_those_of_the_code() -> None:
    plugin = sources.get("jt808")
    for field in dataclasses.fields(plugin):  # type: ignore[arg-type]  # plug-ins are dataclasses
        if not field.init or field.name in ("feed", "terminals", "secret"):
            continue
        (said,) = {cell for name, cell in TABLE_ROWS if name == field.name}
        if isinstance(field.default, int | float):
            assert f"{field.default:g}" in said.replace(",", "").split() or str(field.default) in said.split(), said
        assert f"`{field.name}`" in PAGE


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_is_one_of_ours(line: str) -> None:
    words = line.split()
    assert words[0] == "roadstead"
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    context = command.make_context("roadstead", rest)
    for value in context.params.values():
        for path in value if isinstance(value, list | tuple) else (value,):
            if isinstance(path, Path) and path.parts[0] in ("samples", "configs"):
                assert (ROOT / path).exists()


def test_the_page_names_every_field_of_a_flag_and_of_a_summary() -> None:
    found = checking.check([ROOT / "samples/positions/vessels.nmea"])
    assert found.found
    for name in (*checking.flag(found, found.found[0]), *checking.summary(found)):
        assert f"`{name}`" in PAGE or name in ("feed", "movers", "from", "to")
