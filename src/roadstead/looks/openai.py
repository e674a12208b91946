"""A second look by any server that speaks OpenAI's chat completions with pictures: vLLM, llama.cpp, Ollama, a service.

Sent is one message of text and pictures (as data URLs), asked for at temperature 0; taken is the text of the first choice.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
from annotated_types import Ge, Gt, Le, MinLen

from roadstead import __version__
from roadstead.errors import BadSettings, LookFailed
from roadstead.looks import look

_AGAIN = frozenset({408, 409, 425, 429})
_MOST_BYTES = 1_000_000
"""A longer answer is cut off as no answer."""
_SHOWN = 200


@look("openai", zh="兼容 OpenAI 的服务")
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAI:
    """Asks `name` at `url` (the part before /chat/completions).

    `key_env` names the environment variable that holds the key. One try may take `timeout_s` from its beginning to its last byte;
    after one that may succeed later (no connection, no answer, 408, 409, 425, 429, 5xx) it waits `again_s`, and twice as long after
    each further one, up to `tries` in all.
    """

    url: str = field(repr=False)
    name: Annotated[str, MinLen(1)]
    key_env: str = ""
    timeout_s: Annotated[float, Gt(0), Le(3600)] = 60.0
    tries: Annotated[int, Ge(1), Le(10)] = 3
    again_s: Annotated[float, Ge(0), Le(600)] = 2.0
    max_tokens: Annotated[int, Ge(16), Le(16_384)] = 800
    _key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        key = os.environ.get(self.key_env, "") if self.key_env else ""
        if self.key_env and not key:
            raise BadSettings(f"key_env: the environment variable {self.key_env} is not set; set it to the key")
        object.__setattr__(self, "_key", key)
        _host(self.url)

    @property
    def model(self) -> Mapping[str, str]:
        """The model's name, and the server without the rest of its address."""
        return {"name": self.name, "at": _host(self.url)}

    def answer(self, prompt: str, pictures: Sequence[bytes]) -> str:
        """Ask; after the last try the failure is told."""
        content: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
        for picture in pictures:
            url = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
            content.append({"type": "image_url", "image_url": {"url": url}})
        asked = {
            "model": self.name,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": self.max_tokens,
            "temperature": 0,
        }
        body = json.dumps(asked, ensure_ascii=False).encode()
        wait_s = self.again_s
        for left in range(self.tries - 1, -1, -1):
            try:
                return self._try(body)
            except _MayHelp as error:
                if not left:
                    raise LookFailed(str(error)) from error
            time.sleep(wait_s)
            wait_s *= 2
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Do nothing: a connection is closed after each question."""

    def _try(self, body: bytes) -> str:
        where, until = _host(self.url), time.monotonic() + self.timeout_s
        headers = {"Content-Type": "application/json", "User-Agent": f"roadstead/{__version__}"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            with (
                httpx.Client(timeout=self.timeout_s) as client,
                client.stream("POST", self.url.rstrip("/") + "/chat/completions", content=body, headers=headers) as got,
            ):
                text = _all(got, lambda: time.monotonic() < until, where, self.timeout_s)
        except httpx.TimeoutException as error:
            raise _MayHelp(f"{where}: no answer within {self.timeout_s:g} s") from error
        except httpx.HTTPError as error:
            raise _MayHelp(f"{where}: cannot be reached: {error or type(error).__name__}") from error
        if not got.is_success:
            said = f"{where}: answered {got.status_code} {got.reason_phrase}: {_line(text)}".rstrip(": ")
            raise _MayHelp(said) if got.status_code in _AGAIN or got.is_server_error else LookFailed(said)
        return _said(text, where)


class _MayHelp(Exception):
    """A try failed in a way that another one may mend; it does not leave this file."""


def _all(response: httpx.Response, in_time: Callable[[], bool], where: str, timeout_s: float) -> bytes:
    """Return the whole body; a server that drips is held to the time of one try as well."""
    text = b""
    for part in response.iter_bytes():
        text += part
        if not in_time():
            raise _MayHelp(f"{where}: no answer within {timeout_s:g} s")
        if len(text) > _MOST_BYTES:
            raise LookFailed(f"{where}: answered more than {_MOST_BYTES} bytes")
    return text


def _said(body: bytes, where: str) -> str:
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        content = None
    if isinstance(content, list):  # some servers answer in parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not isinstance(content, str):
        raise LookFailed(f"{where}: answered what is no chat completion: {_line(body)}".rstrip(": "))
    return content


def _line(text: bytes) -> str:
    return " ".join(text[: 10 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]


def _host(url: str) -> str:
    """Return the address as it may be shown: paths, queries and users often are secrets."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise BadSettings(f"url: is no address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadSettings("url: must begin with http:// or https:// and name a host")
    return f"{parsed.scheme}://{parsed.netloc.decode()}"
