"""What becomes of events that are held against the truth."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from _verdicts import SCENE, act, found, innocent
from roadstead.dataset.truth import FaultRow, FrameRow, LinkRow, ReportFaultRow, Row
from roadstead.evaluate.events import Judged, judge, pooled
from roadstead.evaluate.identities import Identity
from roadstead.types import Event

TRACKS = {"gate-1": "truck-1", "gate-2": "truck-2", "gate-9": "truck-1"}
WHO = {"gate": {track: Identity((0.0,), (name,)) for track, name in TRACKS.items()}}


def said(events: list[Event], truth: list[Row], **changes: Any) -> list[str]:
    return [v.what for v in judge(events, [SCENE, *truth], **{"identities": WHO, **changes}).verdicts]


@pytest.mark.parametrize(
    ("events", "truth", "expected"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param([found(10, 20)], [act(9, 21)], ["matched"], id="right"),
        pytest.param([], [act(9, 21)], ["missed"], id="missed"),
        pytest.param([found(10, 20)], [], ["false"], id="false"),
        pytest.param([found(23, 30)], [act(9, 21)], ["matched"], id="within the slack"),
        pytest.param([found(23.1, 30)], [act(9, 21)], ["false", "missed"], id="too late"),
        pytest.param([found(29, 30)], [act(9, 21, due=30)], ["matched"], id="when it is due"),
        pytest.param([found(10, 12), found(14, 20)], [act(9, 21)], ["duplicate", "matched"], id="told twice"),
        pytest.param([found(10, 12), found(14, 20, "gate-9")], [act(9, 21)], ["duplicate", "matched"], id="two tracks"),
        pytest.param([found(10, 20, "gate-2")], [act(9, 21)], ["wrong_subject", "missed"], id="another did it"),
        pytest.param([found(10, 20, "gate-2")], [act(90, 95)], ["false", "missed"], id="another, another time"),
        pytest.param([found(10, 20, "gate-7")], [act(9, 21)], ["wrong_subject", "missed"], id="a track of nobody"),
        pytest.param([found(10, 20, "gate-2")], [innocent(9, 21)], ["innocent"], id="innocent"),
        pytest.param([found(10, 20)], [innocent(9, 21)], ["false"], id="another than the innocent"),
        pytest.param([found(10, 20, "gate-2")], [innocent(9, 21, kind="u_turn")], ["false"], id="innocent of else"),
        pytest.param(
            [found(10, 20, outcome="insufficient")], [act(9, 21)], ["insufficient", "missed"], id="insufficient"
        ),
        pytest.param([found(10, 20, rule="speeding", kind="speeding")], [act(9, 21)], ["missed", "false"], id="rule"),
        pytest.param([found(10, 20), found(30, 40)], [act(9, 21), act(29, 41)], ["matched", "matched"], id="two acts"),
        pytest.param(
            [found(10, 20, "gate-2", measured={"other": "gate-1"})], [act(9, 21)], ["matched"], id="of either of two"
        ),
    ],
)
def test_one_view(events: list[Event], truth: list[Row], expected: list[str]) -> None:
    assert said(events, truth) == expected


def test_as_many_pairs_as_can_be() -> None:
    """The first event meets both acts and overlaps best with the one that only it can have."""
    events = [found(10, 30), found(12, 14)]
    judged = judge(events, [SCENE, act(10, 20), act(28, 60)], identities=WHO)
    assert [(v.what, v.act and v.act.start) for v in judged.verdicts] == [("matched", 28), ("matched", 10)]


def test_without_identities_the_subject_does_not_matter_and_that_is_said() -> None:
    events = [found(10, 20, "gate-7"), found(11, 19, "gate-8"), found(40, 50, "gate-8")]
    judged = judge(events, [SCENE, act(9, 21), innocent(40, 45)])
    assert [v.what for v in judged.verdicts] == ["matched", "duplicate", "innocent"]
    assert judged.subjects_unknown == ("gate",)
    assert judge(events, [SCENE], identities=WHO).subjects_unknown == ()


def test_a_feed_names_its_movers() -> None:
    truth = [ReportFaultRow(feed="trucks", kind="frozen_fix", mover="138", start=10, end=20)]
    ours = {"camera": "trucks", "rule": "stuck places", "kind": "frozen_fix"}
    events = [found(10, 20, "139", **ours), found(12, 40, "138", **ours), found(50, 60, "138", **ours)]
    judged = judge(events, truth)
    assert [v.what for v in judged.verdicts] == ["false", "matched", "false"]
    assert {v.rule for v in judged.verdicts} == {"frozen_fix"}
    assert judged.subjects_unknown == ()


def test_a_camera_fault_is_of_nobody() -> None:
    ours = {"rule": "no_signal", "kind": "no_signal"}
    truth: list[Row] = [FaultRow(camera="gate", kind="no_signal", start=10, end=20)]
    assert said([found(14, 20, "gate", **ours)], truth) == ["matched"]
    assert said([], truth) == ["missed"]


def test_camera_faults_that_nothing_looks_for_are_set_aside_openly() -> None:
    truth: list[Row] = [FaultRow(camera="gate", kind="blocked", form="leaf", start=10, end=20)]
    assert judge([], truth) == Judged(faults_not_asked={"blocked": 1}, subjects_unknown=("gate",))
    assert [v.what for v in judge([], truth, asked=["blocked"]).verdicts] == ["missed"]
    late = [found(40, 50, "gate", rule="blocked", kind="blocked")]
    assert [v.what for v in judge(late, truth).verdicts] == ["false", "missed"]


def test_what_is_not_judged_is_counted() -> None:
    events = [found(10, 20), found(10, 20, camera="quay"), found(10, 20, rule="speeding", kind="speeding")]
    truth = [SCENE, act(9, 21)]
    everything = judge(events, truth, identities=WHO)
    assert (everything.elsewhere, [v.what for v in everything.verdicts]) == (1, ["matched", "false"])
    asked = judge(events, truth, identities=WHO, asked=["zone"])
    assert (asked.elsewhere, asked.not_asked, [v.what for v in asked.verdicts]) == (1, {"speeding": 1}, ["matched"])
    both = judge(events, truth, identities=WHO, asked=["speeding"])
    assert (both.not_asked, [v.what for v in both.verdicts]) == ({}, ["matched", "false"])


def test_delay_is_from_when_it_could_be_known() -> None:
    truth = [SCENE, act(9, 21, due=12)]
    (told,) = judge([found(10, 20, told=12.5)], truth, identities=WHO).verdicts
    (old,) = judge([found(10, 20)], truth, identities=WHO).verdicts
    assert (told.delay_s, old.delay_s) == (0.5, None)


def test_several_recordings_together() -> None:
    one = judge([found(10, 20), found(1, 2, camera="x")], [SCENE, act(9, 21)], identities=WHO)
    both = pooled([one, replace(one, not_asked={"a": 2}), replace(one, not_asked={"a": 1})])
    assert (len(both.verdicts), both.elsewhere, both.not_asked) == (3, 3, {"a": 3})


_spans = st.lists(
    st.tuples(st.floats(0, 50), st.floats(0, 9), st.sampled_from(["gate-1", "gate-2", "gate-3"])), max_size=7
)
_truths = st.lists(st.tuples(st.floats(0, 50), st.floats(0, 9), st.sampled_from(["truck-1", "truck-2"])), max_size=7)


@given(_spans, _truths, st.booleans())
def test_every_event_gets_one_verdict_and_order_changes_no_count(
    spans: list[tuple[float, float, str]], acts: list[tuple[float, float, str]], known: bool
) -> None:
    events = [found(t, t + d, who, id=f"e{k}") for k, (t, d, who) in enumerate(spans)]
    truth: list[Row] = [SCENE, *(act(t, t + d, who) for t, d, who in acts)]
    truth += [FrameRow(camera="gate", t=1.0), LinkRow(camera="gate", object="truck-1", mover="138", start=0, end=9)]
    identities = WHO if known else None
    judged = judge(events, truth, identities=identities)
    assert sorted(v.found.id for v in judged.verdicts if v.found) == sorted(e.id for e in events)
    assert sum(v.what in ("matched", "missed") for v in judged.verdicts) == len(acts)
    again = judge(events[::-1], [*truth[:1], *truth[:0:-1]], identities=identities)
    matched = [Counter(v.what in ("matched", "missed") and v.what for v in j.verdicts) for j in (judged, again)]
    assert matched[0] == matched[1]
