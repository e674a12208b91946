"""The sample of positions that ships: small, as its labels say, and found as they say, by its configuration."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely import Point, contains_xy, get_coordinates
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from roadstead import checking
from roadstead.config import load
from roadstead.geometry.geodesy import from_ground
from roadstead.positions import Kind, Reports
from roadstead.simulate.reports._own import Label
from roadstead.simulate.reports.fleet import trucks, vessels
from roadstead.simulate.reports.roads import town
from roadstead.simulate.reports.suite import hit
from roadstead.simulate.reports.waters import harbour
from roadstead.simulate.reports.write import simulate
from roadstead.terminals import read_terminals
from roadstead.types import Evidence

ROOT = Path(__file__).parents[2]
SAMPLE, CONFIG = ROOT / "samples/positions", ROOT / "configs/positions.toml"
BEGIN_H, HOURS, SEED, MOVERS = 8, 1, 6, 7
RULES = {"closed-road", "speed-limit", "dumping", "no-go-area"}


@cache
def labels() -> tuple[Label, ...]:
    return tuple(Label(**json.loads(line)) for line in (SAMPLE / "labels.jsonl").read_text("utf-8").splitlines())


@cache
def found(feed: str) -> tuple[Evidence, ...]:
    name = {"trucks": "trucks.jt808.txt", "vessels": "vessels.nmea"}[feed]
    return tuple(checking.check([SAMPLE / name], settings=CONFIG, feed=feed).found)


@cache
def areas() -> dict[str, BaseGeometry]:
    features = json.loads((SAMPLE / "areas.geojson").read_text("utf-8"))["features"]
    return {f["properties"]["name"]: shape_of(f["geometry"]) for f in features}


@cache
def truth(feed: str) -> Reports:
    """What the movers did in that hour, without the faults."""
    made = trucks(MOVERS, 1.0, seed=SEED) if feed == "trucks" else vessels(MOVERS, 1.0, seed=SEED)
    begin = 1_789_920_000.0 + BEGIN_H * 3600
    kept = (made.t_received >= begin) & (made.t_received < begin + HOURS * 3600) & (made.kind == Kind.POSITION)
    return made.where(kept & np.isfinite(made.lat))


def inside(feed: str, area: str, *, least: int) -> set[str]:
    """Return who reported from an area at least so many times."""
    here, polygon = truth(feed), areas()[area]

    there = contains_xy(polygon, here.lon, here.lat)
    return {name for k, name in enumerate(here.movers) if (there & (here.mover == k)).sum() >= least}


def subjects(feed: str, rule: str, outcome: str = "violation") -> set[str]:
    return {e.subject for e in found(feed) if e.rule == rule and e.outcome == outcome}


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) <= 250_000


@pytest.mark.parametrize("label", labels(), ids=lambda x: f"{x.fault}-{x.mover}")
def test_a_labelled_fault_is_found(label: Label) -> None:
    assert hit(label, [e for e in (*found("trucks"), *found("vessels")) if e.rule == label.anomaly])


def test_nothing_is_found_that_is_not_labelled_but_that_frozen_places_do_not_fit_their_speed() -> None:
    named = {(label.anomaly, label.mover) for label in labels()}
    said = {(e.rule, e.subject) for e in (*found("trucks"), *found("vessels")) if e.rule not in RULES}
    assert said == named | {("speed_mismatch", label.mover) for label in labels() if label.fault == "frozen_fix"}


def test_only_the_silence_that_nobody_was_near_to_bear_out_is_insufficient() -> None:
    unsure = {e.rule for e in (*found("trucks"), *found("vessels")) if e.outcome == "insufficient"}
    assert unsure - {"speed-limit"} == {"gap"}


def test_who_drove_through_the_closed_road_is_found() -> None:
    assert subjects("trucks", "closed-road") == inside("trucks", "closed road", least=2) != set()


def test_the_vessel_in_the_dredging_works_is_found() -> None:
    assert subjects("vessels", "no-go-area") == inside("vessels", "dredging works", least=2) != set()


def test_who_emptied_at_the_site_without_a_permit_is_found() -> None:
    here, load_ = truth("trucks"), truth("trucks").column("load")
    emptied = set()
    for k, name in enumerate(here.movers):
        rows = np.flatnonzero((here.mover == k) & np.isfinite(load_))
        rows = rows[np.argsort(here.t[rows])]
        fell = rows[1:][(load_[rows][:-1] > 0) & (load_[rows][1:] == 0)]
        at = [Point(x, y) for x, y in zip(here.lon[fell], here.lat[fell], strict=True)]
        if any(areas()["disposal 10"].distance(point) < 1e-4 for point in at):
            emptied.add(name)
    assert subjects("trucks", "dumping") == emptied != set()


def test_who_drove_well_above_the_limit_is_found_and_nobody_below_it() -> None:
    here = truth("trucks")
    top = {name: 3.6 * float(np.nanmax(here.speed_mps[here.mover == k])) for k, name in enumerate(here.movers)}
    assert subjects("trucks", "speed-limit") == {name for name, kmh in top.items() if kmh > 65} != set()
    assert {name for name, kmh in top.items() if kmh < 58} & subjects("trucks", "speed-limit", "insufficient") == set()


def test_the_areas_are_those_of_the_simulated_world() -> None:
    known = {name: (world.origin, zone) for world in (town(0), harbour(0)) for name, zone in world.scene.zones.items()}
    same = areas().keys() & known.keys()
    assert len(same) == len(areas()) - 3, "all but the closed road, its middle and the dredging works"
    for name in same:
        origin, zone = known[name]
        lat, lon = from_ground(origin, zone.polygon)
        np.testing.assert_allclose(get_coordinates(areas()[name])[:-1], np.column_stack((lon, lat)), atol=1e-6)


def test_the_list_of_terminals_names_every_truck() -> None:
    assert set(read_terminals(SAMPLE / "terminals.csv")) == set(truth("trucks").movers)


def test_the_command_of_the_page_makes_the_same_faults(tmp_path: Path) -> None:
    command = (SAMPLE / "README.md").read_text("utf-8").split("```")[1].split("\n")[1].split()
    given = dict(zip(command[3::2], command[4::2], strict=True))
    simulate(
        tmp_path,
        trucks=int(given["--trucks"]),
        vessels=int(given["--vessels"]),
        hours=float(given["--hours"]),
        seed=int(given["--seed"]),
        faults=given["--faults"].split(","),
        format="wire",
    )
    for name in ("labels.jsonl", "trucks.jt808.txt", "vessels.nmea"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), f"{name}: make the sample again"


@pytest.mark.slow
def test_the_watch_writes_evidence_of_all_of_it(tmp_path: Path) -> None:
    first = CONFIG.read_text("utf-8").splitlines()[0]
    assert first.startswith("# roadstead watch configs/positions.toml ")
    command = [
        sys.executable,
        "-m",
        "roadstead",
        "watch",
        str(CONFIG),
        "--out",
        str(tmp_path / "run"),
        "--fast",
        "--json",
    ]
    done = subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=110
    )
    events: list[dict[str, Any]] = [e["event"] for e in json.loads(done.stdout)["events"]]
    said = {(e["rule"], e["subject"], e["outcome"]) for e in events}
    alone = {(e.rule, e.subject, e.outcome) for e in (*found("trucks"), *found("vessels"))}
    assert {e for e in said if e[2] == "violation"} == {e for e in alone if e[2] == "violation"}
    assert said <= alone, "what is insufficient may have joined a violation beside it"
    for event in events:
        there = {path.name for path in (tmp_path / "run/evidence" / event["id"]).iterdir()}
        assert there >= {"evidence.json", "reports.jsonl", "overlay.jpg"}
    assert load(CONFIG).watch.anomalies is None
