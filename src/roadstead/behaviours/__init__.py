"""What a track did: one file a behaviour. A behaviour is a stateless question asked of a mover in a view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from roadstead.geometry.schedules import active
from roadstead.registry import Registry
from roadstead.types import Evidence, Legal, Mover, Schedule, View


class Behaviour(Protocol):
    """A frozen dataclass whose fields are its settings."""

    def check(self, mover: Mover, view: View) -> Evidence | None:
        """Return evidence for as long as the finding holds at `view.t`, else None. Pure."""


plugins: Registry[Behaviour] = Registry("behaviours", "behaviour")
behaviour = plugins


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A behaviour as one authority enforces it: on which classes (none named: all), when, by which legal text."""

    name: str
    kind: str
    behaviour: Behaviour
    classes: frozenset[str] = frozenset()
    schedules: tuple[Schedule, ...] = ()
    legal: Legal | None = None
    gap_s: float = 10.0

    def holds(self, t: float) -> bool:
        """Whether the rule is in force at t; without a schedule it always is."""
        return not self.schedules or any(active(s, t) for s in self.schedules)


def judge(rules: Sequence[Rule], view: View, asked: Sequence[Mover] | None = None) -> Iterator[Evidence]:
    """Ask every rule in force of every track and path it applies to, or only of those `asked`.

    An impaired view is not judged at all.
    """
    if view.impaired:
        return
    for rule in rules:
        if not rule.holds(view.t):
            continue
        for mover in (*view.tracks, *view.paths) if asked is None else asked:
            if rule.classes and mover.label not in rule.classes:
                continue
            found = rule.behaviour.check(mover, view)
            if found is not None:
                yield replace(found, rule=rule.name)
