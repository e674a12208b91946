"""Anchoring: lying within a swinging circle where it is forbidden, told from passing, drifting and lying at a berth."""

import numpy as np
import pytest

from _golden import CAMERA, SPOILS, T0, Spoil, Way, acts, scene, track, watch, zone
from _paths import Fixes, watch_paths
from roadstead.behaviours.anchoring import Anchoring
from roadstead.types import Evidence

FORBIDDEN = zone("forbidden", (0, 0), (2000, 0), (2000, 2000), (0, 2000), space="m")
BERTH = zone("berth", (900, 900), (1100, 900), (1100, 1100), (900, 1100), space="m")
WATER = scene(FORBIDDEN, BERTH)
EVERY = [(2.0, 0.0, 0.0), (10.0, 5.0, 0.2), (60.0, 5.0, 0.1), (180.0, 10.0, 0.0)]


def swing(x: float = 1000, y: float = 500, *, arrives_s: float = 600, lies_s: float = 1800, metres: float = 60) -> Way:
    """Return a way that comes in, swings about an anchor by `metres`, and leaves."""
    come = [(0.0, x - 1500, y)]
    lie = [
        (arrives_s + t, x + metres * np.cos(t / 250), y + metres * np.sin(t / 250))
        for t in np.arange(0, lies_s + 1, 10)
    ]
    return [*come, *lie, (arrives_s + lies_s + 400, x + 1500, y)]


def told(way: Way, every: tuple[float, float, float] = EVERY[0], rule: Anchoring | None = None) -> list[Evidence]:
    every_s, jitter_m, misses = every
    path = Fixes(way, every_s, jitter_m=jitter_m, misses=misses)
    return watch_paths(rule or Anchoring(zone="forbidden", berths=("berth",)), [path], WATER, step_s=30)


@pytest.mark.parametrize("every", EVERY, ids=["2 s", "10 s", "60 s", "180 s"])
class TestReports:
    def test_who_swings_at_anchor_is_one_violation(self, every: tuple[float, float, float]) -> None:
        found = told(swing(), every)
        assert {e.outcome for e in found} == {"violation"}
        starts = [since for _, since in acts(found)]
        assert min(starts) - T0 == pytest.approx(600, abs=2 * every[0] + 120)
        assert max(e.t for e in found) - T0 == pytest.approx(2400, abs=2 * every[0] + 60)
        times = sorted(e.t for e in found)
        assert max(np.diff(times), default=0) < 400

    def test_who_passes_is_not(self, every: tuple[float, float, float]) -> None:
        assert told([(0, -1000, 500), (1500, 3000, 500)], every) == []

    def test_who_drifts_through_is_not(self, every: tuple[float, float, float]) -> None:
        assert told([(0, 100, 500), (3600, 1900, 500)], every) == []

    def test_who_lies_for_less_is_not(self, every: tuple[float, float, float]) -> None:
        assert told(swing(lies_s=300), every) == []

    def test_who_swings_wider_is_not(self, every: tuple[float, float, float]) -> None:
        assert told(swing(metres=160), every) == []

    def test_who_lies_at_a_berth_is_not(self, every: tuple[float, float, float]) -> None:
        assert told(swing(y=1000, metres=10), every) == []

    def test_who_lies_outside_is_not(self, every: tuple[float, float, float]) -> None:
        assert told(swing(y=2300), every) == []


def test_a_wild_position_does_not_end_a_stay() -> None:
    way = swing()
    wild = [*way[:90], (way[89][0] + 5, 5000.0, 5000.0), *way[90:]]
    found = told(wild, (5.0, 0.0, 0.0))
    lasting = [e for e in found if 1300 < e.t - T0 < 2350]
    assert len({round((e.since or 0) / 60) for e in lasting}) == 1
    times = sorted(e.t for e in found)
    assert max(np.diff(times)) <= 60


def test_a_long_silence_begins_a_new_stay() -> None:
    path = Fixes([(0, 1000, 500), (6000, 1005, 500)], 10.0)
    keep = (path.t < T0 + 1000) | (path.t > T0 + 4600)
    path.t, path._xy = path.t[keep], path._xy[keep]
    found = watch_paths(Anchoring(zone="forbidden"), [path], WATER, step_s=30)
    assert {since for _, since in acts(found)} == {T0, T0 + 4610}


@pytest.mark.parametrize("spoil", [SPOILS["jitter 5 fps"], SPOILS["bad 2 fps"]], ids=["5", "2"])
def test_a_vessel_before_a_calibrated_camera(spoil: Spoil) -> None:
    near = zone("forbidden", (-20, 15), (20, 15), (20, 60), (-20, 60), space="m")
    way = [(0, -15, 30), (10, 0, 40), (100, 2, 41), (110, 15, 50)]
    vessel = track(way, spoil, label="vessel", space="m", homography=CAMERA)
    found = watch(Anchoring(zone="forbidden", radius_m=5, min_s=40), [vessel], scene(near, homography=CAMERA))
    assert {e.outcome for e in found} == {"violation"}


def test_it_says_what_it_measured() -> None:
    last = told(swing())[-1]
    assert last.measured["swing_radius_m"] == pytest.approx(100, abs=45)
    assert (last.measured["radius_m"], last.measured["min_s"]) == (100, 600)
    middle = told(swing())[20]
    assert middle.measured["at_y_m"] == pytest.approx(500, abs=60)
    assert "禁锚区" in last.because.zh
