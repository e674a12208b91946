"""Losses of pairs against transformers' CLIP and SigLIP, and triplets counted out."""

# what needs torch is imported once it is known to be there

from typing import Literal

import pytest

pytest.importorskip("torch")

import torch
from torch.nn import functional

from roadstead.train.losses.info_nce import InfoNce
from roadstead.train.losses.sigmoid import Sigmoid
from roadstead.train.losses.triplet import Triplet

pytestmark = pytest.mark.torch

RNG = torch.Generator().manual_seed(4)
FIRST = functional.normalize(torch.randn(5, 6, generator=RNG), dim=1)
SECOND = functional.normalize(FIRST + 0.5 * torch.randn(5, 6, generator=RNG), dim=1)


def test_info_nce_is_that_of_clip() -> None:
    clip = pytest.importorskip("transformers.models.clip.modeling_clip")
    torch.testing.assert_close(
        InfoNce()(FIRST, SECOND).mean(), clip.image_text_contrastive_loss(SECOND @ FIRST.T / 0.07)
    )
    one_way = functional.cross_entropy(FIRST @ SECOND.T / 0.07, torch.arange(5), reduction="none")
    torch.testing.assert_close(InfoNce(ways="first")(FIRST, SECOND), one_way)


def test_sigmoid_is_that_of_siglip_written_out() -> None:
    expected = torch.zeros(5)
    for i in range(5):
        for j in range(5):
            z = 1 if i == j else -1
            logit = z * (10 * FIRST[i] @ SECOND[j] - 10)
            expected[i] -= torch.log(torch.sigmoid(logit.double())).float()
    torch.testing.assert_close(Sigmoid()(FIRST, SECOND), expected)


@pytest.mark.parametrize("negatives", ["hardest", "semi_hard", "all"])
def test_triplets_counted_out(negatives: Literal["hardest", "semi_hard", "all"]) -> None:
    alike = (FIRST @ SECOND.T).tolist()

    def one(i: int, row: list[float]) -> float:
        others = [v for j, v in enumerate(row) if j != i and (negatives != "semi_hard" or v < row[i])]
        lost = [max(0.0, 0.5 + v - row[i]) for v in others] or [0.0]
        return sum(lost) / len(lost) if negatives == "all" else max(lost)

    expected = [(one(i, alike[i]) + one(i, [r[i] for r in alike])) / 2 for i in range(5)]
    values = Triplet(margin=0.5, negatives=negatives)(FIRST, SECOND)
    assert values.tolist() == pytest.approx(expected, abs=1e-5)
    assert any(expected)


@pytest.mark.parametrize("negatives", ["hardest", "semi_hard", "all"])
def test_a_pair_alone_has_no_triplet(negatives: Literal["hardest", "semi_hard", "all"]) -> None:
    assert Triplet(negatives=negatives)(FIRST[:1], SECOND[:1]).tolist() == [0]
