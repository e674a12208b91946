"""Packed texts: all of them, none too long, and none sees another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from _language import decoder  # noqa: E402
from roadstead.train import packing, writing  # noqa: E402
from roadstead.train.vocabulary import Vocabulary  # noqa: E402
from roadstead.train.writing import Row  # noqa: E402


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30), st.integers(1, 40))
def test_every_text_goes_into_one_row(lengths: list[int], length: int) -> None:
    rows = packing.rows(lengths, length)
    assert sorted(k for row in rows for k in row) == list(range(len(lengths)))
    assert all(len(row) == 1 or sum(lengths[k] for k in row) <= length for row in rows)


def rows(*texts: tuple[int, ...]) -> list[Row]:
    return [Row(text, (False, *([True] * (len(text) - 1)))) for text in texts]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_no_token_sees_another_text(kind: str) -> None:
    config = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64} if kind == "gpt2" else {}
    built = decoder("causal_language_modelling", Vocabulary(), model_type=kind, **config)
    a, other, b = (9, 10, 11, 12), (40, 41, 42, 43), (20, 21, 22, 23, 24)
    batch = writing.collated(rows(b, a), 0, pack=16)
    changed = writing.collated(rows(b, other), 0, pack=16)
    alone = writing.collated(rows(b), 0)
    assert batch["input_ids"].shape == (1, 9)
    with torch.no_grad():
        first, _, _ = writing.logits(built.module, batch)
        second, _, _ = writing.logits(built.module, changed)
        single, _, _ = writing.logits(built.module, alone)
    of_b = len(b) - 1
    assert torch.equal(first[:of_b], second[:of_b])
    assert torch.allclose(first[:of_b], single, atol=1e-5)
    assert not torch.allclose(first[of_b:], second[of_b:], atol=1e-3)


def test_packing_and_reckoning_less_change_no_loss() -> None:
    built = decoder("causal_language_modelling", Vocabulary())
    built.module.requires_grad_(requires_grad=False)
    some = [Row(tuple(range(8, 8 + n)), tuple(k >= n // 2 for k in range(n))) for n in (5, 9, 3, 12)]
    whole = built.module(torch.tensor([some[3].ids])).logits[0, :-1].log_softmax(-1)
    by_hand = sum(-whole[k, token] for k, token in enumerate(some[3].ids[1:]) if some[3].trained[k + 1])
    sums, counts = writing.likelihoods(built.module, writing.collated(some, 0))
    packed, of_packed = writing.likelihoods(built.module, writing.collated(some, 0, pack=16))
    assert float(-sums[3]) == pytest.approx(float(by_hand), rel=1e-5)
    assert float(sums.sum()) == pytest.approx(float(packed.sum()), rel=1e-5)
    assert int(counts.sum()) == int(of_packed.sum()) == 16
    assert packing.places([[3, 2], [4]])[0].tolist() == [[0, 1, 2, 0, 1], [0, 1, 2, 3, 0]]
