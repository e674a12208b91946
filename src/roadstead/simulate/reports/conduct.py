"""How many deeds the rules find, and how much they find in fleets that obey."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from roadstead.behaviours import Rule
from roadstead.positions import Reports
from roadstead.reporting import ReportStages, judged
from roadstead.simulate.reports._own import Label
from roadstead.simulate.reports.deeds import DEEDS, done, rules, scene
from roadstead.simulate.reports.fleet import trucks, vessels
from roadstead.simulate.reports.suite import Recall, hit
from roadstead.types import Evidence

BEFORE_S, AFTER_S = 3600.0, 1500.0
"""So much of a mover's day before and after a deed is judged with it."""
_EPISODE_S = 900.0
"""Findings of one rule on one mover that are no further apart are one."""


def findings(reports: Reports, label: str, asked: Sequence[Rule]) -> tuple[Evidence, ...]:
    """Return what rules find in reports of one class, asked as often as a watch asks by default."""
    stages = ReportStages(feed="simulated", scene=scene(label), labels=label, rules=asked)
    return judged(reports, stages).evidence


def recall(name: str, *, cases: int = 40, severity: float = 1.2, seed: int = 0, tries: int = 20) -> Recall:
    """Let movers do a deed until there are so many cases (or `tries` times as many movers had their day); count what is found."""
    label, labels, parts = DEEDS[name].label, list[Label](), list[Reports]()
    for number in range(tries * cases):
        made = done(name, number, severity=severity, seed=seed)
        if made is not None:
            parts.append(_around(*made))
            labels.append(made[1])
        if len(labels) == cases:
            break
    evidence = findings(Reports.joined(parts), label, (rules(label)[DEEDS[name].rule],)) if parts else ()
    missed = tuple(said for said in labels if not hit(said, evidence))
    return Recall(name, label, len(labels), len(labels) - len(missed), missed)


def _around(reports: Reports, label: Label) -> Reports:
    t = reports.t_received
    return reports.where((t > label.start - BEFORE_S) & (t < label.end + AFTER_S))


def false_findings(label: str, mover_days: int, *, each: int = 50, seed: int = 0, first: int = 1000) -> Counter[str]:
    """Return how many findings there are by rule over so many days on which everybody obeys, `each` movers at a time."""
    total: Counter[str] = Counter(dict.fromkeys(rules(label), 0))
    make = trucks if label == "truck" else vessels
    for begin in range(0, mover_days, each):
        reports = make(min(each, mover_days - begin), seed=seed, first=first + begin)
        total.update(episodes(findings(reports, label, tuple(rules(label).values()))))
    return total


def episodes(evidence: Iterable[Evidence]) -> Counter[str]:
    """Count findings by rule: those of one mover that follow one another are one."""
    ends: dict[tuple[str, str], float] = {}
    counted: Counter[str] = Counter()
    for found in sorted(evidence, key=lambda e: e.t):
        key = (found.rule, found.subject)
        since = found.t if found.since is None else found.since
        if since > ends.get(key, -np.inf) + _EPISODE_S:
            counted[found.rule] += 1
        ends[key] = max(ends.get(key, -np.inf), found.t)
    return counted
