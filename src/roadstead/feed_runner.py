"""Runs the feeds of a watch, each in a thread of its own.

A feed that goes on is received by a process of its own, into the raw log; it is read from there, and judged every few
seconds over its last window, which after a restart is simply read again. A feed that ends is judged once, over
everything.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from roadstead.clerk import Desk
from roadstead.episodes import Terms
from roadstead.errors import BadInput, StoreError
from roadstead.feed_clerk import FeedClerk
from roadstead.feeds import FeedPlan
from roadstead.findings import Findings, Stretch
from roadstead.pipeline import NO_SIGNAL, Show, Step
from roadstead.positions import Decoder, Raw, Reports
from roadstead.rawlog import RawLog
from roadstead.receiver import Receiver
from roadstead.record.reported import ReadRaw
from roadstead.reporting import Follower, judged
from roadstead.sources import Feed
from roadstead.types import Change, Evidence, Text

_LOOK_S = 0.5
"""How often the raw log is looked into."""
_BATCH = 20_000
_LOST_S = 10.0
"""A feed that is lost for longer is an event."""


def follow(feed: FeedPlan, desk: Desk, stop: threading.Event, show: Show) -> None:
    """Follow one feed to its end, or until somebody stops it."""
    if _source(feed).live:
        _Live(feed, desk, stop, show).run()
    else:
        _whole(feed, desk, stop, show)


def probe(feed: FeedPlan) -> None:
    """Read the first messages of a feed that ends; raise BadInput where it cannot be read."""
    source = _source(feed)
    if not source.live:
        next(iter(replace(source).read(Shelf().keep)), None)  # type: ignore[type-var]  # plug-ins are dataclasses


def findings_of(feed: FeedPlan) -> Findings:
    """Return the episodes of a feed's checks and rules."""
    checks = [Terms(c.name, c.kind, feed.gaps[c.name], c.legal) for c in feed.checks]
    rules = [Terms(r.name, r.kind, feed.gaps[r.name], r.legal) for r in feed.rules]
    return Findings(feed.name, [*checks, *rules, Terms(NO_SIGNAL.rule, NO_SIGNAL.kind, gap_s=30.0)])


@dataclass(slots=True)
class Shelf:
    """Holds the messages of a feed that ends; its own files are their log."""

    records: list[Raw] = field(default_factory=list)

    def keep(self, records: Sequence[Raw]) -> int:
        """Take messages in and return the number of the first."""
        first = len(self.records)
        self.records.extend(records)
        return first

    def record(self, number: int) -> Raw | None:
        """Return a message by its number."""
        return self.records[number] if 0 <= number < len(self.records) else None


def _whole(feed: FeedPlan, desk: Desk, stop: threading.Event, show: Show) -> None:
    """Read a feed to its end and judge everything at once."""
    shelf = Shelf()
    clerk = FeedClerk(desk, feed, shelf.record)
    source = _source(feed)
    decoder, parts = source.decoder(), []
    for first, records in source.read(shelf.keep):
        reports = decoder.decode(records, first)
        clerk.took(reports)
        parts.append(reports)
        if stop.is_set():
            break
    seen = judged(Reports.joined(parts), feed.stages)
    findings = findings_of(feed)
    now = seen.fleet.now
    changes = [*findings.update(Stretch(float("-inf"), now), seen.evidence), *findings.finish()]
    clerk.take(changes, seen.fleet, at=time.time())
    show.step(feed.name, Step(now, changes=changes), None)
    clerk.finish(source.counts, decoder.counts, at=time.time())


def _source(feed: FeedPlan) -> Feed:
    if feed.source is None:
        raise BadInput(f"feeds.{feed.name}: has no source")
    return feed.source


class _Live:
    """One feed that goes on: a process receives it into the raw log; here it is read from there, and judged."""

    def __init__(self, feed: FeedPlan, desk: Desk, stop: threading.Event, show: Show) -> None:
        self.feed = feed
        self.desk = desk
        self.stop = stop
        self.show = show
        self.follower = Follower(feed.stages, findings_of(feed))
        self.decoder: Decoder = _source(feed).decoder()
        self._told = ""
        self._unsaved: list[Change] = []

    def run(self) -> None:
        """Read what comes in as it comes, and judge every few seconds, until it is stopped."""
        folder = self.desk.out / "raw" / self.feed.name
        with (
            Receiver(self.feed.name, self.feed.table.source, self.desk.plan.base, folder) as receiver,
            RawLog.open(folder, write=False) as log,
        ):
            clerk = FeedClerk(self.desk, self.feed, _reading(log))
            self.follower.findings.adopt(clerk.left_open())
            read = _first_since(log, time.time() - self.feed.stages.window_s)
            clerk.counts["messages_read_back"] = len(log) - read
            judge_at = time.monotonic() + self.feed.stages.judge_s
            while not self.stop.wait(_LOOK_S):
                read = self._read(log, read, clerk)
                self._listen(receiver)
                if time.monotonic() >= judge_at:
                    judge_at = time.monotonic() + self.feed.stages.judge_s
                    self._judge(receiver, clerk)
            receiver.close()
            self._read(log, read, clerk)
            self._judge(receiver, clerk)
            clerk.counts["receiver_restarts"] = receiver.restarts
            clerk.counts["forgotten_early"] = self.follower.forgotten_early
            clerk.counts["raw_log_damaged"] = log.counts["damaged"]
            clerk.finish(receiver.said.counts, self.decoder.counts, at=time.time())

    def _read(self, log: RawLog, first: int, clerk: FeedClerk) -> int:
        """Take in what came since record number `first`; return the number of the next."""
        for number, records in batches(log.read(first)):
            reports = self.decoder.decode(records, number)
            clerk.took(reports)
            self.follower.add(reports)
            first = number + len(records)
        return first

    def _listen(self, receiver: Receiver) -> None:
        """Pass on what the receiver says; raise BadInput where the feed cannot be used at all."""
        said = receiver.said
        if said.refused is not None:
            raise BadInput(said.refused)
        lost = said.lost[1] if said.lost else ""
        if lost and lost != self._told:
            self.show.problem(f"feed {self.feed.name}: {lost}; trying again")
        self._told = lost

    def _judge(self, receiver: Receiver, clerk: FeedClerk) -> None:
        began, now = time.monotonic(), time.time()
        try:
            self._unsaved += [*self.follower.step(now), *self._silence(receiver.said.lost, now)]
            clerk.take(self._unsaved, self.follower.latest, at=now)
        except StoreError as error:
            clerk.counts["store_errors"] += 1
            self.show.problem(f"feed {self.feed.name}: {error}; trying again")
            return
        clerk.counts["judgements"] += 1
        clerk.counts["judgements_late"] += time.monotonic() - began > self.feed.stages.judge_s
        self.show.step(self.feed.name, Step(now, changes=tuple(self._unsaved)), None)
        self._unsaved = []

    def _silence(self, lost: tuple[float, str] | None, now: float) -> Sequence[Change]:
        """Say that the feed itself is lost."""
        if lost is None or now - lost[0] < _LOST_S:
            return self.follower.findings.ended(NO_SIGNAL.rule, self.feed.name, now)
        stretch = Stretch(now - self.feed.stages.window_s, now, (self.feed.name,), (NO_SIGNAL.rule,))
        because = Text(f"{self.feed.name} brings no reports: {lost[1]}", f"{self.feed.name} 无位置数据:{lost[1]}")
        found = Evidence(
            self.feed.name, now, "violation", 1.0, because, {"reason": lost[1]}, lost[0], rule=NO_SIGNAL.rule
        )
        return self.follower.findings.update(stretch, [found])


def _reading(log: RawLog) -> ReadRaw:
    def read(number: int) -> Raw | None:
        try:
            return log.record(number)
        except BadInput:  # the log counts what is damaged, the evidence shows the gap
            return None

    return read


def _first_since(log: RawLog, t: float) -> int:
    """Return the number of the first record received at or after t; records without a time count as old."""
    read, low, high = _reading(log), 0, len(log)
    while low < high:
        middle = (low + high) // 2
        found = read(middle)
        if found is None or found.t_received is None or found.t_received < t:
            low = middle + 1
        else:
            high = middle
    return low


def batches(records: Iterator[tuple[int, Raw]]) -> Iterator[tuple[int, list[Raw]]]:
    """Yield records in batches of numbers without a gap, each with the number of its first."""
    first, batch = 0, list[Raw]()
    for number, raw in records:
        if batch and (number != first + len(batch) or len(batch) >= _BATCH):
            yield first, batch
            batch = []
        if not batch:
            first = number
        batch.append(raw)
    if batch:
        yield first, batch
