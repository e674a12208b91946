"""Detectors that answer with sets: D-FINE, DEIMv2, RT-DETRv2 and RF-DETR, as transformers has them, with their own losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import torch
from annotated_types import Gt
from huggingface_hub.errors import StrictDataclassError
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForObjectDetection, PreTrainedConfig

from roadstead.bundle.card import Input
from roadstead.errors import BadInput, BadSettings
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.models._detecting import Said, Truth, demand_classes
from roadstead.train.models._detr_loss import by_picture, one_group_when_judged
from roadstead.train.models._detr_sizes import SIZES, Published
from roadstead.train.vocabulary import Vocabulary

TYPES = ("d_fine", "deimv2", "rt_detr", "rt_detr_v2", "rf_detr", "lw_detr")
STEP = 32
"""Sides of the input are multiples of this: grids of neighbouring strides have to meet."""
_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@family("transformers_detector", zh="transformers 检测网络")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersDetector:
    """A detector of transformers.

    `weights`: "random" (`name` is a published size: deimv2_atto, _femto, _pico, _n, dfine_n, _s, rtdetrv2_r18, rfdetr_n); "hub" (`name`
    is that of a model on the hub, which needs a network); or the folder of a saved model. Classes that the weights know by the
    same name keep what they learned; all other classes are new. `width` and `height` are those of the input, multiples
    of 32; none: the size's own. `config` changes single values of the configuration, `backbone` those of its backbone ("random" only).
    """

    name: str = "deimv2_atto"
    weights: Literal["random", "hub"] | Path = "random"
    width: Annotated[int, Gt(0)] | None = None
    height: Annotated[int, Gt(0)] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    backbone: dict[str, Any] = field(default_factory=dict)
    tasks: ClassVar[frozenset[str]] = frozenset({"object_detection"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # there is one task
        """Return the detector; raise BadInput where name, folder or size do not fit."""
        if self.weights == "random":
            net, side, notes, origin, licence = self._random(vocabulary.labels)
        else:
            net, side, notes, origin, licence = self._loaded(vocabulary.labels)
        spec = self._input(net.config, side)
        module = SetDetector(net)
        head = _head(module, len(vocabulary.labels))
        return Built(
            module=module,
            head=head,
            blocks=in_order(module, head),
            input=spec,
            origin=origin,
            licence=licence,
            notes=notes,
        )

    def _random(self, labels: tuple[str, ...]) -> tuple[Any, int, tuple[str, ...], str, str]:
        if self.name not in SIZES:
            raise BadSettings(
                f"model.name: there is no size {self.name!r}; there are: {', '.join(SIZES)} "
                '(another model needs weights = "hub" or a folder)'
            )
        size = SIZES[self.name]
        config = _config(size, labels, self.config, self.backbone)
        config.num_queries = min(config.num_queries, _places(config, self.width or size.side, self.height or size.side))
        net = AutoModelForObjectDetection.from_config(config)  # type: ignore[no-untyped-call]  # transformers gives it no types
        note = (
            f"{self.name} begins with random weights: a detector of this kind needs hundreds of epochs to learn from nothing; take "
            "published weights where there are some"
        )
        return net, size.side, (note,), "random", ""

    def _loaded(self, labels: tuple[str, ...]) -> tuple[Any, int, tuple[str, ...], str, str]:
        """Return a saved model for these classes."""
        if self.config or self.backbone:
            raise BadSettings(
                'model.config and model.backbone change a configuration, which only weights = "random" takes'
            )
        local = isinstance(self.weights, Path)
        place = str(self.weights) if local else self.name
        if local and not (Path(place) / "config.json").is_file():
            raise BadInput(f"model.weights: {place} holds no saved model: there is no config.json in it")
        try:
            old = AutoModelForObjectDetection.from_pretrained(place, local_files_only=local)
        except (OSError, ValueError) as error:
            raise BadInput(f"model.weights: {place} cannot be loaded as a detector: {error}") from None
        if old.config.model_type not in TYPES:
            raise BadInput(
                f"model.weights: {place} is a {old.config.model_type}; there are losses here for {', '.join(TYPES)}"
            )
        before = tuple(old.config.id2label[k] for k in sorted(old.config.id2label))
        config = AutoConfig.for_model(
            **{**old.config.to_dict(), **_named(labels), "anchor_image_size": None, "eval_size": None}
        )
        net = AutoModelForObjectDetection.from_config(config)  # type: ignore[no-untyped-call]  # transformers gives it no types
        known = taught(net, old, labels, before)
        fresh = [label for label in labels if label not in known]
        note = f"classes that the weights know: {', '.join(known) or 'none'}; new ones: {', '.join(fresh) or 'none'}"
        side = (getattr(old.config, "anchor_image_size", None) or [640])[0]
        licence = "see the model's own card"
        origin = f"folder {Path(place).name}" if local else f"hub: {place}"
        return net, int(side), (note,), origin, licence

    def _input(self, config: PreTrainedConfig, side: int) -> Input:
        width, height = self.width or side, self.height or side
        for name, value in (("width", width), ("height", height)):
            if value % STEP:
                raise BadSettings(f"model.{name}: {value} is no multiple of {STEP}, which this detector's grids need")
        if (places := _places(config, width, height)) < config.num_queries:
            raise BadSettings(
                f"model.width: an input of {width} x {height} has {places} places for {config.num_queries} queries; "
                "make it larger"
            )
        if config.model_type in ("rf_detr", "lw_detr"):
            return Input(width=width, height=height, resize="stretch", mean=_IMAGENET["mean"], std=_IMAGENET["std"])
        return Input(width=width, height=height, resize="stretch")


class SetDetector(nn.Module):
    """A detector of transformers that speaks as `_detecting.Said` says.

    Its own loss is a mean over the boxes of a batch; times their number it is the sum. What no box can be matched with is
    background, so what is ignored counts as that here.
    """

    answers = "set"

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net
        if net.config.model_type == "deimv2":
            net.loss_function = by_picture(net.loss_function)
        elif net.config.model_type in ("rf_detr", "lw_detr"):
            net.loss_function = one_group_when_judged(net.loss_function)

    def forward(self, images: Tensor, truths: Sequence[Truth] | None = None) -> Said:
        """Return logits and boxes of images (n, 3, h, w), and with truths the sum of the losses."""
        if truths is None:
            out = self.net(pixel_values=images)
            return {"logits": out.logits, "boxes": out.pred_boxes}
        demand_classes(truths, self.net.config.num_labels)
        out = self.net(pixel_values=images, labels=[{"class_labels": t.classes, "boxes": t.boxes} for t in truths])
        boxes = max(sum(len(t.boxes) for t in truths), 1)
        kept = self.net.config.num_queries
        return {
            "logits": out.logits[:, -kept:],
            "boxes": out.pred_boxes[:, -kept:],
            "losses": {"all": out.loss * boxes},
        }


def taught(net: nn.Module, old: nn.Module, labels: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """Copy a model's weights into one of other classes; return the classes that were known by name.

    What is there for each class (scores, embeddings) is copied class by class, by name: their numbers differ. Raise BadInput where
    anything else differs in shape.
    """
    known = tuple(label for label in labels if label in before)
    to = [k for k, label in enumerate(labels) if label in before]
    source = [list(before).index(labels[k]) for k in to]
    state = old.state_dict()
    with torch.no_grad():
        for name, value in net.state_dict().items():
            was = state.get(name)
            if was is None or (was.shape != value.shape and was.shape[1:] != value.shape[1:]):
                raise BadInput(f"model.weights: {name} does not fit: another kind of model was saved")
            if _of_classes(name, value, len(labels)) and was.shape[0] - value.shape[0] == len(before) - len(labels):
                value[to] = was[source]
                value[len(labels) :] = was[len(before) :]
            elif was.shape == value.shape:
                value.copy_(was)
            else:
                raise BadInput(f"model.weights: {name} has {was.shape[0]} rows where {value.shape[0]} are needed")
    return known


def _config(
    size: Published, labels: tuple[str, ...], changes: Mapping[str, Any], backbone: Mapping[str, Any]
) -> PreTrainedConfig:
    """Return a size's configuration; raise BadSettings where it does not take the changes."""
    try:
        part = AutoConfig.for_model(size.backbone["model_type"]).to_dict() | dict(size.backbone) | dict(backbone)
        for derived in (
            "stage_names",
            "out_features" if "out_indices" in {**size.backbone, **backbone} else "out_indices",
        ):
            part.pop(derived, None)
        own = {**size.config, "freeze_backbone_batch_norms": False} if size.type != "rf_detr" else dict(size.config)
        made: PreTrainedConfig = AutoConfig.for_model(
            size.type, backbone_config=part, **{**own, **changes, **_named(labels)}
        )
    except (TypeError, ValueError, KeyError, StrictDataclassError) as error:
        raise BadSettings(f"model.config: {' '.join(str(error).split())}") from None
    return made


def _places(config: PreTrainedConfig, width: int, height: int) -> int:
    """Return among how many places of the input the queries are chosen."""
    strides = getattr(config, "feat_strides", None) or [config.backbone_config.patch_size]
    count: int = sum((width // s) * (height // s) for s in strides)
    return max(count, 1)


def _named(labels: Sequence[str]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: k for k, label in enumerate(labels)}}


def _head(module: nn.Module, classes: int) -> tuple[str, ...]:
    """Return the prefixes of the parameters that are there for each class."""
    found = [name for name, value in module.named_parameters() if _of_classes(name, value, classes)]
    return tuple(dict.fromkeys(name.rpartition(".")[0] for name in found))


def _of_classes(name: str, value: Tensor, classes: int) -> bool:
    named = "class_embed" in name or "score_head" in name
    return named and value.ndim > 0 and value.shape[0] in (classes, classes + 1)
