"""What is found of a feed is kept in order, and whoever was told of an event hears what became of it."""

import time
from dataclasses import replace
from pathlib import Path

from _fleets import T0, drive
from _tables import write_table
from roadstead import config
from roadstead.clerk import Desk
from roadstead.feed_clerk import FeedClerk
from roadstead.feed_runner import findings_of
from roadstead.findings import Stretch
from roadstead.positions import Raw, Reports
from roadstead.reporting import judged
from roadstead.types import Event

SETTINGS = """
[feeds.trucks]
label = "truck"
source = { kind = "table", path = "trucks.csv" }
[[anomalies]]
kind = "zero_island"
[[alerts]]
name = "violations"
kind = "log"
path = "violations.jsonl"
[[alerts]]
name = "everything"
kind = "log"
path = "everything.jsonl"
outcomes = ["violation", "insufficient"]
"""


def test_who_was_told_of_an_event_hears_that_it_is_withdrawn(tmp_path: Path) -> None:
    some = drive("a")
    some[5] = replace(some[5], lat=0.0, lon=0.0)
    write_table(tmp_path / "trucks.csv", some)
    (tmp_path / "feeds.toml").write_text(SETTINGS)
    plan = config.load(tmp_path / "feeds.toml")
    (feed,) = plan.feeds
    findings = findings_of(feed)
    raws = [Raw(p.t_received, "peer", f"report {i}".encode()) for i, p in enumerate(some)]
    with Desk.open(plan, tmp_path / "run", started=time.time()) as desk:
        clerk = FeedClerk(desk, feed, lambda number: raws[number])
        bad = judged(Reports.of(some), feed.stages)
        clerk.take(findings.update(Stretch(T0, T0 + 600), bad.evidence), bad.fleet, at=T0 + 600)
        good = judged(Reports.of(drive("a")), feed.stages)
        clerk.take(findings.update(Stretch(T0, T0 + 610), good.evidence), good.fleet, at=T0 + 610)
        told = [(d.sink, d.phase) for d in desk.store.deliveries()]
        (event,) = desk.store.events()
        media = {m.kind for m in desk.store.media(event.id)}
    assert sorted(told) == [(sink, phase) for sink in ("everything", "violations") for phase in ("closed", "opened")]
    assert _withdrawn(event)
    assert media == {"overlay", "record", "reports"}


def _withdrawn(event: Event) -> bool:
    return event.closed and event.outcome == "insufficient" and event.because.en.startswith("Withdrawn")
