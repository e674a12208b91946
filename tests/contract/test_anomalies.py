"""Every anomaly keeps the promises of its kind: silent on what is clean or unknown, pure, and whatever the order."""

import inspect
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest

from _fleets import T0, drive
from roadstead.anomalies import Check, examine, plugins
from roadstead.positions import Fleet, Kind, Position, Reports
from roadstead.track.fleet import fleet

NAMES = plugins.names()
RNG = np.random.default_rng(7)


def clean() -> list[Position]:
    """Two trucks that drive, turn, stop and go on, with every column that a good terminal fills."""
    way = ((0, 0, 0), (300, 3000, 0), (600, 3000, 3000), (900, 3000, 3000), (1500, 9000, 3000))
    extra = {"satellites": 12.0, "signal": 25.0, "ignition": 1.0, "fix": 1.0, "load": 0.0, "status": 3.0, "alarms": 0.0}
    return drive("13800000001", way, extra=extra) + drive("13800000002", way, seed=5, extra=extra)


def anything(seed: int) -> list[Position]:
    """Reports full of nonsense: each value is right, missing, an extreme, or another's."""
    rng = np.random.default_rng(seed)
    wild = [None, 0.0, -1.0, 91.0, 181.0, 1e9, -1e9, 360.0, 511.0, float("nan"), float("inf")]
    some = clean()
    for i, p in enumerate(some):
        changes: dict[str, Any] = {}
        for name in ("lat", "lon", "t", "t_received", "speed_mps", "course_deg", "heading_deg"):
            if rng.random() < 0.2:
                changes[name] = wild[int(rng.integers(len(wild)))]
        if rng.random() < 0.2:
            changes["extra"] = {k: float(wild[int(rng.integers(1, len(wild)))] or 0) for k in p.extra}
        if rng.random() < 0.1:
            changes["kind"] = Kind(int(rng.integers(3)))
        some[i] = replace(p, **changes)
    return some


def said(kind: str, some: list[Position], label: str = "truck") -> list[tuple[Any, ...]]:
    found = plugins.get(kind)().find(fleet(Reports.of(some), label, now=T0 + 1500))
    return sorted(
        (e.subject, e.since, e.t, e.outcome, e.because.en, repr(sorted(e.measured.items(), key=str))) for e in found
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_anomaly_is_a_frozen_value_with_a_chinese_title(name: str) -> None:
    plugin: Any = plugins.get(name)
    made = plugin()
    if fields(plugin):
        with pytest.raises(FrozenInstanceError):
            setattr(made, fields(plugin)[0].name, None)
    assert list(inspect.signature(made.find).parameters) == ["fleet"]
    assert plugins.title(name) != name


@pytest.mark.parametrize("label", ["truck", "vessel"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_nothing(name: str, label: str) -> None:
    assert said(name, [], label) == []


@pytest.mark.parametrize("label", ["truck", "vessel"])
@pytest.mark.parametrize("name", NAMES)
def test_few_reports_are_no_trouble(name: str, label: str) -> None:
    for n in range(1, 8):
        if label == "truck":
            assert said(name, clean()[:n], label) == []
        said(name, [replace(p, t=None, t_received=None) for p in anything(n)[:n]], label)
        said(name, anything(n)[:n], label)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_of_trucks_that_report_well(name: str) -> None:
    assert said(name, clean()) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_unknown_is_no_finding(name: str) -> None:
    bare = [Position(mover=p.mover, t=p.t, lat=p.lat, lon=p.lon) for p in clean()]
    assert said(name, bare) == []


@pytest.mark.parametrize("label", ["truck", "vessel"])
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_raises_nothing_and_its_order_changes_nothing(name: str, label: str) -> None:
    for seed in range(5):
        some = anything(seed)
        straight = said(name, some, label)
        shuffled = [some[i] for i in np.random.default_rng(seed).permutation(len(some))]
        assert said(name, shuffled, label) == straight


@pytest.mark.parametrize("name", NAMES)
def test_a_finding_is_whole(name: str) -> None:
    """Its subject reported, it begins before it ends, its score and values are what they say, both languages speak."""
    subjects = {p.mover for p in clean()}
    for seed in range(3):
        seen: Fleet = fleet(Reports.of(anything(seed)), "truck", now=T0 + 1500)
        for e in examine([Check(name=name, kind=name, anomaly=plugins.get(name)())], seen):
            assert e.rule == name
            assert e.subject in subjects or e.subject.startswith(("peer ", "area ", "feed "))
            assert e.since is not None
            assert e.since <= e.t
            assert 0 <= e.score <= 1
            assert e.because.en
            assert e.because.zh
            assert all(isinstance(v, float | int | str | None) for v in e.measured.values())
            assert {"reports", "first_report", "last_report"} <= e.measured.keys()
