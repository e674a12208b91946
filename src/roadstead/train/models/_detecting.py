"""What every detector that can be trained has in common: what it is shown, what it says, and how it leaves torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from roadstead.bundle.card import BoxOutput
from roadstead.errors import BadInput

EVERY = -1
"""In `Truth.ignored_classes`: no class counts there."""
SURELY = 30.0
"""An objectness (before the sigmoid) that is 1 in single precision."""

Kind = Literal["dense", "set"]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is in one picture as a model is shown it.

    `boxes` (k, 4) centre and size as shares of the input, `classes` (k,) int64. `ignored` (m, 4) are boxes of the same form
    within which finding an object of `ignored_classes` (m,), EVERY for any, is neither right nor wrong.
    """

    boxes: Tensor
    classes: Tensor
    ignored: Tensor
    ignored_classes: Tensor

    def to(self, device: torch.device) -> "Truth":
        """Return it on a device."""
        if self.boxes.device == device:
            return self
        return Truth(*(t.to(device) for t in (self.boxes, self.classes, self.ignored, self.ignored_classes)))


Said = Mapping[str, Any]
"""What a detector returns.

"logits" (n, q, classes) before the sigmoid, "boxes" (n, q, 4) centre and size as shares of the input, and "quality" (n, q), how
well a box fits, before the sigmoid, where the detector says that. Called with truths also "losses": sums over boxes by name.
"""


def demand_classes(truths: Sequence[Truth], classes: int) -> None:
    """Raise BadInput where an object is of a class that the head has no output for."""
    most = max((int(t.classes.max()) for t in truths if len(t.classes)), default=-1)
    if most >= classes:
        raise BadInput(
            f"model: its head has outputs for {classes} classes, numbers 0 to {classes - 1}, but an object is of class {most}: "
            "the weights are of another vocabulary; build the model for this one"
        )


class Dense(nn.Module):
    """A detector as a bundle of kind "dense" runs: one output (n, places, 5 + classes), boxes in px of the input."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Tensor) -> Tensor:
        """Return centre, size, objectness and classes of every place; scores before the sigmoid."""
        said = self.module(images)
        height, width = images.shape[2:]
        boxes = said["boxes"] * torch.tensor([width, height, width, height], dtype=images.dtype, device=images.device)
        quality = said.get("quality")
        sure = torch.full_like(boxes[..., 0], SURELY) if quality is None else quality
        return torch.cat((boxes, sure[..., None], said["logits"]), dim=2)


class Queries(nn.Module):
    """A detector as a bundle of kind "set" runs: logits (n, q, classes) and boxes (n, q, 4) as shares of the input."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and boxes."""
        said = self.module(images)
        return said["logits"], said["boxes"]


def kind(module: nn.Module) -> Kind:
    """Return how a detector answers; raise BadInput where a module is no detector."""
    kinds: tuple[Kind, ...] = ("dense", "set")
    said = [getattr(part, "answers", None) for part in module.modules()]
    for one in kinds:
        if one in said:
            return one
    raise BadInput(f"model: a {type(module).__name__} is no detector")


def exportable(module: nn.Module) -> nn.Module:
    """Return a detector as what a bundle runs: outputs are those that `output` names, in that order."""
    wrapped: nn.Module = Dense(module) if kind(module) == "dense" else Queries(module)
    return wrapped.train(module.training)


def output(module: nn.Module, nms_iou: float = 0.5) -> BoxOutput:
    """Return what a bundle's card has to say of a detector that was made `exportable`."""
    if kind(module) == "dense":
        return BoxOutput(kind="dense", outputs=("rows",), nms_iou=nms_iou)
    return BoxOutput(kind="set", outputs=("logits", "boxes"))
