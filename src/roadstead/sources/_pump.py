"""From a receiving thread to the generator of a live feed: what is kept is handed on, in order."""

import asyncio
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from roadstead.errors import RecordingError, SourceLost
from roadstead.positions import Raw
from roadstead.sources import Keep

_WAITING = 1000
_TICK_S = 0.2
_MOST = 5000


class Pump:
    """Keeps messages as they are received, and yields them; a receiver that is ahead by too much has to wait."""

    def __init__(self, keep: Keep, counts: Counter[str]) -> None:
        self._keep = keep
        self._counts = counts
        self._queue: queue.Queue[tuple[int, Sequence[Raw]]] = queue.Queue(_WAITING)
        self._failure: BaseException | None = None
        self.stopping = threading.Event()

    async def take(self, records: Sequence[Raw]) -> None:
        """Keep messages; they may be acknowledged when this returns. Raises SourceLost, and ends the feed, where `keep` fails."""
        try:
            first = self._keep(records)
        except RecordingError as error:
            self._failure = SourceLost(str(error))
            self.stopping.set()
            raise self._failure from error
        self._counts["messages"] += len(records)
        self._counts["bytes"] += sum(len(raw.data) for raw in records)
        while not self.stopping.is_set():
            try:
                self._queue.put_nowait((first, records))
            except queue.Full:
                await asyncio.sleep(0.01)
            else:
                return

    async def stopped(self) -> None:
        """Wait until nobody reads any more."""
        while not self.stopping.is_set():
            await asyncio.sleep(0.1)

    def batches(self, receive: Callable[[], None], name: str) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Run `receive` in a thread and yield what it takes, several times a second; raise what ended it."""
        thread = threading.Thread(target=self._run, args=(receive,), name=name, daemon=True)
        thread.start()
        following = 0
        try:
            while True:
                alive = thread.is_alive()
                first, batch = self._next(following)
                if batch:
                    following = first + len(batch)
                elif not alive:
                    break
                yield first, batch
            if self._failure is not None:
                raise self._failure
        finally:
            self.stopping.set()
            thread.join(10)

    def _run(self, receive: Callable[[], None]) -> None:
        try:
            receive()
        except BaseException as error:  # noqa: BLE001  # it is raised where the feed is read
            self._failure = self._failure or error

    def _next(self, following: int) -> tuple[int, Sequence[Raw]]:
        """Return all that waits and goes on without a gap; nothing after a while."""
        try:
            first, taken = self._queue.get(timeout=_TICK_S)
        except queue.Empty:
            return following, ()
        batch = list(taken)
        while len(batch) < _MOST:
            with self._queue.mutex:
                ahead = self._queue.queue[0] if self._queue.queue else None
            if ahead is None or ahead[0] != first + len(batch):
                break
            batch += self._queue.get_nowait()[1]
        return first, batch
