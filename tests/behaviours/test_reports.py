"""The rules that judge tracks, asked of reported places: every 5 to 60 s, wrong by 7.5 m, through the whole way of a feed."""

from dataclasses import replace

import numpy as np
import pytest

from _fleets import drive
from _paths import after_s, ground, judged_by, square
from roadstead.behaviours.anchoring import Anchoring
from roadstead.behaviours.line_crossing import LineCrossing
from roadstead.behaviours.loitering import Loitering
from roadstead.behaviours.no_go_vessel_area import NoGoVesselArea
from roadstead.behaviours.rendezvous import Rendezvous
from roadstead.behaviours.speeding import Speeding
from roadstead.behaviours.stopped import Stopped
from roadstead.behaviours.u_turn import UTurn
from roadstead.behaviours.uncovered_load import UncoveredLoad
from roadstead.behaviours.wrong_way import WrongWay
from roadstead.behaviours.zone_entry import ZoneEntry
from roadstead.types import Evidence, Line

EVERY = pytest.mark.parametrize("every_s", [5.0, 10.0, 30.0, 60.0])
SEEDS = range(6)
SIGMA_M = 7.5
YARD = square("yard", 3000, 0, 400)
GATE = Line("gate", (2000, 600), (2000, -600), "m")
EAST = Line("east", (0, 0), (100, 0), "m")
PLACE = ground(YARD, GATE, EAST, square("tiny", 3000, 0, 40))

Way = list[tuple[float, float, float]]
THROUGH: Way = [(0, 0, 0), (600, 6000, 0)]
BACK: Way = [(0, 6000, 0), (600, 0, 0)]
INTO: Way = [(0, 0, 0), (300, 3000, 0), (900, 3000, 0), (1200, 6000, 0)]
BESIDE: Way = [(0, 0, 260), (600, 6000, 260)]
THERE_AND_BACK: Way = [(0, 0, 0), (300, 3000, 0), (600, 0, 0)]


def told(behaviour: object, way: Way, every_s: float, seed: int, **more: object) -> list[Evidence]:
    reports = drive("a", way, every_s=every_s, jitter_m=SIGMA_M, seed=seed, **more)  # type: ignore[arg-type]  # settings by name
    return judged_by(behaviour, reports, PLACE)  # type: ignore[arg-type]  # a plug-in


@EVERY
class TestEvery:
    def test_stopped(self, every_s: float) -> None:
        for seed in SEEDS:
            found = told(Stopped(zone="yard", seconds=300), INTO, every_s, seed)
            assert {e.outcome for e in found} == {"violation"}
            assert after_s(found[0].since) == pytest.approx(300, abs=every_s + 6)
            assert found[-1].measured["stood_s"] == pytest.approx(600, abs=2 * every_s + 12)
            assert told(Stopped(seconds=800), INTO, every_s, seed) == []
            assert told(Stopped(), THROUGH, every_s, seed) == []

    def test_loitering(self, every_s: float) -> None:
        for seed in SEEDS:
            stays = told(Loitering(zone="yard", seconds=500), INTO, every_s, seed)
            assert after_s(stays[0].since) == pytest.approx(280, abs=10)
            assert told(Loitering(seconds=500), INTO, every_s, seed)
            assert told(Loitering(zone="yard", seconds=120), THROUGH, every_s, seed) == []
            assert told(Loitering(seconds=120), THROUGH, every_s, seed) == []

    def test_zone_entry(self, every_s: float) -> None:
        for seed in SEEDS:
            found = told(ZoneEntry(zone="yard"), INTO, every_s, seed)
            assert {round((after_s(e.since) - 280) / 20) for e in found} == {0}
            assert max(after_s(e.t) for e in found) == pytest.approx(920, abs=15)
            assert told(ZoneEntry(zone="yard"), BESIDE, every_s, seed) == []
            assert told(ZoneEntry(zone="tiny"), INTO, every_s, seed), "a zone that is smaller than two margins"

    def test_line_crossing(self, every_s: float) -> None:
        for seed in SEEDS:
            found = told(LineCrossing(line="gate"), THROUGH, every_s, seed)
            assert len({e.t for e in found}) == 1
            assert after_s(found[0].t) == pytest.approx(200, abs=3)
            assert found[0].measured["direction"] == ("backward")
            assert told(LineCrossing(line="gate", direction="backward"), BACK, every_s, seed) == []
            waits: Way = [(0, 0, 0), (200, 2000, 0), (1400, 2000, 0), (1600, 0, 0)]
            assert told(LineCrossing(line="gate"), waits, every_s, seed) == [], "it stood on the line and went back"

    def test_wrong_way(self, every_s: float) -> None:
        for seed in SEEDS:
            found = told(WrongWay(along="east"), BACK, every_s, seed)
            assert found
            assert max(float(e.measured["off_deg"] or 0) for e in found) < 25
            assert told(WrongWay(along="east"), THROUGH, every_s, seed) == []
            parked: Way = [(0, 3000, 0), (3600, 3000, 0)]
            assert told(WrongWay(along="east"), parked, every_s, seed) == []

    def test_u_turn(self, every_s: float) -> None:
        for seed in SEEDS:
            found = told(UTurn(), THERE_AND_BACK, every_s, seed)
            assert {round((after_s(e.t) - 300) / 40) for e in found} == {0}
            assert told(UTurn(), THROUGH, every_s, seed) == []
            parked: Way = [(0, 3000, 0), (3600, 3000, 0)]
            assert told(UTurn(), parked, every_s, seed) == []

    def test_anchoring_and_no_go(self, every_s: float) -> None:
        slow: Way = [(0, 0, 0), (600, 3000, 0), (2400, 3000, 0), (3000, 6000, 0)]
        for seed in SEEDS:
            anchored = told(Anchoring(zone="yard"), slow, every_s, seed)
            assert after_s(anchored[0].since) == pytest.approx(600, abs=2 * every_s + 30)
            assert told(Anchoring(zone="yard"), THROUGH, every_s, seed) == []
            within = told(NoGoVesselArea(zone="yard"), THROUGH, every_s, seed)
            assert {round((after_s(e.since) - 280) / 20) for e in within} == {0}
            assert told(NoGoVesselArea(zone="yard"), BESIDE, every_s, seed) == []

    def test_rendezvous(self, every_s: float) -> None:
        lies: Way = [(0, 0, 0), (600, 3000, 0), (1800, 3000, 0), (2400, 6000, 0)]
        comes: Way = [(0, 6000, 2000), (600, 3000, 25), (1800, 3000, 25), (2400, 0, 2000)]
        for seed in SEEDS:
            a = drive("a", lies, every_s=every_s, jitter_m=SIGMA_M, seed=seed)
            b = drive("b", comes, every_s=every_s, jitter_m=SIGMA_M, seed=seed + 100)
            found = judged_by(Rendezvous(min_s=600), [*a, *b], PLACE)
            assert {(e.subject, e.measured["other"]) for e in found} == {("a", "b")}
            assert len({e.since for e in found}) <= 2
            assert after_s(min(e.since or 0 for e in found)) == pytest.approx(600, abs=2 * every_s + 90)
            far = [replace(p, lat=(p.lat or 0) + 0.0027) for p in b]
            assert judged_by(Rendezvous(min_s=600), [*a, *far], PLACE) == [], "300 m apart"


SPEEDS = pytest.mark.parametrize("speeds", [True, False], ids=["reported", "places alone"])


@SPEEDS
@EVERY
class TestSpeeding:
    def test_who_is_faster_is_told(self, every_s: float, *, speeds: bool) -> None:
        for seed in SEEDS:
            found = told(Speeding(limit_kmh=20), THROUGH, every_s, seed, speeds=speeds)
            sure = [e for e in found if e.outcome == "violation"]
            assert sure
            for e in sure:
                assert e.measured["speed_kmh"] == pytest.approx(36, abs=4 * float(e.measured["sigma_kmh"] or 0))
                assert (e.measured["reported_kmh"] is not None) == speeds

    def test_who_is_slower_is_not(self, every_s: float, *, speeds: bool) -> None:
        for seed in SEEDS:
            found = told(Speeding(limit_kmh=50), THROUGH, every_s, seed, speeds=speeds)
            assert [e for e in found if e.outcome == "violation"] == []

    def test_a_little_faster_is_not_sure(self, every_s: float, *, speeds: bool) -> None:
        found = told(Speeding(limit_kmh=35.8), THROUGH, every_s, 0, speeds=speeds)
        assert {e.outcome for e in found} <= {"insufficient"}


def test_a_speed_that_the_places_deny_is_insufficient() -> None:
    reports = [replace(p, speed_mps=30.0) for p in drive("a", THROUGH, jitter_m=SIGMA_M)]
    found = judged_by(Speeding(limit_kmh=60), reports, PLACE)
    assert {e.outcome for e in found} == {"insufficient"}
    assert "its places say 3" in found[-1].because.en
    assert found[-1].measured["displacement_kmh"] == pytest.approx(36, abs=4)


def test_one_wrong_speed_is_not_speeding() -> None:
    reports = drive("a", THROUGH, jitter_m=SIGMA_M)
    reports[20] = replace(reports[20], speed_mps=40.0)
    assert judged_by(Speeding(limit_kmh=60), reports, PLACE) == []


def test_reports_every_six_minutes_still_stand() -> None:
    parked: Way = [(0, 3000, 0), (7200, 3000, 0)]
    found = told(Stopped(seconds=1800), parked, 360.0, 0)
    assert {e.outcome for e in found} == {"violation"}


def test_reports_say_nothing_of_the_cover_of_a_load() -> None:
    assert told(UncoveredLoad(), THROUGH, 10.0, 0) == []


def test_a_long_silence_leaves_the_standstill_open() -> None:
    parked: Way = [(0, 3000, 0), (2400, 3000, 0)]
    reports = [p for p in drive("a", parked, jitter_m=SIGMA_M) if not 600 < after_s(p.t) < 1500]
    found = judged_by(Stopped(seconds=1200), reports, PLACE)
    assert {e.outcome for e in found} == {"insufficient"}
    assert np.isclose(float(found[-1].measured["longest_hidden_s"] or 0), 900)
