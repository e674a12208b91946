"""A running JT/T 808 gateway, and a terminal on a plain socket whose frames are made by hand."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from pathlib import Path

from roadstead.positions import Raw
from roadstead.sources import Keep
from roadstead.sources.jt808 import Jt808

PLACE = bytes.fromhex("00000000000000030201cbc006d0a5c00005003c00b4260102030405")
"""The 28 bytes of a place: ignition on, fix valid, 33.672128 N 114.337216 E, 5 m, 6 km/h, 180 degrees, 2026-01-02 03:04:05."""


def frame(
    message: int, phone: str, serial: int, body: bytes = b"", version: int | None = None, part: str = ""
) -> bytes:
    """Write a frame; `part` are total and index in hex."""
    attributes = len(body) | (0x2000 if part else 0) | (0x4000 if version is not None else 0)
    head = f"{message:04x}{attributes:04x}"
    head += f"{phone:0>12}" if version is None else f"{version:02x}{phone:0>20}"
    payload = bytes.fromhex(head + f"{serial:04x}" + part) + body
    payload += bytes((reduce(xor, payload),))
    return b"\x7e" + payload.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def plain(answer: bytes) -> bytes:
    """Return what stands in a frame, without the checksum, which is right."""
    payload = answer[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    assert answer[0] == answer[-1] == 0x7E
    assert reduce(xor, payload) == 0
    return payload[:-1]


@dataclass
class Running:
    """A gateway that is read in a thread; `log` is what was kept, `yielded` what came out."""

    feed: Jt808
    log: list[Raw] = field(default_factory=list)
    yielded: list[tuple[int, Sequence[Raw]]] = field(default_factory=list)
    error: BaseException | None = None
    listening: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    slowly: Callable[[], None] = lambda: None

    def keep(self, records: Sequence[Raw]) -> int:
        first = len(self.log)
        self.log.extend(records)
        return first

    def read(self, keep: Keep | None) -> None:
        batches = self.feed.read(keep or self.keep)
        try:
            for batch in batches:
                self.listening.set()
                self.yielded.append(batch)
                self.slowly()
                if self.over.is_set():
                    break
        except Exception as error:  # noqa: BLE001  # what ends a feed is what a test asks for
            self.error = error
        finally:
            batches.close()
            self.listening.set()

    @property
    def counts(self) -> dict[str, int]:
        return dict(self.feed.counts)

    @property
    def port(self) -> int:
        port = self.feed.bound[0]
        assert port is not None
        return port

    def frames(self) -> list[bytes]:
        return [r.data for r in self.log if r.data[:1] == b"\x7e"]


@contextmanager
def running(
    keep: Keep | None = None, slowly: Callable[[], None] = lambda: None, **settings: object
) -> Iterator[Running]:
    """Run a gateway on a free port of this machine until the block ends."""
    feed = Jt808(**({"feed": "gate", "host": "127.0.0.1", "port": 0} | settings))  # type: ignore[arg-type]  # settings of a test
    made = Running(feed, slowly=slowly)
    thread = threading.Thread(target=made.read, args=(keep,))
    thread.start()
    try:
        assert made.listening.wait(5)
        yield made
    finally:
        made.over.set()
        with suppress(OSError):  # whoever comes now makes it yield, and see that it is over
            socket.create_connection(("127.0.0.1", made.port), timeout=1).close()
        thread.join(10)
        assert not thread.is_alive()


class Phone:
    """A terminal on a plain socket."""

    def __init__(self, port: int, phone: str = "13800000001", version: int | None = None) -> None:
        self.phone, self.version, self.serial = phone, version, 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._held = b""

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def peer(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"tcp:{host}:{port}"

    def make(self, message: int, body: bytes = b"", serial: int | None = None, part: str = "") -> bytes:
        if serial is None:
            serial, self.serial = self.serial, self.serial + 1
        return frame(message, self.phone, serial, body, self.version, part)

    def answer(self) -> bytes:
        """Wait for one frame and return its header and body."""
        while self._held.count(b"\x7e") < 2:
            got = self.socket.recv(4096)
            if not got:
                raise ConnectionError("the gateway closed the connection")
            self._held += got
        end = self._held.index(b"\x7e", 1) + 1
        one, self._held = self._held[:end], self._held[end:]
        return plain(one)

    def ask(self, message: int, body: bytes = b"", serial: int | None = None) -> bytes:
        """Send a message; return the body of the answer."""
        self.socket.sendall(self.make(message, body, serial))
        return self.answer()[12 if self.version is None else 17 :]

    def authenticate(self, token: bytes = b"any") -> bytes:
        return self.ask(0x0102, token if self.version is None else bytes((len(token),)) + token)

    def closed(self, within_s: float = 3.0) -> bool:
        """Tell whether the gateway closes the connection in time."""
        self.socket.settimeout(within_s)
        with suppress(ConnectionResetError, BrokenPipeError):
            try:
                while self.socket.recv(65_536):
                    pass
            except TimeoutError:
                return False
        return True


def eventually(true: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Wait until something holds."""
    until = time.monotonic() + within_s
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def terminal_list(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "terminals.csv"
    path.write_bytes(text.encode(encoding))
    return path
