"""Evidence to events: an event opens with the first evidence, extends while it goes on, and closes when it ends.

One (rule, subject) has at most one open event. What only may be a violation ("insufficient") never speaks beside or
after a violation of the same subject and rule.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from roadstead.types import Change, Event, Evidence, Legal, Outcome

_REMEMBER_S = 300.0
"""How long a closed episode is remembered, so that late evidence of the same act does not open it again."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an episode must know of a rule: its kind, its legal text, and the silence after which it has ended."""

    rule: str
    kind: str
    gap_s: float = 10.0
    legal: Legal | None = None


@dataclass(slots=True)
class _Open:
    event: Event
    heard_t: float


def event_id(camera: str, rule: str, subject: str, start: float, outcome: Outcome = "violation") -> str:
    """Return the id that these always give, on every run and machine: 20 hex digits.

    What was insufficient and turns out to be a violation since the same instant is another event: it has to be told.
    """
    text = "\x1f".join((camera, rule, subject, repr(float(start)), *(() if outcome == "violation" else (outcome,))))
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def first(camera: str, terms: Terms, found: Evidence, told: float | None) -> Event:
    """Return the event that evidence opens; `told` is when that is, None where it has no time."""
    start = found.t if found.since is None else found.since
    return Event(
        id=event_id(camera, found.rule, found.subject, start, found.outcome),
        camera=camera,
        rule=found.rule,
        kind=terms.kind,
        subject=found.subject,
        start=start,
        end=found.t,
        outcome=found.outcome,
        score=found.score,
        because=found.because,
        measured=found.measured,
        legal=terms.legal,
        told=told,
    )


class Episodes:
    """The open events of one camera."""

    def __init__(self, camera: str, terms: Iterable[Terms]) -> None:
        self.camera = camera
        self._terms = {t.rule: t for t in terms}
        self._open: dict[tuple[str, str], _Open] = {}
        self._ended: dict[tuple[str, str], Event] = {}
        self._now = float("-inf")

    @property
    def open(self) -> tuple[Event, ...]:
        """The events that have not closed yet."""
        return tuple(o.event for o in self._open.values())

    def step(self, t: float, evidence: Iterable[Evidence]) -> Sequence[Change]:
        """Take in what the rules found at t and return what became of the events, in order."""
        self._now = t
        changes = [change for found in evidence for change in self._take(t, found)]
        for key, held in list(self._open.items()):
            if t - held.heard_t > self._terms[held.event.rule].gap_s:
                changes.append(self._close(key))
        for key, event in list(self._ended.items()):
            if t - event.end > _REMEMBER_S + self._terms[event.rule].gap_s:
                del self._ended[key]
        return changes

    def close(self, rule: str, subject: str, t: float) -> Sequence[Change]:
        """Close one event at t because its cause is known to have ended; nothing happens if it is not open."""
        held = self._open.get((rule, subject))
        if held is None:
            return ()
        held.event = replace(held.event, end=max(held.event.end, t))
        return (self._close((rule, subject)),)

    def finish(self) -> Sequence[Change]:
        """Close everything: the source has ended."""
        return [self._close(key) for key in list(self._open)]

    def _take(self, t: float, found: Evidence) -> Iterator[Change]:
        key = (found.rule, found.subject)
        ended = self._ended.get(key)
        if ended is not None and not _stronger(found, ended) and (found.t <= ended.end or _weaker(found, ended)):
            return
        held = self._open.get(key)
        if held is not None and _stronger(found, held.event):
            yield self._close(key)
            held = None
        if held is None and ended is not None and found.since == ended.start and found.outcome == ended.outcome:
            held = self._resume(key, ended, t)
        if held is None:
            event = first(self.camera, self._terms[found.rule], found, t)
            self._open[key] = _Open(event, t)
            self._ended.pop(key, None)
            yield Change("opened", event)
            return
        if _weaker(found, held.event):
            return
        held.heard_t = t
        extended = _extended(held.event, found)
        if extended is not held.event:
            held.event = extended
            yield Change("extended", extended)

    def _resume(self, key: tuple[str, str], ended: Event, t: float) -> _Open:
        """Take up an event again whose act turns out to have gone on all the time; it keeps its id."""
        del self._ended[key]
        held = self._open[key] = _Open(replace(ended, closed=False), t)
        return held

    def _close(self, key: tuple[str, str]) -> Change:
        event = replace(self._open.pop(key).event, closed=True)
        self._ended[key] = event
        return Change("closed", event)


def _weaker(found: Evidence, event: Event) -> bool:
    return found.outcome == "insufficient" and event.outcome == "violation"


def _stronger(found: Evidence, event: Event) -> bool:
    return found.outcome == "violation" and event.outcome == "insufficient"


def _extended(event: Event, found: Evidence) -> Event:
    """Return the event with a later end and the strongest evidence so far (of equal ones the latest), or the same event."""
    if found.t <= event.end:
        return event
    if found.score < event.score:
        return replace(event, end=found.t)
    return replace(event, end=found.t, score=found.score, because=found.because, measured=found.measured)
