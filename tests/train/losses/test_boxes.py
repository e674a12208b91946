"""Losses of boxes against torchvision and by hand, with boxes that are points, inside out or far away."""

# what needs torch is imported once it is known to be there

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from roadstead.train.losses.ciou import Ciou
from roadstead.train.losses.diou import Diou
from roadstead.train.losses.giou import Giou

pytestmark = pytest.mark.torch


def boxes(seed: int, n: int = 50) -> Any:
    rng = torch.Generator().manual_seed(seed)
    corner, size = torch.rand(n, 2, generator=rng) * 40, torch.rand(n, 2, generator=rng) * 30 + 1
    return torch.cat((corner, corner + size), 1)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [(Giou(), "generalized_box_iou_loss"), (Diou(), "distance_box_iou_loss"), (Ciou(), "complete_box_iou_loss")],
)
def test_it_is_that_of_torchvision(loss: Any, theirs: str) -> None:
    ops = pytest.importorskip("torchvision.ops")
    torch.testing.assert_close(loss(boxes(1), boxes(2)), getattr(ops, theirs)(boxes(1), boxes(2)))
    learned, other = boxes(1).requires_grad_(), boxes(1).requires_grad_()
    torch.autograd.backward(loss(learned, boxes(2)).sum())
    torch.autograd.backward(getattr(ops, theirs)(other, boxes(2)).sum())
    torch.testing.assert_close(learned.grad, other.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Giou(), 1 - 0 + 2 / 4),  # two squares of 1, two empty ones between them in a hull of 4
        (Diou(), 1 - 0 + 9 / 17),  # middles 3 apart, the hull's diagonal squared 4^2 + 1
        (Ciou(), 1 - 0 + 9 / 17),  # both are squares
    ],
)
def test_two_squares_apart(loss: Any, expected: float) -> None:
    value = loss(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[3.0, 0, 4, 1]]))
    assert value.item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("loss", [Giou(), Diou(), Ciou()])
@pytest.mark.parametrize("box", [[5.0, 5, 5, 5], [5.0, 5, 9, 5], [9.0, 9, 2, 2], [1e6, 1e6, 1e6 + 1, 1e6 + 1]])
@pytest.mark.parametrize("true", [[5.0, 5, 5, 5], [0.0, 0, 8, 6]])
def test_bad_boxes_have_a_finite_slope(loss: Any, box: list[float], true: list[float]) -> None:
    learned = torch.tensor([box], requires_grad=True)
    value = loss(learned, torch.tensor([true]))
    torch.autograd.backward(value.sum())
    assert torch.isfinite(value).all()
    assert learned.grad is not None
    assert torch.isfinite(learned.grad).all()


def test_a_box_inside_out_is_read_the_right_way_round() -> None:
    true = torch.tensor([[2.0, 2, 9, 9]])
    assert Giou()(torch.tensor([[9.0, 9, 2, 2]]), true).item() == pytest.approx(0, abs=1e-6)
