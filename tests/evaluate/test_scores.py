"""Verdicts come to figures."""

import json

import pytest

from _verdicts import SCENE, act, found, innocent
from roadstead.evaluate.events import judge
from roadstead.evaluate.identities import Identity
from roadstead.evaluate.scores import mistakes, notes, record, scores

TRUTH = [SCENE, act(10, 20, due=14), act(30, 40), act(50, 60), act(5, 6, rule="u-turn"), innocent(70, 80)]
EVENTS = [
    found(11, 20, told=14.5),
    found(15, 20, told=16.0),
    found(30, 40, told=32.0),
    found(50, 60, "gate-2"),
    found(70, 80, "gate-2"),
    found(90, 99),
    found(90, 99, outcome="insufficient"),
]
JUDGED = judge(EVENTS, TRUTH, identities={"gate": {f"gate-{k}": Identity((0.0,), (f"truck-{k}",)) for k in (1, 2)}})


def test_counts_of_a_rule_and_of_all() -> None:
    parking, turning, total = scores(JUDGED)
    names = ("rule", "true", "found", "matched", "duplicates", "false", "wrong_subject", "innocent", "insufficient")
    assert [getattr(parking, n) for n in names] == ["no-parking", 3, 6, 2, 1, 3, 1, 1, 1]
    assert [getattr(turning, n) for n in names] == ["u-turn", 1, 0, 0, 0, 0, 0, 0, 0]
    assert [getattr(total, n) for n in names] == ["total", 4, 6, 2, 1, 3, 1, 1, 1]
    assert (parking.precision.value, parking.recall.value) == (2 / 5, 2 / 3)
    assert (turning.precision.value, turning.recall.value) == (None, 0.0)


def test_delays() -> None:
    parking, turning, _ = scores(JUDGED)
    assert sorted(parking.delays_s) == [0.5, 2.0]
    assert parking.delay_s(0.5) == pytest.approx(1.25)
    assert parking.delay_s(1.0) == 2.0
    assert turning.delay_s(0.5) is None


def test_mistakes_in_the_order_of_time() -> None:
    assert [(v.what, v.rule) for v in mistakes(JUDGED)] == [
        ("missed", "u-turn"),
        ("duplicate", "no-parking"),
        ("wrong_subject", "no-parking"),
        ("missed", "no-parking"),
        ("innocent", "no-parking"),
        ("false", "no-parking"),
    ]


def test_for_programs() -> None:
    made = json.loads(json.dumps(record(JUDGED), allow_nan=False))
    assert made["total"]["delay_s"] == {"median": 1.25, "p95": pytest.approx(1.925), "max": 2.0, "of": 2}
    assert made["rules"][0]["recall"]["value"] == pytest.approx(2 / 3)
    assert made["mistakes"][4]["innocent"]["note"] == "a red light"


def test_what_a_reader_has_to_know() -> None:
    assert notes(JUDGED) == ()
    judged = judge([found(1, 2, camera="quay"), found(1, 2, rule="other")], TRUTH, asked=["u-turn"])
    assert [n.partition(":")[0] for n in notes(judged)] == [
        "gate",
        "1 events of cameras or feeds that the truth does not know are not judged",
        "not judged, as neither asked about nor in the truth",
    ]
