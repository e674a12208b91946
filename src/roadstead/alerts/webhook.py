"""Alerts by HTTP POST of JSON, with an idempotency key and, where wanted, a signature.

The signature follows the scheme of common webhook senders: `Roadstead-Signature: t=TIME,v1=HEX`, where HEX is the
HMAC-SHA256 of "TIME.BODY" under the shared secret; a receiver refuses an old TIME and so a replay.
"""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

import httpx
from annotated_types import Gt

from roadstead import __version__
from roadstead.alerts import transport
from roadstead.errors import BadSettings, DeliveryError

_AGAIN = frozenset({408, 409, 425, 429})
"""Answers below 500 that another try may change; 409 says that the same key is just being worked on."""
_READ_BYTES = 2048
"""How much of a refusal's text is read."""


@transport("webhook", zh="网络回调")
@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """POST each alert to `url`; any 2xx answer means taken.

    `secret_env` names the environment variable that holds the secret of the signature. Addresses and headers may carry
    secrets, so neither is ever printed beyond the host.
    """

    url: str = field(repr=False)
    secret_env: str = ""
    timeout_s: Annotated[float, Gt(0)] = 10.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _client: httpx.Client = field(init=False, repr=False, compare=False)
    _secret: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        secret = os.environ.get(self.secret_env, "") if self.secret_env else ""
        if self.secret_env and not secret:
            raise BadSettings(
                f"secret_env: the environment variable {self.secret_env} is not set; set it to the secret"
            )
        object.__setattr__(self, "_secret", secret.encode())
        _host(self.url)
        given = {"User-Agent": f"roadstead/{__version__}", **self.headers, "Content-Type": "application/json"}
        try:
            # A connection of its own for each alert: alerts are rare, and none then dies of a connection gone stale.
            client = httpx.Client(
                timeout=self.timeout_s, headers=given, limits=httpx.Limits(max_keepalive_connections=0)
            )
        except (UnicodeEncodeError, TypeError) as error:
            raise BadSettings(f"headers: cannot be sent: {error}") from error
        object.__setattr__(self, "_client", client)

    def send(self, key: str, payload: Mapping[str, Any]) -> None:
        """POST one alert; DeliveryError says whether it is permanent, and when to try again if the sink said so."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Idempotency-Key": key}
        if self._secret:
            headers["Roadstead-Signature"] = signature(self._secret, body, int(time.time()))
        where = _host(self.url)
        try:
            with self._client.stream("POST", self.url, content=body, headers=headers) as response:
                if response.is_success:
                    return
                text = _beginning(response)
        except httpx.TimeoutException as error:
            raise DeliveryError(f"{where}: no answer within {self.timeout_s:g} s") from error
        except httpx.HTTPError as error:
            raise DeliveryError(f"{where}: cannot be reached: {error or type(error).__name__}") from error
        again = response.status_code in _AGAIN or response.is_server_error
        raise DeliveryError(
            f"{where}: answered {response.status_code} {response.reason_phrase}: {text}".rstrip(": "),
            permanent=not again,
            retry_after_s=_retry_after_s(response.headers) if again else None,
        )


def signature(secret: bytes, body: bytes, at: int) -> str:
    """Return the value of the signature header; `at` is in whole epoch seconds."""
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _host(url: str) -> str:
    """Return the address as it may be printed: paths, queries and users often are secrets."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise BadSettings(f"url: is no address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadSettings("url: must begin with http:// or https:// and name a host")
    return f"{parsed.scheme}://{parsed.netloc.decode()}"


def _beginning(response: httpx.Response) -> str:
    text = b""
    for part in response.iter_bytes(_READ_BYTES):
        text += part
        if len(text) >= _READ_BYTES:
            break
    return " ".join(text[:_READ_BYTES].decode("utf-8", "replace").split())[:200]


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Return the seconds of a Retry-After header: a number, or a date against the sink's own clock (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _date(value)
    if until is None:
        return None
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
