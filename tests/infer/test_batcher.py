"""One model, many callers: everyone gets his own rows, and every error."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from roadstead.infer import Shape, Tensor
from roadstead.infer._batcher import Batcher


class Mean:
    """Answers the mean of each picture; `gate` holds it until it is set."""

    def __init__(self, model: Path = Path("none"), *, threads: int = 1, first: int | None = None) -> None:
        self.input: Shape = (first, 3, 2, 2)
        self.outputs: Mapping[str, Shape] = {"mean": (first, 1), "max": (first, 1)}
        self.sizes: list[int] = []
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.gate.set()
        self.fails = False

    @property
    def batchable(self) -> bool:
        return self.input[0] is None

    def run(self, batch: npt.NDArray[Any]) -> list[Tensor]:
        self.entered.set()
        assert self.gate.wait(10)
        self.sizes.append(len(batch))
        if self.fails:
            raise ValueError("no answer")
        flat = batch.reshape(len(batch), -1)
        return [flat.mean(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)]


def picture(value: float) -> Tensor:
    return np.full((3, 2, 2), value, np.float32)


def test_everyone_gets_his_own_rows() -> None:
    engine = Mean()
    batcher = Batcher(engine, max_batch=4, max_wait_s=0.05)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda v: float(batcher.run(picture(v))[0][0]), range(200)))
    batcher.close()
    assert answers == [float(v) for v in range(200)]
    assert sum(engine.sizes) == 200
    assert max(engine.sizes) <= 4


def test_calls_that_come_together_run_together() -> None:
    engine = Mean()
    batcher = Batcher(engine, max_batch=8, max_wait_s=5.0)
    engine.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        held = [pool.submit(batcher.run, picture(0)) for _ in range(2)]
        assert engine.entered.wait(10)
        rest = [pool.submit(batcher.run, picture(v)) for v in range(1, 7)]
        engine.gate.set()
        assert [float(f.result(10)[1][0]) for f in rest] == [1, 2, 3, 4, 5, 6]
        for f in held:
            f.result(10)
    batcher.close()
    assert len(engine.sizes) < 8


def test_an_error_reaches_every_caller_and_the_next_call_works() -> None:
    engine = Mean()
    engine.fails = True
    batcher = Batcher(engine, max_batch=4)
    with ThreadPoolExecutor(6) as pool:
        errors = [f.exception(10) for f in [pool.submit(batcher.run, picture(v)) for v in range(6)]]
    assert all(isinstance(e, ValueError) for e in errors)
    engine.fails = False
    assert float(batcher.run(picture(3))[0][0]) == 3.0
    batcher.close()


def test_closing_answers_what_waits_and_ends_the_threads() -> None:
    before = threading.active_count()
    engine = Mean()
    batcher = Batcher(engine)
    assert threading.active_count() > before
    engine.gate.clear()
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(batcher.run, picture(v)) for v in range(3)]
        assert engine.entered.wait(10)
        closing = threading.Thread(target=batcher.close)
        closing.start()
        engine.gate.set()
        answered = [c for c in calls if c.exception(10) is None]
        closing.join(10)
    assert not closing.is_alive()
    assert answered
    assert threading.active_count() == before
    with pytest.raises(RuntimeError, match="closed"):
        batcher.run(picture(1))


def test_a_model_of_one_picture_at_a_time_needs_no_thread() -> None:
    before = threading.active_count()
    engine = Mean(first=1)
    batcher = Batcher(engine)
    assert threading.active_count() == before
    assert float(batcher.run(picture(7))[0][0]) == 7.0
    assert engine.sizes == [1]
    batcher.close()
