"""Settings of simulated scenes: readable, and the rules of several cameras in one file."""

import tomllib
from dataclasses import replace

import pytest

from _studio import road
from roadstead.simulate.settings import rules_of, toml, watch_tables
from roadstead.simulate.world.world import World

CAMERA = {"size": [320, 180], "zones": {"grid": [[1.0, 2.0], [30.0, 2.0], [30.0, 40.5]]}, "lines": {}}
STOPPED = {"name": "no-parking", "kind": "stopped", "zone": "grid", "seconds": 10.0}


def camera(name: str, *rules: dict[str, object], **more: object) -> World:
    return replace(road(), camera=name, settings={"camera": CAMERA, "rules": list(rules), **more})


def test_what_is_written_is_read_again() -> None:
    tables = {"a": [1.5, 2], "zones": {"x": [[1.0, 2.0], [3.0, 4.5]]}, "rules": [{"name": "x [y]", "of": ["a", "b"]}]}
    text = toml(tables, "roadstead watch x.toml")
    assert tomllib.loads(text) == tables
    assert text.startswith("# roadstead watch x.toml\n")
    assert "x = [[1.0, 2.0], [3.0, 4.5]]\n" in text


@pytest.mark.parametrize(
    ("second", "names"),
    [
        (STOPPED, [("no-parking", ["east", "west"])]),
        ({**STOPPED, "seconds": 30.0}, [("no-parking", ["east"]), ("no-parking-west", ["west"])]),
        ({**STOPPED, "name": "yard"}, [("no-parking", ["east"]), ("yard", ["west"])]),
    ],
)
def test_rules_alike_are_one_rule_and_others_keep_apart(
    second: dict[str, object], names: list[tuple[str, list[str]]]
) -> None:
    rules, called = rules_of([camera("east", STOPPED), camera("west", second)])
    assert [(r["name"], r["cameras"]) for r in rules] == names
    assert called["west", str(second["name"])] == names[-1][0]


def test_rules_of_feeds_are_left_out_where_there_is_no_feed() -> None:
    drift = {"name": "drift", "kind": "drifting", "feeds": ["vessels"]}
    world = camera("east", STOPPED, feed_rules=[drift], ground={"zones": {}})
    source = {"east": {"kind": "replay", "path": "x"}}
    assert [r["name"] for r in watch_tables("x", [world], source, {})["rules"]] == ["no-parking"]
    feed = {"vessels": {"label": "vessel", "source": {"kind": "nmea", "path": "v"}}}
    with_feed = watch_tables("x", [world], source, feed)
    assert [r["name"] for r in with_feed["rules"]] == ["no-parking", "drift"]
    assert with_feed["feeds"].keys() == {"vessels"}


def test_the_grounds_of_all_worlds_come_together() -> None:
    square = [[121.0, 31.0], [121.1, 31.0], [121.1, 31.1]]
    feed = {"vessels": {"label": "vessel", "source": {"kind": "nmea", "path": "v"}}}
    grounds = ({"origin": [31.0, 121.0], "zones": {"a": square}}, {"origin": [30.0, 122.0], "zones": {"b": square}})
    worlds = [camera(name, ground=ground) for name, ground in zip(("east", "west"), grounds, strict=True)]
    tables = watch_tables("x", worlds, {w.camera: {"kind": "replay", "path": "x"} for w in worlds}, feed)
    assert tables["ground"] == {"origin": [31.0, 121.0], "zones": {"a": square, "b": square}}
