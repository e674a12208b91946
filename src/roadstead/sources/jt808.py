"""A gateway for truck terminals that speak JT/T 808 (2011, 2013, 2019), by TCP and UDP."""

import errno
import os
import socket
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt, Le

from roadstead.errors import BadInput
from roadstead.positions import Decoder, Raw
from roadstead.sources import Keep, source
from roadstead.sources._jt808_admission import Admission
from roadstead.sources._jt808_decoder import Jt808Decoder
from roadstead.sources._jt808_gateway import Address, Bound, Gateway, Limits
from roadstead.terminals import read_terminals

PATIENCE_S = 6.0
"""A gateway that was killed lets go of its port after so long at most."""
Port = Annotated[int, Ge(0), Le(65535)]


@source("jt808", zh="JT/T 808 终端网关")
@dataclass(frozen=True, slots=True, kw_only=True)
class Jt808:
    """Listens for terminals on `port` (TCP) and, where it is given, on `udp_port`.

    `terminals` is a CSV of who may report: `phone`, and where known `token`, `plate`, `colour`, `operator`; without it
    everybody may, and `counts` says so (authenticated_without_list). `secret` makes the tokens that the list does not
    give; the same secret makes the same tokens after a restart.

    At most `max_connections` connections are held (and as many UDP peers), and `max_per_terminal` messages a second are
    read from one terminal: more waits, by UDP it is refused. A link that sends nothing for `idle_s`, does not
    authenticate within `auth_s`, or leaves `write_buffer` bytes of answers unread is closed. While `queue` records
    wait to be worked off nothing is read. All of it is counted.

    Every record is a frame as it came, with both 7E, and these: `#open`; `#close reason terminals…`; `#refused ` before a frame
    that was not taken because its terminal had not authenticated; `#unframed ` before the beginning of bytes outside of
    any frame.
    """

    feed: str
    host: str = "0.0.0.0"  # noqa: S104  # terminals come from outside: that is what a gateway is for
    port: Port = 6808
    udp_port: Port | None = None
    terminals: Path | None = None
    secret: str = field(default="", repr=False)
    max_connections: Annotated[int, Ge(1), Le(100_000)] = 10_000
    max_per_terminal: Annotated[float, Gt(0)] = 50.0
    idle_s: Annotated[float, Gt(0)] = 300.0
    auth_s: Annotated[float, Gt(0)] = 30.0
    write_buffer: Annotated[int, Ge(1024)] = 65_536
    queue: Annotated[int, Ge(1)] = 100_000
    _counts: "Counter[str]" = field(default_factory=Counter, init=False, repr=False, compare=False)
    _bound: Bound = field(default_factory=Bound, init=False, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Always: terminals report by themselves."""
        return True

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals over all runs: connections, frames, records, answers, bytes_*, bad_*, closed_*, refused_* and more."""
        return dict(self._counts)

    @property
    def bound(self) -> tuple[int | None, int | None]:
        """The TCP and the UDP port that are listened on, once `read` yielded; they tell what a port of 0 became."""
        return self._bound.port, self._bound.udp_port

    def read(self, keep: Keep) -> Generator[tuple[int, Sequence[Raw]], None, None]:
        """Listen until the iterator is closed; see Feed. An answer goes out only after `keep` returned.

        What is kept and not yielded when it ends is in the raw log alone. Raises SourceLost where it cannot listen or
        `keep` fails, BadInput where the address or the list of terminals cannot be used.
        """
        listed = None if self.terminals is None else read_terminals(self.terminals)
        limits = Limits(
            max_connections=self.max_connections,
            max_per_terminal=self.max_per_terminal,
            idle_s=self.idle_s,
            auth_s=self.auth_s,
            write_buffer=self.write_buffer,
            queue=self.queue,
        )
        at = Address(feed=self.feed, host=self.host, port=self.port, udp_port=self.udp_port)
        gateway = Gateway(at, limits, Admission(listed, self.secret), keep, self._counts, self._bound)
        yield from gateway.batches()

    def decoder(self) -> Decoder:
        """Return a new decoder of the records of a gateway, see Jt808Decoder."""
        return Jt808Decoder()


def demand_port(port: int, host: str = "0.0.0.0") -> None:  # noqa: S104  # as above
    """Raise BadInput where a TCP port cannot be listened on, and does not become free within PATIENCE_S."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_server((host, port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise BadInput(
                    f"port {port} cannot be listened on ({os.strerror(error.errno or 0)}); free it, or choose another with --port"
                ) from None
            time.sleep(0.2)
        else:
            return
