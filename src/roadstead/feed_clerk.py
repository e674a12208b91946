"""Keeps what is found of a feed: evidence first, then the event with its alerts in one transaction, then the totals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields

from roadstead import __version__
from roadstead.anomalies import plugins as anomalies
from roadstead.behaviours import plugins as behaviours
from roadstead.clerk import SAVE_EVERY_S, Desk, hidden
from roadstead.errors import RecordingError
from roadstead.feeds import FeedPlan
from roadstead.pipeline import NO_SIGNAL, TITLES_ZH
from roadstead.positions import Fleet, Reports
from roadstead.record import evidence, reported
from roadstead.record.evidence import Provenance, RuleRecord
from roadstead.record.reported import ReadRaw
from roadstead.report import CameraRun
from roadstead.store.store import Filter
from roadstead.track.fleet import YEAR_2100_S
from roadstead.types import Change, Event, Media, Text


class FeedClerk:
    """Keeps what one feed's watch finds; called by the feed's thread alone."""

    def __init__(self, desk: Desk, feed: FeedPlan, raw: ReadRaw) -> None:
        self.feed = feed.name
        self.counts: Counter[str] = Counter()
        self.found: set[str] = set()
        self._desk = desk
        self._plan = feed
        self._raw = raw
        self._span: tuple[float, float] | None = None
        self._saved: dict[str, float] = {}
        self._provenance = provenance(desk, feed)
        desk.feed_clerks.append(self)

    def left_open(self) -> list[Event]:
        """Return the events that an earlier run left open, to go on with."""
        events = self._desk.store.events(Filter(camera=self.feed, closed=False))
        self.found.update(event.id for event in events)
        return events

    def took(self, reports: Reports) -> None:
        """Count what was read."""
        self.counts["reports"] += len(reports)
        t = reports.t[(reports.t >= 0.0) & (reports.t <= YEAR_2100_S)]
        if len(t):
            first, last = float(t.min()), float(t.max())
            span = self._span or (first, last)
            self._span = min(span[0], first), max(span[1], last)

    def take(self, changes: Sequence[Change], fleet: Fleet | None, *, at: float) -> None:
        """Keep what became of the events; `fleet` holds the reports they rest on, `at` is the time of the clock."""
        for change in changes:
            event = change.event
            if change.phase == "opened":
                self.found.add(event.id)
                self.counts["events"] += 1
                self._saved[event.id] = at
                media = self._evidence(event, fleet)
                self._desk.store.record([change], media, self._desk.told(event), at=at)
            elif change.phase == "closed":
                self._saved.pop(event.id, None)
                known = fleet is not None and event.subject in fleet.reports.movers
                media = self._evidence(event, fleet) if known else self._updated(event)
                self._desk.store.record([change], media, self._told_before(event), at=at)
            elif at - self._saved.get(event.id, 0.0) >= SAVE_EVERY_S:
                self._saved[event.id] = at
                self._desk.store.record([change], at=at)

    def finish(self, source: Mapping[str, int], decoder: Mapping[str, int], *, at: float) -> None:
        """Keep the totals."""
        self.counts.update({f"source_{name}": n for name, n in source.items()})
        self.counts.update({name: n for name, n in decoder.items() if n})
        self._desk.store.save_counters(self._desk.run, self.feed, self.counts, at=at)

    def account(self) -> CameraRun:
        """Return what the feed gave."""
        table = hidden(self._plan.table.source)
        start, end = self._span or (None, None)
        return CameraRun(
            name=self.feed,
            source=" ".join(str(table[key]) for key in ("kind", "url", "path", "host", "port") if key in table),
            start=start,
            end=end,
            counts={name: n for name, n in self.counts.items() if n},
        )

    def _told_before(self, event: Event) -> list[str]:
        """Return the sinks that want to know of an event, and those that were told of it as it was: of a withdrawal too."""
        before = self._desk.store.event(event.id) or event
        return list(dict.fromkeys([*self._desk.told(before), *self._desk.told(event)]))

    def _evidence(self, event: Event, fleet: Fleet | None) -> tuple[Media, ...]:
        """Write the map, the reports and the record of an event; what could not be written is said with it."""
        try:
            if fleet is None:
                return self._updated(event)
            return reported.write(self._desk.out, event, fleet, self._provenance, self._raw)
        except RecordingError as error:
            self._desk.problems.append(str(error))
            self.counts["evidence_not_written"] += 1
            return (Media(event.id, "record", "", None, str(error)),)

    def _updated(self, event: Event) -> tuple[Media, ...]:
        """Bring a record that is there up to date; without reports there is none."""
        try:
            return evidence.update(self._desk.out, event)
        except RecordingError:
            self.counts["events_without_reports"] += 1
            return (Media(event.id, "record", "", None, "the subject sent no report that is still known"),)


def provenance(desk: Desk, feed: FeedPlan) -> Provenance:
    """Return what decides a feed's events, for their evidence."""
    rules = {
        check.name: RuleRecord(
            title=Text(check.kind.replace("_", " "), anomalies.title(check.kind)),
            settings={f.name: getattr(check.anomaly, f.name) for f in fields(check.anomaly)},  # type: ignore[arg-type]  # plug-ins are dataclasses
            classes=sorted(check.classes),
            gap_s=feed.gaps[check.name],
        )
        for check in feed.checks
    }
    rules |= {
        rule.name: RuleRecord(
            title=Text(rule.kind.replace("_", " "), behaviours.title(rule.kind)),
            settings={f.name: getattr(rule.behaviour, f.name) for f in fields(rule.behaviour)},  # type: ignore[arg-type]  # see above
            classes=sorted(rule.classes),
            schedules=rule.schedules,
            gap_s=rule.gap_s,
        )
        for rule in feed.rules
    }
    rules[NO_SIGNAL.rule] = RuleRecord(title=Text("no signal", TITLES_ZH[NO_SIGNAL.kind]))
    return Provenance(
        software=__version__,
        settings_sha256=desk.plan.sha256,
        source={**hidden(feed.table.source), "datum": feed.table.datum},
        detector={},
        rules=rules,
        timezone=desk.plan.watch.timezone,
    )
