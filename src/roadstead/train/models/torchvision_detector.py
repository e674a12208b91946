"""Dense detectors on any backbone of timm: FCOS, RetinaNet and SSDlite, of torchvision's parts, light enough for two cores."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import timm
from annotated_types import Ge, Gt, Le
from timm.layers.norm_act import freeze_batch_norm_2d
from torch import nn

from roadstead.bundle.card import Input, Three
from roadstead.bundle.folder import located
from roadstead.errors import BadInput, BadSettings
from roadstead.settings import build
from roadstead.train import losses
from roadstead.train.blocks import in_order
from roadstead.train.losses import Loss
from roadstead.train.models import Built, family
from roadstead.train.models import _places as places
from roadstead.train.models._dense import Attention, Criteria, DenseDetector, HeadKind, Shape
from roadstead.train.models._folded import SUFFIX
from roadstead.train.models._going_on import going_on
from roadstead.train.models._timm import network
from roadstead.train.vocabulary import Vocabulary

NEW = ("neck", "head")
HALF = (0.5, 0.5, 0.5)
_SOFT = ("varifocal", "mal")
Size = tuple[Annotated[float, Gt(0)], Annotated[float, Gt(0)]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A backbone's features: `channels` and `strides` of those that are used, finest first."""

    module: nn.Module
    channels: tuple[int, ...]
    strides: tuple[int, ...]
    settings: Mapping[str, Any]
    origin: str
    licence: str


@family("torchvision_detector", zh="密集检测网络")
@dataclass(frozen=True, slots=True, kw_only=True)
class TorchvisionDetector:
    """A detector of a `backbone` of timm and a `head`.

    - "fcos": points with a feature pyramid (FCOS, with centre sampling; the quality is the overlap).
    - "retinanet": anchor boxes with a feature pyramid. "ssdlite": anchor boxes on the backbone's own features, no towers; it
      learns with the losses below, not by softmax and hard negatives.

    `weights` as for `timm`; a folder is that of a training of this family with the same parts, or of a bundle of one that was exported
    with its weights, which is gone on from: a class that it knew by name keeps what it had learned. The input is `width` x `height`. Grids begin at a stride of 8, or 4 with `high_resolution` (for objects
    of less than about 16 px of the input, about twice as slow), `levels` of them without that one. `channels`, `layers` and `depthwise` make
    neck and head; `attention` adds a block to each grid of the neck. `anchors` are widths and heights, px of the input,
    equally many a grid (`_places.typical` finds some from data); none: three scales of three ratios.

    `norms` "frozen": the backbone's norms keep the statistics and scales that the weights came with, which small batches would
    only blur. Weights of a .tflite file, whose norms were folded into the convolutions, demand it. `mean` and `std` are what a pixel
    of 0 to 1 is prepared with; none: what the weights were trained with (a .tflite file: -1 to 1).

    `class_loss` is a loss of "scores", `box_loss` one of "boxes", as a table or a name. Varifocal and MAL teach a class how
    well its box fits, sigmoid_focal only that it is there.
    """

    backbone: str = "tf_efficientnet_lite0"
    weights: Literal["random", "package", "hub"] | Path = "random"
    head: HeadKind = "fcos"
    width: Annotated[int, Ge(32)] = 320
    height: Annotated[int, Ge(32)] = 320
    resize: Literal["letterbox", "stretch"] = "letterbox"
    levels: Annotated[int, Ge(1), Le(5)] = 4
    high_resolution: bool = False
    channels: Annotated[int, Ge(8)] = 96
    layers: Annotated[int, Ge(1), Le(8)] = 2
    depthwise: bool = True
    attention: Attention = "none"
    norms: Literal["learned", "frozen"] = "learned"
    mean: Three | None = None
    std: Three | None = None
    anchors: tuple[Size, ...] = ()
    class_loss: dict[str, Any] | str = "sigmoid_focal"
    box_loss: dict[str, Any] | str = "giou"
    box_weight: Annotated[float, Gt(0)] = 2.0
    drop_path: Annotated[float, Ge(0)] = 0.0
    tasks: ClassVar[frozenset[str]] = frozenset({"object_detection"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # there is one task
        """Return the detector; raise BadInput where backbone, anchors or losses do not fit."""
        if self.norms == "learned" and isinstance(self.weights, Path) and self.weights.suffix == SUFFIX:
            raise BadSettings(
                f"model.norms: the norms of {self.weights.name} were folded and cannot be learned; say norms = 'frozen'"
            )
        parts = self._parts()
        strides = self._strides(parts.strides)
        shape = Shape(
            classes=vocabulary.outputs,
            strides=strides,
            anchors=() if self.head == "fcos" else places.shapes(strides, self.anchors),
            channels=self.channels,
            layers=0 if self.head == "ssdlite" else self.layers,
            depthwise=self.depthwise,
            pyramid=self.head != "ssdlite",
            attention=self.attention,
        )
        if self.head == "fcos" and self.anchors:
            raise BadSettings(
                "model.anchors: head 'fcos' has points, not anchors; remove them, or take retinanet or ssdlite"
            )
        module = DenseDetector(parts.module, parts.channels, shape, self._criteria())
        origin, licence = parts.origin, parts.licence
        if self._trained is not None:
            known = going_on(module, self._trained, vocabulary.labels, self._input(parts.settings))
            origin = f"{self._trained.name}, which knew {', '.join(known) or 'none of the classes'}"
        return Built(
            module=module,
            head=NEW,
            blocks=in_order(module, NEW),
            input=self._input(parts.settings),
            origin=origin,
            licence=licence,
        )

    @property
    def _trained(self) -> Path | None:
        """The folder of a training or a bundle of this family, where the weights are one's."""
        place = located(self.weights) if isinstance(self.weights, Path) else None
        return place if place is not None and place.is_dir() else None

    def _parts(self) -> Parts:
        """Return the backbone; raise BadInput where it gives no features of the strides that are needed."""
        first = 4 if self.high_resolution else 8
        options: dict[str, Any] = {"drop_path_rate": self.drop_path} if self.drop_path else {}
        source = "random" if self._trained is not None else self.weights
        whole, origin, licence = network(self.backbone, source, options)
        try:
            module = timm.create_model(self.backbone, features_only=True)
            info: Any = module.feature_info
            steps = info.reduction()
            wanted = tuple(k for k, step in enumerate(steps) if first <= step <= 32)
            module = timm.create_model(self.backbone, features_only=True, out_indices=wanted, **options)
        except (RuntimeError, AttributeError, AssertionError) as error:
            raise BadInput(f"model.backbone: {self.backbone} gives no features of several sizes: {error}") from None
        info = module.feature_info
        strides = tuple(info.reduction())
        if list(strides) != sorted({*strides}) or not strides or strides[0] != first:
            raise BadInput(
                f"model.backbone: {self.backbone} gives features of strides {list(steps)}; a detector needs one of {first} and each "
                "twice as coarse as the one before: take an EfficientNet, ResNet, MobileNet or the like"
            )
        state = whole.state_dict()
        absent = [name for name in module.state_dict() if name not in state]
        if absent:
            raise BadInput(f"model.backbone: the weights of {self.backbone} have no {absent[0]} for its features")
        module.load_state_dict({name: state[name] for name in module.state_dict()})
        if self.norms == "frozen":
            module = freeze_batch_norm_2d(module)  # type: ignore[no-untyped-call]  # timm gives it no types
        settings = getattr(whole, "pretrained_cfg", {}) or {}
        return Parts(
            module=module,
            channels=tuple(info.channels()),
            strides=strides,
            settings=settings,
            origin=origin,
            licence=licence,
        )

    def _strides(self, found: tuple[int, ...]) -> tuple[int, ...]:
        """Return the strides of all grids; raise BadSettings where there are fewer than the backbone's."""
        count = self.levels + self.high_resolution
        if count < len(found):
            raise BadSettings(
                f"model.levels: the backbone has {len(found)} grids of strides {list(found)}; set at least "
                f"{len(found) - self.high_resolution}"
            )
        return (*found, *(found[-1] * 2 ** (k + 1) for k in range(count - len(found))))

    def _criteria(self) -> Criteria:
        classes = _loss(self.class_loss, "scores", "model.class_loss")
        boxes = _loss(self.box_loss, "boxes", "model.box_loss")
        soft = _table(self.class_loss)["kind"] in _SOFT
        return Criteria(classes, boxes, soft, box_weight=self.box_weight)

    def _input(self, settings: Mapping[str, Any]) -> Input:
        if isinstance(self.weights, Path) and self.weights.suffix == SUFFIX:
            settings = {"mean": HALF, "std": HALF}
        mean = self.mean or settings.get("mean", (0.485, 0.456, 0.406))
        std = self.std or settings.get("std", (0.229, 0.224, 0.225))
        return Input(
            width=self.width, height=self.height, mean=tuple(mean), std=tuple(std), resize=self.resize, pad_at="end"
        )


def _table(named: dict[str, Any] | str) -> dict[str, Any]:
    return {"kind": named} if isinstance(named, str) else named


def _loss(named: dict[str, Any] | str, of: Literal["scores", "boxes"], where: str) -> Loss:
    """Return a loss of a kind; raise BadSettings naming those that there are."""
    made = build(losses.plugins, _table(named), where)
    if of not in made.of:
        fitting = [n for n in losses.plugins.names() if of in losses.plugins.get(n).of]
        raise BadSettings(f"{where}: {_table(named)['kind']} is no loss of {of}; there are: {', '.join(fitting)}")
    return made
