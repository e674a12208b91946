"""DIoU loss: one minus the overlap of two boxes, and how far apart their middles are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torchvision.ops import distance_box_iou_loss  # type: ignore[import-untyped]  # torchvision ships no types

from roadstead.train.losses import Of, loss
from roadstead.train.losses._boxes import ordered


@loss("diou", zh="DIoU 损失")
@dataclass(frozen=True, slots=True, kw_only=True)
class Diou:
    """Distance IoU (Zheng et al., 2020), 0 to 2, by torchvision."""

    of: ClassVar[tuple[Of, ...]] = ("boxes",)

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each box, (n,)."""
        values: Tensor = distance_box_iou_loss(ordered(outputs), ordered(targets), reduction="none")
        return values
