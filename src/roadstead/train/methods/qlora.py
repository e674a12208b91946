"""QLoRA: the frozen weights are kept in four bits, and LoRA learns beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Gt, Lt
from bitsandbytes.nn.modules import Linear4bit, Params4bit
from torch import Tensor, nn

from roadstead.errors import BadInput
from roadstead.train.methods import _lora, _names, _peft, method
from roadstead.train.models import Built


@method("qlora", zh="QLoRA 四比特低秩适配")
@dataclass(frozen=True, slots=True, kw_only=True)
class Qlora:
    """LoRA on a base whose linear layers are NF4 with double quantization (Dettmers et al. 2023); by bitsandbytes and PEFT.

    Every linear layer but the head and the output embeddings is quantised, in any model, also on the processor (there
    more slowly, and in float32). Other settings as those of lora. `merge` gives floats: the quantised weights plus what was
    learned, which is what was trained and not the unquantised base.
    """

    r: Annotated[int, Gt(0)] = 8
    alpha: Annotated[float, Gt(0)] = 16.0
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    targets: _peft.Targets = None
    rslora: bool = False
    init: Literal["kaiming", "gaussian"] = "kaiming"
    bias: _lora.Bias = "none"
    double: bool = True
    compute: Literal["float32", "bfloat16"] = "float32"

    def prepare(self, built: Built) -> nn.Module:
        """Quantise the linear layers and put LoRA beside the chosen ones; raise BadInput where nothing is linear."""
        names = _peft.targets(built, self.targets)
        module: Any = built.module
        linear = [n for n, part in _peft.layers(built).items() if type(part) is nn.Linear]
        if not linear:
            raise BadInput("method: qlora quantises linear layers and the model has none but its head; take lora")
        for name in linear:
            module.set_submodule(name, self._quantised(module.get_submodule(name)))
        module.__dict__["is_loaded_in_4bit"] = True  # by which PEFT knows the layers
        return _lora.prepared(
            built,
            names,
            self.init,
            r=self.r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            use_rslora=self.rslora,
            bias=self.bias,
        )

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy in floats: de-quantised weights with the products added."""
        plain = _peft.merged(module)
        for name, part in list(plain.named_modules()):
            if isinstance(part, Linear4bit):
                plain.set_submodule(name, _peft.floats(part))
        return plain

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return both matrices of each layer, and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)

    def _quantised(self, layer: nn.Linear) -> nn.Module:
        """Return the layer with its weight in four bits."""
        small = Linear4bit(  # type: ignore[no-untyped-call]  # bitsandbytes leaves some of its functions untyped
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            compute_dtype=getattr(torch, self.compute),
            compress_statistics=self.double,
            quant_type="nf4",
        )
        # Else some processors judge with weights that are packed anew in bfloat16, which breaks on narrow layers.
        small.support_avx512bf16_for_cpu = False
        small.weight = Params4bit(
            layer.weight.detach().clone(), requires_grad=False, compress_statistics=self.double, quant_type="nf4"
        )
        if layer.bias is not None:
            small.bias = nn.Parameter(layer.bias.detach().clone(), requires_grad=False)
        return small.to(layer.weight.device)
