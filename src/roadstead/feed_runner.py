"""Runs the feeds of a watch: a thread that reads and a thread that judges for each; reading never waits for judging.

What is read is in the raw log before it is decoded. A feed that goes on is judged every few seconds, over its last
window; one that ends is judged once, over everything. After a restart the last window is read back from the raw log.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from roadstead.clerk import Desk
from roadstead.episodes import Terms
from roadstead.errors import BadInput, RecordingError, SourceLost, StoreError
from roadstead.feed_clerk import FeedClerk
from roadstead.feeds import FeedPlan
from roadstead.findings import Findings, Stretch
from roadstead.pipeline import NO_SIGNAL, Show, Step
from roadstead.positions import Decoder, Raw, Reports
from roadstead.rawlog import RawLog
from roadstead.record.reported import ReadRaw
from roadstead.reporting import Follower, judged
from roadstead.sources import Feed
from roadstead.types import Change, Evidence, Text

_WAITS_S = (0.5, 3.0)
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
    """One feed that goes on."""

    def __init__(self, feed: FeedPlan, desk: Desk, stop: threading.Event, show: Show) -> None:
        self.feed = feed
        self.desk = desk
        self.stop = stop
        self.show = show
        self.follower = Follower(feed.stages, findings_of(feed))
        self.source = _source(feed)
        self.decoder: Decoder = self.source.decoder()
        self._pending: list[Reports] = []
        self._lock = threading.Lock()
        self._lost: tuple[float, str] | None = None
        self._over = threading.Event()

    def run(self) -> None:
        """Read in a thread of its own and judge in this one."""
        with RawLog.open(self.desk.out / "raw" / self.feed.name) as log:
            clerk = FeedClerk(self.desk, self.feed, _reading(log))
            self.follower.findings.adopt(clerk.left_open())
            self._read_back(log, clerk)
            with ThreadPoolExecutor(1, thread_name_prefix=f"feed-{self.feed.name}") as pool:
                reader = pool.submit(self._read, log)
                try:
                    while not (self.stop.is_set() or reader.done()):
                        began = time.monotonic()
                        self._judge(clerk)
                        again = began + self.feed.stages.judge_s
                        while time.monotonic() < again and not (self.stop.wait(0.1) or reader.done()):
                            pass
                finally:
                    self._over.set()
                reader.result()
            self._judge(clerk)
            clerk.finish({**self.source.counts, **log.counts}, self.decoder.counts, at=time.time())

    def _read_back(self, log: RawLog, clerk: FeedClerk) -> None:
        """Take in what an earlier run received in the last window."""
        since = time.time() - self.feed.stages.window_s
        for first, records in batches(log.read(_first_since(log, since))):
            reports = self.decoder.decode(records, first)
            clerk.counts["reports_read_back"] += len(reports)
            self.follower.add(reports)

    def _read(self, log: RawLog) -> None:
        """Read for ever; what is lost is tried again."""
        pause_s = _WAITS_S[0]
        while not self._stopped():
            try:
                for first, records in self.source.read(log.append):
                    if records:
                        self._lost, pause_s = None, _WAITS_S[0]
                        reports = self.decoder.decode(records, first)
                        with self._lock:
                            self._pending.append(reports)
                    if self._stopped():
                        return
            except (SourceLost, RecordingError) as error:
                self._lost = self._lost or (time.time(), str(error))
                self.show.problem(f"feed {self.feed.name}: {error}; trying again")
            if self._over.wait(pause_s * (0.5 + 0.5 * random.random())):
                return
            pause_s = min(2 * pause_s, _WAITS_S[1])

    def _stopped(self) -> bool:
        return self.stop.is_set() or self._over.is_set()

    def _judge(self, clerk: FeedClerk) -> None:
        with self._lock:
            pending, self._pending = self._pending, []
        for reports in pending:
            clerk.took(reports)
            self.follower.add(reports)
        began, now = time.monotonic(), time.time()
        try:
            changes = [*self.follower.step(now), *self._silence(now)]
            clerk.take(changes, self.follower.latest, at=now)
        except StoreError as error:
            clerk.counts["store_errors"] += 1
            self.show.problem(f"feed {self.feed.name}: {error}; trying again")
            return
        spent_s = time.monotonic() - began
        clerk.counts["judgements"] += 1
        clerk.counts["judgements_late"] += spent_s > self.feed.stages.judge_s
        self.show.step(self.feed.name, Step(now, changes=changes), None)

    def _silence(self, now: float) -> Sequence[Change]:
        """Say that the feed itself is lost."""
        lost = self._lost
        stretch = Stretch(now - self.feed.stages.window_s, now, (self.feed.name,), (NO_SIGNAL.rule,))
        if lost is None or now - lost[0] < _LOST_S:
            return self.follower.findings.ended(NO_SIGNAL.rule, self.feed.name, now)
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
