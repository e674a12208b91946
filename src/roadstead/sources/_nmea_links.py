"""Connections that lines come over: one that we make, several that are made to us, and datagrams."""

import selectors
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from roadstead.errors import BadInput, SourceLost
from roadstead.positions import Raw
from roadstead.protocols.nmea import Lines
from roadstead.sources._clock import Steady

TURN_S = 0.5
"""An empty batch comes after this, so that whoever reads can do something else at least once a second."""
RECEIVE_BYTES = 1 << 16
SENDERS = 64
"""More connections at a time are refused."""


class Address(NamedTuple):
    """Where lines come from: scheme, host and port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(slots=True)
class Link:
    """What a connection needs: the feed's name, address, time limits, totals and clock."""

    feed: str
    address: Address
    open_s: float
    silent_s: float
    counts: Counter[str]
    clock: Steady = field(default_factory=Steady)

    def records(self, lines: Sequence[bytes], peer: str) -> list[Raw]:
        """Return lines as they came now."""
        now = self.clock.now()
        return [Raw(now, peer, line) for line in lines]

    def lost(self, why: str) -> SourceLost:
        """Return the error that says why nothing comes."""
        return SourceLost(f"feed {self.feed} ({self.address}): {why}")


def address_of(feed: str, url: str) -> Address:
    """Read an address; raise BadInput (without what may be a password) where it is none."""
    try:
        parts = urlsplit(url)
        found = Address(parts.scheme, parts.hostname or "", parts.port or 0)
    except ValueError:
        found = Address("", "", 0)
    if found.scheme not in _READERS or not found.host or not found.port:
        raise BadInput(f"feed {feed}: the address must be one of {', '.join(f'{s}://host:port' for s in _READERS)}")
    return found


def links(link: Link) -> Iterator[list[Raw]]:
    """Yield the lines that come, at least every second a batch, empty where nothing came; raise SourceLost."""
    yield from _READERS[link.address.scheme](link)


def _connected(link: Link) -> Iterator[list[Raw]]:
    try:
        made = socket.create_connection((link.address.host, link.address.port), timeout=link.open_s)
    except OSError as error:
        raise link.lost(f"cannot connect ({error})") from None
    link.counts["connections"] += 1
    peer, lines, heard = f"{link.address.host}:{link.address.port}", Lines(link.counts), link.clock.steady()
    with closing(made):
        made.settimeout(TURN_S)
        while True:
            try:
                chunk = made.recv(RECEIVE_BYTES)
            except TimeoutError:
                if link.clock.steady() - heard > link.silent_s:
                    raise link.lost(f"nothing came for {link.silent_s:g} s") from None
                yield []
                continue
            except OSError as error:
                yield link.records(lines.end(), peer)
                raise link.lost(f"the connection broke ({error})") from None
            heard = link.clock.steady()
            link.counts["bytes"] += len(chunk)
            yield link.records(lines.feed(chunk) if chunk else lines.end(), peer)
            if not chunk:
                raise link.lost("the other end closed the connection")


def _datagrams(link: Link) -> Iterator[list[Raw]]:
    with _bound(link, socket.SOCK_DGRAM) as receiver:
        receiver.settimeout(TURN_S)
        while True:
            try:
                data, sender = receiver.recvfrom(RECEIVE_BYTES)
            except TimeoutError:
                yield []
                continue
            except OSError as error:
                raise link.lost(f"cannot receive ({error})") from None
            link.counts["bytes"] += len(data)
            lines = Lines(link.counts)
            yield link.records([*lines.feed(data), *lines.end()], _name(sender))


def _senders(link: Link) -> Iterator[list[Raw]]:
    with _bound(link, socket.SOCK_STREAM) as server, selectors.DefaultSelector() as waiting:
        server.listen()
        server.settimeout(0)
        waiting.register(server, selectors.EVENT_READ)
        try:
            while True:
                found: list[Raw] = []
                for key, _ in waiting.select(TURN_S):
                    if key.data is None:
                        _admit(link, server, waiting)
                    else:
                        found.extend(_received(link, key, waiting))
                yield found
        finally:
            for key in list(waiting.get_map().values()):
                if key.data is not None and isinstance(key.fileobj, socket.socket):
                    key.fileobj.close()


def _admit(link: Link, server: socket.socket, waiting: selectors.BaseSelector) -> None:
    try:
        made, sender = server.accept()
    except OSError:
        link.counts["refused"] += 1
        return
    if len(waiting.get_map()) > SENDERS:
        link.counts["refused"] += 1
        made.close()
        return
    made.settimeout(0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    link.counts["connections"] += 1
    waiting.register(made, selectors.EVENT_READ, (_name(sender), Lines(link.counts)))


def _received(link: Link, key: selectors.SelectorKey, waiting: selectors.BaseSelector) -> list[Raw]:
    peer, lines = key.data
    made = key.fileobj
    if not isinstance(made, socket.socket):
        return []
    try:
        chunk = made.recv(RECEIVE_BYTES)
    except BlockingIOError:
        return []
    except OSError:
        link.counts["broken"] += 1
        chunk = b""
    link.counts["bytes"] += len(chunk)
    if chunk:
        return link.records(lines.feed(chunk), peer)
    waiting.unregister(made)
    made.close()
    return link.records(lines.end(), peer)


def _bound(link: Link, kind: socket.SocketKind) -> socket.socket:
    """Return a socket that listens where the address says; raise SourceLost where that is not possible."""
    try:
        family, _, _, _, place = socket.getaddrinfo(link.address.host, link.address.port, type=kind)[0]
        made = socket.socket(family, kind)
    except OSError as error:
        raise link.lost(f"cannot listen ({error})") from None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
    except OSError as error:
        made.close()
        raise link.lost(f"cannot listen ({error})") from None
    return made


def _name(sender: tuple[object, ...]) -> str:
    return f"{sender[0]}:{sender[1]}"


_READERS: dict[str, Callable[[Link], Iterator[list[Raw]]]] = {
    "tcp": _connected,
    "tcp-listen": _senders,
    "udp": _datagrams,
}
