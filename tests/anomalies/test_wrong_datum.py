"""GCJ-02 and BD-09 told from WGS-84, by what the device says and by the roads."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from _altered import altered, found, made
from _fleets import HOME, T0, drive
from roadstead.anomalies.wrong_datum import WrongDatum
from roadstead.geometry.datums import Datum, convert
from roadstead.positions import Position
from roadstead.types import Scene, Way

STREETS_M = 900.0
GRID = Scene(
    "town",
    origin=HOME,
    ways={
        f"{k}{side}": Way(f"{k}{side}", np.array([(a, -3600.0), (a, 3600.0)])[:, ::step])
        for k, a in enumerate(np.arange(-4, 5) * STREETS_M)
        for side, step in (("north", 1), ("east", -1))
    },
)


@lru_cache
def trip(name: str, seed: int) -> tuple[Position, ...]:
    """A drive of an hour along the streets of a grid, a random turn at every crossing, seven metres of jitter."""
    rng = np.random.default_rng(seed)
    at, way = np.array([0.0, 0.0]), [(0.0, 0.0, 0.0)]
    for k in range(1, 41):
        turn = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)][int(rng.integers(4))]) * STREETS_M
        at = at + (turn if (np.abs(at + turn) <= 3 * STREETS_M).all() else -turn)
        way.append((90.0 * k, float(at[0]), float(at[1])))
    return tuple(drive(name, way, jitter_m=5.3, seed=seed))


def shown(some: tuple[Position, ...], datum: Datum) -> list[Position]:
    places = np.array([(p.lat, p.lon) for p in some], dtype=np.float64)
    lat, lon = convert(places[:, 0], places[:, 1], "wgs84", datum)
    return [replace(p, lat=float(a), lon=float(b)) for p, a, b in zip(some, lat, lon, strict=True)]


def test_what_a_device_declares_is_found() -> None:
    some = altered(drive("a", extra={"encrypted": 0.0}), range(10, 30), extra={"encrypted": 1.0})
    (said,) = found("wrong_datum", some + drive("b", extra={"encrypted": 0.0}))
    assert (said.subject, said.since, said.t) == ("a", T0 + 100, T0 + 290)
    assert (said.measured["cause"], said.measured["datum"], said.measured["reports"]) == ("declared", "gcj02", 20)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_the_ways_of_the_scene_tell(datum: Datum) -> None:
    (said,) = found("wrong_datum", shown(trip("a", 1), datum) + list(trip("b", 2)), scene=GRID)
    assert (said.subject, said.measured["datum"], said.measured["cause"]) == ("a", datum, "detected")
    assert said.since is not None
    assert said.since <= T0 + 600
    assert said.t >= T0 + 3000
    assert float(said.measured[f"off_road_{datum}_m"] or 0) <= 20 < 35 <= float(said.measured["off_road_wgs84_m"] or 0)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_the_roads_of_the_fleet_tell(datum: Datum) -> None:
    others = [p for k in range(24) for p in trip(f"t{k}", 10 + k)]
    (said,) = found("wrong_datum", shown(trip("a", 1), datum) + others)
    assert (said.subject, said.measured["datum"]) == ("a", datum)


def test_twenty_matched_points_are_told_three_ways() -> None:
    """At least 99 of 100 rightly, and none of WGS-84 for another; along a street in line with the displacement there's silence."""
    some: list[Position] = []
    for seed in range(150):
        for datum in ("wgs84", "gcj02", "bd09"):
            some += [replace(p, mover=f"{datum} {seed}") for p in shown(trip(f"m{seed}", seed), datum)[:21]]
    said = list(WrongDatum().find(made(some, scene=GRID)))
    right = [e for e in said if e.subject.split()[0] == e.measured["datum"]]
    assert len(said) - len(right) <= 0.01 * len(said)
    assert len(right) >= 0.8 * 300


def test_right_lonely_offroad_and_abroad_are_silent() -> None:
    assert found("wrong_datum", list(trip("a", 1)), scene=GRID) == []
    assert found("wrong_datum", [p for k in range(24) for p in trip(f"t{k}", 10 + k)]) == []
    assert found("wrong_datum", shown(trip("a", 1), "gcj02")) == []
    field = drive("a", [(60.0 * k, 300.0 * (k % 7), 250.0 * (k % 5)) for k in range(60)])
    assert found("wrong_datum", field, scene=GRID) == []
    assert found("wrong_datum", shown(trip("a", 1), "gcj02"), "vessel", scene=GRID) == []


def test_a_fleet_all_in_another_datum_shows_no_fault_in_itself() -> None:
    """Nothing is decided where the only roads to be seen are displaced themselves."""
    others = [p for k in range(24) for p in shown(trip(f"t{k}", 10 + k), "gcj02")]
    assert found("wrong_datum", others) == []
