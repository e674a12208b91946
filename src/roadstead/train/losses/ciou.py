"""CIoU loss: the DIoU loss, and how far the ratios of width to height differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torchvision.ops import distance_box_iou_loss  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.train.losses import Of, loss
from roadstead.train.losses._boxes import ordered

_LEAST = 1e-7


@loss("ciou", zh="CIoU 损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ciou:
    """Complete IoU (Zheng et al., 2020, equations 8 to 11).

    torchvision's own has no slope (nan) where a box is a point; here the angle of the sides is taken by atan2 of sides that are
    never quite 0. Everywhere else the two are the same.
    """

    of: ClassVar[tuple[Of, ...]] = ("boxes",)

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each box, (n,)."""
        boxes, true = ordered(outputs), ordered(targets)
        distance: Tensor = distance_box_iou_loss(boxes, true, reduction="none")
        v = 4 / math.pi**2 * (_angle(true) - _angle(boxes)) ** 2
        with torch.no_grad():
            alpha = v / (1 - _iou(boxes, true) + v + _LEAST)
        return distance + alpha * v


def _angle(boxes: Tensor) -> Tensor:
    width, height = (boxes[:, 2:] - boxes[:, :2]).clamp_min(_LEAST).unbind(1)
    return torch.atan2(width, height)


def _iou(boxes: Tensor, true: Tensor) -> Tensor:
    """Return the overlap of each box with its own true box, (n,)."""
    shared = (torch.minimum(boxes[:, 2:], true[:, 2:]) - torch.maximum(boxes[:, :2], true[:, :2])).clamp_min(0).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (true[:, 2:] - true[:, :2]).prod(1)
    return shared / (areas - shared + _LEAST)
