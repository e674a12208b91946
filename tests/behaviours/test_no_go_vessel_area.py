"""No-go area: vessels by reports and by camera; what drifts along the edge counts once."""

import numpy as np
import pytest

from _golden import SPOILS, T0, Spoil, Way, acts, scene, track, zone
from _golden import watch as watched
from _paths import Fixes, watch_paths
from roadstead.behaviours.no_go_vessel_area import NoGoVesselArea
from roadstead.types import Evidence, Scene, Track

CLOSED = scene(zone("closed", (0, 0), (1000, 0), (1000, 1000), (0, 1000), space="m"))
DRAWN = scene(zone("closed", (600, 300), (1200, 300), (1200, 800), (600, 800)))
ACROSS: Way = [(0, -500, 500), (500, 1500, 500)]
EVERY_S = [2.0, 10.0, 30.0]


def watch(rule: NoGoVesselArea, mover: Track | Fixes, where: Scene = CLOSED) -> list[Evidence]:
    return watched(rule, [mover], where) if isinstance(mover, Track) else watch_paths(rule, [mover], where)


def rule(**more: float) -> NoGoVesselArea:
    return NoGoVesselArea(zone="closed", **more)


@pytest.mark.parametrize("every_s", EVERY_S)
class TestReports:
    def test_who_goes_through_is_told_once(self, every_s: float) -> None:
        found = watch(rule(), Fixes(ACROSS, every_s))
        assert {e.outcome for e in found} == {"violation"}
        ((subject, since),) = acts(found)
        assert subject == "vessel"
        assert since - T0 == pytest.approx(125, abs=3)
        assert max(e.t for e in found) - T0 == pytest.approx(
            375 + 30 / 4, abs=3 + 30 / 4
        )  # clear of the edge by 30 m at 4 m/s

    def test_who_passes_by_is_not(self, every_s: float) -> None:
        assert watch(rule(), Fixes([(0, -500, -60), (500, 1500, -60)], every_s)) == []

    def test_who_drifts_along_the_edge_counts_once(self, every_s: float) -> None:
        drift = [(float(t), 300 + 0.1 * t, 60 * np.sin(t / 90)) for t in range(0, 1800, 5)]
        found = watch(rule(), Fixes(drift, every_s, jitter_m=3))
        assert len(acts(found)) == 1

    def test_who_lies_on_the_edge_within_the_margin_is_not_inside(self, every_s: float) -> None:
        assert watch(rule(margin_m=20), Fixes([(0, 300, 0), (900, 300, 0)], every_s, jitter_m=3)) == []

    def test_a_corner_cut_needs_the_depth(self, every_s: float) -> None:
        cut = Fixes([(0, -200, 280), (1200, 280, -200)], every_s)
        assert watch(rule(dwell_s=0, margin_m=1), cut)
        assert watch(rule(dwell_s=0, margin_m=1, min_depth_m=100), cut) == []
        assert watch(rule(dwell_s=60, min_depth_m=100), Fixes(ACROSS, every_s))

    def test_who_leaves_soon_is_not_told(self, every_s: float) -> None:
        dash = Fixes([(0, 500, -300), (60, 500, 90), (120, 500, -300)], every_s)
        assert watch(rule(dwell_s=60), dash) == []

    def test_coming_back_much_later_is_another_stay(self, every_s: float) -> None:
        twice = [
            (0, 500, -300),
            (100, 500, 300),
            (200, 500, -300),
            (1200, 500, -300),
            (1300, 500, 300),
            (1400, 500, -300),
        ]
        assert len(acts(watch(rule(rejoin_s=300), Fixes(twice, every_s)))) == 2
        assert len(acts(watch(rule(rejoin_s=2000), Fixes(twice, every_s)))) == 1


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
class TestCamera:
    def test_who_goes_through_is_told_once(self, spoil: Spoil) -> None:
        vessel = track([(0, 200, 600), (60, 1600, 600)], spoil, label="vessel")
        assert len(acts(watch(rule(), vessel, DRAWN))) == 1

    def test_who_drifts_along_the_edge_counts_once(self, spoil: Spoil) -> None:
        drift = [(float(t), 700 + 4 * t, 800 + 22 * np.sin(t / 5)) for t in range(90)]
        found = watch(rule(dwell_s=3), track(drift, spoil, label="vessel"), DRAWN)
        assert len(acts(found)) == 1

    def test_who_passes_by_is_not(self, spoil: Spoil) -> None:
        vessel = track([(0, 200, 860), (60, 1600, 860)], spoil, label="vessel")
        assert watch(rule(), vessel, DRAWN) == []

    def test_a_vessel_first_seen_inside_is_inside(self, spoil: Spoil) -> None:
        found = watch(rule(), track([(0, 900, 600), (30, 905, 600)], spoil, label="vessel"), DRAWN)
        assert {e.measured["seen_entering"] for e in found} == {0}


def test_silence_inside_ends_the_evidence_at_the_last_report() -> None:
    found = watch(rule(max_silence_s=60), Fixes([(0, 500, -100), (100, 500, 500)], 10))
    assert max(e.t for e in found) == T0 + 100


def test_it_says_what_it_measured() -> None:
    last = watch(rule(min_depth_m=50), Fixes(ACROSS, 2.0))[-1]
    assert last.measured["inside_s"] == pytest.approx(250, abs=3)
    assert last.measured["deepest_m"] == pytest.approx(500, abs=30)
    assert last.measured["min_depth_m"] == 50
    assert last.measured["seen_entering"] == 1
    assert "禁航区" in last.because.zh
