"""Every fault that is injected is found, and nothing is found where nothing was injected."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from roadstead.anomalies import plugins
from roadstead.positions import Reports
from roadstead.simulate.reports._motion import first_fix
from roadstead.simulate.reports.faults import FAULTS, inject, split
from roadstead.simulate.reports.suite import World, false_findings, findings, hit, pairs, recall, world
from roadstead.types import Evidence

MOST_FALSE_PER_DAY = 0.1


@cache
def _world(label: str, seed: int = 0) -> World:
    return world(label, 60 if label == "truck" else 100, seed=seed)


def test_every_anomaly_has_its_fault() -> None:
    """No class of the catalogue is left without a case."""
    assert set(FAULTS) == set(plugins.names())


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "label"), pairs())
def test_faults_are_found(fault: str, label: str) -> None:
    cases = 4 if FAULTS[fault].wide else 40
    of = recall(fault, (_world(label), _world(label, 1)), cases=cases)
    assert of.injected >= cases
    assert of.share >= 0.95, of.missed[:3]


@pytest.mark.slow
@pytest.mark.parametrize("label", ["truck", "vessel"])
def test_a_clean_fleet_is_silent(label: str) -> None:
    here = _world(label, 2)
    found = {name: len(them) for name, them in findings(here).items() if them}
    assert sum(found.values()) <= MOST_FALSE_PER_DAY * len(here.reports.movers), found


@pytest.mark.long
@pytest.mark.parametrize("label", ["truck", "vessel"])
@pytest.mark.timeout(900)
def test_a_thousand_clean_days(label: str) -> None:
    false = false_findings(label, 500)
    print({name: n for name, n in false.items() if n})
    assert false.total() <= MOST_FALSE_PER_DAY * 500


def _said(reports: Reports, label: str) -> list[tuple[object, ...]]:
    here = World(label, reports, _world(label).scene)
    return [_plain(name, e) for name, them in findings(here).items() for e in them]


def _plain(name: str, e: Evidence) -> tuple[object, ...]:
    return name, e.subject, e.since, e.t, e.because.en, tuple(sorted(map(str, e.measured.items())))


@pytest.mark.parametrize("label", ["truck", "vessel"])
def test_the_order_of_reports_changes_nothing(label: str) -> None:
    """Shuffled, and cut into two batches of which the later comes first."""
    reports = world(label, 6, seed=3).reports
    for k, fault in enumerate(("jump", "teleport", "frozen_fix", "impossible_speed")):
        reports, _ = inject(reports, fault, label=label, cases=2, seed=k)
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(reports))
    halves = Reports.joined((reports.where(rows[len(rows) // 2 :]), reports.where(rows[: len(rows) // 2])))
    first = _said(reports, label)
    assert len(first) >= 4
    assert _said(reports.where(rows), label) == first
    assert _said(halves, label) == first


@pytest.mark.parametrize("label", ["truck", "vessel"])
def test_a_bad_first_fix_flags_only_itself(label: str) -> None:
    clean = world(label, 4, seed=4)
    parts = split(clean.reports)
    done = first_fix(parts[0], np.random.default_rng(0))
    assert done is not None
    made, said = done
    before, here = _said(clean.reports, label), World(label, Reports.joined((made, *parts[1:])), clean.scene)
    one = here.fleet()
    own = one.reports.movers.index(said.mover)
    rows = np.flatnonzero((one.mover == own) & (one.segment >= 0))
    assert (~one.trusted[rows]).sum() == 1
    assert not one.trusted[rows[0]]
    after = [_plain(name, e) for name, them in findings(here).items() for e in them]
    new = [e for e in after if e[1:4] not in {b[1:4] for b in before}]
    assert [(e[0], e[1], e[3]) for e in new] == [("jump", said.mover, said.end)]


@pytest.mark.parametrize("fault", ["jump", "zero_island", "frozen_fix", "repeated_time"])
def test_neighbours_are_left_alone(fault: str) -> None:
    clean = world("truck", 8, seed=5)
    made, labels = inject(clean.reports, fault, label="truck", cases=1)
    found = tuple(plugins.get(fault)().find(clean.fleet(made)))
    assert len(labels) == 1
    assert {e.subject for e in found} == {labels[0].mover}
    assert hit(labels[0], found)


def test_late_reports_are_no_fault() -> None:
    """What a terminal sends afterwards, and says so, changes no finding of place."""
    clean = world("truck", 4, seed=6)
    late = np.random.default_rng(0).random(len(clean.reports)) < 0.1
    delayed = replace(
        clean.reports,
        t_received=clean.reports.t_received + 1800.0 * late,
        backfilled=clean.reports.backfilled | late,
    )
    assert len(_said(delayed, "truck")) <= len(_said(clean.reports, "truck"))
