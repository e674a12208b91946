"""Truck terminals that speak JT/T 808 to a gateway: they register, authenticate, report, repeat and catch up.

A terminal keeps what nobody answered and sends it again, with the same serial, after `reply_s` and after it connected
anew. What it had to report while it was not connected it sends as a backfill (0x0704).
"""

import asyncio
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from roadstead.errors import BadInput, SourceLost
from roadstead.protocols.jt808 import header as headers
from roadstead.protocols.jt808 import messages, times
from roadstead.protocols.jt808.framing import BadFrame, Framer, unwrap
from roadstead.protocols.jt808.messages import (
    Answer,
    Authenticate,
    Batch,
    Heartbeat,
    Location,
    Message,
    Register,
    RegisterAnswer,
    Resend,
)

ORIGIN = (31.23, 121.47)
"""Where generated terminals drive about: latitude and longitude, degrees."""
FAILED = 1
"""The result of 0x8001 that says that a message was not taken."""
_OPENING = frozenset({Register.number, Authenticate.number})

Answered = Callable[[str, int, int, float], None]
"""Hears of every answer: phone, message, serial, and when (UTC epoch s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One terminal: who it is, and what it reports (`places`, one after the other; it is silent when they end)."""

    phone: str
    places: Iterator[Location]
    version: int | None = None
    token: str | None = None
    plate: str = "沪A00001"
    colour: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How terminals behave: places a second, and times in s. `batch` places go into one backfill."""

    rate_hz: float = 1.0
    seconds: float = 10.0
    heartbeat_s: float = 60.0
    reply_s: float = 10.0
    retries: int = 3
    reconnect_s: float = 1.0
    drain_s: float = 5.0
    batch: int = 40
    ramp_s: float = 1.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LoadResult:
    """What became of it: totals, and how long answers took from the first sending on, s (n,)."""

    counts: "Counter[str]"
    latency_s: np.ndarray[tuple[int], np.dtype[np.float64]]
    seconds: float

    def latency_ms(self, percent: float) -> float:
        """Return a percentile of the latency, ms; NaN where nothing was answered."""
        return float(np.percentile(self.latency_s, percent) * 1e3) if len(self.latency_s) else float("nan")

    @property
    def unanswered(self) -> int:
        """Messages that were sent and never answered."""
        return self.counts["unanswered"]


@dataclass(slots=True)
class _Sent:
    frames: list[bytes]
    message: int
    first: float
    last: float
    waits: set[int]
    tries: int = 1


@dataclass(slots=True)
class _Tally:
    """What all terminals of one run write into."""

    counts: "Counter[str]" = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    answered: Answered | None = None


class Client(asyncio.Protocol):
    """One terminal and its connection. `run` keeps it connected until the time is over."""

    def __init__(self, who: Terminal, habits: Habits, tally: _Tally) -> None:
        self.who, self._habits, self._tally = who, habits, tally
        self._transport: asyncio.Transport | None = None
        self._token = who.token
        self._serial = 0
        self._ready = False
        self._over = asyncio.Event()
        self._framer = Framer()
        self._waiting: dict[int, _Sent] = {}
        self._by_serial: dict[int, int] = {}
        self._backlog: deque[Location] = deque()
        self._beat = 0.0
        self._connected = float("-inf")

    async def run(self, host: str, port: int, until: float) -> None:
        """Report until a time of the steady clock; then wait for the last answers and close."""
        habits, loop = self._habits, asyncio.get_running_loop()
        due = loop.time()
        while (now := loop.time()) < until:
            if self._transport is None:
                await self._connect(host, port)
            if now >= due:
                due += 1 / habits.rate_hz
                self._report(now)
            self._repeat(now)
            await asyncio.sleep(min(max(due - loop.time(), 0.0), max(until - loop.time(), 0.0)))
        await self._drain(host, port, loop.time() + habits.drain_s)
        self._tally.counts["unanswered"] += len(self._waiting)
        self._tally.counts["unsent"] += len(self._backlog)
        if self._transport is not None:
            self._transport.close()
            await self._over.wait()

    async def _drain(self, host: str, port: int, until: float) -> None:
        loop = asyncio.get_running_loop()
        while (now := loop.time()) < until and (self._waiting or self._backlog):
            if self._transport is None:
                await self._connect(host, port)
            self._catch_up(now)
            self._repeat(now)
            await asyncio.sleep(0.02)

    async def _connect(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._connected + self._habits.reconnect_s - loop.time()))
        self._connected = loop.time()
        self._over.clear()
        try:
            await loop.create_connection(lambda: self, host, port)
        except OSError:
            self._tally.counts["connects_failed"] += 1

    def _report(self, now: float) -> None:
        place = next(self.who.places, None)
        if place is not None:
            self._backlog.append(place)
        if not self._ready:
            return
        self._catch_up(now)
        if now - self._beat >= self._habits.heartbeat_s:
            self._beat = now
            self._send(Heartbeat(), now)

    def _catch_up(self, now: float) -> None:
        """Send what there is to report: one place as such, more as backfill."""
        while self._ready and self._backlog:
            if len(self._backlog) == 1:
                self._send(self._backlog.popleft(), now)
                continue
            some = [self._backlog.popleft() for _ in range(min(self._habits.batch, len(self._backlog)))]
            self._tally.counts["backfilled"] += len(some)
            self._send(Batch(Batch.BACKFILL, tuple(some)), now)

    def _send(self, message: Message, now: float) -> None:
        first = self._serial
        frames = messages.compose(message, self.who.phone, first, self.who.version)
        self._serial = (first + len(frames)) & 0xFFFF
        serials = [(first + k) & 0xFFFF for k in range(len(frames))]
        self._waiting[first] = _Sent(frames, message.number, now, now, set(serials))
        self._by_serial.update(dict.fromkeys(serials, first))
        self._tally.counts["sent"] += 1
        self._tally.counts["frames"] += len(frames)
        self._write(frames)

    def _repeat(self, now: float) -> None:
        """Send again, unchanged, what was not answered in time; give the connection up after too many tries."""
        for sent in self._waiting.values():
            if not self._ready and sent.message not in _OPENING:
                continue
            if now - sent.last >= self._habits.reply_s:
                if sent.tries > self._habits.retries:
                    self._abort()
                    return
                sent.last, sent.tries = now, sent.tries + 1
                self._tally.counts["repeated"] += 1
                self._write(sent.frames)

    def _abort(self) -> None:
        self._ready = False
        if self._transport is not None:
            self._transport.abort()

    def _write(self, frames: Sequence[bytes]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._tally.counts["frames_written"] += len(frames)
            self._transport.write(b"".join(frames))

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register, or authenticate with the token that is known."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"{transport!r} is no stream")
        self._transport, self._framer = transport, Framer()
        self._tally.counts["connections"] += 1
        now = asyncio.get_running_loop().time()
        for serial in [s for s, sent in self._waiting.items() if sent.message in _OPENING]:
            del self._waiting[serial]
        if self._token is None:
            self._register(now)
        else:
            self._authenticate(now)

    def data_received(self, data: bytes) -> None:
        """Take answers."""
        now = asyncio.get_running_loop().time()
        for frame in self._framer.feed(data):
            try:
                header, body = headers.parse(unwrap(frame))
                said = messages.decode(header, body)
            except BadFrame:
                self._tally.counts["bad_answers"] += 1
                continue
            self._hear(said, now)

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep what was not answered for the next connection."""
        self._transport, self._ready = None, False
        self._tally.counts["lost"] += exc is not None
        self._over.set()

    def _hear(self, said: Message, now: float) -> None:
        if isinstance(said, RegisterAnswer):
            self._registered(said, now)
        elif isinstance(said, Answer):
            self._answered(said, now)
        elif isinstance(said, Resend):
            self._resend(said)

    def _registered(self, said: RegisterAnswer, now: float) -> None:
        self._settle(said.serial, now)
        if said.result:
            self._tally.counts["registrations_refused"] += 1
            return
        self._token = said.token
        self._authenticate(now)

    def _answered(self, said: Answer, now: float) -> None:
        if said.message == Authenticate.number:
            self._settle(said.serial, now)
            if said.result:
                self._tally.counts["authentications_refused"] += 1
                self._token = None
                self._abort()
                return
            self._ready, self._beat = True, now
            self._again(now)
            return
        if said.result == FAILED:  # the gateway does not know us (any more): authenticate anew, then send it again
            self._tally.counts["refused"] += 1
            self._abort()
            return
        self._settle(said.serial, now)

    def _again(self, now: float) -> None:
        """After an outage: what was sent and not answered comes first."""
        for sent in self._waiting.values():
            sent.last = now
            self._tally.counts["repeated"] += 1
            self._write(sent.frames)

    def _settle(self, serial: int, now: float) -> None:
        first = self._by_serial.pop(serial, None)
        sent = self._waiting.get(first) if first is not None else None
        if first is None or sent is None:
            self._tally.counts["answers_twice"] += 1
            return
        sent.waits.discard(serial)
        self._tally.counts["answered_frames"] += 1
        if self._tally.answered is not None:
            self._tally.answered(self.who.phone, sent.message, serial, time.time())
        if not sent.waits:
            del self._waiting[first]
            self._tally.counts["answered"] += 1
            self._tally.latencies.append(now - sent.first)

    def _resend(self, said: Resend) -> None:
        sent = self._waiting.get(said.serial)
        if sent is None:
            self._tally.counts["resends_unknown"] += 1
            return
        wanted = [sent.frames[k - 1] for k in said.indices if 1 <= k <= len(sent.frames)]
        self._tally.counts["resent"] += len(wanted)
        self._write(wanted)

    def _register(self, now: float) -> None:
        who = self.who
        self._send(Register(31, 115, "ROAD", "SIM", who.phone[-7:], who.colour, who.plate), now)

    def _authenticate(self, now: float) -> None:
        self._send(Authenticate(self._token or ""), now)


def circling(number: int, clock: Callable[[], float] = time.time) -> Iterator[Location]:
    """Yield places of a truck that circles at 36 km/h, each at the time when it is asked for; no two trucks share a circle."""
    radius_deg, phase = 0.01 + 1e-5 * number, 0.1 * number
    mileage = 0
    while True:
        t = clock()
        turn = phase + 10.0 / (radius_deg * 111_320) * t
        mileage += 1
        yield Location(
            alarms=0,
            status=0b11,
            lat=round(ORIGIN[0] + radius_deg * np.cos(turn).item(), 6),
            lon=round(ORIGIN[1] + radius_deg * np.sin(turn).item(), 6),
            altitude_m=5,
            speed_kmh=36.0,
            course_deg=round(np.degrees(turn).item() + 90) % 360,
            time=times.stamp(t),
            extras=(
                (0x01, mileage.to_bytes(4, "big")),
                (0x03, (360).to_bytes(2, "big")),
                (0x30, b"\x1f"),
                (0x31, b"\x0c"),
            ),
        )


def fleet(number: int, *, first: int = 13_900_000_000, version: int | None = None) -> list[Terminal]:
    """Return so many terminals with consecutive phone numbers, on circles."""
    return [
        Terminal(phone=str(first + k), places=circling(k), version=version, plate=f"沪A{k:05d}") for k in range(number)
    ]


async def run(
    host: str, port: int, terminals: Sequence[Terminal], habits: Habits, answered: Answered | None = None
) -> LoadResult:
    """Let terminals report to a gateway for `habits.seconds`, their beginnings spread over `habits.ramp_s`."""
    loop, tally = asyncio.get_running_loop(), _Tally(answered=answered)
    began = loop.time()

    async def one(k: int, who: Terminal) -> None:
        await asyncio.sleep(habits.ramp_s * k / len(terminals))
        await Client(who, habits, tally).run(host, port, began + habits.seconds)

    async with asyncio.TaskGroup() as group:
        for k, who in enumerate(terminals):
            group.create_task(one(k, who))
    tally.counts["terminals"] = len(terminals)
    return LoadResult(counts=tally.counts, latency_s=np.array(tally.latencies), seconds=loop.time() - began)


def address(text: str) -> tuple[str, int]:
    """Read "host:port"; raise BadInput.

    >>> address("127.0.0.1:6808")
    ('127.0.0.1', 6808)
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadInput(f"{text!r} is no address; give host:port, as in 127.0.0.1:6808")
    return host, int(port)


def load(
    host: str, port: int, terminals: int, rate_hz: float = 1.0, seconds: float = 10.0, *, version: int | None = None
) -> LoadResult:
    """Let generated terminals report, `rate_hz` places a second each, and return what became of it; raise SourceLost where no gateway is."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise SourceLost(f"{host}:{port}: nobody listens there ({error.strerror or error}); start a gateway") from None
    habits = Habits(rate_hz=rate_hz, seconds=seconds, ramp_s=min(seconds / 2, max(1.0, 1 / rate_hz)))
    return asyncio.run(run(host, port, fleet(terminals, version=version), habits))
