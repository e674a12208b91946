"""Losses of quality scores against those that transformers' detectors learn with, and torchvision's."""

# what needs torch is imported once it is known to be there

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from roadstead.train.losses.mal import Mal
from roadstead.train.losses.sigmoid_focal import SigmoidFocal
from roadstead.train.losses.varifocal import Varifocal

pytestmark = pytest.mark.torch

RNG = torch.Generator().manual_seed(5)
LOGITS = torch.randn(6, 3, generator=RNG) * 2
BOXES = torch.rand(6, 4, generator=RNG) * 0.3 + 0.3
TRUE = BOXES[[4, 1]] + 0.02
MATCHED = (torch.tensor([4, 1]), torch.tensor([0, 1]))


def quality() -> Any:
    """Return what the queries should score: the overlap of the two that are matched, in their classes 2 and 0."""
    boxes = pytest.importorskip("transformers.loss.loss_for_object_detection")
    corners = pytest.importorskip("transformers.image_transforms").center_to_corners_format
    overlap, _ = boxes.box_iou(corners(BOXES[MATCHED[0]]), corners(TRUE))
    wanted = torch.zeros(6, 3)
    wanted[4, 2], wanted[1, 0] = overlap[0, 0], overlap[1, 1]
    return wanted


def theirs(kind: str, **how: Any) -> float:
    """Return the sum of the loss over all queries as transformers computes it."""
    if kind == "vfl":
        module = pytest.importorskip("transformers.loss.loss_rt_detr")
        method, self = module.RTDetrLoss.loss_labels_vfl, SimpleNamespace(num_classes=3, **how)
    else:
        module = pytest.importorskip("transformers.loss.loss_deimv2")
        method, self = module.Deimv2Loss.loss_labels_mal, SimpleNamespace(num_classes=3, **how)
    self._get_source_permutation_idx = lambda indices: (torch.zeros(2, dtype=torch.long), indices[0][0])
    outputs = {"pred_boxes": BOXES[None], "logits": LOGITS[None]}
    targets = [{"boxes": TRUE, "class_labels": torch.tensor([2, 0])}]
    value: float = next(iter(method(self, outputs, targets, [MATCHED], 1).values())).item()
    return value


def test_varifocal() -> None:
    ours = Varifocal(alpha=0.6, gamma=2)(LOGITS, quality()).sum().item()
    assert ours == pytest.approx(theirs("vfl", alpha=0.6, gamma=2), rel=1e-5)


@pytest.mark.parametrize("alpha", [None, 0.4])
def test_matchability_aware(alpha: float | None) -> None:
    ours = Mal(gamma=1.5, alpha=alpha or 1.0)(LOGITS, quality()).sum().item()
    assert ours == pytest.approx(theirs("mal", gamma=1.5, mal_alpha=alpha), rel=1e-5)


def test_a_poor_match_is_learned_by_mal_and_hardly_by_varifocal() -> None:
    """Figures of the formulas at p = 0.1, q = 0.2 and gamma 1.5: 0.0894 (0.2^1.5) for q there, 0.2 here."""
    logits, wanted = torch.logit(torch.tensor([[0.1]])), torch.tensor([[0.2]])
    assert Mal()(logits, wanted).item() == pytest.approx(0.08944 * 2.302585 + 0.91056 * 0.1053605, rel=1e-4)
    assert Varifocal()(logits, wanted).item() == pytest.approx(0.2 * (0.2 * 2.302585 + 0.8 * 0.1053605), rel=1e-4)


def test_sigmoid_focal_by_hand() -> None:
    """p = 0.9 and 0.2: there 0.25 x 0.1^2 x -ln 0.9, not there 0.75 x 0.2^2 x -ln 0.8."""
    logits = torch.logit(torch.tensor([[0.9, 0.2]]))
    value = SigmoidFocal()(logits, torch.tensor([[1.0, 0.0]])).item()
    assert value == pytest.approx(0.25 * 0.01 * 0.1053605 + 0.75 * 0.04 * 0.2231436, rel=1e-4)
