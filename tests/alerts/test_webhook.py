"""The webhook against a real HTTP server."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from roadstead.alerts import plugins
from roadstead.alerts.webhook import Webhook, signature
from roadstead.errors import BadSettings, DeliveryError
from roadstead.settings import build

PAYLOAD = {"schema": "roadstead.alert/1", "key": "e1:opened", "event": {"because": {"zh": "车辆停留。"}}}


def test_what_is_posted(sink: Any) -> None:
    Webhook(url=sink.url, headers={"X-Area": "7"}).send("e1:opened", PAYLOAD)
    [(headers, body)] = sink.seen
    assert json.loads(body) == PAYLOAD
    assert "车辆停留".encode() in body
    assert headers["idempotency-key"] == "e1:opened"
    assert headers["content-type"] == "application/json"
    assert headers["x-area"] == "7"
    assert headers["user-agent"].startswith("roadstead/")
    assert "roadstead-signature" not in headers


def test_the_signature(sink: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_SECRET", "s3cret")
    before = int(time.time())
    Webhook(url=sink.url, secret_env="OFFICE_SECRET").send("e1:opened", PAYLOAD)
    [(headers, body)] = sink.seen
    at, sign = (part.partition("=")[2] for part in headers["roadstead-signature"].split(","))
    assert before <= int(at) <= time.time()
    assert sign == hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature(b"s3cret", body, int(at)) == headers["roadstead-signature"]
    assert signature(b"s3cret", body, int(at) + 1).partition(",")[2] != f"v1={sign}"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_taken(sink: Any, status: int) -> None:
    sink.answers += [_answer(status), _answer(status)]
    hook = Webhook(url=sink.url)
    hook.send("a", PAYLOAD)
    hook.send("b", PAYLOAD)
    assert sink.keys == ["a", "b"]


@pytest.mark.parametrize(
    ("status", "headers", "permanent", "retry_after_s"),
    [
        (500, {}, False, None),
        (502, {"Retry-After": "soon"}, False, None),
        (503, {"Retry-After": "120"}, False, 120.0),
        (429, {"Retry-After": " 7 "}, False, 7.0),
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, False, 30.0),
        (503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, False, 0.0),
        (408, {}, False, None),
        (409, {}, False, None),
        (425, {}, False, None),
        (400, {"Retry-After": "5"}, True, None),
        (401, {}, True, None),
        (404, {}, True, None),
        (410, {}, True, None),
        (422, {}, True, None),
        (302, {"Location": "http://127.0.0.1:9/"}, True, None),
    ],
)
def test_refusals(
    sink: Any, status: int, headers: dict[str, str], permanent: bool, retry_after_s: float | None
) -> None:
    sink.answers.append(_answer(status, headers, b"go\naway"))
    with pytest.raises(DeliveryError, match=f"http://127.0.0.1:[0-9]+: answered {status} .*: go away$") as raised:
        Webhook(url=sink.url).send("e1:opened", PAYLOAD)
    assert (raised.value.permanent, raised.value.retry_after_s) == (permanent, retry_after_s)
    assert "TOKEN" not in str(raised.value)
    assert "QUERY" not in str(raised.value)


def test_a_slow_sink(sink: Any) -> None:
    sink.answers.append(_answer(200, after_s=1.0))
    with pytest.raises(DeliveryError, match=r"no answer within 0\.2 s") as raised:
        Webhook(url=sink.url, timeout_s=0.2).send("e1:opened", PAYLOAD)
    assert not raised.value.permanent


def test_a_cut_connection_and_nobody_there(sink: Any) -> None:
    sink.answers.append(_answer(0))
    for url in (sink.url, "http://127.0.0.1:9/hook/TOKEN"):
        with pytest.raises(DeliveryError, match="cannot be reached") as raised:
            Webhook(url=url).send("e1:opened", PAYLOAD)
        assert not raised.value.permanent
        assert "TOKEN" not in str(raised.value)


def test_an_endless_refusal_is_not_read_to_its_end(sink: Any) -> None:
    sink.answers.append(_answer(500, {}, b"x" * 50_000_000))
    with pytest.raises(DeliveryError) as raised:
        Webhook(url=sink.url).send("e1:opened", PAYLOAD)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"url": "ftp://h/"}, "url: must begin with http:// or https://"),
        ({"url": "office"}, "url: must begin with http:// or https://"),
        ({"url": "http://h:port/"}, "url: is no address"),
        ({"url": "http://h/", "secret_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set; set it to the secret"),
        ({"url": "http://h/", "timeout_s": 0}, "timeout_s"),
        ({"url": "http://h/", "timeout": 3}, "did you mean timeout_s"),
        ({"url": "http://h/", "headers": {"X-Area": "七"}}, "headers: cannot be sent"),
        ({}, "url: is missing"),
    ],
)
def test_bad_settings(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadSettings) as raised:
        build(plugins, {"kind": "webhook", **settings}, "sinks.office")
    assert sentence in str(raised.value)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_SECRET", "s3cret")
    shown = repr(Webhook(url="http://h/hook/TOKEN", secret_env="OFFICE_SECRET", headers={"Authorization": "Bearer B"}))
    assert not [secret for secret in ("TOKEN", "s3cret", "Bearer") if secret in shown]


def _answer(status: int, headers: dict[str, str] | None = None, body: bytes = b"", after_s: float = 0.0) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(status=status, headers=headers or {}, body=body, after_s=after_s)
