"""Faults of reporting: one file an anomaly. An anomaly is a stateless question asked of the reports of a whole fleet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from roadstead.positions import Fleet
from roadstead.registry import Registry
from roadstead.types import Evidence, Legal


class Anomaly(Protocol):
    """A frozen dataclass whose fields are its settings.

    One that compares movers with one another says `whole_fleet: ClassVar[bool] = True`: a feed that goes on asks it of
    everybody once in a while, the others of those who reported.
    """

    def find(self, fleet: Fleet) -> Iterator[Evidence]:
        """Yield every finding in the reports, each from its beginning (`since`) to its last report (`t`). Pure.

        The same reports give the same findings, in whatever order they came.
        """


plugins: Registry[Anomaly] = Registry("anomalies", "anomaly")
anomaly = plugins


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An anomaly as one authority looks for it: on which classes (none named: all that it is made for)."""

    name: str
    kind: str
    anomaly: Anomaly
    classes: frozenset[str] = frozenset()
    legal: Legal | None = None


def examine(checks: Sequence[Check], fleet: Fleet) -> Iterator[Evidence]:
    """Ask every check of the fleet. What is found of no mover (a station, an area) is of every class."""
    labels = dict(zip(fleet.reports.movers, fleet.labels, strict=True))
    for check in checks:
        for found in check.anomaly.find(fleet):
            label = labels.get(found.subject)
            if not check.classes or label is None or label in check.classes:
                yield replace(found, rule=check.name)
