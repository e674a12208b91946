"""A dense detector: a backbone of timm, a feature pyramid, and a light head that speaks at every place of its grids."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from timm.layers.create_attn import create_attn
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import (  # type: ignore[import-untyped]  # torchvision ships no types
    Conv2dNormActivation,
    FeaturePyramidNetwork,
    box_convert,
)

from roadstead.train.losses import Loss
from roadstead.train.models import _places as places
from roadstead.train.models._detecting import EVERY, Said, Truth, demand_classes

HeadKind = Literal["fcos", "retinanet", "ssdlite"]
Attention = Literal["none", "se", "cbam", "eca"]
RARE = 0.01
"""How likely an untrained head finds a class at a place (RetinaNet's prior)."""
NOWHERE = -30.0
"""A class score (before the sigmoid) from which nothing is learned."""
_MOST = 6.0
"""Sizes are at most exp(this) times their stride or anchor, so that no box becomes infinite."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a dense detector makes small, and how much each part weighs. `soft`: a class learns how well its box fits."""

    classes: Loss
    boxes: Loss
    soft: bool
    box_weight: float = 2.0
    quality_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of neck and head. `strides` are those of the grids; `anchors` the shapes of each grid's, () for points."""

    classes: int
    strides: tuple[int, ...]
    anchors: tuple[tuple[tuple[float, float], ...], ...]
    channels: int
    layers: int
    depthwise: bool
    pyramid: bool
    attention: Attention

    @property
    def each(self) -> int:
        """How many boxes a cell speaks of."""
        return len(self.anchors[0]) if self.anchors else 1


class Neck(nn.Module):
    """Features of the backbone to features of equally many channels a grid; coarser grids than the backbone has are added."""

    def __init__(self, channels: Sequence[int], shape: Shape) -> None:
        super().__init__()
        self.pyramid: nn.Module | None = None
        if shape.pyramid:
            self.pyramid = FeaturePyramidNetwork(list(channels), shape.channels, norm_layer=nn.BatchNorm2d)
        else:
            self.sides = nn.ModuleList(_block(c, shape.channels, 1) for c in channels)
        more = len(shape.strides) - len(channels)
        self.coarser = nn.ModuleList(_separable(shape.channels, shape.channels, stride=2) for _ in range(more))
        self.attend = nn.ModuleList(
            nn.Identity() if shape.attention == "none" else _attention(shape.attention, shape.channels)
            for _ in shape.strides
        )

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Return one tensor (n, channels, h, w) a grid, finest first."""
        if self.pyramid is not None:
            made = list(self.pyramid({str(k): f for k, f in enumerate(features)}).values())
        else:
            made = [side(f) for side, f in zip(self.sides, features, strict=True)]
        for step in self.coarser:
            made.append(step(made[-1]))
        return [attend(f) for attend, f in zip(self.attend, made, strict=True)]


class Tower(nn.Module):
    """Layers that all grids share but for their normalisation (each grid has its own statistics)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.convs = nn.ModuleList(_plain(shape.channels, depthwise=shape.depthwise) for _ in range(shape.layers))
        self.norms = nn.ModuleList(
            nn.ModuleList(nn.BatchNorm2d(shape.channels) for _ in range(shape.layers)) for _ in shape.strides
        )

    def forward(self, feature: Tensor, grid: int) -> Tensor:
        """Return the features (n, channels, h, w) of a grid."""
        for conv, norm in zip(self.convs, self.norms[grid].children(), strict=True):
            feature = functional.silu(norm(conv(feature)))
        return feature


class Head(nn.Module):
    """Class scores, box and, for points, quality at every place."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.each, self.shared = shape.each, shape.layers > 0
        self.class_tower, self.box_tower = Tower(shape), Tower(shape)
        heads = 1 if self.shared else len(shape.strides)
        numbers = self.each * (4 if shape.anchors else 5)
        scores = [_says(shape, self.each * shape.classes, shared=self.shared) for _ in range(heads)]
        boxes = [_says(shape, numbers, shared=self.shared) for _ in range(heads)]
        self.classes = nn.ModuleList(_begun(one, -math.log((1 - RARE) / RARE)) for one in scores)
        self.boxes = nn.ModuleList(_begun(one, 0.0) for one in boxes)
        self.scales = nn.Parameter(torch.ones(len(shape.strides)))

    def forward(self, features: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return class scores (n, p, classes) and box numbers (n, p, 4 or 5), by grid, cell, shape."""
        classes, boxes = [], []
        for k, feature in enumerate(features):
            which = 0 if self.shared else k
            classes.append(self._rows(self.classes[which](self.class_tower(feature, k))))
            said = self._rows(self.boxes[which](self.box_tower(feature, k)))
            boxes.append(torch.cat((said[..., :4] * self.scales[k], said[..., 4:]), dim=2))
        return torch.cat(classes, dim=1), torch.cat(boxes, dim=1)

    def _rows(self, said: Tensor) -> Tensor:
        n, channels = said.shape[:2]
        return said.permute(0, 2, 3, 1).reshape(n, -1, channels // self.each)


class DenseDetector(nn.Module):
    """Backbone, neck and head; called with truths it also takes its losses.

    Sums over the objects: the class scores of a picture are divided by how many places an object of it has on average, boxes
    and qualities by how many places their own object has. So the sum over pictures does not depend on which batch they are in.
    """

    answers = "dense"

    def __init__(self, backbone: nn.Module, channels: Sequence[int], shape: Shape, criteria: Criteria) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = Neck(channels, shape)
        self.head = Head(shape)
        self.shape, self.criteria = shape, criteria

    def forward(self, images: Tensor, truths: Sequence[Truth] | None = None) -> Said:
        """Return what `_detecting.Said` describes of images (n, 3, h, w)."""
        features = self.neck(self.backbone(images))
        sizes = [(int(f.shape[2]), int(f.shape[3])) for f in features]
        logits, numbers = self.head(features)
        size = torch.tensor([images.shape[3], images.shape[2]] * 2, dtype=torch.float32, device=images.device)
        spots = self._spots(sizes, images)
        boxes = self._boxes(numbers.float(), spots)
        said: dict[str, Any] = {"logits": logits, "boxes": boxes / size}
        if not self.shape.anchors:
            said["quality"] = numbers[..., 4]
        if truths is not None:
            demand_classes(truths, logits.shape[2])
            said["losses"] = self._losses(said, spots, size, truths)
        return said

    def _spots(self, sizes: Sequence[tuple[int, int]], images: Tensor) -> Tensor:
        """Return the places: anchors (p, 4), or points and their stride (p, 3), px."""
        if self.shape.anchors:
            return places.anchors(sizes, self.shape.strides, self.shape.anchors, images)
        middles, strides = places.points(sizes, self.shape.strides, images)
        return torch.cat((middles, strides[:, None]), dim=1)

    def _boxes(self, numbers: Tensor, spots: Tensor) -> Tensor:
        """Return the boxes (n, p, 4), centre and size px, that numbers mean at their places."""
        if self.shape.anchors:
            centre = spots[:, :2] + numbers[..., :2] * spots[:, 2:]
            return torch.cat((centre, spots[:, 2:] * numbers[..., 2:4].clamp(max=_MOST).exp()), dim=2)
        sides = numbers[..., :4].clamp(max=_MOST).exp() * spots[:, 2:]
        before, after = sides[..., :2], sides[..., 2:]
        return torch.cat((spots[:, :2] + (after - before) / 2, before + after), dim=2)

    def _losses(self, said: Said, spots: Tensor, size: Tensor, truths: Sequence[Truth]) -> dict[str, Tensor]:
        totals: dict[str, Tensor] = {}
        for k, truth in enumerate(truths):
            quality = said["quality"][k].float() if "quality" in said else None
            found = box_convert(said["boxes"][k] * size, "cxcywh", "xyxy")
            for name, value in self._of_one(said["logits"][k].float(), found, quality, spots, size, truth).items():
                totals[name] = totals[name] + value if name in totals else value
        return totals

    def _of_one(
        self, logits: Tensor, boxes: Tensor, quality: Tensor | None, spots: Tensor, size: Tensor, truth: Truth
    ) -> dict[str, Tensor]:
        """Return the losses of one picture."""
        true = box_convert(truth.boxes * size, "cxcywh", "xyxy")
        if self.shape.anchors:
            owner = places.by_overlap(box_convert(spots, "cxcywh", "xyxy"), true)
        else:
            owner = places.by_centre(spots[:, :2], spots[:, 2], true)
        own = torch.nonzero(owner >= 0)[:, 0]
        objects, of = len(true), owner[own]
        counts = torch.bincount(of, minlength=objects).clamp(min=1)
        share = 1.0 / counts[of]
        fits = _overlap(boxes[own].detach(), true[of])
        wanted = torch.zeros_like(logits)
        wanted[own, truth.classes[of]] = fits.clamp(min=1e-3) if self.criteria.soft else 1.0
        logits = logits.masked_fill(self._left_out(wanted, spots, size, truth), NOWHERE)
        counted = owner != places.UNDECIDED
        each = len(own) / objects if objects else float(places.RADIUS * 2) ** 2
        losses = {"classes": self.criteria.classes(logits[counted], wanted[counted]).sum() / each}
        losses["boxes"] = (self.criteria.boxes(boxes[own], true[of]) * share).sum() * self.criteria.box_weight
        if quality is not None:
            far = functional.binary_cross_entropy_with_logits(quality[own], fits, reduction="none")
            losses["quality"] = (far * share).sum() * self.criteria.quality_weight
        return losses

    def _left_out(self, wanted: Tensor, spots: Tensor, size: Tensor, truth: Truth) -> Tensor:
        """Return which class at which place (p, classes) does not count: it lies in what is ignored and owns nothing."""
        out = torch.zeros_like(wanted, dtype=torch.bool)
        corners = box_convert(truth.ignored * size, "cxcywh", "xyxy")
        for box, which in zip(corners, truth.ignored_classes.tolist(), strict=True):
            inside = ((spots[:, :2] >= box[:2]) & (spots[:, :2] <= box[2:])).all(dim=1)
            if which == EVERY:
                out |= inside[:, None]
            else:
                out[:, which] |= inside
        return out & (wanted == 0)


def _overlap(boxes: Tensor, others: Tensor) -> Tensor:
    """Return the overlap of boxes (n, 4) and others (n, 4) xyxy, row by row, (n,)."""
    inner = (
        (torch.minimum(boxes[:, 2:], others[:, 2:]) - torch.maximum(boxes[:, :2], others[:, :2])).clamp(min=0).prod(1)
    )
    whole = (boxes[:, 2:] - boxes[:, :2]).prod(1) + (others[:, 2:] - others[:, :2]).prod(1) - inner
    return inner / whole.clamp(min=1e-9)


def _attention(kind: Attention, channels: int) -> nn.Module:
    made: nn.Module = create_attn(kind, channels)  # type: ignore[no-untyped-call]  # timm gives it no types
    return made


def _says(shape: Shape, outputs: int, *, shared: bool) -> nn.Module:
    """Return the last layer: 1 x 1 after a tower, or a light 3 x 3 of its own grid (SSDlite)."""
    if shared:
        return nn.Conv2d(shape.channels, outputs, 1)
    return nn.Sequential(
        _block(shape.channels, shape.channels, 3, groups=shape.channels), nn.Conv2d(shape.channels, outputs, 1)
    )


def _plain(channels: int, *, depthwise: bool) -> nn.Module:
    """Return a 3 x 3 convolution without normalisation; depthwise: one a channel, then 1 x 1 over channels."""
    if not depthwise:
        return nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
    )


def _block(inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Module:
    made: nn.Module = Conv2dNormActivation(inputs, outputs, kernel, stride, groups=groups, activation_layer=nn.SiLU)
    return made


def _separable(inputs: int, outputs: int, *, stride: int) -> nn.Module:
    return nn.Sequential(_block(inputs, inputs, 3, stride=stride, groups=inputs), _block(inputs, outputs, 1))


def _begun(says: nn.Module, bias: float) -> nn.Module:
    """Return a last layer that says about `bias` everywhere before it has learned."""
    last = [part for part in says.modules() if isinstance(part, nn.Conv2d)][-1]
    nn.init.normal_(last.weight, std=0.01)
    if last.bias is not None:
        nn.init.constant_(last.bias, bias)
    return says
