"""Positions that a message broker hands on: MQTT with JSON."""

import asyncio
import json
import ssl
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import aiomqtt
from annotated_types import Ge, Le, MinLen

from roadstead.errors import BadInput, SourceLost
from roadstead.positions import Position, Raw, Reports
from roadstead.sources import Keep, source
from roadstead.sources._mapping import Clock, Reader, clock_of, flattened
from roadstead.sources._names import Plan, SpeedUnit, bind, demand_fields
from roadstead.sources._pump import Pump

_PLANS = 1000
_BATCH = 500


@source("mqtt", zh="MQTT 位置订阅")
@dataclass(frozen=True, slots=True, kw_only=True)
class Mqtt:
    """Subscribes to topics (with `+` and `#`) and reads JSON: one position a message, or a list of them.

    `items` is the dotted path of the list, where it is not the whole message. `columns` gives our field the dotted path
    of theirs; what is left out is found by its usual name. Where no field says who reports, it is the part of the topic
    that the first `+` or `#` stands for. With `qos` 1 a message is acknowledged only after it is kept, and the broker
    keeps what comes for `client` while nobody is there. Messages longer than `limit_kb` are kept cut short.
    """

    feed: str
    host: str
    topics: Annotated[tuple[str, ...], MinLen(1)]
    port: Annotated[int, Ge(1), Le(65535)] = 1883
    qos: Literal[0, 1] = 1
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: Path | None = None
    client: str | None = None
    items: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    time_format: str = "auto"
    speed_unit: SpeedUnit | None = None
    limit_kb: Annotated[int, Ge(1), Le(16_000)] = 1024
    clock: Clock = field(init=False, repr=False, compare=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        demand_fields(self.columns)
        object.__setattr__(self, "clock", clock_of(self.timezone, self.time_format))
        for topic in self.topics:
            try:
                aiomqtt.Wildcard(topic)
            except ValueError:
                raise BadInput(f"topics: {topic!r} is no topic; write one as fleet/+/position or fleet/#") from None

    @property
    def live(self) -> bool:
        """Always."""
        return True

    @property
    def counts(self) -> dict[str, int]:
        """Totals: connections, messages, bytes, cut_short."""
        return dict(self._counts)

    def read(self, keep: Keep) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Yield messages as they come; raise SourceLost when the broker cannot be reached, BadInput when it refuses a topic."""
        pump = Pump(keep, self._counts)
        return pump.batches(lambda: asyncio.run(self._receive(pump)), f"mqtt {self.feed}")

    def decoder(self) -> "MqttDecoder":
        """Return a decoder of JSON messages."""
        return MqttDecoder(self)

    async def _receive(self, pump: Pump) -> None:
        listening = asyncio.create_task(self._listen(pump))
        stopped = asyncio.create_task(pump.stopped())
        await asyncio.wait((listening, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not listening.done():
            listening.cancel()
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)
        try:
            await listening
        except asyncio.CancelledError:
            return

    async def _listen(self, pump: Pump) -> None:
        try:
            async with self._client() as broker:
                self._counts["connections"] += 1
                granted = await broker.subscribe([(topic, int(self.qos)) for topic in self.topics])
                for topic, code in zip(self.topics, granted, strict=False):
                    if getattr(code, "is_failure", code == 0x80):
                        raise BadInput(
                            f"{self._there}: the broker refuses topic {topic!r}; ask for the right to read it"
                        )
                while True:
                    await self._take(broker, pump)
        except aiomqtt.MqttError as error:
            raise SourceLost(f"{self._there}: {error}") from None
        except (OSError, ssl.SSLError) as error:
            raise SourceLost(f"{self._there}: cannot be reached ({error.strerror or type(error).__name__})") from None

    async def _take(self, broker: "_Broker", pump: Pump) -> None:
        """Keep the next message and those that wait behind it, then acknowledge them."""
        waiting = broker.messages
        batch = [await anext(waiting)]
        while len(waiting) and len(batch) < _BATCH:
            batch.append(await anext(waiting))
        now = time.time()
        await pump.take([Raw(now, str(message.topic), self._bytes(message.payload)) for message in batch])
        for message in batch:
            broker.acknowledge(message)

    def _bytes(self, payload: Any) -> bytes:
        data = payload if isinstance(payload, bytes | bytearray) else str(payload or "").encode()
        limit = self.limit_kb * 1024
        if len(data) > limit:
            self._counts["cut_short"] += 1
        return bytes(data[:limit])

    def _client(self) -> "_Broker":
        context = ssl.create_default_context(cafile=self.ca) if self.tls or self.ca else None
        return _Broker(
            self.host,
            self.port,
            username=self.user,
            password=self.password,
            identifier=self.client or f"roadstead-{self.feed}",
            clean_session=self.qos == 0,
            tls_context=context,
            timeout=5,
            keepalive=15,
        )

    @property
    def _there(self) -> str:
        return f"{self.feed}: MQTT broker {self.host}:{self.port}"


class _Broker(aiomqtt.Client):
    """A client that acknowledges a message when told to, not when it comes."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._client.manual_ack_set(True)  # noqa: FBT003  # its interface

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Tell the broker that a message need not come again."""
        self._client.ack(message.mid, message.qos)


class MqttDecoder:
    """Turns JSON messages into reports."""

    def __init__(self, feed: Mqtt) -> None:
        self._feed = feed
        self._counts: Counter[str] = Counter()
        self._plans: dict[tuple[str, ...], Plan] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals by name.

        Every message counts under one of read_message, bad_json, bad_items (no position where they should be) and
        bad_mover (nobody). Besides, of the positions in them: item_position, item_no_position, item_mover (nobody), and
        how times were read: time_text, time_s, … time_none; speed_without_unit: speeds left out for that.
        """
        return dict(self._counts)

    def decode(self, records: Sequence[Raw], first: int) -> Reports:
        """Return the reports in some messages, numbered from `first` on."""
        return Reports.of(p for number, raw in enumerate(records, start=first) for p in self._read(raw, number))

    def _read(self, raw: Raw, number: int) -> list[Position]:
        try:
            message = json.loads(raw.data)
        except (ValueError, RecursionError):
            self._counts["bad_json"] += 1
            return []
        items = self._items(message)
        if not items:
            self._counts["bad_items"] += 1
            return []
        made = [self._report(item, raw, number) for item in items]
        found = [position for position in made if position is not None]
        self._counts["read_message" if found else "bad_mover"] += 1
        return found

    def _items(self, message: Any) -> list[dict[str, Any]]:
        """Return the single values of each position in a message, with those that stand around the list."""
        inner, around = message, dict[str, Any]()
        if self._feed.items is not None:
            for part in self._feed.items.split("."):
                if not isinstance(inner, Mapping):
                    return []
                around |= {k: v for k, v in inner.items() if k != part and not isinstance(v, list)}
                inner = inner.get(part)
        items = inner if isinstance(inner, list) else [inner]
        return [flattened({**around, **item}) for item in items if isinstance(item, Mapping) and item]

    def _report(self, values: Mapping[str, Any], raw: Raw, number: int) -> Position | None:
        names = tuple(values)
        plan = self._plans.get(names)
        if plan is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            given = {field: name for field, name in self._feed.columns.items() if name in values}
            plan = self._plans[names] = bind(names, given, self._feed.speed_unit)
        return Reader(plan, self._feed.clock, self._mover(raw.peer)).report(values, raw, number, self._count)

    def _mover(self, topic: str) -> str | None:
        """Return the part of a topic that the first wildcard of a subscription stands for."""
        parts = topic.split("/")
        for subscribed in self._feed.topics:
            levels = subscribed.split("/")
            wild = next((i for i, level in enumerate(levels) if level in ("+", "#")), None)
            if wild is not None and wild < len(parts) and aiomqtt.Topic(topic).matches(subscribed):
                return parts[wild] or None
        return None

    def _count(self, name: str) -> None:
        self._counts["item_" + name.partition("_")[2] if name.startswith(("read_", "bad_")) else name] += 1
