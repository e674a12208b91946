"""Cameras and position feeds in one watch: what reports show goes the same way as what pictures show."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from _fleets import HOME, drive
from _road import film, settings
from _tables import write_table
from roadstead.geometry.geodesy import from_ground


def roadstead(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "roadstead", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def square(east_m: float, north_m: float, side_m: float) -> list[list[float]]:
    """Return the corners of a square about a place, as GeoJSON has them."""
    half = side_m / 2
    corners = [(east_m + x, north_m + y) for x, y in ((-half, -half), (half, -half), (half, half), (-half, half))]
    lat, lon = from_ground(HOME, corners)
    return [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]


def trucks() -> "list[Any]":
    """Two trucks: one passes the school, the other reports 0, 0 once and leaps 20 km for one fix."""
    way = ((0, 0, 0), (600, 6000, 0))
    some = drive("13800000001", way) + drive("13800000002", ((0, 0, 3000), (600, 6000, 3000)), seed=1)
    some[70] = replace(some[70], lat=0.0, lon=0.0)
    some[80] = replace(some[80], lat=(some[80].lat or 0.0) + 0.2)
    return some


FEED = """
[feeds.trucks]
label = "truck"
source = {{ kind = "table", path = "trucks.csv" }}

[ground]
origin = [{origin}]
files = ["areas.geojson"]

[[rules]]
name = "school"
kind = "zone_entry"
feeds = ["trucks"]
zone = "school"
legal = {{ reference = "the law", version = "2024" }}

[[anomalies]]
kind = "zero_island"

[[anomalies]]
kind = "jump"
"""


def prepare(folder: Path) -> str:
    """Write the reports and the areas; return the part of the settings that says so."""
    write_table(folder / "trucks.csv", trucks())
    corners = square(3000, 0, 400)
    area = {
        "type": "Feature",
        "properties": {"name": "school"},
        "geometry": {"type": "Polygon", "coordinates": [[*corners, corners[0]]]},
    }
    (folder / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    return FEED.format(origin=f"{HOME[0]}, {HOME[1]}")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Watch a camera and a feed at once; return the run folder and what the command printed."""
    folder = tmp_path_factory.mktemp("feeds")
    film(folder / "road.mp4")
    alerts = '[[alerts]]\nname = "journal"\nkind = "log"\npath = "alerts.jsonl"\n'
    settings(folder / "both.toml", 'kind = "video", path = "road.mp4"', alerts + prepare(folder))
    text = (folder / "both.toml").read_text()
    for kind in ("stopped", "line_crossing"):
        text = text.replace(f'kind = "{kind}"', f'kind = "{kind}"\n    cameras = ["road"]')
    (folder / "both.toml").write_text(text)
    done = roadstead("watch", folder / "both.toml", "--out", folder / "run", "--fast", "--json")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return folder / "run", printed


def of_feed(printed: dict[str, Any]) -> list[dict[str, Any]]:
    return [card for card in printed["events"] if card["event"]["camera"] == "trucks"]


def test_both_give_events(run: tuple[Path, dict[str, Any]]) -> None:
    found = sorted((c["event"]["rule"], c["event"]["subject"]) for c in of_feed(run[1]))
    assert found == [("jump", "13800000002"), ("school", "13800000001"), ("zero_island", "13800000002")]
    assert any(c["event"]["camera"] != "trucks" for c in run[1]["events"])


def test_their_evidence_is_the_map_and_the_reports_as_they_came(run: tuple[Path, dict[str, Any]]) -> None:
    out, printed = run
    for card in of_feed(printed):
        files = {m["kind"]: m for m in card["media"]}
        assert sorted(files) == ["overlay", "record", "reports"]
        for m in files.values():
            assert hashlib.sha256((out / m["path"]).read_bytes()).hexdigest() == m["sha256"]
        lines = [json.loads(line) for line in (out / files["reports"]["path"]).read_text().splitlines()]
        assert lines
        assert all(card["event"]["subject"] in line["text"] for line in lines), "the rows of the file, as they are"
        record = json.loads((out / files["record"]["path"]).read_text(encoding="utf-8"))
        assert record["event"]["id"] == card["event"]["id"]
        assert record["rule"]["kind"] == card["event"]["kind"]


def test_a_bad_report_is_shown_for_what_it_is(run: tuple[Path, dict[str, Any]]) -> None:
    out, printed = run
    card = next(c for c in of_feed(printed) if c["event"]["rule"] == "zero_island")
    path = next(m["path"] for m in card["media"] if m["kind"] == "reports")
    lines = [json.loads(line) for line in (out / path).read_text().splitlines()]
    assert [line["defect"] for line in lines if line["defect"]] == ["zero"]
    assert sum(not line["trusted"] for line in lines) == 2, "0, 0 and the leap"


def test_sinks_are_told_of_both(run: tuple[Path, dict[str, Any]]) -> None:
    told = [json.loads(line) for line in (run[0] / "alerts.jsonl").read_text().splitlines()]
    keys = {alert["event"]["rule"] for alert in told}
    assert {"school", "zero_island", "jump"} < keys
    school = next(a for a in told if a["event"]["rule"] == "school" and a["phase"] == "opened")
    assert school["event"]["legal"] == {"reference": "the law", "version": "2024"}


def test_the_counts_of_the_feed_add_up(run: tuple[Path, dict[str, Any]]) -> None:
    counts = next(c["counts"] for c in run[1]["cameras"] if c["name"] == "trucks")
    assert counts["reports"] == len(trucks())


def test_a_second_run_gives_the_same_events(run: tuple[Path, dict[str, Any]]) -> None:
    out = run[0]
    again = roadstead("watch", out.parent / "both.toml", "--out", out.parent / "again", "--fast", "--json")
    assert again.returncode == 0, again.stderr
    ids = sorted(c["event"]["id"] for c in of_feed(json.loads(again.stdout)))
    assert ids == sorted(c["event"]["id"] for c in of_feed(run[1]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('zone = "school"', 'zone = "scool"'),
            "rules[0] (school).zone: the ground of the feeds has no zone 'scool'; there are: school",
        ),
        (('feeds = ["trucks"]', 'feeds = ["truck"]'), "rules[0].feeds: there is no feed 'truck'; there are: trucks"),
        (('kind = "jump"', 'kind = "jmp"'), "anomalies[1].kind: no anomaly is called 'jmp'; did you mean jump?"),
        (('kind = "table"', 'kind = "video"'), "'video' brings pictures, not position reports; put it under cameras"),
        (('label = "truck"\n', ""), "feeds.trucks.label: is missing; set it"),
        (('path = "trucks.csv"', 'path = "trucks.txt"'), "trucks.txt: there is no such file"),
        (('files = ["areas.geojson"]', 'files = ["nowhere.geojson"]'), "nowhere.geojson: cannot be read as GeoJSON"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    (tmp_path / "feeds.toml").write_text(prepare(tmp_path).replace(*change))
    done = roadstead("watch", tmp_path / "feeds.toml", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
