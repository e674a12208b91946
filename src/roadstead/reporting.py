"""One feed, top to bottom: reports in, findings out. The way of reports, as `pipeline.py` is that of pictures.

    reports ─► declared datum to WGS-84 ─► fleet (event time, defects, hypotheses) ─► checks ─► evidence
                                                    └─► paths ─► rules, at every instant ─► evidence

`judged` asks everything of a set of reports and is a pure function of that set. `Follower` gives the same for a feed that
goes on: it judges again what new and late reports touch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from roadstead.anomalies import Check, examine
from roadstead.behaviours import Rule, judge
from roadstead.findings import Findings, Stretch
from roadstead.geometry.datums import Datum, convert
from roadstead.positions import Fleet, Ints, Reports
from roadstead.track.fleet import FleetTerms, fleet
from roadstead.track.ways import Ways, ways
from roadstead.types import Change, Evidence, Floats, Scene, View

T = TypeVar("T")

FRESH_S = 900.0
"""A mover unheard of for longer is no partner of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStages:
    """What one feed's reports go through.

    Rules are asked of every mover each `judge_s` of event time in which it reported, of its way in the `path_s` before.
    A feed that goes on is judged over its last `window_s`, or less where that is more than `most_reports`; checks that
    need the whole fleet every `fleet_s`.
    """

    feed: str
    scene: Scene
    labels: Mapping[str, str] | str
    datum: Datum = "wgs84"
    checks: Sequence[Check] = ()
    rules: Sequence[Rule] = ()
    terms: FleetTerms = field(default_factory=FleetTerms)
    judge_s: float = 30.0
    path_s: float = 7200.0
    window_s: float = 3600.0
    fleet_s: float = 60.0
    most_reports: int = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A fleet and everything that was found of it, by rule, subject and time."""

    fleet: Fleet
    evidence: tuple[Evidence, ...]


def judged(reports: Reports, stages: ReportStages, *, now: float | None = None) -> Judged:
    """Ask every check and every rule of all reports at once."""
    whole = _fleet(reports, stages, now)
    found = [*examine(stages.checks, whole), *(e for _, e in _behaviours(ways(whole), stages))]
    return Judged(whole, tuple(sorted(found, key=_order)))


def _order(found: Evidence) -> tuple[str, str, float, float]:
    return found.rule, found.subject, found.t if found.since is None else found.since, found.t


def _fleet(reports: Reports, stages: ReportStages, now: float | None) -> Fleet:
    lat, lon = convert(reports.lat, reports.lon, stages.datum, "wgs84")
    placed = reports if stages.datum == "wgs84" else replace(reports, lat=lat, lon=lon)
    return fleet(placed, stages.labels, scene=stages.scene, now=now, terms=stages.terms)


def _behaviours(
    on: Ways, stages: ReportStages, *, only: Mapping[str, float] | None = None
) -> Iterator[tuple[float, Evidence]]:
    """Ask the rules of every mover at each instant at which it had reported anew; yield instant and evidence.

    `only` names the movers to ask, each with the time from which on; None asks all of all.
    """
    if not stages.rules or not len(on):
        return
    for t, movers in on.instants(stages.judge_s):
        asked = [m for m in movers if only is None or only.get(on.names[m], float("inf")) <= t]
        if not asked:
            continue
        paths = on.at(t, keep_s=stages.path_s, fresh_s=FRESH_S)
        view = View(t, (), stages.scene, paths=paths)
        for found in judge(stages.rules, view, asked=[paths.of(m) for m in asked]):
            yield t, found


class Follower:
    """Judges a feed that goes on. `add` takes what came; `step` says what became of the events since.

    `forgotten_early` is how many reports left the window before their time because there were too many.
    """

    def __init__(self, stages: ReportStages, findings: Findings) -> None:
        self.stages = stages
        self.findings = findings
        self.latest: Fleet | None = None
        self.forgotten_early = 0
        self._kept = Reports.of(())
        self._new: list[Reports] = []
        self._evidence: dict[str, list[tuple[float, Evidence]]] = {}
        self._whole_at = float("-inf")

    def add(self, reports: Reports) -> None:
        """Take reports in, in whatever order they come."""
        if len(reports):
            self._new.append(reports)

    def step(self, now: float) -> Sequence[Change]:
        """Judge what the reports since the last step touch; `now` is the time of our clock."""
        fresh = Reports.joined(self._new)
        self._new = []
        self._kept = self._newest(_since(Reports.joined([self._kept, fresh]), now - self.stages.window_s))
        whole_due = now - self._whole_at >= self.stages.fleet_s
        if whole_due:
            self._forget()
        if not len(self._kept) or not (len(fresh) or whole_due):
            return self.findings.update(Stretch(now, now, ()), ())
        changed = _touched(fresh)
        judged_now = self._kept if whole_due else _of(self._kept, changed)
        seen = _fleet(judged_now, self.stages, now)
        wide = [c for c in self.stages.checks if getattr(c.anomaly, "whole_fleet", False)]
        near = [c for c in self.stages.checks if c not in wide]
        self.latest = seen
        since = now - self.stages.window_s
        changes = self._rules(seen, changed, now)
        found = [e for e in examine(near, seen) if e.subject in changed]
        rules = frozenset(c.name for c in near)
        changes += self.findings.update(Stretch(since, now, frozenset(changed), rules), found)
        if whole_due:
            self._whole_at = now
            stretch = Stretch(since, now, None, frozenset(c.name for c in wide))
            changes += self.findings.update(stretch, examine(wide, seen))
        return changes

    def _newest(self, reports: Reports) -> Reports:
        """Return the newest reports, as many as may be kept."""
        too_many = len(reports) - self.stages.most_reports
        if too_many <= 0:
            return reports
        self.forgotten_early += too_many
        return reports.where(np.sort(np.argsort(_came(reports), kind="stable")[too_many:]))

    def _forget(self) -> None:
        """Forget who, from where and what no report speaks of any longer."""
        self._kept = _compact(self._kept)
        known = frozenset(self._kept.movers)
        self._evidence = {mover: found for mover, found in self._evidence.items() if mover in known}

    def _rules(self, seen: Fleet, changed: Mapping[str, float], now: float) -> list[Change]:
        """Ask the rules again from each mover's earliest new report on; what was found before stands."""
        stages = self.stages
        if not stages.rules:
            return []
        since = now - stages.window_s
        for mover, first in changed.items():
            old = self._evidence.get(mover, ())
            self._evidence[mover] = [(t, e) for t, e in old if since <= t < first]
        for t, found in _behaviours(ways(seen), stages, only=changed):
            self._evidence.setdefault(found.subject, []).append((t, found))
        everything = [e for mover in changed for _, e in self._evidence[mover]]
        stretch = Stretch(since, now, frozenset(changed), frozenset(r.name for r in stages.rules))
        return list(self.findings.update(stretch, everything))


def _touched(fresh: Reports) -> dict[str, float]:
    """Return the movers that reported, and the earliest event time of each's new reports."""
    t = np.where(np.isfinite(fresh.t), fresh.t, fresh.t_received)
    earliest = np.full(len(fresh.movers), np.inf)
    np.fmin.at(earliest, fresh.mover, t)
    return {fresh.movers[k]: float(earliest[k]) for k in np.unique(fresh.mover).tolist()}


def _of(reports: Reports, movers: Iterable[str]) -> Reports:
    wanted = frozenset(movers)
    chosen: Ints = np.array([name in wanted for name in reports.movers], dtype=bool)[reports.mover]
    return reports.where(chosen)


def _came(reports: Reports) -> Floats:
    """Return when reports came (n,), or else of when they are: a clock that is ahead keeps none of them longer."""
    return np.where(np.isfinite(reports.t_received), reports.t_received, reports.t)


def _since(reports: Reports, t: float) -> Reports:
    """Return the reports that came after a time."""
    if not len(reports):
        return reports
    keep = ~(_came(reports) < t)
    return reports if keep.all() else reports.where(keep)


def _compact(reports: Reports) -> Reports:
    """Return the same reports; their tables hold nothing that no report names."""
    movers, mover = _used(reports.movers, reports.mover)
    peers, peer = _used(reports.peers, reports.peer)
    statics, static = _used(reports.statics, reports.static)
    return replace(reports, movers=movers, mover=mover, peers=peers, peer=peer, statics=statics, static=static)


def _used(table: Sequence[T], codes: Ints) -> tuple[tuple[T, ...], Ints]:
    """Return what is named of a table, and the indices into that; -1 stays."""
    named = np.unique(codes[codes >= 0])
    new = np.full(len(table) + 1, -1, dtype=np.int64)
    new[named] = np.arange(len(named))
    return tuple(table[k] for k in named.tolist()), new[codes]
