"""Findings to events, where findings come whole and are made anew when late reports arrive.

What is found of a feed is a function of the reports known so far, each finding an interval. Intervals of one rule and
subject that lie no more than the rule's gap apart are one event. When reports come late, the same stretch is judged
again: its events grow, new ones open, and those that nothing bears any longer are withdrawn, openly.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from roadstead.episodes import Terms, first
from roadstead.types import Change, Event, Evidence, Text

SETTLE_S = 600.0
"""An event closes this long after its end, so that what comes a little late still belongs to it."""
_REMEMBER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was judged: these subjects (None: everyone), over the reports from `since` on, up to `now`."""

    since: float
    now: float
    subjects: Collection[str] | None = None
    rules: Collection[str] | None = None

    @property
    def told(self) -> float | None:
        """When what is found in it is told; None where a recording was judged as a whole."""
        return self.now if math.isfinite(self.since) else None

    def holds(self, event: Event) -> bool:
        """Whether an event would have been found again, were it still so."""
        return (
            event.start >= self.since
            and (self.subjects is None or event.subject in self.subjects)
            and (self.rules is None or event.rule in self.rules)
        )


def joined(evidence: Iterable[Evidence], terms: Mapping[str, Terms]) -> Iterator[Evidence]:
    """Yield evidence by rule, subject and time, that which lies within its rule's gap joined into one.

    The sentence and the measured values are those of the strongest part: a violation before what is insufficient, then
    the longest.
    """
    groups: dict[tuple[str, str], list[Evidence]] = {}
    for found in evidence:
        groups.setdefault((found.rule, found.subject), []).append(found)
    for (rule, _), parts in sorted(groups.items()):
        parts.sort(key=lambda e: (_since(e), e.t, e.outcome, e.because.en))
        group = [parts[0]]
        end = parts[0].t
        for part in parts[1:]:
            if _since(part) - end <= terms[rule].gap_s:
                group.append(part)
                end = max(end, part.t)
            else:
                yield _one(group)
                group, end = [part], part.t
        yield _one(group)


class Findings:
    """The events of one feed."""

    def __init__(self, feed: str, terms: Iterable[Terms]) -> None:
        self.feed = feed
        self._terms = {t.rule: t for t in terms}
        self._open: dict[str, Event] = {}
        self._closed: dict[str, Event] = {}

    @property
    def open(self) -> tuple[Event, ...]:
        """The events that have not closed yet."""
        return tuple(self._open.values())

    def adopt(self, events: Iterable[Event]) -> None:
        """Go on with events that an earlier run left open, as far as their rules are still looked for."""
        self._open.update({e.id: e for e in events if e.rule in self._terms})

    def ended(self, rule: str, subject: str, t: float) -> Sequence[Change]:
        """Close an event at t because its cause is known to have ended; nothing happens if it is not open."""
        found = [e for e in self._open.values() if (e.rule, e.subject) == (rule, subject)]
        return [self._close(replace(e, end=max(e.end, t))) for e in found]

    def update(self, stretch: Stretch, evidence: Iterable[Evidence]) -> Sequence[Change]:
        """Take in everything that was found in a stretch and return what became of the events, in order."""
        changes: list[Change] = []
        borne: set[str] = set()
        for found in joined(evidence, self._terms):
            known = self._known(found)
            if known is None:
                event = first(self.feed, self._terms[found.rule], found, stretch.told)
                self._open[event.id] = event
                borne.add(event.id)
                changes.append(Change("opened", event))
                continue
            borne.add(known.id)
            if known.id in self._open and _differs(known, found):
                grown = replace(
                    known,
                    end=max(known.end, found.t) if known.outcome == found.outcome else found.t,
                    outcome=found.outcome,
                    score=found.score,
                    because=found.because,
                    measured=found.measured,
                    told=known.told if known.outcome == found.outcome else stretch.told,
                )
                self._open[known.id] = grown
                changes.append(Change("extended", grown))
        for event in list(self._open.values()):
            if event.id not in borne and stretch.holds(event):
                changes.append(self._close(_withdrawn(event)))
            elif stretch.now - event.end > self._terms[event.rule].gap_s + SETTLE_S:
                changes.append(self._close(event))
        self._closed = {
            k: e for k, e in self._closed.items() if e.end > min(stretch.since, stretch.now - _REMEMBER_S) - SETTLE_S
        }
        return changes

    def finish(self) -> Sequence[Change]:
        """Close everything: the feed has ended."""
        return [self._close(event) for event in list(self._open.values())]

    def _known(self, found: Evidence) -> Event | None:
        """Return the event that a finding belongs to: of its rule and subject, overlapping or within the gap."""
        gap = self._terms[found.rule].gap_s
        near = (
            e
            for e in (*self._open.values(), *self._closed.values())
            if (e.rule, e.subject) == (found.rule, found.subject)
            and _since(found) <= e.end + gap
            and found.t >= e.start - gap
        )
        return max(near, key=lambda e: (e.id in self._open, -e.start), default=None)

    def _close(self, event: Event) -> Change:
        closed = replace(event, closed=True)
        del self._open[event.id]
        self._closed[event.id] = closed
        return Change("closed", closed)


def _since(found: Evidence) -> float:
    return found.t if found.since is None else found.since


def _one(parts: Sequence[Evidence]) -> Evidence:
    """Return evidence from the first part's beginning to the last one's end."""
    best = max(parts, key=lambda e: (e.outcome == "violation", e.t - _since(e), -_since(e)))
    return replace(best, since=_since(parts[0]), t=max(e.t for e in parts), score=max(e.score for e in parts))


def _differs(event: Event, found: Evidence) -> bool:
    return found.t > event.end or found.outcome != event.outcome or found.because != event.because


def _withdrawn(event: Event) -> Event:
    """Return an event that reports which came late have explained."""
    because = Text(
        f"Withdrawn: with the reports that came late it is no longer found ({event.because.en})",
        f"撤回:补报数据到达后不再成立({event.because.zh})",
    )
    return replace(event, outcome="insufficient", because=because)
