"""IA³: what runs through chosen layers is scaled by one learned vector a layer."""

from collections.abc import Mapping
from dataclasses import dataclass

from peft import IA3Config
from peft.utils.constants import TRANSFORMERS_MODELS_TO_IA3_FEEDFORWARD_MODULES_MAPPING as FEED_FORWARD
from peft.utils.constants import TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING as USUAL
from torch import Tensor, nn

from roadstead.train.methods import _names, _peft, method
from roadstead.train.models import Built

SECOND = ("down_proj", "fc2", "lin2", "w2", "wo", "dense_4h_to_h")
"""Names of the second layer of a feed-forward block, whose input is scaled."""


@method("ia3", zh="IA3 激活缩放")
@dataclass(frozen=True, slots=True, kw_only=True)
class Ia3:
    """Keys, values and the inside of feed-forward blocks times a learned vector, ones at first (Liu et al. 2022); by PEFT.

    `targets` as in lora; where nothing is usual for the architecture: every linear layer and convolution without groups. The
    outputs of these are scaled, and the inputs of those that `feed_forward` fits (nothing: by their usual names). The new
    head learns whole.
    """

    targets: _peft.Targets = None
    feed_forward: tuple[str, ...] = ()

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and put a vector of ones beside each chosen layer."""
        names = _peft.targets(built, self.targets, USUAL)
        kind = getattr(getattr(built.module, "config", None), "model_type", "")
        if self.feed_forward:
            second = _names.matched(names, self.feed_forward, "method.feed_forward")
        else:
            second = tuple(name for name in names if _names.fits(name, FEED_FORWARD.get(kind, SECOND)))
        config = IA3Config(
            target_modules=_peft.exactly(names),
            feedforward_modules=_peft.exactly(second) or "(?!)",  # a pattern that fits nothing
        )
        return _peft.inject(built, config)

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy with the vectors multiplied into the weights."""
        return _peft.merged(module)

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return the vector of each layer, and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)
