"""The two ways into a JT/T 808 gateway: a TCP connection, and the peers behind a UDP socket.

A link reads frames, lets its session judge them, and posts both to the gateway, which keeps the records and then lets
the link send the answers. Everything here runs in the gateway's loop.
"""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol, cast

from roadstead.positions import Raw
from roadstead.protocols.jt808.framing import Framer
from roadstead.sources._jt808_session import Session

UNIT_BYTES = 1024
"""A chunk counts as one message for each frame, and at least for each of so many bytes."""
BUFFER = 16_384
"""So many bytes are read from one connection at a time, so that none takes all the turns."""

OPEN, CLOSE, UNFRAMED = b"#open", b"#close ", b"#unframed "
"""Records that are no frames: a link began; it ended (the reason, then its terminals); bytes came that are in no frame."""
SHOWN, SHOWN_BYTES = 16, 256
"""Of so many chunks a link, so many bytes are kept where some were in no frame; of the others the count."""

Address = tuple[str, int]


class Desk(Protocol):
    """What links need of the gateway."""

    @property
    def buffer(self) -> memoryview:
        """Where chunks are read into, one after the other."""

    @property
    def full(self) -> bool:
        """Whether no further connection is taken."""

    @property
    def busy(self) -> bool:
        """Whether nothing is to be read now, because what was read is not worked off."""

    def times(self) -> tuple[float, float]:
        """Return UTC epoch seconds, and seconds of a steady clock."""

    def session(self, link: object) -> Session:
        """Return a new session of a link."""

    def framer(self) -> Framer:
        """Return a new framer that adds to the totals."""

    def count(self, name: str, by: int = 1) -> None:
        """Add to a total."""

    def enter(self, link: "Link") -> None:
        """Note a new link."""

    def leave(self, link: "Link") -> None:
        """Note that a link is gone."""

    def post(self, record: Raw, link: "Link", answer: bytes) -> None:
        """Hand over a record that is to be kept, and the answer that is to be sent after that."""

    def then(self, act: Callable[[], None]) -> None:
        """Do something once all that was posted is kept and answered."""


class Link(ABC):
    """What a TCP connection and a UDP peer have in common."""

    def __init__(self, desk: Desk, peer: str) -> None:
        self.desk = desk
        self.peer = peer
        self.session = desk.session(self)
        _, self.since = desk.times()
        self.heard = self.since
        self.ended = ""
        self._shown = 0
        self.post(OPEN)
        desk.enter(self)

    def post(self, data: bytes, answer: bytes = b"") -> None:
        """Hand over what came."""
        self.desk.post(Raw(self.desk.times()[0], self.peer, data), self, answer)

    def take(self, framer: Framer, chunk: bytes) -> float:
        """Judge a chunk; return how long not to read from here, s."""
        t, now = self.desk.times()
        self.heard = now
        lost = _unframed(framer)
        frames = framer.feed(chunk)
        for frame in frames:
            record, answer = self.session.take(frame, t, now)
            self.desk.post(Raw(t, self.peer, record), self, answer)
        if _unframed(framer) > lost and self._shown < SHOWN:
            self._shown += 1
            self.desk.post(Raw(t, self.peer, UNFRAMED + chunk[:SHOWN_BYTES]), self, b"")
        return self.session.bucket.take(max(len(frames), len(chunk) / UNIT_BYTES), now)

    def over(self, reason: str) -> None:
        """Let the terminals go and note why the link ended; only the first time counts."""
        if self.ended:
            return
        self.ended = reason
        self.desk.count(f"closed_{reason}")
        words = (reason, *self.session.terminals)
        self.session.close()
        self.post(CLOSE + " ".join(words).encode())

    @abstractmethod
    def send(self, data: bytes) -> bool:
        """Send answers, if that is still possible."""

    @abstractmethod
    def close(self, reason: str) -> None:
        """End the link."""


class TcpLink(Link):
    """One TCP connection."""

    def __init__(self, desk: Desk, transport: asyncio.Transport, address: Address) -> None:
        super().__init__(desk, f"tcp:{address[0]}:{address[1]}")
        self._transport = transport
        self._held = False
        self._framer = desk.framer()
        self.look()

    def chunk(self, data: bytes) -> None:
        """Take bytes as they came."""
        wait = self.take(self._framer, data)
        if wait > 0:
            self.desk.count("flood_pauses")
            self._held = True
            self.heard += wait
            self.look()
            asyncio.get_running_loop().call_later(wait, self._release)

    def look(self) -> None:
        """Read on, or not, as it stands."""
        if self._transport.is_closing():
            return
        if self._held or self.desk.busy:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def send(self, data: bytes) -> bool:
        """Send answers, unless the connection is gone."""
        if self._transport.is_closing():
            return False
        self._transport.write(data)
        return True

    def close(self, reason: str) -> None:
        """Break the connection off; what is not sent yet is gone."""
        self.over(reason)
        self._transport.abort()

    def finish(self) -> None:
        """Close once all answers are sent."""
        self.over("peer")
        self._transport.close()

    def lost(self, error: Exception | None) -> None:
        """Note that the connection is gone."""
        self._framer.close()
        self.over("peer" if error is None else "broken")
        self.desk.leave(self)

    def _release(self) -> None:
        self._held = False
        self.look()


class TcpProtocol(asyncio.BufferedProtocol):
    """What asyncio calls for one TCP connection; refuses it where there are too many."""

    def __init__(self, desk: Desk, write_buffer: int) -> None:
        self._desk, self._write_buffer = desk, write_buffer
        self._link: TcpLink | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a link."""
        stream = cast("asyncio.Transport", transport)
        if self._desk.full:
            self._desk.count("refused_full")
            stream.abort()
            return
        stream.set_write_buffer_limits(high=self._write_buffer)
        stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._write_buffer)
        self._desk.count("connections")
        host, port = (stream.get_extra_info("peername") or ("?", 0))[:2]
        self._link = TcpLink(self._desk, stream, (str(host), int(port)))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's own signature
        """Return where to read into."""
        return self._desk.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        if self._link is not None:
            self._link.chunk(bytes(self._desk.buffer[:nbytes]))

    def eof_received(self) -> bool:
        """Keep the way back open until everything is answered."""
        if self._link is not None:
            self._desk.then(self._link.finish)
        return True

    def pause_writing(self) -> None:
        """Close a peer that does not read its answers."""
        if self._link is not None:
            self._link.close("slow")

    def connection_lost(self, exc: Exception | None) -> None:
        """End the link."""
        if self._link is not None:
            self._link.lost(exc)


class UdpLink(Link):
    """One peer by UDP: an address that frames come from."""

    def __init__(self, desk: Desk, way: "UdpProtocol", address: Address) -> None:
        super().__init__(desk, f"udp:{address[0]}:{address[1]}")
        self._way, self.address = way, address
        self._silent_until = 0.0

    def datagram(self, data: bytes) -> None:
        """Take one datagram; frames do not go on in the next one."""
        now = self.desk.times()[1]
        if now < self._silent_until:
            self.desk.count("datagrams_refused_flood")
            return
        framer = self.desk.framer()
        wait = self.take(framer, data)
        framer.close()
        self._silent_until = now + wait

    def send(self, data: bytes) -> bool:
        """Send answers: those of one turn are one datagram."""
        return self._way.send(data, self.address)

    def close(self, reason: str) -> None:
        """Forget the peer."""
        self.over(reason)
        self.desk.leave(self)
        self._way.forget(self)


class UdpProtocol(asyncio.DatagramProtocol):
    """What asyncio calls for the UDP socket."""

    def __init__(self, desk: Desk, most: int) -> None:
        self._desk, self._most = desk, most
        self._links: dict[Address, UdpLink] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own class is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take one datagram; what cannot be taken now is neither kept nor answered, so that it comes again."""
        self._desk.count("datagrams")
        if self._desk.busy:
            self._desk.count("datagrams_refused_busy")
            return
        link = self._links.get(addr)
        if link is None:
            if len(self._links) >= self._most:
                self._desk.count("datagrams_refused_full")
                return
            link = self._links[addr] = UdpLink(self._desk, self, addr)
        link.datagram(data)

    def error_received(self, exc: Exception) -> None:  # noqa: ARG002  # asyncio's own signature
        """Count what the network says came back."""
        self._desk.count("datagram_errors")

    def send(self, data: bytes, address: Address) -> bool:
        """Send a datagram, unless the socket is closed."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.sendto(data, address)
        return True

    def forget(self, link: UdpLink) -> None:
        """Take a peer off the list."""
        self._links.pop(link.address, None)


def _unframed(framer: Framer) -> int:
    return framer.counts["bytes_outside"] + framer.counts["bytes_overlong"]
