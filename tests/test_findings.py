"""Findings become events: joined by their gap, grown, withdrawn when late reports explain them, closed once."""

import pytest

from roadstead.episodes import Terms, event_id
from roadstead.findings import SETTLE_S, Findings, Stretch, joined
from roadstead.types import Change, Evidence, Outcome, Text

TERMS = (Terms("gap", "gap", gap_s=100.0), Terms("jump", "jump", gap_s=10.0))


def found(
    since: float, t: float, *, subject: str = "a", rule: str = "gap", outcome: Outcome = "violation", score: float = 0.5
) -> Evidence:
    return Evidence(subject, t, outcome, score, Text(f"{since} to {t}", f"{since} 至 {t}"), {}, since, rule)


def spans(changes: list[Change]) -> list[tuple[str, str, float, float]]:
    return [(c.phase, c.event.subject, c.event.start, c.event.end) for c in changes]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([found(0, 10)], [(0, 10)]),
        ([found(0, 10), found(110, 120)], [(0, 120)]),
        ([found(110, 120), found(0, 10)], [(0, 120)]),
        ([found(0, 10), found(111, 120)], [(0, 10), (111, 120)]),
        ([found(0, 500), found(100, 200), found(550, 600)], [(0, 600)]),
        ([found(0, 10), found(20, 30, subject="b")], [(0, 10), (20, 30)]),
    ],
)
def test_what_lies_within_the_gap_is_one(parts: list[Evidence], expected: list[tuple[float, float]]) -> None:
    terms = {t.rule: t for t in TERMS}
    assert [(e.since, e.t) for e in joined(parts, terms)] == expected


def test_a_violation_speaks_before_what_is_insufficient() -> None:
    weak = found(0, 90, outcome="insufficient", score=0.9)
    (one,) = joined([weak, found(95, 96)], {t.rule: t for t in TERMS})
    assert (one.outcome, one.because.en, one.since, one.t, one.score) == ("violation", "95 to 96", 0, 96, 0.9)


def test_an_event_opens_grows_and_closes() -> None:
    feed = Findings("trucks", TERMS)
    everything = Stretch(0, 50)
    (opened,) = feed.update(everything, [found(10, 20)])
    assert (opened.phase, opened.event.camera) == ("opened", "trucks")
    assert opened.event.id == event_id("trucks", "gap", "a", 10.0)
    assert feed.update(Stretch(0, 60), [found(10, 20)]) == []
    assert spans(list(feed.update(Stretch(0, 90), [found(10, 60)]))) == [("extended", "a", 10, 60)]
    assert feed.update(Stretch(100, 60 + 100 + SETTLE_S, ()), []) == []
    assert spans(list(feed.update(Stretch(100, 61 + 100 + SETTLE_S, ()), []))) == [("closed", "a", 10, 60)]
    assert feed.open == ()


def test_when_it_was_first_told_stays_until_it_says_something_else() -> None:
    feed = Findings("trucks", TERMS)
    changes = [
        *feed.update(Stretch(0, 50), [found(10, 20, outcome="insufficient")]),
        *feed.update(Stretch(0, 60), [found(10, 30, outcome="insufficient")]),
        *feed.update(Stretch(0, 70), [found(10, 40)]),
        *feed.update(Stretch(0, 80), [found(10, 50)]),
    ]
    assert [c.event.told for c in changes] == [50, 50, 70, 70]


def test_a_recording_judged_as_a_whole_has_no_such_time() -> None:
    (change,) = Findings("trucks", TERMS).update(Stretch(float("-inf"), 50), [found(10, 20)])
    assert change.event.told is None


def test_what_late_reports_explain_is_withdrawn_openly() -> None:
    feed = Findings("trucks", TERMS)
    feed.update(Stretch(0, 50), [found(10, 20), found(10, 20, subject="b")])
    (change,) = feed.update(Stretch(0, 60, ("a",)), [])
    assert (change.phase, change.event.subject, change.event.outcome) == ("closed", "a", "insufficient")
    assert change.event.because.en.startswith("Withdrawn: with the reports that came late")
    assert [e.subject for e in feed.open] == ["b"], "who was not judged again keeps his event"


def test_what_begins_before_the_stretch_is_not_withdrawn() -> None:
    feed = Findings("trucks", TERMS)
    feed.update(Stretch(0, 50), [found(10, 20)])
    assert feed.update(Stretch(15, 60), []) == []


def test_rules_that_were_not_asked_keep_their_events() -> None:
    feed = Findings("trucks", TERMS)
    feed.update(Stretch(0, 50), [found(10, 20), found(10, 20, rule="jump")])
    changes = feed.update(Stretch(0, 60, None, ("gap",)), [found(10, 20)])
    assert changes == []


def test_a_closed_event_is_not_told_twice() -> None:
    feed = Findings("trucks", TERMS)
    feed.update(Stretch(0, 50), [found(10, 20)])
    feed.update(Stretch(0, 1000), [found(10, 20)])
    assert feed.open == ()
    assert feed.update(Stretch(0, 1010), [found(10, 20)]) == []


def test_events_of_an_earlier_run_go_on_under_their_ids() -> None:
    before = Findings("trucks", TERMS)
    (opened,) = before.update(Stretch(0, 50), [found(10, 20)])
    after = Findings("trucks", TERMS)
    after.adopt([opened.event])
    assert spans(list(after.update(Stretch(0, 60), [found(10, 40)]))) == [("extended", "a", 10, 40)]
    assert after.open[0].id == opened.event.id


def test_a_known_end_closes_at_once() -> None:
    feed = Findings("trucks", TERMS)
    feed.update(Stretch(0, 50), [found(10, 20)])
    assert spans(list(feed.ended("gap", "a", 33.0))) == [("closed", "a", 10, 33)]
    assert feed.ended("gap", "a", 34.0) == []


def test_the_end_of_a_feed_closes_everything() -> None:
    feed = Findings("trucks", TERMS)
    feed.update(Stretch(0, 50), [found(10, 20), found(5, 6, subject="b", rule="jump")])
    assert sorted(c.phase for c in feed.finish()) == ["closed", "closed"]
    assert feed.finish() == []
