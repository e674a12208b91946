"""The injection suite: how many injected faults are found, and how much is found where there is none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from roadstead.anomalies import plugins
from roadstead.positions import Fleet, Reports
from roadstead.simulate.reports._own import Label
from roadstead.simulate.reports.faults import FAULTS, inject
from roadstead.simulate.reports.fleet import trucks, vessels
from roadstead.simulate.reports.roads import town
from roadstead.simulate.reports.waters import harbour
from roadstead.track.fleet import fleet
from roadstead.types import Evidence, Scene

SLACK_S = 60.0
"""A finding may miss its label by so much: it is dated by the reports that bear it."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Clean reports of movers of one class, and what is known of the ground."""

    label: str
    reports: Reports
    scene: Scene

    def fleet(self, reports: Reports | None = None) -> Fleet:
        """Return the fleet of these reports, or of others of the same world."""
        return fleet(self.reports if reports is None else reports, self.label, scene=self.scene)


@dataclass(frozen=True, slots=True)
class Recall:
    """What became of the cases of one fault: how many were injected and found, and the labels of those that were missed."""

    fault: str
    label: str
    injected: int
    found: int
    missed: tuple[Label, ...] = field(default=())

    @property
    def share(self) -> float:
        """How many of the injected were found, 0-1; 1 where there were none."""
        return self.found / self.injected if self.injected else 1.0


def world(label: str, movers: int, *, days: float = 1.0, seed: int = 0, first: int = 0) -> World:
    """Return clean reports of "truck" or "vessel" in the town or the harbour."""
    if label == "truck":
        return World(label, trucks(movers, days, seed=seed, first=first), town(0).scene)
    return World(label, vessels(movers, days, seed=seed, first=first), harbour(0).scene)


def recall(fault: str, worlds: Sequence[World], *, cases: int = 40, severity: float = 1.2, seed: int = 0) -> Recall:
    """Inject a fault into clean worlds of one class, one case a mover, until there are `cases`; count what is found."""
    anomaly = plugins.get(fault.partition(",")[0])()
    found, missed, round_ = 0, list[Label](), 0
    limit = 3 * cases
    while found + len(missed) < cases and round_ < limit:
        here = worlds[round_ % len(worlds)]
        left = cases - found - len(missed)
        made, labels = inject(here.reports, fault, label=here.label, cases=left, seed=seed + round_, severity=severity)
        evidence = tuple(anomaly.find(here.fleet(made))) if labels else ()
        missed += [said for said in labels if not hit(said, evidence)]
        found += sum(hit(said, evidence) for said in labels)
        round_ += 1
    return Recall(fault, worlds[0].label, found + len(missed), found, tuple(missed))


def hit(label: Label, evidence: Iterable[Evidence]) -> bool:
    """Tell whether one of the findings is of the label's mover (any, if it names none) and of its time."""
    return any(
        (not label.mover or found.subject == label.mover)
        and found.t >= label.start - SLACK_S
        and (found.t if found.since is None else found.since) <= label.end + SLACK_S
        for found in evidence
    )


def findings(here: World, names: Sequence[str] = ()) -> Mapping[str, tuple[Evidence, ...]]:
    """Return what each anomaly (none named: all) finds in a clean world: all of it is false."""
    one = here.fleet()
    return {name: tuple(plugins.get(name)().find(one)) for name in names or plugins.names()}


def false_findings(label: str, mover_days: int, *, each: int = 100, seed: int = 0, first: int = 1000) -> Counter[str]:
    """Return how many false findings there are by anomaly over so many clean days, `each` movers at a time."""
    total: Counter[str] = Counter(dict.fromkeys(plugins.names(), 0))
    for begin in range(0, mover_days, each):
        here = world(label, min(each, mover_days - begin), seed=seed, first=first + begin)
        total.update({name: len(found) for name, found in findings(here).items()})
    return total


def row(
    kind: str, at: Recall, *, false: int, days: int, below: Recall | None = None, other: Recall | None = None
) -> dict[str, str]:
    """Return one fault or deed as a row of the suite's table; what was not asked is empty.

    `at` is at 1.2 times the threshold, `below` at 0.8 times, `other` a second form of the fault at 1.2 times; `false`
    findings were there in so many clean `days` of a mover.
    """
    share = {"recall_at_1.2": at, "found_at_0.8": below, "recall_other_form": other}
    return {
        "kind": kind,
        "name": at.fault,
        "class": at.label,
        "injected": str(at.injected),
        "found": str(at.found),
        **{name: "" if of is None or not of.injected else f"{of.share:.3f}" for name, of in share.items()},
        "clean_days": str(days),
        "false_per_day": f"{false / days:.4f}",
    }


def pairs() -> tuple[tuple[str, str], ...]:
    """Return every fault with each class it's injected into."""
    return tuple((name, label) for name, fault in FAULTS.items() for label in fault.classes)
