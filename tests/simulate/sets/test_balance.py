"""Quotas: exact totals, fair shares, nothing beyond what is wanted."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from roadstead.simulate.sets.balance import Quotas

_WEIGHTS = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 1), min_size=1)


@given(st.integers(1, 500), st.floats(0.05, 0.95), _WEIGHTS)
def test_shares_add_up_and_are_fair(samples: int, train: float, cells: dict[str, float]) -> None:
    quotas = Quotas.of(samples, {"train": train, "val": 1 - train}, cells)
    assert sum(quotas.wanted.values()) == samples
    for (split, cell), many in quotas.wanted.items():
        share = (train if split == "train" else 1 - train) * cells[cell] / sum(cells.values())
        assert abs(many - samples * share) < 2


@given(st.integers(1, 60), _WEIGHTS)
def test_each_cell_is_filled_and_no_more(samples: int, cells: dict[str, float]) -> None:
    quotas = Quotas.of(samples, {"train": 0.7, "val": 0.3}, cells)
    taken: Counter[tuple[str, str]] = Counter()
    while (split := quotas.split()) is not None:
        cell = next(iter(quotas.open(split)))
        assert quotas.take(split, cell)
        taken[split, cell] += 1
    assert quotas.done == samples
    assert taken == Counter({key: n for key, n in quotas.wanted.items() if n})
    assert not any(quotas.take(split, cell) for split, cell in quotas.wanted)
