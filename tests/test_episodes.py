"""Evidence becomes events: open, extend, close, once each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.episodes import Episodes, Terms, event_id
from roadstead.types import Change, Evidence, Legal, Outcome, Text

LEGAL = Legal("clause 1", "2021")


def evidence(
    t: float, *, outcome: Outcome = "violation", score: float = 0.5, subject: str = "a", since: float | None = None
) -> Evidence:
    return Evidence(subject, t, outcome, score, Text(f"at {t}", f"在 {t}"), {"t_s": t}, since, rule="r")


def episodes() -> Episodes:
    return Episodes("cam", [Terms("r", "stopped", gap_s=3.0, legal=LEGAL)])


def phases(e: Episodes, steps: list[tuple[float, list[Evidence]]]) -> list[tuple[float, str]]:
    return [(t, change.phase) for t, found in steps for change in e.step(t, found)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([(0, []), (1, [])], [], id="nothing"),
        pytest.param(
            [(1, [evidence(1)]), (2, [evidence(2)]), (9, [])],
            [(1, "opened"), (2, "extended"), (9, "closed")],
            id="lasting",
        ),
        pytest.param(
            [(1, [evidence(1)]), (1.5, [evidence(1)]), (4.4, []), (4.6, [])],
            [(1, "opened"), (4.6, "closed")],
            id="instant, said twice",
        ),
        pytest.param(
            [(1, [evidence(1)]), (9, []), (9.5, [evidence(1)])],
            [(1, "opened"), (9, "closed")],
            id="late echo opens nothing",
        ),
        pytest.param(
            [(1, [evidence(1)]), (9, []), (10, [evidence(10)])],
            [(1, "opened"), (9, "closed"), (10, "opened")],
            id="a second time",
        ),
        pytest.param(
            [(1, [evidence(1, outcome="insufficient")]), (2, [evidence(2)])],
            [(1, "opened"), (2, "closed"), (2, "opened")],
            id="insufficient becomes violation",
        ),
        pytest.param(
            [
                (1, [evidence(1)]),
                (2, [evidence(2, outcome="insufficient")]),
                (9, []),
                (9.5, [evidence(9.5, outcome="insufficient")]),
            ],
            [(1, "opened"), (9, "closed")],
            id="insufficient never after a violation",
        ),
    ],
)
def test_phases(steps: list[tuple[float, list[Evidence]]], expected: list[tuple[float, str]]) -> None:
    assert phases(episodes(), steps) == expected


def test_the_event_carries_the_strongest_evidence_and_the_legal_text() -> None:
    e = episodes()
    e.step(1, [evidence(1, score=0.5, since=0.25)])
    e.step(2, [evidence(2, score=0.9)])
    e.step(3, [evidence(3, score=0.4)])
    (change,) = e.finish()
    event = change.event
    assert (event.start, event.end, event.score, event.measured["t_s"], event.legal) == (0.25, 3, 0.9, 2, LEGAL)
    assert event.closed
    assert event.id == event_id("cam", "r", "a", 0.25)


def test_when_it_was_first_told_stays() -> None:
    e = episodes()
    weak = evidence(2, since=0.5, outcome="insufficient")
    changes = [*e.step(2.5, [weak]), *e.step(4, [evidence(3, since=0.5)]), *e.step(5, [evidence(5)]), *e.step(9, [])]
    changes += e.step(10, [evidence(10, since=0.5)])
    assert [(c.phase, c.event.outcome, c.event.told) for c in changes] == [
        ("opened", "insufficient", 2.5),
        ("closed", "insufficient", 2.5),
        ("opened", "violation", 4),
        ("extended", "violation", 4),
        ("closed", "violation", 4),
        ("extended", "violation", 4),
    ]


def test_a_violation_that_was_insufficient_before_has_an_id_of_its_own() -> None:
    e = episodes()
    weak = e.step(1, [evidence(1, since=0.5, outcome="insufficient")])
    strong = e.step(2, [evidence(2, since=0.5)])
    opened = [c.event for c in (*weak, *strong) if c.phase == "opened"]
    assert [o.start for o in opened] == [0.5, 0.5]
    assert len({o.id for o in opened}) == 2, "its alert would be taken for one that was sent"
    assert opened[1].id == event_id("cam", "r", "a", 0.5)


def test_an_act_that_went_on_all_the_time_stays_one_event() -> None:
    e = episodes()
    changes = [*e.step(5, [evidence(5, since=1)]), *e.step(9, []), *e.step(10, [evidence(10, since=1)]), *e.finish()]
    assert [c.phase for c in changes] == ["opened", "closed", "extended", "closed"]
    assert {c.event.id for c in changes} == {event_id("cam", "r", "a", 1)}
    assert (changes[-1].event.end, changes[-1].event.closed) == (10, True)


def test_close_by_cause() -> None:
    e = episodes()
    e.step(1, [evidence(1)])
    (change,) = e.close("r", "a", 7.0)
    assert (change.phase, change.event.end) == ("closed", 7.0)
    assert not e.close("r", "a", 8.0)


def test_memory_of_closed_episodes_ends() -> None:
    e = episodes()
    for k in range(1000):
        e.step(k * 10.0, [evidence(k * 10.0, subject=str(k))])
    assert len(e._ended) < 50


@given(st.lists(st.tuples(st.floats(0.1, 5), st.sampled_from(["violation", "insufficient", None])), max_size=40))
def test_every_opened_event_closes_once(gaps: list[tuple[float, Outcome | None]]) -> None:
    e, t = episodes(), 0.0
    changes: list[Change] = []
    for gap, outcome in gaps:
        t += gap
        changes += e.step(t, [evidence(t, outcome=outcome)] if outcome else [])
    changes += e.finish()
    opened = [c.event.id for c in changes if c.phase == "opened"]
    closed = [c.event.id for c in changes if c.phase == "closed"]
    assert sorted(opened) == sorted(closed)
    assert all(c.event.start <= c.event.end for c in changes)
    assert not e.open
