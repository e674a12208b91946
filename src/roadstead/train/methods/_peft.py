"""What methods of PEFT share: which layers they go into, putting them in, taking them out as plain layers."""

import copy
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from peft import PeftConfig, inject_adapter_in_model
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as USUAL
from torch import nn
from transformers.pytorch_utils import Conv1D

from roadstead.errors import BadInput
from roadstead.train.methods._names import fits, is_transformers, matched, settle, under
from roadstead.train.models import Built

Targets = tuple[str, ...] | Literal["all-linear"] | None
"""Patterns of layer names; "all-linear": every linear layer but the head; None: what is usual for the architecture."""


def layers(built: Built) -> dict[str, nn.Module]:
    """Return every layer that an adapter fits into by name: linear and ungrouped 2-D convolution, but not the head's."""
    module = built.module
    outputs = module.get_output_embeddings() if is_transformers(module) else None  # type: ignore[operator]  # a method
    attention = tuple(n for n, part in module.named_modules() if isinstance(part, nn.MultiheadAttention))
    return {
        name: part
        for name, part in module.named_modules()
        if (isinstance(part, nn.Linear | Conv1D) or (isinstance(part, nn.Conv2d) and part.groups == 1))
        and part is not outputs
        and not under(name, built.head)
        and not under(name, attention)
    }


def targets(built: Built, wanted: Targets, usual: Mapping[str, Sequence[str]] | None = None) -> tuple[str, ...]:
    """Return the names of the layers to adapt.

    Usual are those that PEFT lists for a kind of model of transformers (query and value for most), and for all else every
    linear layer and every convolution without groups. Raise BadInput on a pattern that fits nothing.
    """
    found = layers(built)
    if wanted == "all-linear":
        chosen = tuple(name for name, part in found.items() if not isinstance(part, nn.Conv2d))
    elif wanted:
        chosen = matched(tuple(found), wanted, "method.targets")
    else:
        kind = getattr(getattr(built.module, "config", None), "model_type", "")
        listed = (USUAL if usual is None else usual).get(kind, ())
        chosen = tuple(name for name in found if fits(name, listed)) or tuple(found)
    if not chosen:
        raise BadInput("method.targets: the model has no linear layer or convolution to adapt; take full or partial")
    return chosen


def exactly(names: Sequence[str]) -> str:
    """Return the pattern of PEFT that names exactly these layers."""
    return "|".join(re.escape(name) for name in names)


def inject(built: Built, config: PeftConfig) -> nn.Module:
    """Put adapters into the model in place: its names stay, `.base_layer` is added. The new head learns whole."""
    if any(isinstance(part, BaseTunerLayer) for part in built.module.modules()):
        raise BadInput("method: the model carries adapters already; merge them first")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*(fan_in_fan_out|tie_word_embeddings|tied).*")  # set by PEFT itself
        module = inject_adapter_in_model(config, built.module)
    for name, parameter in module.named_parameters():
        if under(name, built.head):
            parameter.requires_grad_()
    settle(module)
    return module


def merged(module: nn.Module) -> nn.Module:
    """Return a copy of the module in which every adapter is folded into the layer that it stood beside."""
    plain = copy.deepcopy(module)
    adapted = [name for name, part in plain.named_modules() if isinstance(part, BaseTunerLayer)]
    for name in adapted:
        plain.set_submodule(name, folded(plain.get_submodule(name)))
    for left in ("peft_config", "_hf_peft_config_loaded", "is_loaded_in_4bit"):
        plain.__dict__.pop(left, None)
    return plain


def folded(layer: Any) -> nn.Module:
    """Return the layer that computes what an adapted one does; one of four bits becomes one of floats."""
    base = layer.get_base_layer()
    if type(base).__name__ == "Linear4bit":  # merging in four bits would round anew
        whole = floats(base)
        with torch.no_grad():
            for name in layer.active_adapters:
                whole.weight += layer.get_delta_weight(name)
        return whole
    layer.merge(safe_merge=True)
    plain: nn.Module = base
    return plain


def floats(layer: Any) -> nn.Linear:
    """Return a linear layer of floats that computes what one of four bits does."""
    from bitsandbytes.functional import dequantize_4bit

    weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state)
    plain = nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None)
    with torch.no_grad():
        plain.weight.copy_(weight)
        if layer.bias is not None:
            plain.bias.copy_(layer.bias)
    return plain.requires_grad_(requires_grad=False)
