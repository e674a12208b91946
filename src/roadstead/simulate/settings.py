"""The settings file of a watch over simulated scenes: cameras, feeds and rules of several worlds as one TOML file."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from roadstead.simulate.world.world import World

Tables = Mapping[str, Any]


def rules_of(worlds: Sequence[World]) -> tuple[list[dict[str, Any]], dict[tuple[str, str], str]]:
    """Return the rules of all worlds, each bound to its camera or feed, and what a world's rule is called: (camera, name) to name.

    A rule that several worlds have alike is one rule; rules of one name that differ get their camera's name added.
    """
    made: list[dict[str, Any]] = []
    called: dict[tuple[str, str], str] = {}
    for world in worlds:
        for key, where in (("rules", "cameras"), ("feed_rules", "feeds")):
            for table in world.settings.get(key, ()):
                own = {k: v for k, v in table.items() if k not in ("cameras", "feeds")}
                views = [world.camera] if where == "cameras" else list(table.get("feeds", ()))
                same = next((r for r in made if _alike(r, own) and where in r), None)
                if same is not None:
                    same[where] = sorted({*same[where], *views})
                    called[world.camera, table["name"]] = same["name"]
                    continue
                name = table["name"]
                if any(r["name"] == name for r in made):
                    name = f"{name}-{world.camera}"
                called[world.camera, table["name"]] = name
                made.append({**own, "name": name, where: views})
    return made, called


def _alike(one: Tables, other: Tables) -> bool:
    return {k: v for k, v in one.items() if k not in ("cameras", "feeds")} == dict(other)


def watch_tables(
    name: str,
    worlds: Sequence[World],
    sources: Mapping[str, Mapping[str, Any]],
    feeds: Mapping[str, Mapping[str, Any]],
    *,
    detector: Mapping[str, Any] | None = None,
    fps: float = 5.0,
) -> dict[str, Any]:
    """Return the tables of a watch: `sources` by camera, `feeds` by feed (without feeds the rules on them are left out)."""
    rules, _ = rules_of(worlds)
    tables: dict[str, Any] = {"name": name, "timezone": "Asia/Shanghai", "analysis": {"fps": fps}}
    if detector is not None:
        tables["detector"] = dict(detector)
    tables["cameras"] = {w.camera: {**w.settings["camera"], "source": dict(sources[w.camera])} for w in worlds}
    ground = _ground(worlds)
    if feeds:
        tables |= {"feeds": {k: dict(v) for k, v in feeds.items()}}
        if ground:
            tables["ground"] = ground
    kept = []
    for rule in rules:
        if "feeds" in rule:
            there = [f for f in rule["feeds"] if f in feeds]
            if not there:
                continue
            rule["feeds"] = there
        kept.append(rule)
    tables["rules"] = kept
    tables["alerts"] = [{"name": "journal", "kind": "log", "path": "alerts.jsonl"}]
    return tables


def _ground(worlds: Sequence[World]) -> dict[str, Any]:
    """Return what is known of the ground of all worlds: their shapes, in degrees, and the first origin."""
    made: dict[str, Any] = {}
    for world in worlds:
        for key, value in world.settings.get("ground", {}).items():
            made[key] = {**made.get(key, {}), **value} if isinstance(value, Mapping) else made.get(key, value)
    return made


_LIST = re.compile(r"\[\n\s*([^\[\]{}]*?),?\s*\]")
_PAIRS = re.compile(r"\[\n\s*((?:\[[^\[\]{}\n]*\],?\s*)+)\]")


def toml(tables: Tables, first_line: str) -> str:
    """Return a settings file whose first line says the command that runs it; lists of numbers stand on one line."""
    import tomli_w

    text = tomli_w.dumps(dict(tables))
    for pattern in (_LIST, _PAIRS):
        text = pattern.sub(lambda found: f"[{' '.join(found[1].split()).rstrip(',')}]", text)
    return f"# {first_line}\n{text}"
