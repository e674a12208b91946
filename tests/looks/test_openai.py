"""The OpenAI-compatible look against a real HTTP server."""

import base64
import time

import pytest

from _looks import Chat, Reply, completion
from roadstead.errors import BadSettings, LookFailed
from roadstead.looks.openai import OpenAI


def asks(chat: Chat, **settings: object) -> OpenAI:
    return OpenAI(url=chat.url, name="little", again_s=0.01, **settings)  # type: ignore[arg-type]  # a test names the settings it changes


def test_what_is_sent_and_what_is_taken(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOK_KEY", "s3cret")
    chat.replies = [Reply(completion("它是货车。"))]
    look = asks(chat, key_env="LOOK_KEY", max_tokens=50)
    assert look.answer("What is it?", [b"one", b"two"]) == "它是货车。"
    ((path, headers, body),) = chat.seen
    assert path == "/secret/v1/chat/completions"
    assert headers["authorization"] == "Bearer s3cret"
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("little", 50, 0)
    text, *pictures = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is it?"}
    urls = [picture["image_url"]["url"] for picture in pictures]
    assert [base64.b64decode(url.removeprefix("data:image/jpeg;base64,")) for url in urls] == [b"one", b"two"]
    assert "s3cret" not in repr(look)
    assert "/secret" not in repr(look) + str(look.model)


def test_without_a_key_none_is_sent(chat: Chat) -> None:
    chat.replies = [Reply(completion("yes"))]
    asks(chat).answer("?", [])
    assert "authorization" not in chat.seen[0][1]


def test_an_answer_in_parts_is_joined(chat: Chat) -> None:
    chat.replies = [Reply(completion([{"type": "text", "text": "a "}, {"type": "text", "text": "truck"}]))]
    assert asks(chat).answer("?", []) == "a truck"


@pytest.mark.parametrize("first", [Reply(status=500), Reply(status=429), Reply(status=0), Reply(status=503)])
def test_it_asks_again_where_that_may_help(chat: Chat, first: Reply) -> None:
    chat.replies = [first, first, Reply(completion("yes"))]
    assert asks(chat, tries=3).answer("?", []) == "yes"
    assert len(chat.seen) == 3


def test_after_the_last_try_the_failure_is_told(chat: Chat) -> None:
    chat.replies = [Reply(b"too \n busy", status=503)]
    with pytest.raises(LookFailed, match=r"^http://127.0.0.1:\d+: answered 503 .*: too busy$"):
        asks(chat, tries=2).answer("?", [])
    assert len(chat.seen) == 2


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_repeated(chat: Chat, status: int) -> None:
    chat.replies = [Reply(b"no", status=status)]
    with pytest.raises(LookFailed, match=str(status)):
        asks(chat, tries=5).answer("?", [])
    assert len(chat.seen) == 1


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b"[]", b'{"choices": []}', b'{"choices": [{"message": {"content": null}}]}', b"[" * 9999]
)
def test_what_is_no_chat_completion_is_told(chat: Chat, body: bytes) -> None:
    chat.replies = [Reply(body)]
    with pytest.raises(LookFailed, match="answered what is no chat completion"):
        asks(chat).answer("?", [])


def test_an_endless_answer_is_cut_off(chat: Chat) -> None:
    chat.replies = [Reply(b" " * 1_500_000)]
    with pytest.raises(LookFailed, match="answered more than 1000000 bytes"):
        asks(chat).answer("?", [])


@pytest.mark.parametrize("reply", [Reply(after_s=30.0), Reply(drip_s=0.05)], ids=["silent", "drips"])
def test_a_try_comes_to_its_end(chat: Chat, reply: Reply) -> None:
    chat.replies = [reply]
    began = time.monotonic()
    with pytest.raises(LookFailed, match=r"no answer within 0.3 s"):
        asks(chat, timeout_s=0.3, tries=1).answer("?", [])
    assert time.monotonic() - began < 5.0


def test_nobody_there(chat: Chat) -> None:
    with pytest.raises(LookFailed, match="cannot be reached"):
        OpenAI(url="http://127.0.0.1:9/v1", name="little", tries=1).answer("?", [])


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"key_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set"), ({"url": "ftp://x"}, "must begin with http")],
)
def test_what_cannot_work_is_refused_at_the_start(settings: dict[str, str], told: str) -> None:
    with pytest.raises(BadSettings, match=told):
        OpenAI(**{"url": "http://127.0.0.1:9", "name": "little", **settings})  # type: ignore[arg-type]  # texts all
