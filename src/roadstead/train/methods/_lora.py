"""What LoRA, DoRA and QLoRA share."""

from collections.abc import Sequence
from typing import Any, Literal

from peft import LoraConfig
from torch import nn

from roadstead.errors import BadInput
from roadstead.train.methods import _peft
from roadstead.train.models import Built

Init = Literal["kaiming", "gaussian", "orthogonal", "pissa", "olora"]
Bias = Literal["none", "all", "lora_only"]


def prepared(built: Built, names: Sequence[str], init: Init, **settings: Any) -> nn.Module:
    """Put low-rank adapters beside the layers `names`; raise BadInput where the start does not fit their kind."""
    if init not in ("kaiming", "gaussian"):
        convolutions = [n for n in names if isinstance(built.module.get_submodule(n), nn.Conv2d)]
        if convolutions:
            raise BadInput(
                f"method.init: {init!r} is made for linear layers and {convolutions[0]} is a convolution; "
                'take "kaiming" or "gaussian", or targets = "all-linear"'
            )
    config = LoraConfig(
        target_modules=_peft.exactly(names),
        init_lora_weights=True if init == "kaiming" else init,
        **settings,
    )
    return _peft.inject(built, config)
