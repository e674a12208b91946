"""The loop of a JT/T 808 gateway: listens, keeps what came in groups, answers what is kept, hands it to the reader.

All frames of one turn of the loop are one group: one call of `keep`, then all its answers. What the reader has not
taken yet is kept already; where that is too much, nothing is read from the network until the reader caught up.
"""

import asyncio
import errno
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from roadstead.errors import BadInput, RoadsteadError, SourceLost
from roadstead.positions import Raw
from roadstead.protocols.jt808.framing import Framer
from roadstead.sources import Keep
from roadstead.sources._clock import Steady
from roadstead.sources._jt808_admission import Admission
from roadstead.sources._jt808_links import BUFFER, Link, TcpLink, TcpProtocol, UdpProtocol
from roadstead.sources._jt808_roster import Bucket, Roster
from roadstead.sources._jt808_session import Session

TICK_S = 1.0
"""The reader hears something at least this often."""
LINGER_S, MOST = 0.05, 10_000
"""It gets what came within so long as one batch, up to about so many records: many at once are cheaper to decode."""
BURST_S = 5.0
"""A terminal may send what it may send in so many seconds at once: it comes back from an outage."""
BACKLOG = 4096
"""So many connections may wait to be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one gateway bears; see the fields of the plug-in."""

    max_connections: int
    max_per_terminal: float
    idle_s: float
    auth_s: float
    write_buffer: int
    queue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen; a port of 0 is any free one, None is none."""

    feed: str
    host: str
    port: int
    udp_port: int | None


@dataclass(slots=True)
class Bound:
    """The ports that are listened on; None before, and where there is none."""

    port: int | None = None
    udp_port: int | None = None


class Gateway:
    """One run of a gateway, in a thread of its own. `counts` and `bound` are written as it goes."""

    def __init__(
        self, at: Address, limits: Limits, admission: Admission, keep: Keep, counts: Counter[str], bound: Bound
    ) -> None:
        self.buffer = memoryview(bytearray(BUFFER))
        self._at, self._limits, self._admission = at, limits, admission
        self._keep, self._counts, self._bound = keep, counts, bound
        self._clock = Steady()
        self._roster: Roster[object] = Roster(limits.max_per_terminal, limits.max_per_terminal * BURST_S)
        self._links: set[Link] = set()
        self._tcp = 0
        self._group: list[tuple[Raw, Link, bytes]] = []
        self._after: list[Callable[[], None]] = []
        self._handed: queue.SimpleQueue[tuple[int, Sequence[Raw]] | None] = queue.SimpleQueue()
        self._ahead: deque[tuple[int, Sequence[Raw]] | None] = deque()
        self._put = 0
        self._taken = 0
        self._next = 0
        self._held = False
        self._closing = False
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._began = threading.Event()

    def batches(self) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Listen and yield what was kept, an empty batch first (it listens now) and where a second passes without any.

        Raises SourceLost where it cannot listen or nothing can be kept any more, BadInput where the address is none.
        """
        thread = threading.Thread(target=self._run, name=f"jt808 {self._at.feed}", daemon=True)
        thread.start()
        try:
            while (batch := self._wait()) is not None:
                yield batch
        finally:
            self._end()
            thread.join()
        if self._failure is not None:
            raise self._said(self._failure) from self._failure

    # The reader's side.

    def _wait(self) -> tuple[int, Sequence[Raw]] | None:
        """Return what was kept since, as far as its numbers follow one another; None at the end."""
        batch = self._ahead.popleft() if self._ahead else self._got(TICK_S)
        if batch is None:
            return None
        first, records = batch[0], list(batch[1])
        if records and not self._ahead:
            time.sleep(LINGER_S)
        while len(records) < MOST and (self._ahead or not self._handed.empty()):
            more = self._ahead.popleft() if self._ahead else self._got(0.0)
            if more is None or more[0] != first + len(records):
                self._ahead.append(more)
                break
            records += more[1]
        self._taken += len(records)
        if self._held and self._put - self._taken <= self._limits.queue // 2:
            self._threadsafe(self._look)
        self._next = first + len(records)
        return first, tuple(records)

    def _got(self, timeout_s: float) -> tuple[int, Sequence[Raw]] | None:
        try:
            return self._handed.get(timeout=timeout_s) if timeout_s else self._handed.get_nowait()
        except queue.Empty:
            return self._next, ()

    def _end(self) -> None:
        self._began.wait()
        self._threadsafe(self._halt)

    def _threadsafe(self, act: Callable[[], None]) -> None:
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(act)
        except RuntimeError:
            return  # the loop has ended by itself: there is nothing left to do it in

    def _said(self, failure: BaseException) -> BaseException:
        at = self._at
        if isinstance(failure, SourceLost | BadInput):
            return failure
        if isinstance(failure, RoadsteadError | OSError):
            return SourceLost(f"feed {at.feed}: what came cannot be kept, so nothing is answered: {failure}")
        return failure

    # What the links need, in the loop.

    @property
    def full(self) -> bool:
        """Whether no further connection is taken."""
        return self._closing or self._tcp >= self._limits.max_connections

    @property
    def busy(self) -> bool:
        """Whether nothing is to be read now."""
        return self._held

    def times(self) -> tuple[float, float]:
        """Return UTC epoch seconds, and seconds of a steady clock."""
        return self._clock.now(), time.monotonic()

    def session(self, link: object) -> Session:
        """Return a new session of a link."""
        rate = self._limits.max_per_terminal
        return Session(link, self._admission, self._roster, self._counts, Bucket(rate, rate * BURST_S))

    def framer(self) -> Framer:
        """Return a new framer that adds to the totals."""
        framer = Framer()
        framer.counts = self._counts
        return framer

    def count(self, name: str, by: int = 1) -> None:
        """Add to a total."""
        self._counts[name] += by

    def enter(self, link: Link) -> None:
        """Note a new link."""
        self._links.add(link)
        self._tcp += isinstance(link, TcpLink)

    def leave(self, link: Link) -> None:
        """Note that a link is gone."""
        if link in self._links:
            self._links.remove(link)
            self._tcp -= isinstance(link, TcpLink)

    def post(self, record: Raw, link: Link, answer: bytes) -> None:
        """Take a record into the group of this turn."""
        self._soon()
        self._group.append((record, link, answer))

    def then(self, act: Callable[[], None]) -> None:
        """Do something once all that was posted is kept and answered."""
        self._soon()
        self._after.append(act)

    def _soon(self) -> None:
        if not self._group and not self._after:
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Keep the group, then answer it."""
        group, self._group = self._group, []
        after, self._after = self._after, []
        if group and not self._kept([record for record, _, _ in group]):
            return
        answers: dict[Link, list[bytes]] = {}
        for _, link, answer in group:
            if answer:
                answers.setdefault(link, []).append(answer)
        for link, parts in answers.items():
            self._counts["answers" if link.send(b"".join(parts)) else "answers_lost"] += len(parts)
        for act in after:
            act()

    def _kept(self, records: Sequence[Raw]) -> bool:
        if self._failure is not None:
            return False
        try:
            first = self._keep(records)
        except (RoadsteadError, OSError) as error:
            self._counts["keep_failed"] += 1
            self._fail(error)
            return False
        self._counts["records"] += len(records)
        self._counts["groups"] += 1
        self._handed.put((first, records))
        self._put += len(records)
        self._look()
        return True

    def _look(self) -> None:
        """Read, or not, by how much the reader has not taken yet."""
        waiting = self._put - self._taken
        held = waiting > (self._limits.queue // 2 if self._held else self._limits.queue)
        if held == self._held:
            return
        self._held = held
        self._counts["backlog_pauses"] += held
        now = self.times()[1]
        for link in self._links:
            link.heard = now
            if isinstance(link, TcpLink):
                link.look()

    # The loop.

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except (RoadsteadError, OSError) as error:
            self._fail(error)
        finally:
            self._began.set()
            self._handed.put(None)

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(self._unexpected)
        self._began.set()
        server, udp = await self._listen()
        self._handed.put((self._next, ()))
        step = max(0.05, min(TICK_S, self._limits.idle_s / 4, self._limits.auth_s / 4))
        try:
            while not self._stop.is_set():
                await asyncio.wait((asyncio.ensure_future(self._stop.wait()),), timeout=step)
                self._sweep()
        finally:
            await self._shut(server, udp)

    async def _shut(self, server: asyncio.Server, udp: asyncio.DatagramTransport | None) -> None:
        """End every link and keep that it ended. Connections that are just being accepted are refused first."""
        self._closing = True
        server.close()
        await asyncio.sleep(0.01)
        for link in tuple(self._links):
            link.close("stopped")
        if udp is not None:
            udp.close()
        await asyncio.sleep(0)
        self._flush()
        await asyncio.sleep(0)

    async def _listen(self) -> tuple[asyncio.Server, asyncio.DatagramTransport | None]:
        loop, at, udp = asyncio.get_running_loop(), self._at, None
        try:
            server = await loop.create_server(self._protocol, at.host, at.port, backlog=BACKLOG)
            self._bound.port = server.sockets[0].getsockname()[1]
            if at.udp_port is not None:
                udp, _ = await loop.create_datagram_endpoint(self._peers, local_addr=(at.host, at.udp_port))
                self._bound.udp_port = udp.get_extra_info("sockname")[1]
        except OSError as error:
            where = f"feed {at.feed}: {at.host}, port {at.port}" + (f" or UDP {at.udp_port}" if at.udp_port else "")
            kind = SourceLost if error.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EMFILE) else BadInput
            raise kind(f"{where}: cannot be listened on: {error.strerror}") from error
        return server, udp

    def _protocol(self) -> TcpProtocol:
        return TcpProtocol(self, self._limits.write_buffer)

    def _peers(self) -> UdpProtocol:
        return UdpProtocol(self, self._limits.max_connections)

    def _sweep(self) -> None:
        """Close who is silent or never authenticates; ask for parts that are missing."""
        now = self.times()[1]
        for link in tuple(self._links):
            if link.session.terminals:
                link.since = now
            if not self._held and now - link.heard > self._limits.idle_s:
                link.close("idle")
            elif now - link.since > self._limits.auth_s:
                link.close("unauthenticated")
            elif asked := link.session.missing(now):
                link.send(asked)

    def _halt(self) -> None:
        if self._stop is not None:
            self._stop.set()

    def _fail(self, failure: BaseException) -> None:
        if self._failure is None:
            self._failure = failure
        self._halt()

    def _unexpected(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Hear of what went wrong in a callback: a connection that cannot be accepted is counted, a mistake ends the feed."""
        error = context.get("exception")
        if isinstance(error, OSError):
            self._counts["accept_failed"] += 1
            return
        self._fail(error if isinstance(error, BaseException) else RuntimeError(str(context.get("message"))))
