"""Image classifiers of transformers: ViT, Swin, ConvNeXt and the like, from a folder, a hub name or a table of settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Gt
from torch import Tensor, nn
from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageClassification
from transformers.utils import logging

from roadstead.bundle.card import Input, Three
from roadstead.errors import BadInput
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.vocabulary import Vocabulary

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@family("transformers_image", zh="transformers 图像分类网络")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersImage:
    """A network of transformers with a new head.

    `weights` is a folder or a hub name; without, `config` names the architecture (`model_type`, "vit") and its settings, and weights
    are random. `size` 0: what the network was trained with.
    """

    weights: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    size: Annotated[int, Gt(-1)] = 0
    tasks: ClassVar[frozenset[str]] = frozenset({"image_classification", "attributes"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # one network serves both tasks
        """Return the network with a head of the vocabulary's outputs; raise BadInput where there is no such network."""
        inner = pretrained(AutoModelForImageClassification, self.weights, self.config, vocabulary.outputs)
        module = Logits(inner)
        head = _head(inner)
        size = self.size or _size(inner.config)
        mean, std = normalisation(self.weights)
        return Built(
            module=module,
            head=head,
            blocks=in_order(module, head),
            input=Input(width=size, height=size, mean=mean, std=std),
            origin=self.weights or "random",
            licence="see the model's page" if self.weights else "",
        )


class Logits(nn.Module):
    """Takes pictures and returns logits, for networks that take and return tables."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of pictures (n, 3, h, w)."""
        logits: Tensor = self.inner(pixel_values=images).logits
        return logits


def pretrained(auto: Any, weights: str, table: Mapping[str, Any], labels: int) -> Any:
    """Return a network of transformers of an `Auto…` class with a head of `labels` outputs; raise BadInput in one sentence."""
    if bool(weights) == bool(table):
        raise BadInput("model: set weights (a folder or a hub name) or config (with model_type), one of the two")
    level = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the new head is said by Roadstead itself
    try:
        if weights:
            place = str(Path(weights)) if Path(weights).is_dir() else weights
            return auto.from_pretrained(place, num_labels=labels, ignore_mismatched_sizes=True)
        if "model_type" not in table:
            raise BadInput("model.config: model_type is missing: it names the architecture, such as vit or swin")
        config = AutoConfig.for_model(**{**table, "num_labels": labels})
        return auto.from_config(config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "model.weights" if weights else "model.config"
        raise BadInput(f"{what}: {str(error).strip().splitlines()[0]}") from None
    finally:
        logging.set_verbosity(level)


def normalisation(weights: str) -> tuple[Three, Three]:
    """Return mean and std that the weights were trained with; ImageNet's where they do not say."""
    if not weights:
        return _MEAN, _STD
    try:
        settings = AutoImageProcessor.from_pretrained(weights).to_dict()  # type: ignore[no-untyped-call]  # untyped there
    except (OSError, ValueError):
        return _MEAN, _STD
    if not settings.get("do_normalize", True):
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return tuple(settings.get("image_mean", _MEAN)), tuple(settings.get("image_std", _STD))


def _head(inner: nn.Module) -> tuple[str, ...]:
    """Return the prefixes of the parameters of the head."""
    found = tuple(f"inner.{name}" for name, _ in inner.named_children() if name in ("classifier", "head"))
    if not found:
        raise BadInput(f"model: the head of {type(inner).__name__} is not where it is looked for (classifier, head)")
    return found


def _size(config: Any) -> int:
    size = getattr(config, "image_size", None) or 224
    return int(size[0] if isinstance(size, list | tuple) else size)
