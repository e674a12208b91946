"""One model for many cameras: calls that come together run together."""

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from roadstead.infer import Engine, Tensor


@dataclass(slots=True, eq=False)
class _Call:
    picture: Tensor
    answer: "Future[list[Tensor]]" = field(default_factory=Future)


class Batcher:
    """Collects pictures (3, h, w) of several threads into batches of at most `max_batch`; each caller gets its own rows.

    The first picture of a batch waits at most `max_wait_s` for others, and only as many as were waiting together
    lately: a single camera never waits. While one batch runs, the next is collected. Where the model takes one picture
    at a time there is no collecting and no thread.
    """

    def __init__(self, engine: Engine, *, max_batch: int = 8, max_wait_s: float = 0.004) -> None:
        self._engine = engine
        self._max_batch = max_batch if engine.batchable else 1
        self._max_wait_s = max_wait_s
        self._waiting: deque[_Call] = deque()
        self._arrived = threading.Condition()
        self._closed = False
        self._inside = 0
        self._workers: list[threading.Thread] = []
        if self._max_batch > 1:
            self._workers = [threading.Thread(target=self._work, name=f"batch-{i}", daemon=True) for i in range(2)]
            for worker in self._workers:
                worker.start()

    def run(self, picture: Tensor) -> list[Tensor]:
        """Return every output for one picture, (rows, columns) each; an error of the engine reaches every caller of its batch."""
        if self._max_batch == 1:
            return [output[0] for output in self._engine.run(picture[None])]
        call = _Call(picture)
        with self._arrived:
            if self._closed:
                raise RuntimeError("the model was closed")
            self._inside += 1
            self._waiting.append(call)
            self._arrived.notify_all()
        try:
            return call.answer.result()
        finally:
            with self._arrived:
                self._inside -= 1

    def close(self) -> None:
        """Answer what is waiting, then end the threads; later calls raise RuntimeError."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
        for worker in self._workers:
            worker.join()

    def _work(self) -> None:
        while batch := self._collect():
            try:
                outputs = self._engine.run(np.stack([call.picture for call in batch]))
            except BaseException as error:  # noqa: BLE001 - not swallowed: it is handed to every thread that waits for this batch
                for call in batch:
                    call.answer.set_exception(error)
                continue
            for row, call in enumerate(batch):
                call.answer.set_result([output[row] for output in outputs])

    def _collect(self) -> list[_Call]:
        """Return the next batch; nothing once closed and empty."""
        with self._arrived:
            while True:
                self._arrived.wait_for(lambda: bool(self._waiting) or self._closed)
                self._arrived.wait_for(self._enough, timeout=self._max_wait_s)
                if self._waiting:
                    return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_batch))]
                if self._closed:
                    return []

    def _enough(self) -> bool:
        """Whether everyone who is inside is in the queue already, or the batch is full."""
        return self._closed or not self._waiting or len(self._waiting) >= min(self._max_batch, self._inside)
