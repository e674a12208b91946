"""Night operation: moving at hours at which the rule holds; parked trucks and their jitter are quiet."""

from dataclasses import replace

import pytest

from _fleets import T0, drive
from _paths import after_s, ground, judged_by, square
from roadstead.behaviours import Rule
from roadstead.behaviours.night_operation import NightOperation
from roadstead.positions import Reports
from roadstead.reporting import ReportStages, judged
from roadstead.types import Evidence, Schedule

PLACE = ground(square("site", 3000, 0, 2000))
Way = list[tuple[float, float, float]]
WORKS: Way = [(0, 0, 0), (600, 0, 0), (1200, 6000, 0), (1800, 6000, 0)]
PARKED: Way = [(0, 3000, 0), (7200, 3000, 0)]


def told(
    way: Way, every_s: float = 10.0, seed: int = 0, rule: NightOperation | None = None, *, speeds: bool = True
) -> list[Evidence]:
    reports = drive("a", way, every_s=every_s, jitter_m=7.5, seed=seed, speeds=speeds)
    return judged_by(rule or NightOperation(), reports, PLACE)


@pytest.mark.parametrize("speeds", [True, False], ids=["speeds", "places alone"])
@pytest.mark.parametrize("every_s", [5.0, 10.0, 30.0, 60.0])
class TestReports:
    def test_who_moves_is_told_while_it_does(self, every_s: float, *, speeds: bool) -> None:
        for seed in range(4):
            found = told(WORKS, every_s, seed, speeds=speeds)
            assert {e.outcome for e in found} == {"violation"}
            assert 540 <= min(after_s(e.since) for e in found) <= 630 + every_s  # asked every 30 s
            assert max(after_s(e.t) for e in found) == pytest.approx(1200, abs=125)

    def test_who_is_parked_is_not(self, every_s: float, *, speeds: bool) -> None:
        for seed in range(4):
            assert told(PARKED, every_s, seed, speeds=speeds) == []

    def test_only_the_site_counts_where_one_is_named(self, every_s: float, *, speeds: bool) -> None:
        found = told(WORKS, every_s, rule=NightOperation(zone="site"), speeds=speeds)
        assert 795 <= min(after_s(e.since) for e in found) <= 805 + 2 * every_s
        assert max(after_s(e.t) for e in found) <= 1005 + every_s


def test_drift_while_the_speeds_say_parked_is_no_operation() -> None:
    wanders = [replace(p, speed_mps=0.0) for p in drive("a", [(0, 0, 0), (300, 600, 0)], jitter_m=7.5)]
    assert judged_by(NightOperation(), wanders, PLACE) == []
    silent = [replace(p, speed_mps=None) for p in wanders]
    assert judged_by(NightOperation(), silent, PLACE)


def test_the_rules_schedule_says_when() -> None:
    way = drive("a", [(0, 0, 0), (3600, 36000, 0)], jitter_m=7.5)  # 22:13:20 to 23:13:20 in Shanghai
    night = Schedule("Asia/Shanghai", frozenset(range(7)), 22 * 60 + 40, 6 * 60)
    rule = Rule(name="night", kind="night_operation", behaviour=NightOperation(), schedules=(night,))
    stages = ReportStages(feed="feed", scene=PLACE, labels="truck", rules=(rule,))
    found = judged(Reports.of(way), stages).evidence
    begin = T0 + 26 * 60 + 40
    assert min(e.t for e in found) == pytest.approx(begin, abs=30)
    assert max(e.t for e in found) == pytest.approx(T0 + 3600, abs=30)


def test_it_says_what_it_measured() -> None:
    e = told(WORKS)[-8]
    assert e.measured["speed_kmh"] == pytest.approx(36, abs=8)
    assert float(e.measured["moved_m"] or 0) >= 100
    assert "禁止时段" in e.because.zh
