"""The way of reports: what is found depends on what was reported, not on when or how it came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from _fleets import HOME, T0, drive
from roadstead.anomalies import Check
from roadstead.anomalies import plugins as anomalies
from roadstead.behaviours import Rule
from roadstead.episodes import Terms
from roadstead.findings import Findings, Stretch
from roadstead.geometry.datums import to_gcj02
from roadstead.positions import Fleet, Position, Reports
from roadstead.reporting import Follower, ReportStages, judged
from roadstead.types import Event, Evidence, Mover, Scene, Text, View, Zone

YARD = Zone("yard", [(2900, -50), (3100, -50), (3100, 50), (2900, 50)], "m")  # type: ignore[arg-type]  # made an array
SCENE = Scene("trucks", zones={"yard": YARD}, origin=HOME)


def check(kind: str) -> Check:
    return Check(name=kind, kind=kind, anomaly=anomalies.get(kind)())


@dataclass(frozen=True, slots=True)
class InYard:
    """A rule of the test's own: inside the yard at the last report."""

    asked: list[tuple[float, str, int]] = field(default_factory=list)

    def check(self, mover: Mover, view: View) -> Evidence | None:
        self.asked.append((view.t, mover.id, len(mover.t)))
        points = mover.points("m")
        assert points is not None
        x, y = points[-1].tolist()
        if not (2900 < x < 3100 and abs(y) < 50):
            return None
        return Evidence(mover.id, float(mover.t[-1]), "violation", 1.0, Text("in", "在内"), {}, float(mover.t[-1]))


def stages(**more: object) -> ReportStages:
    kinds = [check("zero_island"), check("swapped_coordinates")]
    rules = (Rule(name="yard", kind="yard", behaviour=InYard()),)
    made = ReportStages(feed="trucks", scene=SCENE, labels="truck", checks=kinds, rules=rules, judge_s=10.0)
    return replace(made, **more)  # type: ignore[arg-type]  # settings by name


def reports() -> list[Position]:
    some = drive("a") + drive("b", seed=2, way=((0, 6000, 0), (600, 0, 0)))
    for i in (5, 6, 40, 90):
        some[i] = replace(some[i], lat=0.0, lon=0.0)
    some[20] = replace(some[20], lat=some[20].lon, lon=some[20].lat)
    return some


def said(evidence: Sequence[Evidence]) -> list[tuple[str, str, float, float]]:
    return [(e.rule, e.subject, e.since or 0.0, e.t) for e in evidence]


def test_everything_is_asked_of_all_reports() -> None:
    seen = judged(Reports.of(reports()), stages())
    assert said(seen.evidence)[-1][0] == "zero_island"
    assert [s for s in said(seen.evidence) if s[0] == "swapped_coordinates"] == [
        ("swapped_coordinates", "a", T0 + 200, T0 + 200)
    ]
    zero = [s[1:] for s in said(seen.evidence) if s[0] == "zero_island"]
    assert zero == [("a", T0 + 50, T0 + 60), ("a", T0 + 400, T0 + 400), ("b", T0 + 290, T0 + 290)]
    yard = {s[1] for s in said(seen.evidence) if s[0] == "yard"}
    assert yard == {"a", "b"}


def test_the_order_of_the_reports_changes_nothing() -> None:
    straight = judged(Reports.of(reports()), stages())
    rng = np.random.default_rng(0)
    for _ in range(10):
        some = reports()
        again = judged(Reports.of([some[i] for i in rng.permutation(len(some))]), stages())
        assert again.evidence == straight.evidence


def test_a_rule_sees_only_what_was_reported_by_then() -> None:
    rule = InYard()
    judged(Reports.of(reports()), stages(rules=(Rule(name="yard", kind="yard", behaviour=rule),)))
    counts = [n for t, mover, n in rule.asked if mover == "a"]
    assert counts == sorted(counts)
    assert counts[0] == 1
    times = [t for t, mover, _ in rule.asked if mover == "a"]
    assert all(t % 10 == 0 for t in times)


def test_the_way_that_rules_see_has_its_length() -> None:
    rule = InYard()
    judged(Reports.of(reports()), stages(path_s=100.0, rules=(Rule(name="yard", kind="yard", behaviour=rule),)))
    assert max(n for *_, n in rule.asked) == 11


def test_a_declared_datum_is_undone() -> None:
    some = drive("a")
    lat, lon = to_gcj02([p.lat or 0.0 for p in some], [p.lon or 0.0 for p in some])
    sent = [replace(p, lat=float(lat[i]), lon=float(lon[i])) for i, p in enumerate(some)]
    seen = judged(Reports.of(sent), stages(datum="gcj02"))
    assert seen.fleet.reports.lat == pytest.approx([p.lat for p in some], abs=1e-9)
    assert np.hypot(lat[0] - (some[0].lat or 0), lon[0] - (some[0].lon or 0)) > 1e-3


def findings() -> Findings:
    return Findings("trucks", [Terms(n, n, gap_s=30.0) for n in ("zero_island", "swapped_coordinates", "yard")])


def arrivals(some: list[Position], how: str) -> Iterator[tuple[float, list[Position]]]:
    """Yield what is there when the clock shows a time: live, with every fifth report much too late, or wholly shuffled."""
    rng = np.random.default_rng(4)
    late = {"live": 0.0, "late": 200.0, "shuffled": 600.0}[how]
    came = [(p.t or 0) + (late * rng.random() if rng.random() < (0.2 if how == "late" else 1.0) else 0.0) for p in some]
    for now in np.arange(T0, T0 + 1400, 10.0).tolist():
        yield now, [p for p, t in zip(some, came, strict=True) if now - 10.0 < t <= now]


@pytest.mark.parametrize("how", ["live", "late", "shuffled"])
def test_a_feed_that_goes_on_comes_to_the_same(how: str) -> None:
    follower = Follower(stages(fleet_s=60.0), findings())
    live: dict[str, Event] = {}
    for now, some in arrivals(reports(), how):
        follower.add(Reports.of(some))
        live.update({change.event.id: change.event for change in follower.step(now)})
    came = [e for e in live.values() if not e.because.en.startswith("Withdrawn")]
    whole = findings()
    seen = judged(Reports.of(reports()), stages())
    expected = [c.event for c in whole.update(Stretch(float("-inf"), seen.fleet.now), seen.evidence)]
    if how == "live":
        assert sorted((e.id, e.end) for e in came) == sorted((e.id, e.end) for e in expected)
    assert sorted((e.rule, e.subject, e.end) for e in came) == sorted((e.rule, e.subject, e.end) for e in expected)


def test_the_window_forgets_what_is_old() -> None:
    follower = Follower(stages(window_s=120.0), findings())
    for now, some in arrivals(reports(), "live"):
        follower.add(Reports.of(some))
        follower.step(now)
        seen: Fleet | None = follower.latest
        assert seen is None or not len(seen) or seen.t.min() >= seen.now - 130


def test_of_too_many_reports_the_oldest_are_forgotten_and_counted() -> None:
    follower = Follower(stages(most_reports=50), findings())
    some = reports()
    follower.add(Reports.of(some))
    follower.step(T0 + 600)
    assert follower.forgotten_early == len(some) - 50
    assert follower.latest is not None
    assert len(follower.latest) == 50
    assert follower.latest.t.min() == sorted(p.t or 0 for p in some)[-50]


def test_a_clock_that_is_ahead_keeps_no_report_longer() -> None:
    follower = Follower(stages(window_s=120.0), findings())
    for k, p in enumerate(drive("ahead")):
        now = T0 + 10.0 * k
        follower.add(Reports.of([replace(p, t=now + 70 * 365 * 86400.0, t_received=now)]))
        follower.step(now)
    assert follower.latest is not None
    assert len(follower.latest) == 13


def test_who_is_forgotten_leaves_nothing_behind() -> None:
    follower = Follower(stages(window_s=120.0, fleet_s=10.0), findings())
    for k in range(100):
        now = T0 + 10.0 * k
        one = Position(mover=f"m{k}", t=now, t_received=now, lat=31.2, lon=121.5, peer=f"tcp:{k}")
        follower.add(Reports.of([one]))
        follower.step(now)
    assert follower.latest is not None
    assert len(follower.latest.reports.movers) == len(follower.latest.reports.peers) == len(follower.latest) == 13
