"""Networks for the class of every pixel: SegFormer and UPerNet of transformers, U-Net and others with any encoder of timm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import segmentation_models_pytorch as smp  # type: ignore[import-untyped]  # the package ships no types
from annotated_types import Gt, MultipleOf
from timm.models import adapt_input_conv
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModelForSemanticSegmentation

from roadstead.bundle.card import Input
from roadstead.errors import BadInput
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.models._pretrained import normalisation, pretrained
from roadstead.train.models._timm import network
from roadstead.train.vocabulary import Vocabulary

_RGB = 3
_HEADS = {
    "segformer": ("inner.decode_head",),
    "upernet": ("inner.decode_head", "inner.auxiliary_head"),
}
_PLAIN = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@family("segmentation", zh="语义分割网络")
@dataclass(frozen=True, slots=True, kw_only=True)
class Segmentation:
    """A network whose logits have the size of the picture, `width` x `height` px (multiples of 32).

    `architecture` "segformer" and "upernet" are of transformers: `weights` is a folder or a hub name, or `config` its settings with
    random weights. The others are of segmentation_models_pytorch on an `encoder` of timm, with `weights` as those of the family timm
    ("random", "package", "hub", or a file). Pictures of another number of `channels` than three go in as shares of their largest
    value; weights of an encoder that saw three are spread over them.
    """

    architecture: Literal[
        "unet", "unetplusplus", "linknet", "fpn", "pan", "manet", "pspnet", "deeplabv3plus", "segformer", "upernet"
    ] = "unet"
    encoder: str = "tf_efficientnet_lite0"
    weights: str = "random"
    config: Mapping[str, Any] = field(default_factory=dict)
    width: Annotated[int, Gt(0), MultipleOf(32)] = 256
    height: Annotated[int, Gt(0), MultipleOf(32)] = 256
    channels: Annotated[int, Gt(0)] = _RGB
    tasks: ClassVar[frozenset[str]] = frozenset({"semantic_segmentation"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # there is one task
        """Return the network; raise BadInput where there is none such, or its weights are another's."""
        if self.architecture in _HEADS:
            return self._of_transformers(vocabulary)
        module, origin, licence = self._of_smp(vocabulary.outputs)
        head = ("decoder", "segmentation_head")
        return self._built(module, head, origin, licence, *(_normal() if self.channels == _RGB else _PLAIN))

    def _of_transformers(self, vocabulary: Vocabulary) -> Built:
        weights = "" if self.weights == "random" else self.weights
        table = {} if weights else {"model_type": self.architecture, **self.config}
        if self.channels != _RGB and not weights:
            inner = dict(table.get("backbone_config", {}))
            table |= (
                {"backbone_config": {**inner, "num_channels": self.channels}}
                if inner
                else {"num_channels": self.channels}
            )
        inner_module = pretrained(AutoModelForSemanticSegmentation, weights, table, vocabulary.outputs)
        mean, std = normalisation(weights) if self.channels == _RGB else _PLAIN
        head = tuple(h for h in _HEADS[self.architecture] if hasattr(inner_module, h.partition(".")[2]))
        return self._built(
            Upsampled(inner_module), head, weights or "random", "see the model's page" if weights else "", mean, std
        )

    def _of_smp(self, outputs: int) -> tuple[nn.Module, str, str]:
        made: dict[str, Any] = {"in_channels": self.channels, "classes": outputs, "encoder_weights": None}
        known = ("random", "package", "hub")
        weights: str | Path = self.weights if self.weights in known else Path(self.weights)
        whole, origin, licence = network(self.encoder, weights, {})
        try:
            module = smp.create_model(self.architecture, f"tu-{self.encoder}", **made)
        except (KeyError, ValueError, RuntimeError, AttributeError) as error:
            raise BadInput(
                f"model.encoder: {self.encoder} cannot be the encoder of {self.architecture}: {error}"
            ) from None
        if weights != "random":
            _put(module.encoder.model, whole, self.encoder, self.channels)
        return module, origin, licence

    def _built(self, module: nn.Module, head: tuple[str, ...], origin: str, licence: str, mean: Any, std: Any) -> Built:
        return Built(
            module=module,
            head=head,
            blocks=in_order(module, head),
            input=Input(width=self.width, height=self.height, mean=mean, std=std),
            origin=origin,
            licence=licence,
        )


class Upsampled(nn.Module):
    """Takes pictures and returns logits of their size, for networks that take and return tables, at a quarter of the size."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (n, classes, h, w) of pictures (n, c, h, w)."""
        logits = self.inner(pixel_values=images).logits
        return functional.interpolate(logits, images.shape[2:], mode="bilinear", align_corners=False)


def _put(encoder: nn.Module, whole: nn.Module, name: str, channels: int) -> None:
    """Put a whole network's weights into the encoder that is a part of it; raise BadInput where their names differ."""
    own = encoder.state_dict()
    given = whole.state_dict()
    missing = [key for key in own if key not in given]
    if missing:
        raise BadInput(
            f"model.weights: those of {name} have no {missing[0]}, which it has as an encoder; take random ones"
        )
    fitting = {
        key: given[key] if given[key].shape == own[key].shape else adapt_input_conv(channels, given[key]) for key in own
    }
    encoder.load_state_dict(fitting)


def _normal() -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    return (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
