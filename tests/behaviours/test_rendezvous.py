"""Rendezvous: two that lie beside each other, by reports, by camera, and each by its own."""

from dataclasses import replace

import numpy as np
import pytest

from _golden import CAMERA, SPOILS, T0, Spoil, Way, acts, scene, track, watch, zone
from _paths import Fixes, watch_paths
from roadstead.behaviours.rendezvous import Rendezvous
from roadstead.types import Evidence, Mover, View

SEA = scene(
    zone("bay", (-5000, -5000), (5000, -5000), (5000, 5000), (-5000, 5000), space="m"),
    zone("berth", (800, -300), (1400, -300), (1400, 300), (800, 300), space="m"),
)
RULE = Rendezvous()
LIES: Way = [(0, -2000, 0), (600, 1000, 0), (1800, 1010, 0), (2400, 4000, 0)]
COMES: Way = [(0, 4000, 1500), (600, 1000, 30), (1800, 1010, 30), (2400, -3000, 0)]
EVERY = [(2.0, 0.0, 0.0), (10.0, 3.0, 0.2), (60.0, 3.0, 0.1)]


def told(
    a: Way,
    b: Way,
    every: tuple[float, float, float] = EVERY[0],
    rule: Rendezvous = RULE,
    *,
    labels: tuple[str, str] = ("vessel", "vessel"),
) -> list[Evidence]:
    every_s, jitter_m, misses = every
    paths = [
        Fixes(way, every_s, name=name, label=label, jitter_m=jitter_m, misses=misses, seed=i)
        for i, (way, name, label) in enumerate(zip((a, b), ("b", "a"), labels, strict=True))
    ]
    return watch_paths(rule, paths, SEA, step_s=20)


@pytest.mark.parametrize("every", EVERY, ids=["2 s", "10 s", "60 s"])
class TestReports:
    def test_a_meeting_is_one_violation_of_the_pair(self, every: tuple[float, float, float]) -> None:
        found = told(LIES, COMES, every)
        assert {(e.subject, e.measured["other"]) for e in found} == {("a", "b")}
        assert {e.outcome for e in found} == {"violation"}
        ((_, since),) = acts(found)
        assert since - T0 == pytest.approx(600, abs=2 * every[0] + 30)
        assert max(e.t for e in found) - T0 == pytest.approx(1800, abs=2 * every[0] + 30)

    def test_passing_each_other_is_none(self, every: tuple[float, float, float]) -> None:
        assert told([(0, -2000, 0), (2000, 2000, 0)], [(0, 2000, 30), (2000, -2000, 30)], every) == []

    def test_sailing_side_by_side_is_none(self, every: tuple[float, float, float]) -> None:
        assert told([(0, -2000, 0), (1000, 2000, 0)], [(0, -2000, 30), (1000, 2000, 30)], every) == []

    def test_lying_further_apart_is_none(self, every: tuple[float, float, float]) -> None:
        assert told(LIES, [(t, x, y + 150) for t, x, y in COMES], every) == []

    def test_a_short_meeting_is_none(self, every: tuple[float, float, float]) -> None:
        short = Rendezvous(min_s=1500)
        assert told(LIES, COMES, every, short) == []


class TestLimits:
    def test_sailing_on_together_ends_the_meeting(self) -> None:
        a: Way = [(0, 1000, 0), (1000, 1000, 0), (2000, 4000, 0)]
        b: Way = [(t, x, 30) for t, x, _ in a]
        assert max(e.t for e in told(a, b)) - T0 == pytest.approx(1000, abs=40)

    def test_swinging_across_the_limit_does_not_begin_again(self) -> None:
        swings = [(t, 1005.0, 49 + 8 * np.sin(t / 60)) for t in np.arange(0.0, 1800.0, 10)]
        still: Way = [(0, 1005, 0), (1800, 1005, 0)]
        assert len(acts(told(still, swings, (10.0, 1.0, 0.0)))) == 1

    def test_at_a_berth_it_is_none(self) -> None:
        assert told(LIES, COMES, rule=Rendezvous(outside=("berth",))) == []
        assert told(LIES, COMES, rule=Rendezvous(zone="berth"))

    def test_a_silence_too_long_to_know_ends_it(self) -> None:
        a, b = Fixes(LIES, 10.0, name="a"), Fixes(COMES, 10.0, name="b")
        keep = (a.t < T0 + 700) | (a.t > T0 + 1200)
        a.t, a._xy = a.t[keep], a._xy[keep]
        starts = {since for _, since in acts(watch_paths(RULE, [a, b], SEA, step_s=20))}
        assert starts
        assert min(starts) >= T0 + 1200

    def test_a_tug_that_only_one_side_asks_of_is_named_by_that_side(self) -> None:
        found = told(LIES, COMES, rule=Rendezvous(partner_classes=("tug",)), labels=("vessel", "tug"))
        assert {(e.subject, e.measured["other"]) for e in found} == {("b", "a")}
        assert told(LIES, COMES, rule=Rendezvous(partner_classes=("ferry",))) == []

    def test_of_three_the_first_two_to_meet_are_named(self) -> None:
        paths = [
            Fixes(w, 10.0, name=i) for i, w in (("a", LIES), ("b", COMES), ("c", [(0, 1000, -40), (2400, 1000, -40)]))
        ]
        found = watch_paths(RULE, paths, SEA, step_s=20)
        assert {e.subject for e in found} == {"a", "b"} or {e.subject for e in found} == {"a"}
        assert max(int(e.measured["partners"] or 0) for e in found if e.subject == "a") == 2


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
class TestCamera:
    def test_on_the_picture_box_sizes_count(self, spoil: Spoil) -> None:
        stops: Way = [(0, 100, 500), (5, 600, 500), (45, 600, 500), (50, 1100, 500)]
        joins: Way = [(0, 1300, 500), (6, 690, 500), (45, 690, 500), (50, 200, 500)]
        rule = Rendezvous(min_s=20, speed_over_s=4)
        tracks = [track(stops, spoil, name="cam/2"), track(joins, replace(spoil, seed=7), name="cam/1")]
        found = watch(rule, tracks, scene())
        assert {(e.subject, e.measured["other"]) for e in found} == {("cam/1", "cam/2")}
        assert len(acts(found)) == 1
        apart = [tracks[0], track([(t, x, y + 250) for t, x, y in joins], spoil, name="cam/1")]
        assert watch(rule, apart, scene()) == []

    def test_on_calibrated_ground_metres_count(self, spoil: Spoil) -> None:
        stops: Way = [(0, -10, 20), (5, 0, 30), (45, 0, 30), (50, 10, 20)]
        joins: Way = [(0, 12, 22), (6, 4, 30), (45, 4, 30), (50, 12, 40)]
        tracks = [
            track(stops, spoil, name="cam/1", space="m", homography=CAMERA),
            track(joins, replace(spoil, seed=7), name="cam/2", space="m", homography=CAMERA),
        ]
        where = scene(homography=CAMERA)
        found = watch(Rendezvous(min_s=20, distance_m=6, speed_over_s=4), tracks, where)
        assert {(e.subject, e.measured["other"]) for e in found} == {("cam/1", "cam/2")}
        assert watch(Rendezvous(min_s=20, distance_m=2.5, speed_over_s=4), tracks, where) == []


def test_it_says_what_it_measured() -> None:
    last = told(LIES, COMES)[-1]
    assert last.measured["distance_m"] == pytest.approx(30, abs=2)
    assert last.measured["together_s"] == pytest.approx(1200, abs=60)
    assert (last.measured["limit_m"], last.measured["min_s"], last.measured["max_speed_mps"]) == (50, 120, 1.0)
    assert "相距" in last.because.zh


def test_of_many_only_those_near_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []
    meeting = Rendezvous._meeting

    def counted(self: Rendezvous, mover: Mover, other: Mover) -> object:
        compared.append((mover.id, other.id))
        return meeting(self, mover, other)

    monkeypatch.setattr(Rendezvous, "_meeting", counted)
    many = [Fixes([(0, 0, 500.0 * k), (600, 0, 500.0 * k)], 30.0, name=f"{k:03d}") for k in range(200)]
    pair = Fixes([(0, 30, 5000), (600, 30, 5000)], 30.0, name="x")
    view = View(T0 + 610, (), SEA, paths=[*many, pair])
    found = [e for m in view.paths if (e := RULE.check(m, view)) is not None]
    assert [(e.subject, e.measured["other"]) for e in found] == [("010", "x")]
    assert compared == [("010", "x")]
