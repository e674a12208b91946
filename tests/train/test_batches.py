"""Which samples make which step: the same whoever asks, from wherever."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from roadstead.errors import BadSettings  # noqa: E402
from roadstead.train.batches import Order, Pick, Steps, shape  # noqa: E402

pytestmark = pytest.mark.torch


def taken(steps: Steps, n: int) -> list[list[Pick]]:
    return [batch for batch, _ in zip(steps, range(n), strict=False)]


@given(n=st.integers(1, 40), seed=st.integers(0, 9), epoch=st.integers(0, 3))
def test_an_epoch_draws_every_sample_once(n: int, seed: int, epoch: int) -> None:
    order = Order(np.ones(n), seed)
    assert sorted(order[epoch * n + k] for k in range(n)) == list(range(n))


@given(repeats=st.lists(st.floats(0.2, 5.0), min_size=1, max_size=20), seed=st.integers(0, 9))
def test_samples_are_drawn_as_often_as_asked_within_one(repeats: list[float], seed: int) -> None:
    order = Order(np.array(repeats), seed)
    drawn = Counter(order[k] for k in range(order.length))
    scale = order.length / sum(repeats)
    assert all(abs(drawn[k] - share * scale) < 1 + 1e-9 for k, share in enumerate(repeats))


def test_epochs_are_shuffled_anew() -> None:
    order = Order(np.ones(50), 0)
    first, second = ([order[e * 50 + k] for k in range(50)] for e in (0, 1))
    assert first != second
    assert order[0] == first[0]


@given(
    parts=st.sampled_from([(1, 8), (1, 4), (1, 2), (2, 4), (2, 2), (4, 1)]),
    first=st.integers(0, 5),
    seed=st.integers(0, 5),
)
def test_however_a_step_is_cut_it_has_the_same_samples(parts: tuple[int, int], first: int, seed: int) -> None:
    world, micro = parts
    order = Order(np.ones(13), seed)
    found = []
    for rank in range(world):
        cut = shape(8, micro, world, rank)
        found += [p for batch in taken(Steps(order, cut, first), cut.rounds) for p in batch]
    assert [p.place for p in found] == list(range(first * 8, first * 8 + 8))
    assert [p.index for p in found] == [order[p.place] for p in found]


def test_steps_go_on_from_anywhere() -> None:
    order, cut = Order(np.ones(13), 3), shape(4, 2, 1, 0)
    assert taken(Steps(order, cut, 0), 12)[6:] == taken(Steps(order, cut, 3), 6)


@pytest.mark.parametrize(
    ("batch", "micro", "world", "sentence"),
    [
        (9, None, 2, "9 samples cannot be shared by 2 processes"),
        (8, 3, 2, "has 4 samples a step, which cannot be computed 3"),
    ],
)
def test_what_cannot_be_shared_is_refused(batch: int, micro: int | None, world: int, sentence: str) -> None:
    with pytest.raises(BadSettings, match=sentence):
        shape(batch, micro, world, 0)


def test_a_process_never_computes_more_than_it_has() -> None:
    assert shape(8, 32, 2, 0).micro == 4
