"""Losses over pixels against segmentation_models_pytorch, one picture at a time."""

# what needs torch is imported once it is known to be there

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch.nn import functional

from roadstead.train.losses.class_balanced import ClassBalanced
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.losses.dice import Dice
from roadstead.train.losses.focal import Focal
from roadstead.train.losses.lovasz import Lovasz
from roadstead.train.losses.tversky import Tversky

pytestmark = pytest.mark.torch

RNG = torch.Generator().manual_seed(3)
LOGITS = torch.randn(3, 4, 9, 7, generator=RNG) * 2
TRUE = torch.randint(4, (3, 9, 7), generator=RNG)
HOLES = TRUE.clone()
HOLES[:, :3] = 255
EVERY = (CrossEntropy(), Focal(), ClassBalanced(counts=(9, 5, 2, 1)), Dice(), Tversky(), Tversky(gamma=0.5), Lovasz())


@pytest.mark.parametrize(
    ("ours", "theirs", "how"),
    [
        (Dice(), "DiceLoss", {"smooth": 0.0}),
        (Dice(smooth=2.0), "DiceLoss", {"smooth": 1.0}),  # theirs adds it to half of both sums
        (Tversky(), "TverskyLoss", {"alpha": 0.3, "beta": 0.7}),
        (Lovasz(), "LovaszLoss", {}),
    ],
)
@pytest.mark.parametrize("true", [TRUE, HOLES])
def test_against_a_library(ours: Any, theirs: str, how: dict[str, float], true: Any) -> None:
    losses = pytest.importorskip("segmentation_models_pytorch.losses")
    oracle = getattr(losses, theirs)("multiclass", ignore_index=255, **how)
    expected = torch.stack([oracle(a[None], b[None]) for a, b in zip(LOGITS, true, strict=True)])
    torch.testing.assert_close(ours(LOGITS, true), expected)


def test_the_focal_tversky_is_a_power_of_each_class() -> None:
    one_class = torch.zeros_like(TRUE)
    torch.testing.assert_close(Tversky(gamma=0.75)(LOGITS, one_class), Tversky()(LOGITS, one_class) ** 0.75)


def test_cross_entropy_is_the_mean_over_pixels_that_count() -> None:
    expected = [
        functional.cross_entropy(a[None], b[None], ignore_index=255) for a, b in zip(LOGITS, HOLES, strict=True)
    ]
    torch.testing.assert_close(CrossEntropy()(LOGITS, HOLES), torch.stack(expected))


@pytest.mark.parametrize("loss", EVERY)
def test_pixels_that_do_not_count_have_no_slope(loss: Any) -> None:
    learned = LOGITS.clone().requires_grad_()
    torch.autograd.backward(loss(learned, HOLES).sum())
    assert learned.grad is not None
    assert (learned.grad[:, :, :3] == 0).all()
    assert (learned.grad[:, :, 3:] != 0).any()


@pytest.mark.parametrize("loss", EVERY)
def test_a_picture_in_which_nothing_counts_has_no_loss(loss: Any) -> None:
    nothing = torch.full_like(TRUE, 255)
    learned = LOGITS.clone().requires_grad_()
    values = loss(learned, nothing)
    assert values.tolist() == [0, 0, 0]
    torch.autograd.backward(values.sum())
    assert learned.grad is not None
    assert (learned.grad == 0).all()
