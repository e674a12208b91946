"""Every deed that a rule forbids is found, and nothing is found of movers that obey."""

import numpy as np
import pytest

from roadstead.geometry.geodesy import to_ground
from roadstead.geometry.zones import depth
from roadstead.positions import Kind, Reports
from roadstead.simulate.reports import conduct
from roadstead.simulate.reports.deeds import DEEDS, LIMIT_KMH, done, rules, scene
from roadstead.simulate.reports.fleet import trucks, vessels
from roadstead.track.fleet import fleet

MOST_FALSE_PER_DAY = 0.1
RARE = frozenset({"drifting_class_b"})
"""Class B reports every 180 s when slow: one lost message is a silence, so fewer of these are found. Shown, not asked for."""


def test_every_rule_has_its_deed() -> None:
    for label in ("truck", "vessel"):
        assert {deed.rule for deed in DEEDS.values() if deed.label == label} == set(rules(label))


def _first(name: str) -> tuple[Reports, float, float]:
    made = next(made for number in range(40) if (made := done(name, number)) is not None)
    reports, label = made
    rows = np.flatnonzero((reports.kind == Kind.POSITION) & (reports.t >= label.start) & (reports.t <= label.end))
    return reports.where(rows[np.argsort(reports.t[rows])]), label.start, label.end


@pytest.mark.parametrize(
    ("name", "zone", "inside"),
    [
        ("zone_entry", "closed block", True),
        ("zone_exit", "fence", False),
        ("stopped", "busy street", True),
        ("anchoring", "pipeline", True),
        ("loitering", "pipeline", True),
        ("no_go_vessel_area", "reserve", True),
    ],
)
def test_it_is_done_where_the_label_says(name: str, zone: str, *, inside: bool) -> None:
    own, _, _ = _first(name)
    ground = scene(DEEDS[name].label)
    assert ground.origin is not None
    deep = depth(ground.zones[zone], to_ground(ground.origin, own.lat, own.lon))
    assert ((deep > -30) if inside else (deep < 30)).all()


def test_speed_and_places_agree_while_speeding() -> None:
    own, _, _ = _first("speeding")
    assert np.median(own.speed_mps) * 3.6 == pytest.approx(1.2 * LIMIT_KMH, abs=2)
    one = fleet(own, "truck")
    assert np.nanmedian(one.mps) * 3.6 == pytest.approx(1.2 * LIMIT_KMH, abs=5)
    assert np.abs(own.column("recorder_mps") - own.speed_mps).max() < 2


def test_who_dumps_is_loaded_before_and_empty_after() -> None:
    made = next(made for number in range(40) if (made := done("dumping", number)) is not None)
    reports, label = made
    load = reports.column("load")
    before = load[(reports.t < label.start) & (reports.t > label.start - 120)]
    after = load[(reports.t > label.end) & (reports.t < label.end + 120)]
    assert (before == 3).all()
    assert (after == 0).all()
    assert len(before)
    assert len(after)


def test_two_who_meet_lie_beside_each_other() -> None:
    own, start, end = _first("rendezvous")
    ground = to_ground(scene("vessel").origin or (0.0, 0.0), own.lat, own.lon)
    within = (own.t > start + 60) & (own.t < end - 60)
    one, two = (np.median(ground[within & (own.mover == k)], axis=0) for k in (0, 1))
    assert np.hypot(*(one - two)) == pytest.approx(50 / 1.2, abs=15)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(DEEDS) - RARE))
def test_deeds_are_found(name: str) -> None:
    of = conduct.recall(name)
    assert of.injected >= 40
    assert of.share >= 0.95, of.missed[:3]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(DEEDS) - {"dumping"}))
def test_less_is_not_found(name: str) -> None:
    """0.8 times the threshold; a stop of a truck is as long as its reports within 30 m, so one to tip seems longer."""
    of = conduct.recall(name, cases=10, severity=0.8)
    assert of.injected == 10
    assert of.found == 0


@pytest.mark.slow
@pytest.mark.parametrize(("label", "movers"), [("truck", 8), ("vessel", 12)])
def test_who_obeys_is_left_alone(label: str, movers: int) -> None:
    make = trucks if label == "truck" else vessels
    found = conduct.episodes(conduct.findings(make(movers, seed=2), label, tuple(rules(label).values())))
    assert found.total() <= MOST_FALSE_PER_DAY * movers, found


@pytest.mark.long
@pytest.mark.parametrize("label", ["truck", "vessel"])
@pytest.mark.timeout(3600)
def test_a_thousand_days_of_obedience(label: str) -> None:
    false = conduct.false_findings(label, 500)
    print({name: n for name, n in false.items() if n})
    assert false.total() <= MOST_FALSE_PER_DAY * 500
