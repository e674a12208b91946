"""Positions that another server or a telephone sends by HTTP: Traccar's forwarding, OsmAnd's queries."""

import asyncio
import hmac
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from annotated_types import Ge, Le
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from roadstead.errors import SourceLost
from roadstead.positions import Kind, Position, Raw, Reports
from roadstead.sources import Keep, source
from roadstead.sources._mapping import Clock, Reader, flattened
from roadstead.sources._names import MPS, Plan
from roadstead.sources._pump import Pump

Count = Callable[[str], None]

_CLOCK = Clock()
_TRACCAR = Plan(
    MappingProxyType(
        {
            "mover": "device.uniqueId",
            "t": "position.fixTime",
            "lat": "position.latitude",
            "lon": "position.longitude",
            "speed": "position.speed",
            "course": "position.course",
            "name": "device.name",
            "device": "device.model",
            "altitude_m": "position.altitude",
            "satellites": "position.attributes.sat",
            "signal": "position.attributes.rssi",
            "ignition": "position.attributes.ignition",
            "mileage_m": "position.attributes.odometer",
            "fix": "position.valid",
        }
    ),
    MPS["knots"],
    ais=False,
)
_TELEPHONE = Plan(
    MappingProxyType(
        {
            "mover": "device_id",
            "t": "location.timestamp",
            "lat": "location.coords.latitude",
            "lon": "location.coords.longitude",
            "speed": "location.coords.speed",
            "course": "location.coords.heading",
            "altitude_m": "location.coords.altitude",
            "mileage_m": "location.odometer",
        }
    ),
    MPS["mps"],
    ais=False,
)
_OSMAND = Plan(
    MappingProxyType(
        {
            "mover": "id",
            "t": "timestamp",
            "lat": "lat",
            "lon": "lon",
            "speed": "speed",
            "course": "bearing",
            "altitude_m": "altitude",
            "fix": "valid",
        }
    ),
    MPS["knots"],
    ais=False,
)
_WHY = MappingProxyType(
    {
        "bad_text": "this is neither JSON nor a query as id=…&lat=…&lon=…",
        "bad_position": "this holds no position: send a position and a device, or id, lat and lon",
        "bad_mover": "this names no device: send its id",
    }
)


@source("forward", zh="HTTP 位置转发")
@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Serves HTTP and takes positions as Traccar forwards them (`forward.type = json`), and as OsmAnd and Traccar's client send them.

    Speeds are knots (in JSON of Traccar's client m/s), times without a zone are UTC. It answers 200 after a message is
    kept; 400 and one sentence for one that cannot be read, which is kept too. With a `token`, who does not send it
    (`Authorization: Bearer …` or `?token=…`) is refused and nothing is kept. TLS is left to a proxy in front.
    """

    feed: str
    host: str = "127.0.0.1"
    port: Annotated[int, Ge(1), Le(65535)] = 5056
    path: str = "/"
    token: str | None = field(default=None, repr=False)
    limit_kb: Annotated[int, Ge(1), Le(16_000)] = 256
    connections: Annotated[int, Ge(1)] = 1000
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Always."""
        return True

    @property
    def counts(self) -> dict[str, int]:
        """Totals: messages, bytes; answered_200, answered_400; refused_path, refused_token, refused_length, refused_disk, broken_off: not kept."""
        return dict(self._counts)

    def read(self, keep: Keep) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Serve, and yield messages as they come; raise SourceLost where the address cannot be had."""
        pump = Pump(keep, self._counts)
        try:
            listening = socket.create_server((self.host, self.port), backlog=512)
        except OSError as error:
            raise SourceLost(
                f"{self.feed}: cannot listen on {self.host}:{self.port} ({error.strerror}); free the port or choose another"
            ) from None
        yield from pump.batches(lambda: asyncio.run(self._serve(pump, listening)), f"forward {self.feed}")

    def decoder(self) -> "ForwardDecoder":
        """Return a decoder of what was sent."""
        return ForwardDecoder()

    async def _serve(self, pump: Pump, listening: socket.socket) -> None:
        async def take(request: Request) -> PlainTextResponse:
            return await self._take(request, pump)

        app = Starlette(routes=[Route("/{rest:path}", take, methods=["GET", "POST"])])
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                limit_concurrency=self.connections,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=2,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await asyncio.wait((serving, asyncio.create_task(pump.stopped())), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving

    async def _take(self, request: Request, pump: Pump) -> PlainTextResponse:
        query = parse_qsl(request.url.query, keep_blank_values=True)
        if request.url.path.rstrip("/") != self.path.rstrip("/"):
            return self._refused("refused_path", 404, f"positions are taken at {self.path}")
        if not self._allowed(request, dict(query)):
            return self._refused("refused_token", 401, "a token is needed: send Authorization: Bearer … or ?token=…")
        try:
            body = await _body(request, self.limit_kb * 1024)
        except ClientDisconnect:
            return self._refused("broken_off", 400, "the message breaks off")
        if body is None:
            return self._refused("refused_length", 413, f"the message is longer than {self.limit_kb} kB")
        peer = f"http:{request.client.host}:{request.client.port}" if request.client else "http:"
        raw = Raw(time.time(), peer, _message(request.url.query, query, body))
        try:
            await pump.take([raw])
        except SourceLost:
            return self._refused("refused_disk", 503, "the message cannot be kept now; send it again later")
        counted: Counter[str] = Counter()
        _read(raw, 0, lambda name: counted.update((name,)))
        why = next((_WHY[name] for name in counted if name in _WHY), None)
        self._counts["answered_200" if why is None else "answered_400"] += 1
        return PlainTextResponse("" if why is None else why + "\n", 200 if why is None else 400)

    def _allowed(self, request: Request, query: Mapping[str, str]) -> bool:
        if self.token is None:
            return True
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        given = sent if scheme.lower() == "bearer" else query.get("token", "")
        return hmac.compare_digest(given.encode(), self.token.encode())

    def _refused(self, name: str, status: int, why: str) -> PlainTextResponse:
        self._counts[name] += 1
        return PlainTextResponse(why + "\n", status)


class ForwardDecoder:
    """Turns what was sent (the JSON, or the query) into reports."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals by name.

        Every message counts under one of read_position, read_no_position, bad_text (neither JSON nor a query),
        bad_position (holds none), bad_mover (nobody). Besides: time_text, time_s, … time_none: how times were read; and
        outdated: positions that Traccar only repeats, read as signs of life.
        """
        return dict(self._counts)

    def decode(self, records: Sequence[Raw], first: int) -> Reports:
        """Return the reports in some messages, numbered from `first` on."""
        made = (_read(raw, number, self._count) for number, raw in enumerate(records, start=first))
        return Reports.of(position for position in made if position is not None)

    def _count(self, name: str) -> None:
        self._counts[name] += 1


async def _body(request: Request, limit: int) -> bytes | None:
    """Return the body of a request, None where it is too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            return None
    return bytes(body)


def _message(asked_as: str, query: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Return what is kept of a request: its body where it has one, else its query without the token; a form after the query."""
    secret = any(name == "token" for name, _ in query)
    asked = (urlencode([pair for pair in query if pair[0] != "token"]) if secret else asked_as).encode()
    if not body.strip() or body.lstrip()[:1] in (b"{", b"["):
        return body if body.strip() else asked
    return asked + b"&" + body if asked else body


def _read(raw: Raw, number: int, count: Count) -> Position | None:
    """Return the report in one message; count what became of it."""
    if raw.data.lstrip()[:1] not in (b"{", b"["):
        return _of_query(raw, number, count)
    try:
        values = flattened(json.loads(raw.data))
    except (ValueError, RecursionError):
        count("bad_text")
        return None
    if any(name.startswith("position.") for name in values):
        return _of_traccar(values, raw, number, count)
    if any(name.startswith("location.") for name in values):
        return Reader(_TELEPHONE, _CLOCK).report(values, raw, number, count)
    count("bad_position")
    return None


def _of_traccar(values: Mapping[str, Any], raw: Raw, number: int, count: Count) -> Position | None:
    """Read a forwarded position; an outdated one only repeats the last place to say that the device is there."""
    if not values.get("position.outdated"):
        if values.get("position.fixTime") is None:
            values = {**values, "position.fixTime": values.get("position.deviceTime")}
        return Reader(_TRACCAR, _CLOCK).report(values, raw, number, count)
    alive = {k: v for k, v in values.items() if k not in ("position.latitude", "position.longitude", "position.speed")}
    alive["position.fixTime"] = values.get("position.deviceTime")
    found = Reader(_TRACCAR, _CLOCK).report(alive, raw, number, count)
    count("outdated")
    return None if found is None else replace(found, kind=Kind.LINK, course_deg=None)


def _of_query(raw: Raw, number: int, count: Count) -> Position | None:
    try:
        values = dict(parse_qsl(raw.data.decode(), keep_blank_values=True))
    except (ValueError, UnicodeDecodeError):
        values = {}
    if not values:
        count("bad_text")
        return None
    if "location" in values and "lat" not in values:
        values["lat"], _, values["lon"] = values["location"].partition(",")
    values.setdefault("id", values.get("deviceid", ""))
    values.setdefault("bearing", values.get("heading", ""))
    if values.get("valid"):
        values["valid"] = values["valid"].casefold()
    return Reader(_OSMAND, _CLOCK).report(values, raw, number, count)
