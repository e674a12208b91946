"""Carries the outbox to the sinks: in order, at least once, under the same key, each sink independent of the others.

A sink's line only moves at its head. A head that fails waits and is tried again; one that is refused for good, or
fails for too long, becomes a dead letter and the line goes on. All of that state is in the store.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from roadstead.alerts import Transport
from roadstead.errors import DeliveryError, StoreError
from roadstead.store.outbox import Delivery, State
from roadstead.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to try. Waits double from `first_s` to `longest_s`, less up to a half by chance.

    A sink that says when it wants the next try is obeyed up to `obey_s`. An alert becomes a dead letter after
    `attempts`, or with the first failure after `age_s` since it was recorded.
    """

    first_s: float = 1.0
    longest_s: float = 60.0
    obey_s: float = 3600.0
    attempts: int = 200
    age_s: float = 7 * 86400.0

    def wait_s(self, attempts: int, asked_s: float | None, chance: float) -> float:
        """Return the wait after so many failed attempts; `chance` is in [0, 1)."""
        own = min(self.longest_s, self.first_s * 2.0 ** min(attempts - 1, 60)) * (1.0 - chance / 2)
        return own if asked_s is None else max(own, min(asked_s, self.obey_s))


@dataclass(frozen=True, slots=True)
class Report:
    """What one sink's courier did: alerts sent, attempts that failed, dead letters made; and the last trouble it met.

    `next_t` is when the head of the line is due (None: the line is empty); `elsewhere` tells that another process
    serves this sink.
    """

    sent: int = 0
    failed: int = 0
    dead: int = 0
    store_errors: int = 0
    trouble: str = ""
    next_t: float | None = None
    elsewhere: bool = False


class Courier:
    """Serves the line of one sink; give each its own thread, so that a sink that hangs delays no other."""

    def __init__(
        self,
        store: Store,
        sink: str,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.time,
        patience: Patience | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.sink = sink
        self.report = Report()
        self._store = store
        self._transport = transport
        self._clock = clock
        self._patience = patience or Patience()
        self._chance = chance

    def run(self, stop: threading.Event, *, poll_s: float = 0.2) -> None:
        """Deliver until `stop` is set; a store that cannot be reached is tried again, and counted in the report."""
        while not stop.is_set():
            try:
                with self._store.hold(self.sink) as mine:
                    self.report = replace(self.report, elsewhere=not mine)
                    while mine and not stop.is_set():
                        self._line(stop)
                        stop.wait(poll_s)
            except StoreError as error:
                self._count(store_errors=1, trouble=str(error))
            stop.wait(max(poll_s, 1.0))

    def once(self) -> Report:
        """Send what is due now, until the line is empty or its head must wait; raise StoreError."""
        with self._store.hold(self.sink) as mine:
            self.report = replace(self.report, elsewhere=not mine)
            if mine:
                self._line(threading.Event())
        return self.report

    def _line(self, stop: threading.Event) -> None:
        while not stop.is_set():
            head = self._store.next_delivery(self.sink)
            self.report = replace(self.report, next_t=None if head is None else head.due)
            if head is None or not _is_due(head, self._clock()):
                return
            self._store.settle(self._try(head))

    def _try(self, head: Delivery) -> Delivery:
        attempts = head.attempts + 1
        try:
            self._transport.send(head.key, head.payload)
        except DeliveryError as error:
            return self._failed(head, attempts, error)
        now = self._clock()
        self._count(sent=1)
        return replace(head, state="sent", attempts=attempts, tried=now, due=now, error="")

    def _failed(self, head: Delivery, attempts: int, error: DeliveryError) -> Delivery:
        now, p = self._clock(), self._patience
        over = error.permanent or attempts >= p.attempts or now - head.created > p.age_s
        self._count(failed=1, dead=int(over), trouble=str(error))
        due = now if over else now + p.wait_s(attempts, error.retry_after_s, self._chance())
        state: State = "dead" if over else "waiting"
        return replace(head, state=state, attempts=attempts, tried=now, due=due, error=str(error))

    def _count(
        self, *, sent: int = 0, failed: int = 0, dead: int = 0, store_errors: int = 0, trouble: str = ""
    ) -> None:
        r = self.report
        self.report = replace(
            r,
            sent=r.sent + sent,
            failed=r.failed + failed,
            dead=r.dead + dead,
            store_errors=r.store_errors + store_errors,
            trouble=trouble or r.trouble,
        )


def deliver(
    store: Store,
    sinks: Mapping[str, Transport],
    *,
    clock: Callable[[], float] = time.time,
    patience: Patience | None = None,
) -> dict[str, Report]:
    """Make one pass over each sink in turn and return what it came to, by sink; raise StoreError."""
    return {name: Courier(store, name, sink, clock=clock, patience=patience).once() for name, sink in sinks.items()}


def _is_due(head: Delivery, now: float) -> bool:
    """Whether the wait is over; so it is too where the clock was set back, which would stretch it without end."""
    return head.tried is None or now >= head.due or now < head.tried
