"""What is asked, and how what a model says is read: never more than it says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.behaviours import plugins as behaviours
from roadstead.looks._asking import LONGEST, Question, _table, prompt, questions, read
from roadstead.types import Text

ASKED = (Question("open", Text("Open?", "敞开?"), "yes"), Question("load", Text("Load?", "有货?"), "yes"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"answers": {"open": "yes", "load": "no"}}', ("yes", "no")),
        ('{"open": "Yes.", "load": "CANNOT TELL"}', ("yes", "cannot_tell")),
        ('```json\n{"answers": {"open": "是", "load": "否。"}}\n```', ("yes", "no")),
        (
            '<think>{maybe} {"answers": {"open": "no"}} hm</think> {"answers": {"open": true, "load": false}}',
            ("yes", "no"),
        ),
        ('Sure! {"answers": {"load": "无法判断", "open": "yes"}} Anything else?', ("yes", "cannot_tell")),
    ],
)
def test_fixed_choices_are_read(said: str, expected: tuple[str, str]) -> None:
    answered = read(said, ASKED)
    assert (answered.replies["open"], answered.replies["load"], answered.unread) == (*expected, ())


@pytest.mark.parametrize(
    "said",
    [
        "",
        "yes",
        "{",
        "[]",
        '{"answers": "yes"}',
        '{"answers": {"open": "yes | no | cannot_tell"}}',
        '{"answers": {"open": 1}}',
    ],
)
def test_what_is_no_fixed_choice_is_cannot_tell_and_counted(said: str) -> None:
    answered = read(said, ASKED)
    assert set(answered.replies.values()) == {"cannot_tell"}
    assert answered.unread == ("open", "load")


@given(st.text(alphabet='{}[]":,yesno \\u0000opnadl{}'))
def test_whatever_is_said_every_question_has_an_answer(said: str) -> None:
    answered = read(said, ASKED)
    assert set(answered.replies) == {"open", "load"}
    assert set(answered.replies.values()) <= {"yes", "no", "cannot_tell"}


def test_a_description_is_kept_short_and_on_one_line() -> None:
    told = read(json.dumps({"answers": {}, "description": {"en": "a \n truck", "zh": "车" * 2000}}), ASKED).description
    assert told == Text("a truck", "车" * LONGEST)
    assert read('{"description": "a truck"}', ASKED).description == Text("a truck", "a truck")
    assert read('{"description": {"en": ""}}', ASKED).description is None


def test_every_kind_that_is_asked_about_is_a_rule_and_every_question_is_whole() -> None:
    assert set(_table()) - {"every"} <= set(behaviours.names())
    for kind, asked in _table().items():
        assert asked, kind
        for question in asked:
            assert question.text.en.endswith("?")
            assert question.text.zh.endswith("?")
            assert question.supports in ("yes", "no", None)


def test_a_kind_without_questions_of_its_own_is_asked_the_common_ones() -> None:
    assert [q.name for q in questions("no_such_kind")] == ["clear"]
    assert [q.name for q in questions("uncovered_load")] == ["truck", "open", "load", "clear"]


@pytest.mark.parametrize(
    ("language", "count", "question"), [("en", "two pictures", "Open?"), ("zh", "两张画面", "敞开?")]
)
def test_the_prompt_holds_what_was_found_the_questions_and_the_form(language: str, count: str, question: str) -> None:
    text = prompt(Text("It stands {x}.", "停车{x}。"), "truck", ASKED, language, enlarged=True)  # type: ignore[arg-type]  # one of both
    assert count in text
    assert question in text
    assert "{x}" in text
    form = json.loads(text[text.index('{"answers"') :])
    assert set(form["answers"]) == {"open", "load"}
    assert "two pictures" not in prompt(Text("a", "b"), "truck", ASKED, "en", enlarged=False)
