"""Events held against the truth: what became of every event that was found, and of every one that should have been.

An event and a true one are the same when they are of one view, one rule and one subject and overlap in time. Of all ways to
pair them, the one with most pairs is taken, and of those the one whose times overlap best.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from roadstead.dataset.truth import EventRow, FaultRow, FrameRow, InnocentRow, ObjectRow, ReportFaultRow, Row, SceneRow
from roadstead.evaluate.identities import Identity
from roadstead.types import Event

What = Literal["matched", "duplicate", "innocent", "wrong_subject", "false", "insufficient", "missed"]
SLACK_S = 2.0
"""Times may miss each other by so much and count as overlapping: a rule and the truth may mean another instant of one act."""
NO_SIGNAL = "no_signal"
"""The camera fault that every watch looks for."""


_Key = tuple[str, str]
"""A view and a rule."""
_Acts = EventRow | FaultRow | ReportFaultRow


@dataclass(frozen=True, slots=True)
class Act:
    """What should be found. `subject` None: of nobody in particular; `due` is when it can be known at the earliest."""

    view: str
    rule: str
    subject: str | None
    start: float
    end: float
    due: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one event: found, an act, or both; `innocent` is what was taken for a violation."""

    what: What
    rule: str
    found: Event | None = None
    act: Act | None = None
    innocent: InnocentRow | None = None

    @property
    def delay_s(self) -> float | None:
        """How long after it could be known a matched event was told; None where that is not known."""
        if self.what != "matched" or self.found is None or self.act is None or self.found.told is None:
            return None
        return self.found.told - self.act.due


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Everything that was judged, and what was not.

    `elsewhere` events are of views that the truth does not know, `not_asked` of rules that nobody asked about (by rule), and
    `faults_not_asked` are camera faults of kinds that nothing seems to look for. In the views `subjects_unknown` events were
    matched whoever their subject was.
    """

    verdicts: tuple[Verdict, ...] = ()
    elsewhere: int = 0
    not_asked: Mapping[str, int] = field(default_factory=dict)
    faults_not_asked: Mapping[str, int] = field(default_factory=dict)
    subjects_unknown: tuple[str, ...] = ()


def judge(
    found: Iterable[Event],
    truth: Sequence[Row],
    *,
    identities: Mapping[str, Mapping[str, Identity]] | None = None,
    slack_s: float = SLACK_S,
    asked: Collection[str] | None = None,
) -> Judged:
    """Hold events against the truth.

    `identities` give, by camera, the object of each track while an event lasts (see `evaluate.identities`); cameras that are not in it are judged
    without subjects. With `asked`, events of rules named neither there nor in the truth are not judged.
    """
    identities = identities or {}
    known = _Truth.of(truth)
    everything = list(found)
    events: dict[_Key, list[Event]] = {}
    for event in everything:
        if event.camera in known.views:
            events.setdefault((event.camera, known.rule_of(event)), []).append(event)
    looked_for = {NO_SIGNAL, *(asked or ()), *(rule for _, rule in events)}
    acts: dict[_Key, list[Act]] = {}
    unlooked: Counter[str] = Counter()
    for act, fault in known.acts:
        if fault and act.rule not in looked_for:
            unlooked[act.rule] += 1
        else:
            acts.setdefault((act.view, act.rule), []).append(act)
    rules = {*(rule for _, rule in acts), *(asked or ())}
    not_asked = {key: len(some) for key, some in events.items() if asked is not None and key[1] not in rules}
    verdicts: list[Verdict] = []
    for view, rule in sorted((events.keys() | acts.keys()) - not_asked.keys()):
        subjects = identities.get(view) if view in known.cameras else {}
        group = _Group(rule, subjects, slack_s, tuple(known.innocent.get(view, ())))
        verdicts += group.verdicts(events.get((view, rule), ()), acts.get((view, rule), ()))
    return Judged(
        verdicts=tuple(verdicts),
        elsewhere=len(everything) - sum(map(len, events.values())),
        not_asked=_summed((rule, n) for (_, rule), n in not_asked.items()),
        faults_not_asked=_summed(unlooked.items()),
        subjects_unknown=tuple(sorted(known.cameras - identities.keys())),
    )


def pooled(several: Iterable[Judged]) -> Judged:
    """Return what several recordings came to together."""
    every = list(several)
    return Judged(
        verdicts=tuple(verdict for one in every for verdict in one.verdicts),
        elsewhere=sum(one.elsewhere for one in every),
        not_asked=_summed(item for one in every for item in one.not_asked.items()),
        faults_not_asked=_summed(item for one in every for item in one.faults_not_asked.items()),
        subjects_unknown=tuple(sorted({view for one in every for view in one.subjects_unknown})),
    )


def _summed(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for name, n in counts:
        total[name] += n
    return dict(sorted(total.items()))


@dataclass(frozen=True, slots=True)
class _Truth:
    """The truth by what it says: acts (and whether each is a camera's fault), innocents by view, and what names are known.

    `rules` and `kinds` are (view, name): of rules that events are of, and of faults.
    """

    acts: Sequence[tuple[Act, bool]]
    innocent: Mapping[str, Sequence[InnocentRow]]
    views: frozenset[str]
    cameras: frozenset[str]
    rules: frozenset[_Key]
    kinds: frozenset[_Key]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Truth":
        acts = [(_act(row), isinstance(row, FaultRow)) for row in rows if isinstance(row, _Acts)]
        innocent: dict[str, list[InnocentRow]] = {}
        for row in rows:
            if isinstance(row, InnocentRow):
                innocent.setdefault(row.view, []).append(row)
        cameras = frozenset(row.camera for row in rows if isinstance(row, SceneRow | ObjectRow | FrameRow | FaultRow))
        faults = [row for row in rows if isinstance(row, FaultRow | ReportFaultRow)]
        return cls(
            acts,
            innocent,
            views=cameras | innocent.keys() | {act.view for act, _ in acts},
            cameras=cameras,
            rules=frozenset((row.view, row.rule) for row in rows if isinstance(row, EventRow)),
            kinds=frozenset((row.camera if isinstance(row, FaultRow) else row.feed, row.kind) for row in faults),
        )

    def rule_of(self, event: Event) -> str:
        """Return the name that an event is judged under: its rule's; of a fault its kind's, which is how the truth knows it."""
        if (event.camera, event.rule) in self.rules:
            return event.rule
        return event.kind if (event.camera, event.kind) in self.kinds else event.rule


def _act(row: EventRow | FaultRow | ReportFaultRow) -> Act:
    match row:
        case EventRow():
            end = max(row.end, row.due)
            return Act(row.view, row.rule, row.subject, row.start, end, row.due, row.note)
        case FaultRow():
            return Act(row.camera, row.kind, None, row.start, row.end, row.start, row.form)
        case ReportFaultRow():
            return Act(row.feed, row.kind, row.mover, row.start, row.end, row.start)


@dataclass(frozen=True, slots=True)
class _Group:
    """What is judged together: one rule of one view. `subjects` None: it is not known who is who."""

    rule: str
    subjects: Mapping[str, Identity] | None
    slack_s: float
    innocent: Sequence[InnocentRow]

    def verdicts(self, found: Sequence[Event], acts: Sequence[Act]) -> list[Verdict]:
        """Return what became of each event, found ones first."""
        violations = [e for e in found if e.outcome == "violation"]
        pairs = self._pairs(violations, acts)
        missed = [one for k, one in enumerate(acts) if k not in set(pairs.values())]
        made = [Verdict(what="insufficient", rule=self.rule, found=e) for e in found if e.outcome == "insufficient"]
        for i, event in enumerate(violations):
            if i in pairs:
                made.append(Verdict(what="matched", rule=self.rule, found=event, act=acts[pairs[i]]))
            else:
                made.append(self._left_over(event, acts, missed))
        return made + [Verdict(what="missed", rule=self.rule, act=one) for one in missed]

    def _pairs(self, found: Sequence[Event], acts: Sequence[Act]) -> dict[int, int]:
        """Return the act of each event that has one: as many as can be, then those that overlap best."""
        if not found or not acts:
            return {}
        more = min(len(found), len(acts)) + 1
        worth = np.array([[more + _iou(e, t) if self._same(e, t) else 0.0 for t in acts] for e in found])
        rows, columns = linear_sum_assignment(worth, maximize=True)
        return {int(i): int(k) for i, k in zip(rows, columns, strict=True) if worth[i, k] > 0}

    def _left_over(self, event: Event, acts: Sequence[Act], missed: Sequence[Act]) -> Verdict:
        again = next((t for t in acts if self._same(event, t)), None)
        if again is not None:
            return Verdict(what="duplicate", rule=self.rule, found=event, act=again)
        for row in self.innocent:
            if row.kind == event.kind and self._is(event, row.subject) and self._meets(event, row.start, row.end):
                return Verdict(what="innocent", rule=self.rule, found=event, innocent=row)
        other = next((t for t in missed if self._meets(event, t.start, t.end)), None)
        return Verdict(what="false" if other is None else "wrong_subject", rule=self.rule, found=event, act=other)

    def _same(self, event: Event, act: Act) -> bool:
        return self._is(event, act.subject) and self._meets(event, act.start, act.end)

    def _is(self, event: Event, subject: str | None) -> bool:
        """Whether an event is of a subject; one of two movers (the second is what it calls `other`) is of either."""
        if self.subjects is None or subject is None:
            return True
        return subject in {self._who(event, str(who)) for who in (event.subject, event.measured.get("other"))}

    def _who(self, event: Event, track: str) -> str:
        known = (self.subjects or {}).get(track)
        return track if known is None else known.during(event.start, event.end)

    def _meets(self, event: Event, start: float, end: float) -> bool:
        return event.start <= end + self.slack_s and event.end >= start - self.slack_s


def _iou(event: Event, act: Act) -> float:
    """Return how much of the time of either is of both, 0 to 1."""
    both = min(event.end, act.end) - max(event.start, act.start)
    either = max(event.end, act.end) - min(event.start, act.start)
    return max(both, 0.0) / either if either > 0 else 1.0
