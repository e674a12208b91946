"""Every way to a second look keeps the promises of its kind."""

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest

from roadstead import looks
from roadstead.looks._plan import LookTable
from roadstead.settings import settings_of

GIVEN = {"url": "http://me:hidden@127.0.0.1:9/secret", "name": "little", "path": Path("nowhere/little")}


def made(name: str) -> Any:
    plugin: Any = looks.plugins.get(name)
    needed = settings_of(plugin).model_json_schema().get("required", [])
    return plugin(**{setting: GIVEN[setting] for setting in needed})


@pytest.mark.parametrize("name", looks.plugins.names())
def test_it_is_a_frozen_value_that_starts_nothing_before_it_is_asked(name: str) -> None:
    before = threading.active_count()
    look = made(name)
    with pytest.raises(dataclasses.FrozenInstanceError):
        look.max_tokens = 1
    assert threading.active_count() == before
    look.close()
    look.close()


@pytest.mark.parametrize("name", looks.plugins.names())
def test_it_says_what_answers_and_no_secret(name: str) -> None:
    look = made(name)
    assert look.model["name"] == "little"
    assert set(look.model) == {"name", "at"}
    for shown in (repr(look), str(look.model)):
        assert "hidden" not in shown
        assert "secret" not in shown


@pytest.mark.parametrize("name", looks.plugins.names())
def test_it_has_a_time_out_and_a_title(name: str) -> None:
    assert settings_of(looks.plugins.get(name)).model_fields["timeout_s"].default > 0
    assert looks.plugins.title(name) != name


@pytest.mark.parametrize("name", looks.plugins.names())
def test_no_setting_of_it_is_one_that_every_look_has(name: str) -> None:
    assert not set(settings_of(looks.plugins.get(name)).model_fields) & set(LookTable.model_fields)
