"""Image classifiers of transformers: ViT, Swin, ConvNeXt and the like, from a folder, a hub name or a table of settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from annotated_types import Gt
from torch import Tensor, nn
from transformers import AutoModelForImageClassification

from roadstead.bundle.card import Input
from roadstead.errors import BadInput
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.models._pretrained import normalisation, pretrained
from roadstead.train.vocabulary import Vocabulary


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


def _head(inner: nn.Module) -> tuple[str, ...]:
    """Return the prefixes of the parameters of the head."""
    found = tuple(f"inner.{name}" for name, _ in inner.named_children() if name in ("classifier", "head"))
    if not found:
        raise BadInput(f"model: the head of {type(inner).__name__} is not where it is looked for (classifier, head)")
    return found


def _size(config: Any) -> int:
    size = getattr(config, "image_size", None) or 224
    return int(size[0] if isinstance(size, list | tuple) else size)
