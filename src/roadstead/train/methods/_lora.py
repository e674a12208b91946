"""What LoRA, DoRA and QLoRA share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt
from peft import LoraConfig
from torch import Tensor, nn

from roadstead.errors import BadInput
from roadstead.train.methods import _names, _peft
from roadstead.train.models import Built

Init = Literal["kaiming", "gaussian", "orthogonal", "pissa", "olora"]
Bias = Literal["none", "all", "lora_only"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRank:
    """Settings of every kind of LoRA; what is learned is saved alone, and merged into the weights."""

    r: Annotated[int, Gt(0)] = 8
    alpha: Annotated[float, Gt(0)] = 16.0
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    targets: _peft.Targets = None
    rslora: bool = False
    init: Init = "kaiming"
    bias: Bias = "none"

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy with what was learned in the weights."""
        return _peft.merged(module)

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return what was put beside each layer, and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)

    def beside(self, built: Built, names: Sequence[str], **more: Any) -> nn.Module:
        """Freeze the model and put low-rank products beside the layers `names`; raise BadInput where the start does not fit."""
        if self.init not in ("kaiming", "gaussian"):
            convolutions = [n for n in names if isinstance(built.module.get_submodule(n), nn.Conv2d)]
            if convolutions:
                raise BadInput(
                    f"method.init: {self.init!r} is made for linear layers and {convolutions[0]} is a convolution; "
                    'take "kaiming" or "gaussian", or targets = "all-linear"'
                )
        config = LoraConfig(
            target_modules=_peft.exactly(names),
            init_lora_weights=True if self.init == "kaiming" else self.init,
            r=self.r,
            lora_alpha=self.alpha,  # type: ignore[arg-type]  # PEFT divides by it; any number will do
            lora_dropout=self.dropout,
            use_rslora=self.rslora,
            bias=self.bias,
            **more,
        )
        return _peft.inject(built, config)
