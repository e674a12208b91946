"""Bottleneck adapters: a small network that narrows and widens again, after the parts of each block."""

import copy
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from roadstead.errors import BadInput
from roadstead.train.methods import _names, method
from roadstead.train.models import Built

NAME = "bottleneck"
"""What an adapter is called below the layer whose output it changes."""

ATTENTION = (
    *("attention.output.dense", "o_proj", "out_proj", "attn.proj", "attn.c_proj", "out_lin"),
    *("attention.dense", "attention.o", "attn.o"),
)
FEED_FORWARD = ("output.dense", "down_proj", "fc2", "lin2", "mlp.c_proj", "dense_4h_to_h", "w2", "wo", "ffn.out")
"""Names of the layer that ends an attention or a feed-forward part, over the families of timm and transformers."""

Activation = Literal["relu", "gelu", "silu"]
_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


@method("adapter", zh="瓶颈适配器")
@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """x + up(activation(down(x))) after the parts of each block, before the residual is added; the new head learns whole.

    `placement`: "both" after attention and feed-forward (Houlsby et al. 2019), "feed_forward" after that alone (Pfeiffer et al.
    2021). In networks of convolutions after each residual block, with 1 × 1 convolutions (Rebuffi et al. 2018). `targets` are
    patterns of layer names (linear, convolution) in place of these. `reduction` divides the width. `up` is 0 at first, so
    nothing is changed. What it computes is not linear, so it cannot be folded into the weights: `merge` leaves the adapters
    in, as plain layers.
    """

    reduction: Annotated[float, Gt(0)] = 16.0
    placement: Literal["both", "feed_forward", "attention"] = "both"
    activation: Activation = "gelu"
    targets: tuple[str, ...] = ()

    def prepare(self, built: Built) -> nn.Module:
        """Freeze the model and put an adapter after each chosen part; raise BadInput where none is found."""
        module = built.module
        places = self._places(built)
        if any(hasattr(part, NAME) for part in module.modules()):
            raise BadInput("method: the model carries adapters already")
        _names.only(module, lambda name: _names.under(name, built.head))
        for name, width in places.items():
            part: Any = module.get_submodule(name)
            weight = next(part.parameters())
            flat = not isinstance(part, nn.Linear | Conv1D)
            part.add_module(
                NAME, Bottleneck(width, self.reduction, self.activation, flat).to(weight.device, weight.dtype)
            )
            part.register_forward_hook(_through)
        return module

    def merge(self, module: nn.Module) -> nn.Module:
        """Return a copy in which each adapter is a plain layer after its part, without hooks."""
        plain = copy.deepcopy(module)
        for name in [n for n, part in plain.named_modules() if hasattr(part, NAME)]:
            part: Any = plain.get_submodule(name)
            after = getattr(part, NAME)
            delattr(part, NAME)
            for key in [k for k, hook in part._forward_hooks.items() if hook is _through]:
                del part._forward_hooks[key]
            plain.set_submodule(name, nn.Sequential(OrderedDict([("part", part), (NAME, after)])))
        return plain

    def adapter(self, module: nn.Module) -> Mapping[str, Tensor]:
        """Return the adapters and the head."""
        return _names.learned(module)

    def adapt(self, module: nn.Module, adapter: Mapping[str, Tensor]) -> None:
        """Put them into a prepared module."""
        _names.put(module, adapter)

    def _places(self, built: Built) -> dict[str, int]:
        """Return after which layers an adapter goes, and how wide each is."""
        linear = {n: _width(p) for n, p in built.module.named_modules() if isinstance(p, nn.Linear | Conv1D)}
        inner = {n: width for n, width in linear.items() if not _names.under(n, built.head)}
        if self.targets:
            convolutions = {n: p.out_channels for n, p in built.module.named_modules() if isinstance(p, nn.Conv2d)}
            every = {**inner, **convolutions}
            return {name: every[name] for name in _names.matched(tuple(every), self.targets, "method.targets")}
        attention = {n: width for n, width in inner.items() if _ends(n, ATTENTION)}
        feed_forward = {n: width for n, width in inner.items() if _ends(n, FEED_FORWARD) and n not in attention}
        blocks = _residual(built)
        if not attention and not blocks:
            raise BadInput("method: adapter knows no block of this model to stand behind; name layers in targets")
        if not attention:
            return blocks
        return {
            **(attention if self.placement != "feed_forward" else {}),
            **(feed_forward if self.placement != "attention" else {}),
        }


class Bottleneck(nn.Module):
    """x + up(activation(down(x))) over the last dimension, or over channels (n, c, h, w) where `flat`."""

    def __init__(self, width: int, reduction: float, activation: Activation, flat: bool) -> None:  # noqa: FBT001
        super().__init__()
        narrow = max(round(width / reduction), 1)
        self.down: nn.Module = nn.Conv2d(width, narrow, 1) if flat else nn.Linear(width, narrow)
        self.activation = _ACTIVATIONS[activation]()
        up = nn.Conv2d(narrow, width, 1) if flat else nn.Linear(narrow, width)
        with torch.no_grad():
            up.weight.zero_()
            if up.bias is not None:
                up.bias.zero_()
        self.up: nn.Module = up

    def forward(self, x: Tensor) -> Tensor:
        """Return x, changed."""
        changed: Tensor = x + self.up(self.activation(self.down(x)))
        return changed


def _through(part: nn.Module, given: Any, output: Tensor) -> Any:  # noqa: ARG001 - a hook's signature
    """Send what a part gives through its adapter."""
    return getattr(part, NAME)(output)


def _ends(name: str, endings: tuple[str, ...]) -> bool:
    return any(f".{name}".endswith(f".{ending}") for ending in endings)


def _width(layer: Any) -> int:
    return int(layer.nf if isinstance(layer, Conv1D) else layer.out_features)


def _residual(built: Built) -> dict[str, int]:
    """Return the residual blocks of a network of convolutions, and how many channels come out of each.

    They are the entries of lists of layers that hold a convolution and are no plain layer and no list themselves.
    """
    found: dict[str, int] = {}
    for name, part in built.module.named_modules():
        if not isinstance(part, nn.Sequential | nn.ModuleList) or _names.under(name, built.head):
            continue
        for key, block in part.named_children():
            full = f"{name}.{key}"
            convolutions = [p for p in block.modules() if isinstance(p, nn.Conv2d)]
            if not convolutions or isinstance(block, nn.Sequential | nn.ModuleList | nn.Conv2d):
                continue
            if len(convolutions) < 2 or _names.under(full, found):
                continue
            found[full] = convolutions[-1].out_channels
    return found
