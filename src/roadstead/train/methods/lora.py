"""LoRA: beside each chosen layer learns a product of two thin matrices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn

from roadstead.train.methods import _lora, _names, _peft, method
from roadstead.train.models import Built


@method("lora", zh="LoRA 低秩适配")
@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """W + alpha / r · B A, where only A and B learn (Hu et al. 2022); by PEFT, on linear layers and convolutions.

    `targets` are patterns of layer names, "all-linear", or nothing for what is usual: query and value of most transformers,
    every linear layer and convolution without groups of anything else. `rslora` divides by the root of r (Kalajdzievski
    2023). `init`: "pissa" (Meng et al. 2024) and "olora" (Büyükakyüz 2024) start from the weight's own directions and change
    the base to match, so their adapters belong to a base prepared the same way. The new head learns whole; batch norms of the
    frozen base stay still.
    """

    r: Annotated[int, Gt(0)] = 8
    alpha: Annotated[float, Gt(0)] = 16.0
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    targets: _peft.Targets = None
    rslora: bool = False
    init: _lora.Init = "kaiming"
    bias: _lora.Bias = "none"

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and put the two matrices beside each chosen layer; the product is 0 at first."""
        return _lora.prepared(
            built,
            _peft.targets(built, self.targets),
            self.init,
            r=self.r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_rslora=self.rslora,
            bias=self.bias,
        )

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy with the products added to the weights."""
        return _peft.merged(module)

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return both matrices of each layer, and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)
