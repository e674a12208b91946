"""What a mover of a picture reports is where it was, as often as its device does, and every fault of it is found."""

from pathlib import Path

import numpy as np
import pytest

from _travels import ORIGIN, SHOWN_S, T0, fleet_of, reporter, shown
from roadstead import checking
from roadstead.anomalies import plugins
from roadstead.geometry.geodesy import to_ground
from roadstead.positions import Kind, Reports
from roadstead.protocols.jt808.messages import Authenticate, Register
from roadstead.simulate.reports.faults import FAULTS, OTHER_FORMS
from roadstead.simulate.reports.suite import hit, pairs
from roadstead.simulate.reports.track import faulted, reported
from roadstead.simulate.reports.travel import Class, Travel, extended
from roadstead.simulate.reports.write import written
from roadstead.track.fleet import fleet
from roadstead.types import Evidence, Scene

HOURS_MORE = {"shared_mmsi": 4, "identity_swap": 4, "draught_change": 8}
"""Faults that an hour has no room for."""


def _hour(kind: Class, number: int) -> Travel:
    return extended(shown(kind, number), kind, before_s=1800, after_s=1800, seed=number)


def _scene(kind: Class, travels: list[Travel]) -> Scene:
    roads = {f"road {k}": travel.way(f"road {k}") for k, travel in enumerate(travels)} if kind == "truck" else {}
    return Scene("ground", origin=ORIGIN[kind], ways=roads)


def _places(made: Reports) -> Reports:
    return made.where(np.flatnonzero(made.kind == Kind.POSITION)[np.argsort(made.t[made.kind == Kind.POSITION])])


@pytest.mark.parametrize(("kind", "number"), [("truck", 0), ("truck", 1), ("vessel", 1), ("vessel", 2), ("vessel", 5)])
@pytest.mark.parametrize("offset_s", [0.0, 7.3, -40.0])
def test_places_are_the_true_ones_by_a_clock_that_is_ahead(kind: Class, number: int, offset_s: float) -> None:
    travel = _hour(kind, number)
    own = _places(reported(travel, reporter(kind, number, clock_offset_s=offset_s), seed=1))
    assert (own.t == np.rint(own.t)).all()
    true = travel.at(own.t - offset_s)
    off = np.hypot(*(to_ground(travel.origin, own.lat, own.lon) - true.xy_m).T)
    assert off.max() < 30
    assert np.sqrt(np.mean(off**2)) < 11
    assert np.abs(own.speed_mps - true.speed_mps).max() < 0.8
    delay = own.t_received - (own.t - offset_s)
    assert delay[~own.backfilled].min() > 0
    assert delay[~own.backfilled].max() < 4.5
    assert own.t_received.max() <= travel.t[-1]


def test_the_reports_of_an_hour_hold_those_of_the_picture() -> None:
    own = _places(reported(_hour("truck", 2), reporter("truck", 2)))
    begin = shown("truck", 2).t[0]
    assert 5 <= ((own.t >= begin) & (own.t <= begin + SHOWN_S)).sum() <= 7


@pytest.mark.parametrize(
    ("knots", "turn_deg_s", "class_b", "lying", "every_s"),
    [
        (0.0, 0.0, False, 1.0, 180.0),
        (0.0, 0.0, False, 0.0, 10.0),
        (10.0, 0.0, False, 0.0, 10.0),
        (10.0, 0.5, False, 0.0, 10 / 3),
        (18.0, 0.0, False, 0.0, 6.0),
        (18.0, 0.5, False, 0.0, 2.0),
        (25.0, 0.0, False, 0.0, 2.0),
        (1.0, 0.0, True, 0.0, 180.0),
        (10.0, 0.5, True, 0.0, 30.0),
    ],
)
def test_intervals_are_those_of_the_recommendation(
    knots: float, turn_deg_s: float, class_b: bool, lying: float, every_s: float
) -> None:
    t = np.arange(0.0, 1800.0, 0.2)
    course = 20 + turn_deg_s * t
    mps = knots * 1852 / 3600
    step = 0.2 * mps * np.column_stack((np.sin(np.deg2rad(course)), np.cos(np.deg2rad(course))))
    travel = Travel(
        origin=ORIGIN["vessel"],
        t=T0 + t,
        xy_m=np.cumsum(step, axis=0),
        speed_mps=np.full(len(t), mps),
        course_deg=course % 360,
    )
    who = reporter("vessel", 1, class_b=class_b, lying_status=lying, lost=0.0)
    made = reported(travel, who)
    own = _places(made)
    assert np.mean(np.diff(np.unique(own.t))) == pytest.approx(every_s, rel=0.05)
    said = np.sort(made.t_received[made.kind == Kind.STATIC])
    assert np.diff(said) == pytest.approx(360.0, abs=4)


def test_a_two_way_link_registers_and_beats_and_a_one_way_link_only_forwards() -> None:
    two, one = (reported(_hour("truck", 4), reporter("truck", 4, two_way=way)) for way in (True, False))
    opening = two.where(two.kind == Kind.STATIC).column("message")[:2]
    assert opening.tolist() == [Register.number, Authenticate.number]
    assert 10 <= (two.kind == Kind.LINK).sum() <= 16
    assert set(one.kind.tolist()) == {Kind.POSITION}
    assert not one.backfilled.any()


def test_the_same_seed_gives_the_same_reports() -> None:
    one, same, other = (reported(_hour("vessel", 1), reporter("vessel", 1), seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.lat, same.lat)
    assert not np.array_equal(one.lat[:50], other.lat[:50])


@pytest.mark.parametrize("kind", ["truck", "vessel"])
def test_a_picture_alone_is_enough(kind: Class) -> None:
    short = shown(kind, 5)
    assert len(reported(short, reporter(kind, 5)).movers) <= 1
    assert len(reported(short, reporter(kind, 5, interval_s=600.0))) <= 4


@pytest.mark.parametrize(("kind", "name"), [("truck", "trucks.jt808.txt"), ("vessel", "vessels.nmea")])
def test_the_wire_says_the_same_and_nothing_is_found_in_it(tmp_path: Path, kind: Class, name: str) -> None:
    parts, _ = fleet_of(kind, 6)
    made, labels = faulted(parts, [], seed=1)
    assert not labels
    path = written(tmp_path, kind, made, "wire")
    assert path.name == name
    checked = checking.check([path], label=kind)
    assert not checked.found
    assert not {n: k for n, k in checked.counts.items() if "bad" in n}
    assert sorted(checked.fleet.reports.movers) == sorted(made.movers)
    read = (checked.fleet.reports.kind == Kind.POSITION).sum()
    assert read == (made.kind == Kind.POSITION).sum()


def test_a_fault_is_where_it_is_wanted_and_no_mover_has_two() -> None:
    parts, _ = fleet_of("truck", 12)
    window = (T0, T0 + 120)
    wanted = ["jump", "frozen_fix", "clock_skew", "gap", "impossible_turn", "going_dark"]
    made, labels = faulted(parts, wanted, seed=2, window=window)
    assert [said.fault for said in labels] == wanted[:-1], "going dark is of vessels"
    assert len({said.mover for said in labels}) == len(labels)
    assert all(said.start <= window[1] and said.end >= window[0] for said in labels)
    assert (np.diff(made.t_received) >= 0).all()
    untouched = set(parts) - {said.mover for said in labels}
    assert untouched
    for mover in untouched:
        own = made.where(made.mover == made.movers.index(mover))
        np.testing.assert_array_equal(np.sort(own.lat), np.sort(parts[mover].lat))


def found_in(made: Reports, kind: Class, scene: Scene, names: "tuple[str, ...]") -> list[Evidence]:
    """Return what anomalies find."""
    one = fleet(made, kind, scene=scene)
    return [found for name in names for found in plugins.get(name)().find(one)]


@pytest.mark.parametrize("kind", ["truck", "vessel"])
def test_nothing_is_found_in_two_hundred_clean_hours(kind: Class) -> None:
    for first in (0, 100):
        parts, travels = fleet_of(kind, 100, first=first)
        assert not found_in(Reports.joined(parts.values()), kind, _scene(kind, travels), tuple(plugins.names()))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["truck", "vessel"])
def test_every_fault_is_found(kind: Class) -> None:
    """Three cases at a time, so that most movers are as they should be; the table is printed."""
    worlds = {hours: fleet_of(kind, 30, around_s=hours * 1800.0) for hours in (1, 4, 8)}
    table = dict[str, tuple[int, int]]()
    for name, _ in (pair for pair in pairs() if pair[1] == kind):
        parts, travels = worlds[HOURS_MORE.get(name, 1)]
        cases = hits = 0
        for seed in range(3):
            made, labels = faulted(parts, [name] * (1 if FAULTS[name].wide else 3), seed=seed)
            found = found_in(made, kind, _scene(kind, travels), (name,))
            cases, hits = cases + len(labels), hits + sum(hit(said, found) for said in labels)
        table[name] = cases, hits
        print(f"{name:26}{kind:8}{HOURS_MORE.get(name, 1)} h  injected {cases:2}  found {hits:2}")
    assert all(cases >= (3 if FAULTS[name].wide else 9) for name, (cases, _) in table.items()), table
    assert all(hits == cases for cases, hits in table.values()), table
    assert not OTHER_FORMS.keys() & table.keys()
