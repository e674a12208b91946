"""A second look from an event's folder to what is kept of it: evidence beside the evidence."""

import base64
import hashlib
import json
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from _looks import Chat, Reply, completion, eventually
from roadstead import second_look
from roadstead.errors import RecordingError
from roadstead.looks._asking import Answered, Question, read
from roadstead.looks._plan import LookPlan
from roadstead.looks.openai import OpenAI
from roadstead.record import evidence
from roadstead.second_look import Looker, kept, look_again, look_at, says
from roadstead.types import Event, Text

SUPPORTS = json.dumps(
    {
        "answers": {"truck": "yes", "open": "yes", "load": "yes", "clear": "yes"},
        "description": {"en": "A red truck with an open bed.", "zh": "一辆敞开货厢的红色货车。"},
    }
)


def plan(chat: Chat, **settings: object) -> LookPlan:
    look = OpenAI(url=chat.url, name="little", tries=1, timeout_s=5.0)
    return LookPlan(kind="openai", look=look, **settings)  # type: ignore[arg-type]  # a test names the settings it changes


def test_what_is_shown_asked_and_kept(chat: Chat, event: Event, tmp_path: Path) -> None:
    chat.replies = [Reply(completion(SUPPORTS))]
    before = {p.name: p.read_bytes() for p in (tmp_path / "evidence/e1").iterdir()}
    told = look_at(plan(chat), tmp_path, event)
    assert told == kept(tmp_path, "e1")
    assert (told["says"], told["failed"], told["unread"]) == ("supports", None, [])
    assert [a["answer"] for a in told["answers"]] == ["yes"] * 4
    assert told["description"]["zh"] == "一辆敞开货厢的红色货车。"
    assert told["look"] == {"kind": "openai", "name": "little", "at": chat.url.partition("/secret")[0]}
    assert told["raw"] == SUPPORTS
    text, *pictures = chat.seen[0][2]["messages"][0]["content"]
    assert text["text"] == told["prompt"]
    assert "The load is not covered." in told["prompt"]
    jpegs = [base64.b64decode(p["image_url"]["url"].partition(",")[2]) for p in pictures]
    assert [hashlib.sha256(jpeg).hexdigest() for jpeg in jpegs] == [p["sha256"] for p in told["pictures"]]
    assert [p["part"] for p in told["pictures"]] == [
        None,
        [52, 86, 188, 154],
    ]  # the red box on the picture's own size, and around it
    _, near = (cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) for jpeg in jpegs)
    assert near is not None
    assert near.shape[:2] == (272, 544)  # enlarged four times
    assert near[136, 272, 2] > 150 > 100 > near[136, 272, 1]
    assert {
        p.name: p.read_bytes() for p in (tmp_path / "evidence/e1").iterdir() if p.name != second_look.FILE
    } == before


def test_a_model_that_gives_no_answer_leaves_a_record_that_says_so(chat: Chat, event: Event, tmp_path: Path) -> None:
    chat.replies = [Reply(b"broken", status=500), Reply(completion(SUPPORTS))]
    counts, problems = look_again(plan(chat), tmp_path, [event])
    assert (dict(counts), len(problems)) == ({"failed": 1}, 1)
    told = kept(tmp_path, "e1")
    assert "500" in told["failed"]
    assert (told["says"], told["answers"], told["description"]) == (None, [], None)
    counts, problems = look_again(plan(chat), tmp_path, [event])  # tried again
    assert (dict(counts), problems) == ({"looked": 1}, [])
    counts, _ = look_again(plan(chat), tmp_path, [event])  # and not again
    assert not counts
    assert len(chat.seen) == 2


def test_answers_that_cannot_be_read_are_counted(chat: Chat, event: Event, tmp_path: Path) -> None:
    chat.replies = [Reply(completion("I would say it is a truck."))]
    counts, _ = look_again(plan(chat), tmp_path, [event])
    assert dict(counts) == {"looked": 1, "unread": 4}
    assert kept(tmp_path, "e1")["says"] == "undecided"


def test_only_what_is_wanted_is_looked_at(chat: Chat, event: Event, tmp_path: Path) -> None:
    assert not look_again(plan(chat, rules=frozenset({"other"})), tmp_path, [event])[0]
    assert not look_again(plan(chat, outcomes=frozenset({"insufficient"})), tmp_path, [event])[0]


def test_an_event_without_a_picture_is_counted_and_nobody_asked(chat: Chat, event: Event, tmp_path: Path) -> None:
    (tmp_path / "evidence/e1/trigger.jpg").unlink()
    assert dict(look_again(plan(chat), tmp_path, [event])[0]) == {"without_picture": 1}
    assert not chat.seen


def test_evidence_that_is_not_there_is_told(chat: Chat, event: Event, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="holds no evidence record"):
        look_at(plan(chat), tmp_path / "elsewhere", event)
    counts, problems = look_again(plan(chat), tmp_path / "elsewhere", [event])
    assert (dict(counts), len(problems)) == ({"not_kept": 1}, 1)


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        (("yes", "no"), "supports"),
        (("yes", "yes"), "contradicts"),
        (("no", "no"), "contradicts"),
        (("no", "cannot_tell"), "contradicts"),
        (("yes", "cannot_tell"), "undecided"),
    ],
)
def test_what_the_answers_say_of_the_event(replies: tuple[str, str], expected: str) -> None:
    asked = (
        Question("a", Text("A?", "A?"), "yes"),
        Question("b", Text("B?", "B?"), "no"),
        Question("c", Text("C?", "C?")),
    )
    said = json.dumps({"a": replies[0], "b": replies[1], "c": "no"})
    assert says(read(said, asked), asked) == expected
    assert says(Answered({"c": "no"}, (), None), asked[2:]) == "undecided"


def test_what_is_asked_of_it_never_waits_and_what_it_has_no_room_for_is_counted(
    chat: Chat, event: Event, tmp_path: Path
) -> None:
    chat.replies = [Reply(completion(SUPPORTS), after_s=1.0)]
    looker = Looker(plan(chat, most_waiting=1), tmp_path)
    looker.ask(event)
    assert eventually(lambda: chat.seen)
    began = time.monotonic()
    for _ in range(4):
        looker.ask(event)
    assert time.monotonic() - began < 0.5
    assert looker.counts["left"] == 3
    looker.close(10.0)
    looker.close(10.0)
    assert looker.counts["looked"] == 1  # the one that waited had been looked at by then


def test_the_end_does_not_wait_longer_than_it_may(chat: Chat, event: Event, tmp_path: Path) -> None:
    chat.replies = [Reply(completion(SUPPORTS), after_s=4.0)]
    looker = Looker(plan(chat), tmp_path)
    looker.ask(event)
    looker.ask(event)
    assert eventually(lambda: chat.seen)
    began = time.monotonic()
    looker.close(0.2)
    assert time.monotonic() - began < 2.0
    assert looker.counts["left"] == 2


def test_what_lies_there_and_is_no_second_look_is_none(event: Event, tmp_path: Path) -> None:
    path = evidence.event_folder(tmp_path, "e1") / second_look.FILE
    for text in ("", "[]", '{"schema": "other/1"}'):
        path.write_text(text)
        assert kept(tmp_path, "e1") == {}
    assert kept(tmp_path, "../e1") == {}
