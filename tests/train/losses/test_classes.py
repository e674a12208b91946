"""Losses over classes against torch, scikit-learn and formulas written out."""

# what needs torch is imported once it is known to be there

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch.nn import functional

from roadstead.errors import BadInput
from roadstead.train.losses.class_balanced import ClassBalanced
from roadstead.train.losses.cross_entropy import CrossEntropy
from roadstead.train.losses.focal import Focal
from roadstead.train.losses.kd import Kd

pytestmark = pytest.mark.torch

LOGITS = torch.randn(7, 3, generator=torch.Generator().manual_seed(1)) * 3
TRUE = torch.tensor([0, 1, 2, 2, -100, 1, 0])
SHARES = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.1, 0.9]])
COUNTS = (60, 30, 10)


def test_cross_entropy_is_that_of_torch() -> None:
    expected = functional.cross_entropy(LOGITS, TRUE, reduction="none", label_smoothing=0.1)
    torch.testing.assert_close(CrossEntropy(label_smoothing=0.1)(LOGITS, TRUE), expected)
    assert expected[4] == 0


def test_shares_weigh_their_classes() -> None:
    expected = -(SHARES * LOGITS[:2].log_softmax(1)).sum(1)
    torch.testing.assert_close(CrossEntropy()(LOGITS[:2], SHARES), expected)
    torch.testing.assert_close(Focal(gamma=0)(LOGITS[:2], SHARES), expected)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    weights = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight(
        "balanced", classes=np.arange(3), y=np.repeat(np.arange(3), COUNTS)
    )
    values = CrossEntropy(weights="balanced", counts=COUNTS)(LOGITS, TRUE)
    expected = functional.cross_entropy(LOGITS, TRUE, torch.tensor(weights, dtype=torch.float32), reduction="none")
    torch.testing.assert_close(values, expected)


def test_focal_by_hand() -> None:
    p = LOGITS.double().softmax(1)[torch.arange(7), TRUE.clamp(min=0)]
    expected = torch.where(TRUE >= 0, -((1 - p) ** 2) * p.log(), 0).float()
    torch.testing.assert_close(Focal()(LOGITS, TRUE), expected)
    torch.testing.assert_close(Focal(gamma=0)(LOGITS, TRUE), CrossEntropy()(LOGITS, TRUE))


def test_focal_weighs_rare_classes_more() -> None:
    values = Focal(weights="balanced", counts=COUNTS)(LOGITS, TRUE) / Focal()(LOGITS, TRUE)
    np.testing.assert_allclose(values[[0, 1, 2]], [100 / 180, 100 / 90, 100 / 30], rtol=1e-5)


def test_focal_has_a_slope_where_the_model_is_sure() -> None:
    sure = torch.tensor([[1e3, 0.0]], requires_grad=True)
    torch.autograd.backward(Focal(gamma=0.5)(sure, torch.tensor([0])).sum())
    assert sure.grad is not None
    assert torch.isfinite(sure.grad).all()


def test_effective_numbers() -> None:
    """1, 2 and 3 samples at beta 0.5 count as 1, 1.5 and 1.75; the inverses come to 1 on average."""
    inverse = np.array([1, 1 / 1.5, 1 / 1.75])
    loss = ClassBalanced(beta=0.5, counts=(1, 2, 3))
    np.testing.assert_allclose(loss.weights(3), inverse * 3 / inverse.sum())
    assert ClassBalanced(beta=0, counts=(5, 0, 9)).weights(3) == [1, 1, 1]


def test_class_balanced_weighs_what_is_inside() -> None:
    weights = torch.tensor(ClassBalanced(counts=COUNTS).weights(3))
    kept = torch.tensor([0, 1, 2, 3, 5, 6])
    plain: Any
    for inner, plain in [("cross_entropy", CrossEntropy()), ("focal", Focal())]:
        values = ClassBalanced(counts=COUNTS, inner=inner)(LOGITS, TRUE)  # type: ignore[arg-type]  # a str of the two
        torch.testing.assert_close(values[kept], (plain(LOGITS, TRUE)[kept] * weights[TRUE[kept]]))


@pytest.mark.parametrize("loss", [CrossEntropy(weights="balanced"), Focal(weights="balanced"), ClassBalanced()])
def test_weights_without_counts_are_refused(loss: Any) -> None:
    with pytest.raises(BadInput, match="how often each of the 3 classes occurs, and has 0 counts"):
        loss(LOGITS, TRUE)


def test_distillation_is_the_divergence_of_torch_and_leaves_the_teacher() -> None:
    pupil, teacher = LOGITS[:3], LOGITS[3:6].clone().requires_grad_()
    expected = 16 * functional.kl_div(
        (pupil / 4).log_softmax(1), (teacher / 4).softmax(1).detach(), reduction="batchmean"
    )
    values = Kd()(pupil.clone().requires_grad_(), teacher)
    torch.testing.assert_close(values.mean(), expected)
    torch.autograd.backward(values.sum())
    assert teacher.grad is None
