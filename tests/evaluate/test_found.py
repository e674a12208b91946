"""Events come back from what the commands print."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from _verdicts import found
from roadstead.errors import BadInput
from roadstead.evaluate.found import read
from roadstead.types import Legal

EVENTS = [found(1, 2, told=1.5, measured={"stood_s": 4.5}), found(3, 4, legal=Legal("第一条", "2021"), closed=True)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([asdict(e) for e in EVENTS], indent=1),
        "".join(json.dumps(asdict(e), ensure_ascii=False) + "\n\n" for e in EVENTS),
    ],
)
def test_a_list_or_lines(text: str, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(text, encoding="utf-8")
    assert read(tmp_path / "events.json") == EVENTS


def test_an_empty_file_is_no_events(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text("")
    assert read(tmp_path / "events.json") == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"camera": None}, "event 1: camera must be a text"),
        ({"start": "now"}, "event 1: start must be a number"),
        ({"end": True}, "event 1: end must be a number"),
        ({"told": "now"}, "event 1: told must be a number"),
        ({"outcome": "maybe"}, "event 1: outcome must be violation or insufficient"),
        ({"because": "so"}, "event 1: because must have en and zh"),
        ({"legal": {"reference": "1"}}, "event 1: legal must have reference and version"),
        ({"measured": []}, "event 1: measured must be values by name"),
        ({"colour": "red"}, "event 1: has no field 'colour'"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], says: str, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(json.dumps([asdict(EVENTS[0]) | changes]))
    with pytest.raises(BadInput, match=says):
        read(tmp_path / "events.json")


@pytest.mark.parametrize("text", ["[", "nothing", '["a"]'])
def test_what_is_no_list_of_events_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(text)
    with pytest.raises(BadInput, match=r"events\.json"):
        read(tmp_path / "events.json")
    with pytest.raises(BadInput, match=r"none\.json: cannot be read as events"):
        read(tmp_path / "none.json")
